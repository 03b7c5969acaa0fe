package egress

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

const mostURL = 2048 // bytes

// Check reads an address as a merchant typed it and refuses what must never be called.
// Whom its name leads to is looked at when it is called. Faults: URL_REFUSED.
func Check(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, ErrURL.Because(errors.New("not an address")) // err would quote it
	}
	if reason := objection(raw, u); reason != "" {
		return nil, ErrURL.Because(errors.New(reason))
	}
	return u, nil
}

// objection says which rule an address breaks, "" if none.
func objection(raw string, u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	switch {
	case len(raw) > mostURL:
		return "too long"
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }):
		return "only printable ASCII; other names in their xn-- form"
	case u.Scheme != "https" || u.Opaque != "":
		return "not https"
	case u.User != nil || strings.Contains(u.Host, "@"):
		return "names a user"
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return "has a fragment"
	case u.Port() != "" && u.Port() != "443":
		return "not port 443"
	case !name(host):
		return "not a public host name"
	}
	return ""
}

// CheckHost refuses a host, other than of https, that must never be called: what is no name
// of the public DNS. Faults: URL_REFUSED.
func CheckHost(host string) error {
	if !name(host) {
		return ErrURL.Because(errors.New("not a public host name"))
	}
	return nil
}

// name reports whether host is a name of the public DNS. Addresses are none, in whatever
// way they are written: no name ends in a number.
func name(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") ||
			strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last[:1], "0123456789") == "" { // 1, 0x7f, 0177: no such top level
		return false
	}
	switch last {
	case "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "example", "invalid", "onion", "arpa":
		return false
	}
	return true
}

// public reports whether an address belongs to the Internet at large.
func public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if addr.Zone() != "" || !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	allowed := addr.Is4()
	for _, p := range reserved() {
		if p.Contains(addr) {
			return false
		}
	}
	if addr.Is6() { // of IPv6 only this part is given out
		allowed = netip.MustParsePrefix("2000::/3").Contains(addr)
	}
	return allowed
}

// reserved are the networks within the unicast space that lead somewhere else: to the
// provider's own machines, to translators that lead back into IPv4, or nowhere.
func reserved() [17]netip.Prefix {
	p := netip.MustParsePrefix
	return [...]netip.Prefix{
		p("0.0.0.0/8"), p("100.64.0.0/10"), p("127.0.0.0/8"), p("169.254.0.0/16"), p("192.0.0.0/24"), p("192.0.2.0/24"),
		p("192.88.99.0/24"), p("198.18.0.0/15"), p("198.51.100.0/24"), p("203.0.113.0/24"), p("240.0.0.0/4"),
		p("64:ff9b::/96"), p("64:ff9b:1::/48"), p("2001::/23"), p("2001:db8::/32"), p("2002::/16"), p("3fff::/20"),
	}
}

// Only returns the rule for the base address of test accounts: it must be, as scheme, host
// and port, one of the given ones; empty ones allow nothing.
func Only(bases ...string) func(base string) bool {
	return func(base string) bool {
		asked := origin(base)
		for _, b := range bases {
			if asked != "" && asked == origin(b) {
				return true
			}
		}
		return false
	}
}

// origin is scheme, host and port of a bare address, "" for anything more or else.
func origin(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || strings.Contains(base, "#") {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}
