package egress_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"galleria/tenant/egress"
	"galleria/tenant/fault"
)

// internal is a listener that nobody may reach.
func internal(t *testing.T) (server *httptest.Server, hits *atomic.Int64) {
	t.Helper()
	hits = &atomic.Int64{}
	server = httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(listener.Close)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			hits.Add(1)
		}
	}
	return server, hits
}

// forms are the ways in which an inner address may be written: a %s takes the port.
func forms() []string {
	return []string{
		"https://127.0.0.1:%s/", "https://localhost:%s/", "https://2130706433:%s/", "https://0x7f000001:%s/", "https://0177.0.0.1:%s/",
		"https://127.1:%s/", "https://[::1]:%s/", "https://[::ffff:127.0.0.1]:%s/", "https://[::ffff:7f00:1]:%s/", "https://0.0.0.0:%s/",
		"https://[::]:%s/", "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/latest/meta-data/", "https://10.0.0.1/",
		"https://[fd00::1]/", "https://[fe80::1]/", "https://[64:ff9b::7f00:1]:%s/", "https://user@127.0.0.1:%s/", "gopher://127.0.0.1:%s/",
		"file:///etc/passwd", "https://shop.example.com#@127.0.0.1:%s/",
	}
}

// more is what a person who reads the list above would try next.
func more() []string {
	return []string{
		"", "https://", "http://example.org/", "https://example.org:8443/", "//example.org/", "https:example.org", "HTTPS://localhost/", "https://localhost./",
		"https://metadata.google.internal/", "https://printer.local/", "https://db/", "https://example.org\\@127.0.0.1/", "https://example.org\n/",
		"https://１２７.0.0.1/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://1.2.3.4.5/", "https://a.0x7f/", "https://-a.com/", "https://a_b.com/",
		"https://xn--/", "https://example.org/" + strings.Repeat("a", 3000), "https://shop.invalid/", "https://1.0.0.127.in-addr.arpa/", "javascript://example.org/%0aalert(1)",
	}
}

func TestT106NoFormOfAnInnerAddressIsSaved(t *testing.T) {
	t.Parallel()
	if n := len(forms()); n != 21 {
		t.Fatalf("%d forms, want the 21 of the catalogue", n)
	}
	for _, form := range append(forms(), more()...) {
		raw := strings.ReplaceAll(form, "%s", "443")
		if _, err := egress.Check(raw); !errors.Is(err, egress.ErrURL) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.80q: %v, want URL_REFUSED", raw, err)
		}
	}
	for _, good := range []string{"https://hooks.myshop.cn/galleria?a=1&b=%23", "https://hooks.myshop.cn:443/", "https://xn--fiqs8s.cn/x"} {
		if _, err := egress.Check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

// Should a form ever get past the rules for names, the connection is refused.
func TestT106NoFormOfAnInnerAddressIsDialled(t *testing.T) {
	t.Parallel()
	server, hits := internal(t)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	open := egress.NewAt(nil, &tls.Config{InsecureSkipVerify: true})
	for _, form := range forms() {
		raw := strings.ReplaceAll(form, "%s", port)
		if strings.Contains(raw, "#@") {
			raw = "https://127.0.0.1:" + port + "/#@"
		}
		if _, err := open.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: raw}); err == nil {
			t.Errorf("%s was called", raw)
		}
		if _, err := egress.New().Do(t.Context(), egress.Request{Method: http.MethodGet, URL: raw}); !errors.Is(err, egress.ErrURL) {
			t.Errorf("%s: %v, want URL_REFUSED", raw, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the inner listener was reached %d times", n)
	}
}

// A name that resolves to a public address when it is saved, and to an inner one when it
// is called.
func TestT106RebindingNameIsRefusedAtDial(t *testing.T) {
	t.Parallel()
	server, hits := internal(t)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	answers := []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")}
	resolver := nameServer(t, func() netip.Addr { return answers[min(int(asked.Add(1)), len(answers))-1] })
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.shop-example.cn.")
	if err != nil || first[0].Unmap() != answers[0] {
		t.Fatalf("first answer: %v, %v", first, err)
	}
	c := egress.NewAt(resolver, &tls.Config{InsecureSkipVerify: true})
	_, err = c.Do(t.Context(), egress.Request{Method: http.MethodPost, URL: "https://rebind.shop-example.cn:" + port + "/"})
	if !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("rebound: %v, want URL_PRIVATE", err)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the inner listener was reached %d times", n)
	}
}

// nameServer is a resolver whose every A record is what answer says.
func nameServer(t *testing.T, answer func() netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: answer().As4()},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestT106RedirectIsAnAnswerAndNotFollowed(t *testing.T) {
	t.Parallel()
	inner, hits := internal(t)
	outer := httptest.NewTLSServer(http.RedirectHandler(inner.URL, http.StatusFound))
	t.Cleanup(outer.Close)
	got, err := egress.NewOpen(&tls.Config{InsecureSkipVerify: true}).Do(t.Context(), egress.Request{Method: http.MethodGet, URL: outer.URL})
	if err != nil || got.Status != http.StatusFound {
		t.Errorf("redirect: %d, %v, want 302 as it is", got.Status, err)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the redirect was followed %d times", n)
	}
}

func TestAnswerIsBoundedAndProxyIsNotAsked(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	big := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, egress.MostAnswer+1)) }))
	t.Cleanup(big.Close)
	c := egress.NewOpen(&tls.Config{InsecureSkipVerify: true})
	if _, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: big.URL}); !errors.Is(err, egress.ErrAnswerTooLarge) {
		t.Errorf("an answer over the limit: %v", err)
	}
	if got, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: big.URL, Most: 1 << 20}); err != nil || len(got.Body) != egress.MostAnswer+1 {
		t.Errorf("within a larger limit: %d bytes, %v", len(got.Body), err)
	}
	if n := proxied.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

func TestOnlyTheConfiguredSandbox(t *testing.T) {
	t.Parallel()
	rule := egress.Only("http://127.0.0.1:7001", "")
	for _, base := range []string{"http://127.0.0.1:7001", "http://127.0.0.1:7001/"} {
		if !rule(base) {
			t.Errorf("%q was refused", base)
		}
	}
	for _, base := range []string{"", "http://127.0.0.1:7002", "https://127.0.0.1:7001", "http://u@127.0.0.1:7001", "http://127.0.0.1:7001/x", "http://127.0.0.1:7001?x", "http://127.0.0.1:7001#x", "http://evil"} {
		if rule(base) {
			t.Errorf("%q was accepted", base)
		}
	}
	if egress.Only("")("") || egress.Only()("http://x") {
		t.Error("no sandbox allows something")
	}
}
