package courier_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"galleria/console/courier"
)

// postOffice is a mail server that takes what it is given, or refuses the receiver.
type postOffice struct {
	listener net.Listener
	refuse   bool

	mu      sync.Mutex
	letters []string
}

func newPostOffice(t *testing.T, refuse bool) *postOffice {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{listener: listener, refuse: refuse}
	var wait sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); wait.Wait() })
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { p.serve(conn) })
		}
	})
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewScanner(conn)
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 test")
	for in.Scan() {
		switch verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); {
		case verb == "EHLO" || verb == "HELO":
			say("250 test")
		case verb == "RCPT" && p.refuse:
			say("550 no such person: " + in.Text())
		case verb == "DATA":
			say("354 go on")
			var letter strings.Builder
			for in.Scan() && in.Text() != "." {
				letter.WriteString(in.Text() + "\n")
			}
			p.mu.Lock()
			p.letters = append(p.letters, letter.String())
			p.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) url() string { return "smtp://" + p.listener.Addr().String() }

func letter() courier.Message {
	return courier.Message{Way: courier.Mail, To: "li@shop.example", Kind: "signup_code", Subject: "验证码", Text: "您的验证码是 123456\nBcc: nobody@evil.test"}
}

func TestSMTPHandsALetterOver(t *testing.T) {
	t.Parallel()
	office := newPostOffice(t, false)
	var log bytes.Buffer
	s, err := courier.NewSMTP(courier.SMTPConfig{URL: office.url(), From: "Galleria <no-reply@galleria.example>"}, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Goes(courier.Mail, courier.SignUpCode) || s.Goes(courier.SMS, courier.SignUpCode) {
		t.Error("mail goes, and nothing else")
	}
	if err := s.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), courier.Message{Way: courier.SMS, To: "+8613800000000"}); !errors.Is(err, courier.ErrNoWay) {
		t.Errorf("an SMS by mail: %v", err)
	}
	if len(office.letters) != 1 {
		t.Fatalf("%d letters, want 1", len(office.letters))
	}
	head, _, _ := strings.Cut(office.letters[0], "\n\n")
	for _, want := range []string{"no-reply@galleria.example", "<li@shop.example>", "Auto-Submitted: auto-generated", "Message-ID:", "Date:"} {
		if !strings.Contains(head, want) {
			t.Errorf("the letter's head lacks %q:\n%s", want, head)
		}
	}
	if strings.Contains(head, "evil.test") || strings.Contains(head, "go-mail") {
		t.Errorf("the letter's head: %s", head)
	}
}

func TestSMTPRefusalIsNotInTheLogByName(t *testing.T) {
	t.Parallel()
	office := newPostOffice(t, true)
	var log bytes.Buffer
	s, err := courier.NewSMTP(courier.SMTPConfig{URL: office.url(), From: "no-reply@galleria.example"}, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), letter())
	if !errors.Is(err, courier.ErrNoWay) {
		t.Fatalf("refused: %v", err)
	}
	for _, secret := range []string{"li@shop", "123456"} {
		if strings.Contains(log.String(), secret) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows in the log %s or in %v", secret, log.String(), err)
		}
	}
}

// A server elsewhere that speaks no TLS gets nothing; here a server that only pretends to
// be elsewhere stands in for it.
func TestSMTPSpeaksPlainTextToLoopbackOnly(t *testing.T) {
	t.Parallel()
	office := newPostOffice(t, false)
	port := office.listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
	hosts := map[string]bool{"127.0.0.1": true, "localhost": true, "127.0.0.1.nip.invalid": false}
	for host, plain := range hosts {
		s, err := courier.NewSMTP(courier.SMTPConfig{URL: fmt.Sprintf("smtp://%s:%d", host, port), From: "a@b.example"}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if s.DemandsTLS() == plain {
			t.Errorf("%s: demands TLS %v", host, s.DemandsTLS())
		}
	}
	s, err := courier.NewSMTP(courier.SMTPConfig{URL: fmt.Sprintf("smtps://127.0.0.1:%d", port), From: "a@b.example"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), letter()); err == nil {
		t.Error("smtps to a server without TLS")
	}
	if len(office.letters) != 0 {
		t.Errorf("%d letters left in plain text", len(office.letters))
	}
}

func TestSMTPConfiguration(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]courier.SMTPConfig{
		"no scheme":     {URL: "mail.example:587", From: "a@b.example"},
		"another":       {URL: "https://mail.example", From: "a@b.example"},
		"no host":       {URL: "smtp://", From: "a@b.example"},
		"no sender":     {URL: "smtp://user:hunter2@mail.example", From: ""},
		"a port of wit": {URL: "smtp://user:hunter2@mail.example:mail", From: "a@b.example"},
	} {
		_, err := courier.NewSMTP(cfg, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
