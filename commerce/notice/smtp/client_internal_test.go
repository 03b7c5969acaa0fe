package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/notice"
	"galleria/tenant/vault"
)

// office is a mail server that answers as it is told, over TLS at once, by STARTTLS, or
// without any.
type office struct {
	listener net.Listener
	secure   *tls.Config
	mode     string            // "tls", "starttls", "plain"
	answers  map[string]string // by verb; "." is after the mail, "drop" closes the line

	mu      sync.Mutex
	said    []string
	letters []string
}

const host = "example.com" // what httptest's certificate is for

func newOffice(t *testing.T, mode string, answers map[string]string) (*office, *Client) {
	t.Helper()
	web := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{listener: listener, mode: mode, answers: answers, secure: &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}}
	var wait sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); wait.Wait() })
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { o.serve(conn) })
		}
	})
	toOffice := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}
	return o, &Client{dial: toOffice, roots: roots, check: func(string) error { return nil }}
}

func (o *office) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	secured := o.mode == "tls"
	if secured {
		conn = tls.Server(conn, o.secure)
	}
	in := bufio.NewReader(conn)
	say := func(reply string) { _, _ = fmt.Fprintf(conn, "%s\r\n", reply) }
	answer := func(verb, usual string) bool {
		if own := o.answers[verb]; own == "drop" {
			return false
		} else if own != "" {
			usual = own
		}
		say(usual)
		return true
	}
	answer("", "220 office")
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimRight(text, "\r\n")
		o.mu.Lock()
		o.said = append(o.said, text)
		o.mu.Unlock()
		ok := true
		switch verb, _, _ := strings.Cut(strings.ToUpper(text), " "); verb {
		case "EHLO":
			say("250-office")
			if o.mode == "starttls" && !secured {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN LOGIN")
		case "STARTTLS":
			say("220 go on")
			conn, secured = tls.Server(conn, o.secure), true
			in = bufio.NewReader(conn)
		case "AUTH":
			ok = answer("AUTH", "235 welcome")
		case "DATA":
			if o.answers["DATA"] != "" {
				ok = answer("DATA", "")
				break
			}
			say("354 go on")
			var letter strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				letter.WriteString(l)
			}
			o.mu.Lock()
			o.letters = append(o.letters, letter.String())
			o.mu.Unlock()
			ok = answer(".", "250 taken")
		case "QUIT":
			answer("QUIT", "221 bye")
			return
		default:
			ok = answer(verb, "250 ok")
		}
		if !ok {
			return
		}
	}
}

func key(security notice.Security) notice.MailKey {
	return notice.MailKey{
		Provider: notice.MailServer, Host: host, Port: 465, Security: security, Username: "shop@example.com", Password: vault.NewSecret([]byte("p4ss w0rd")),
		SenderName: "山野茶铺", SenderAddress: "shop@example.com",
	}
}

func letter() notice.Mail {
	return notice.Mail{To: "li@buyer.example", Subject: "发票有进展", Text: "订单 1 的发票：已开出。\nBcc: x@evil.example", ID: "4d7c"}
}

func TestMailIsHandedOver(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"tls", "starttls"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o, c := newOffice(t, mode, map[string]string{"QUIT": "drop"}) // a rude goodbye is no failure
			if err := c.SendMail(t.Context(), key(notice.Security(mode)), letter()); err != nil {
				t.Fatal(err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			if len(o.letters) != 1 {
				t.Fatalf("%d letters", len(o.letters))
			}
			head, _, _ := strings.Cut(o.letters[0], "\r\n\r\n")
			for _, want := range []string{"<shop@example.com>", "<li@buyer.example>", "Message-ID: <4d7c@example.com>", "Auto-Submitted: auto-generated", "=?UTF-8?"} {
				if !strings.Contains(head, want) {
					t.Errorf("no %q in\n%s", want, head)
				}
			}
			if strings.Contains(head, "evil") {
				t.Errorf("the text reached the head:\n%s", head)
			}
		})
	}
}

// Every reply is sorted by its class and by what it is of.
func TestRepliesAreSortedByClass(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers map[string]string
		want    notice.MailError
	}{
		"greylisted":           {map[string]string{"RCPT": "451 4.7.1 try again later"}, notice.MailError{Code: "451", Later: true}},
		"nobody there":         {map[string]string{"RCPT": "550 5.1.1 no such person li@buyer.example"}, notice.MailError{Code: "550"}},
		"mailbox full":         {map[string]string{"RCPT": "452 full"}, notice.MailError{Code: "452", Later: true}},
		"sender refused":       {map[string]string{"MAIL": "553 not yours"}, notice.MailError{Code: "553", Broken: true}},
		"sender later":         {map[string]string{"MAIL": "421 too many"}, notice.MailError{Code: "421", Later: true}},
		"wrong password":       {map[string]string{"AUTH": "535 no"}, notice.MailError{Code: "535", Broken: true}},
		"sign in later":        {map[string]string{"AUTH": "454 busy"}, notice.MailError{Code: "454", Later: true}},
		"closed for now":       {map[string]string{"": "421 closed"}, notice.MailError{Code: "421", Later: true}},
		"no data":              {map[string]string{"DATA": "554 spam"}, notice.MailError{Code: "554"}},
		"spam after all":       {map[string]string{".": "554 spam"}, notice.MailError{Code: "554"}},
		"later after all":      {map[string]string{".": "451 later"}, notice.MailError{Code: "451", Later: true}},
		"silence after all":    {map[string]string{".": "drop"}, notice.MailError{Code: notice.MailUnknown}},
		"silence before":       {map[string]string{"RCPT": "drop"}, notice.MailError{Code: notice.MailUnreachable, Later: true}},
		"silence at the begin": {map[string]string{"MAIL": "drop"}, notice.MailError{Code: notice.MailUnreachable, Later: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newOffice(t, "tls", tc.answers)
			err := c.SendMail(t.Context(), key(notice.ImplicitTLS), letter())
			got, ok := errors.AsType[*notice.MailError](err)
			if !ok || got.Code != tc.want.Code || got.Later != tc.want.Later || got.Broken != tc.want.Broken {
				t.Fatalf("%#v, want %+v", err, tc.want)
			}
			for _, private := range []string{"li@", "p4ss", "发票", "spam"} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("the error shows %q: %v", private, err)
				}
			}
		})
	}
}

