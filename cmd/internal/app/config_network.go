package app

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// ownHost reports whether an address leads to this machine only: nothing, a socket's
// folder, or loopback.
func ownHost(u *url.URL) bool {
	host := u.Hostname()
	if host == "" {
		host = u.Query().Get("host")
	}
	return host == "" || strings.HasPrefix(host, "/") || loopbackHost(host)
}

func loopbackHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func loopbackURL(u *url.URL) bool { return u != nil && loopbackHost(u.Hostname()) }

// weakPassword recognises the password of a remote server that everybody knows.
func weakPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil || ownHost(u) {
		return false // on this machine, who may connect is the server's own rule
	}
	password, _ := u.User.Password()
	known := []string{"", "postgres", "galleria", "redis", "password", "secret", "changeme", "example", "admin", "root", "123456"}
	return slices.Contains(known, strings.ToLower(password))
}

// metricsAddrFault says why the address of the metrics would be seen by strangers.
func (c Config) metricsAddrFault() error {
	if c.MetricsAddr == "" || c.MetricsPublic {
		return nil
	}
	host, _, err := net.SplitHostPort(c.MetricsAddr)
	if err != nil {
		return fmt.Errorf("%q is not host:port", c.MetricsAddr)
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || (err == nil && (addr.Unmap().IsLoopback() || addr.Unmap().IsPrivate())) {
		return nil
	}
	return fmt.Errorf("%q is open to other machines: use a loopback or private address such as 127.0.0.1:9464, or consent with GALLERIA_METRICS_PUBLIC=true", c.MetricsAddr)
}
