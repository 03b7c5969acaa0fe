package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"galleria/commerce/notice"
	"galleria/tenant/egress"
)

// callTimeout bounds the whole conversation with a server.
const callTimeout = 15 * time.Second

type dial func(ctx context.Context, network, address string) (net.Conn, error)

// Client hands mails over for all shops. Safe for concurrent use.
type Client struct {
	desk  string // host:port of the development server; "" where mails are sent
	dial  dial
	roots *x509.CertPool // nil: the system's
	check func(host string) error
}

// New returns the client. desk is the address of the development server, empty without one.
func New(desk string) *Client {
	return &Client{desk: desk, dial: egress.Dialer().DialContext, check: egress.CheckHost}
}

// CheckMail implements notice.Mailer.
func (c *Client) CheckMail(host string) error { return c.check(host) }

// SendMail implements notice.Mailer. It connects for each mail.
func (c *Client) SendMail(ctx context.Context, key notice.MailKey, m notice.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	letter, err := compose(key, m)
	if err != nil {
		return err
	}
	line := &line{dial: c.dial}
	if key.Provider == notice.MailDesk {
		line.dial = new(net.Dialer).DialContext // of this machine: see deskClient
	}
	defer line.close()
	client, err := c.client(key, line)
	if err != nil {
		return err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return unopened(err)
	}
	err = client.SendWithSMTPClient(conn, letter)
	_ = client.CloseWithSMTPClient(conn) // how a server says goodbye says nothing about the mail
	if err != nil {
		return refused(err)
	}
	return nil
}

// line keeps the connection of one conversation: the library leaves it open where a server
// refuses to be spoken to.
type line struct {
	dial dial
	conn net.Conn
}

func (l *line) open(ctx context.Context, network, address string) (conn net.Conn, err error) {
	l.conn, err = l.dial(ctx, network, address)
	return l.conn, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close() // closed already, as a rule
	}
}

// compose writes the letter. The library encodes headers; what is no address is refused.
func compose(key notice.MailKey, m notice.Mail) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.FromFormat(key.SenderName, key.SenderAddress); err != nil {
		return nil, &notice.MailError{Code: notice.MailSender, Reason: "the sender is no address", Broken: true}
	}
	if err := letter.To(m.To); err != nil {
		return nil, &notice.MailError{Code: "550", Reason: "the address is none"} // the library's words would repeat it
	}
	if strings.ContainsAny(m.Subject+m.ID, "\r\n") {
		return nil, &notice.MailError{Code: notice.MailUnknown, Reason: "a header of two lines"}
	}
	letter.Subject(m.Subject)
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.SetDate()
	_, domain, _ := strings.Cut(key.SenderAddress, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + domain)
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	return letter, nil
}

func (c *Client) client(key notice.MailKey, line *line) (*gomail.Client, error) {
	if key.Provider == notice.MailDesk {
		return c.deskClient(line)
	}
	if err := c.check(key.Host); err != nil { // a row of the database is not a promise
		return nil, &notice.MailError{Code: notice.MailPrivate, Reason: "not a public name", Broken: true}
	}
	secure := &tls.Config{ServerName: key.Host, MinVersion: tls.VersionTLS12, RootCAs: c.roots}
	options := []gomail.Option{
		gomail.WithPort(key.Port), gomail.WithTimeout(callTimeout), gomail.WithoutRset(), gomail.WithTLSConfig(secure),
		gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin), gomail.WithUsername(key.Username), gomail.WithPassword(string(key.Password.Reveal())),
	}
	if key.Security == notice.ImplicitTLS {
		options = append(options, gomail.WithSSL(), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := line.open(ctx, network, address)
			if err != nil {
				return nil, err
			}
			conn := tls.Client(raw, secure)
			if err := conn.HandshakeContext(ctx); err != nil {
				return nil, errors.Join(errTLS, err)
			}
			return conn, nil
		}))
	} else {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(line.open))
	}
	return gomail.NewClient(key.Host, options...)
}

// deskClient speaks to this machine, and only where there is a desk.
func (c *Client) deskClient(line *line) (*gomail.Client, error) {
	host, text, err := net.SplitHostPort(c.desk)
	port, portErr := strconv.Atoi(text)
	if ip := net.ParseIP(host); err != nil || portErr != nil || ip == nil || !ip.IsLoopback() {
		return nil, &notice.MailError{Code: notice.MailUnreachable, Reason: "this installation sends mails", Broken: true}
	}
	return gomail.NewClient(host, gomail.WithPort(port), gomail.WithTimeout(callTimeout), gomail.WithoutRset(), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(line.open))
}

var errTLS = errors.New("smtp: no TLS")

// unopened sorts what went wrong before there was a mail on the line: nothing was sent.
func unopened(err error) error {
	var (
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		reply       *textproto.Error
	)
	switch {
	case errors.Is(err, egress.ErrForbidden):
		return &notice.MailError{Code: notice.MailPrivate, Reason: "leads into a private network", Broken: true}
	case errors.As(err, &reply):
		return replied(reply.Code, true)
	case errors.Is(err, errTLS), errors.As(err, &certificate), errors.As(err, &alert), strings.Contains(err.Error(), "STARTTLS"):
		return &notice.MailError{Code: notice.MailTLS, Reason: "no TLS that can be trusted", Broken: true}
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), errors.Is(err, gomail.ErrPlainAuthNotSupported), errors.Is(err, gomail.ErrLoginAuthNotSupported), strings.Contains(err.Error(), "not support SMTP AUTH"):
		return &notice.MailError{Code: notice.MailAuth, Reason: "no way to sign in", Broken: true}
	}
	return &notice.MailError{Code: notice.MailUnreachable, Reason: "the server was not reached", Later: true}
}

// refused sorts what went wrong with the mail.
func refused(err error) error {
	sent, ok := errors.AsType[*gomail.SendError](err)
	switch {
	case !ok:
		return &notice.MailError{Code: notice.MailUnknown, Reason: "no reply that can be read"}
	case sent.ErrorCode() != 0:
		return replied(sent.ErrorCode(), sent.Reason == gomail.ErrSMTPMailFrom)
	case sent.Reason == gomail.ErrSMTPDataClose || sent.Reason == gomail.ErrAmbiguous:
		return &notice.MailError{Code: notice.MailUnknown, Reason: "outcome unknown"}
	}
	return &notice.MailError{Code: notice.MailUnreachable, Reason: "the connection broke", Later: true}
}

// replied is a server's reply by its class; ofAccount says whether a refusal is of the
// account and not of one mail.
func replied(code int, ofAccount bool) *notice.MailError {
	const classLater = 4
	later := code/100 == classLater
	return &notice.MailError{Code: strconv.Itoa(code), Reason: "refused by the server", Later: later, Broken: ofAccount && !later}
}