// Neither password nor mail goes over a connection that is not secured, or to a server that
// is not the one named.
func TestNothingGoesWithoutTLS(t *testing.T) {
	t.Parallel()
	other := key(notice.ImplicitTLS)
	other.Host = "mail.other.example"
	for name, tc := range map[string]struct {
		mode string
		key  notice.MailKey
	}{
		"no STARTTLS":   {"plain", key(notice.StartTLS)},
		"no TLS":        {"plain", key(notice.ImplicitTLS)},
		"another's":     {"tls", other},
		"another's too": {"starttls", func() notice.MailKey { k := other; k.Security = notice.StartTLS; return k }()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, c := newOffice(t, tc.mode, nil)
			err := c.SendMail(t.Context(), tc.key, letter())
			got, ok := errors.AsType[*notice.MailError](err)
			if !ok || !got.Broken || got.Code != notice.MailTLS {
				t.Errorf("%#v, want mail_tls", err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, text := range o.said {
				if strings.HasPrefix(text, "AUTH") || strings.HasPrefix(text, "MAIL") {
					t.Errorf("said %q", text)
				}
			}
		})
	}
}

// A shop cannot aim the platform at itself: not by an address, not by a name that leads
// inside, and not by a row that somebody wrote into the table.
func TestInnerServersAreNotReached(t *testing.T) {
	t.Parallel()
	o, _ := newOffice(t, "tls", nil)
	real := New("")
	for _, inner := range []string{"127.0.0.1", "localhost", "10.0.0.1", "[::1]", "2130706433", "0x7f.1", "169.254.169.254", "db", "metadata.google.internal", "a b.com", "smtp.shop.cn\r\nEHLO x", "user@smtp.shop.cn", ""} {
		if real.CheckMail(inner) == nil {
			t.Errorf("%q may be saved", inner)
		}
		k := key(notice.ImplicitTLS)
		k.Host = inner
		got, ok := errors.AsType[*notice.MailError](real.SendMail(t.Context(), k, letter()))
		if !ok || got.Code != notice.MailPrivate || !got.Broken {
			t.Errorf("%q: %v", inner, got)
		}
	}
	past := &Client{check: func(string) error { return nil }, dial: real.dial} // should the name's rule ever be passed
	k := key(notice.ImplicitTLS)
	k.Host = "localhost"
	_, port, _ := net.SplitHostPort(o.listener.Addr().String())
	_, _ = fmt.Sscan(port, &k.Port)
	got, ok := errors.AsType[*notice.MailError](past.SendMail(t.Context(), k, letter()))
	if !ok || got.Code != notice.MailPrivate {
		t.Errorf("dialled: %v", got)
	}
	if len(o.said) != 0 {
		t.Errorf("the inner server heard %q", o.said)
	}
	desk := key(notice.ImplicitTLS)
	desk.Provider = notice.MailDesk
	for _, at := range []string{"", "smtp.shop.cn:25", "10.0.0.1:25"} {
		if got, ok := errors.AsType[*notice.MailError](New(at).SendMail(t.Context(), desk, letter())); !ok || !got.Broken {
			t.Errorf("a desk at %q: %v", at, got)
		}
	}
}

// No header can be forged by what stands in one.
func TestHeadersStayHeaders(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*notice.MailKey, *notice.Mail){
		"subject":  func(_ *notice.MailKey, m *notice.Mail) { m.Subject = "a\r\nBcc: evil@evil.example" },
		"receiver": func(_ *notice.MailKey, m *notice.Mail) { m.To = "li@buyer.example\r\nBcc: evil@evil.example" },
		"two":      func(_ *notice.MailKey, m *notice.Mail) { m.To = "li@buyer.example, evil@evil.example" },
		"name":     func(k *notice.MailKey, _ *notice.Mail) { k.SenderName = "茶\"\r\nBcc: evil@evil.example" },
		"sender": func(k *notice.MailKey, _ *notice.Mail) {
			k.SenderAddress = "shop@example.com>\r\nBcc: <evil@evil.example"
		},
		"id": func(_ *notice.MailKey, m *notice.Mail) { m.ID = "1>\r\nBcc: evil@evil.example" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, c := newOffice(t, "tls", nil)
			k, m := key(notice.ImplicitTLS), letter()
			change(&k, &m)
			err := c.SendMail(t.Context(), k, m)
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, said := range o.said {
				if strings.Contains(said, "evil") {
					t.Errorf("said %q", said)
				}
			}
			for _, l := range o.letters {
				head, _, _ := strings.Cut(l, "\r\n\r\n")
				if strings.Contains(head, "\nBcc") {
					t.Errorf("forged (%v):\n%s", err, head)
				}
			}
		})
	}
}
