package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

const (
	// smtpTimeout bounds the whole conversation with the mail server.
	smtpTimeout = 10 * time.Second
	portTLS     = 465 // TLS from the first byte
	portSubmit  = 587 // STARTTLS
)

// SMTPConfig is how mail leaves.
type SMTPConfig struct {
	// URL is smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465
	// (TLS at once). Plain text is spoken to loopback only.
	URL  string
	From string // the sender, such as "Galleria <no-reply@example.com>"
}

// SMTP is the courier of mail. It sends nothing any other way.
type SMTP struct {
	host    string
	options []gomail.Option
	from    string
	plain   bool // the server may speak without TLS: it is on this machine
	log     *slog.Logger
}

var _ Courier = (*SMTP)(nil)

var errSMTP = errors.New("want smtp://user:password@host:port or smtps://user:password@host:port")

// NewSMTP checks the configuration. It connects for each message.
func NewSMTP(cfg SMTPConfig, log *slog.Logger) (*SMTP, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errSMTP // never the address itself: it holds a password
	}
	if _, err := mail.ParseAddress(cfg.From); err != nil {
		return nil, fmt.Errorf("sender %q: %w", cfg.From, err)
	}
	s := &SMTP{host: u.Hostname(), from: cfg.From, log: log}
	port := portSubmit
	if u.Scheme == "smtps" {
		port = portTLS
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil {
			return nil, errSMTP
		}
	}
	s.options = []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(smtpTimeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}),
	}
	switch ip := net.ParseIP(s.host); {
	case u.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL())
	case s.host == "localhost" || (ip != nil && ip.IsLoopback()):
		s.plain = true
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

// Send hands a mail over to the server. Faults: MESSAGE_NOT_SENT.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if m.Way != Mail {
		return ErrNoWay
	}
	ctx, cancel := context.WithTimeout(ctx, smtpTimeout)
	defer cancel()
	err := s.send(ctx, m)
	if err != nil {
		s.log.ErrorContext(ctx, "mail not sent", "message", m, "error", err)
		return ErrNoWay.Because(err)
	}
	return nil
}

func (s *SMTP) send(ctx context.Context, m Message) error {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.From(s.from); err != nil {
		return err
	}
	if err := letter.To(m.To); err != nil {
		return errors.New("the address is none") //nolint:err113 // the library's words would repeat it
	}
	letter.Subject(m.Subject)
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.SetDate()
	letter.SetMessageID()
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, letter)
	if refused, ok := errors.AsType[*gomail.SendError](err); ok {
		// The library's and the server's words repeat the address.
		return fmt.Errorf("the mail server refused: code %d, reason %d", refused.ErrorCode(), refused.Reason) //nolint:err113 // a sentence for the log
	}
	return err
}

// Goes reports that mail goes.
func (*SMTP) Goes(w Way, _ Kind) bool { return w == Mail }
