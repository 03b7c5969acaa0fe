package notice

import (
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Mail is an e-mail on its way to a server.
type Mail struct {
	To      string // a plain address
	Subject string // one line
	Text    string // plain text
	ID      string // ours, unique: the left part of its Message-ID
}

// The providers of mail: a mail server, or the developer's page of this installation.
const (
	MailServer = "smtp"
	MailDesk   = "desk"
)

// Security is how a connection to a mail server is secured. There is none that is not.
type Security string

// The ways: TLS asked for on a plain connection, which is closed without it, or TLS from the
// first byte.
const (
	StartTLS    Security = "starttls"
	ImplicitTLS Security = "tls"
)

// MailPorts are those on which a shop's mail server may be: of submission, and what large
// providers use beside them. Port 25 is for servers among themselves.
func MailPorts() []int { return []int{465, 587, 994, 2525} }

// MailKey is a shop's account at a mail server.
type MailKey struct {
	Provider      string // MailServer or MailDesk
	Host          string
	Port          int
	Security      Security
	Username      string
	Password      vault.Secret
	SenderName    string
	SenderAddress string
}

// Mailer hands mails to servers. Its refusals are *MailError.
type Mailer interface {
	// SendMail returns nil when the server took the mail.
	SendMail(ctx context.Context, key MailKey, m Mail) error
	// CheckMail refuses a host that must never be called. Faults: URL_REFUSED.
	CheckMail(host string) error
}

// MailError is a mail that its server surely did not take.
type MailError struct {
	Code   string // the server's reply code, or one of MailUnreachable and its like
	Reason string // without address or text
	// Later: it may be taken when asked again. Broken: the shop has to see to its account.
	Later, Broken bool
}

// Error implements error.
func (e *MailError) Error() string { return "mail: " + e.Code + ": " + e.Reason }

// Codes of ours, of what is no reply of a server's.
const (
	MailUnreachable = "mail_unreachable"
	MailPrivate     = "mail_private"
	MailTLS         = "mail_tls"
	MailAuth        = "mail_auth"
	MailSender      = "mail_sender"
	MailUnknown     = "mail_unknown" // sent or not: nobody knows
)

// MailAccount is what people see of a shop's account.
type MailAccount struct {
	Provider      string
	Host          string
	Port          int
	Security      Security
	Username      string
	SenderName    string
	SenderAddress string
	Enabled       bool
	UpdatedAt     time.Time
	Templates     []MailTemplate
}

// MailTemplate is the shop's own words of a mail. {name} stands for a value of the event.
type MailTemplate struct {
	Event    string
	Audience Audience
	Subject  string
	Body     string
}

// MailInput is an account as staff enter it. For MailDesk only the sender matters.
type MailInput struct {
	Provider      string
	Host          string
	Port          int
	Security      Security
	Username      string
	Password      vault.Secret
	SenderName    string
	SenderAddress string
	Actor         string
}

const (
	mostSenderName = 64
	mostAddress    = 254
	mostPassword   = 256
	mostSubject    = 120
	mostBody       = 4000
)

func mailField(id tenant.ID) vault.Field {
	return vault.Field{Tenant: id, Owner: "mail", Name: "password"}
}

// plainAddress reports whether a text is a mail address and nothing besides: no name, no
// second one, and no line of a header.
func plainAddress(s string) bool {
	if len(s) > mostAddress || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>,;:"()`, r) }) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// line reports whether a text is one line of so many characters at most.
func line(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return n > 0 && n <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) && strings.TrimSpace(s) == s
}

// check refuses an account that no server would take, or that no server may be.
func (in *MailInput) check(m Mailer) error {
	in.Host = strings.ToLower(in.Host)
	switch {
	case in.Provider == MailDesk:
		in.Host, in.Port, in.Security, in.Username, in.Password = "desk", 2525, StartTLS, "desk", vault.NewSecret([]byte("desk"))
	case in.Provider != MailServer:
		return fault.Invalidf("provider", "is no provider of mail")
	case m.CheckMail(in.Host) != nil:
		return fault.Invalidf("host", "must be the public name of a mail server")
	case !slices.Contains(MailPorts(), in.Port):
		return fault.Invalidf("port", "must be 465, 587, 994 or 2525")
	case in.Security != StartTLS && in.Security != ImplicitTLS:
		return fault.Invalidf("security", "must be starttls or tls")
	case !line(in.Username, mostAddress):
		return fault.Invalidf("username", "must have 1 to 254 characters")
	case !line(string(in.Password.Reveal()), mostPassword):
		return fault.Invalidf("password", "must have 1 to 256 characters")
	}
	switch {
	case !line(in.SenderName, mostSenderName):
		return fault.Invalidf("sender_name", "must have 1 to 64 characters")
	case !plainAddress(in.SenderAddress):
		return fault.Invalidf("sender_address", "must be a mail address")
	}
	return nil
}

// SetMail stores the shop's account, its password sealed. Opens transactions. Faults:
// VALIDATION by field.
func (s *Service) SetMail(ctx context.Context, id tenant.ID, in MailInput) error {
	if err := in.check(s.d.Mailer); err != nil {
		return err
	}
	sealed, err := s.d.Vault.Seal(ctx, mailField(id), in.Password)
	if err != nil {
		return fmt.Errorf("set mail account: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutMailAccount(ctx, tx, noticedb.PutMailAccountParams{
			Provider: in.Provider, Host: in.Host, Port: int32(in.Port), Security: string(in.Security), Username: in.Username, PasswordSealed: sealed,
			SenderName: in.SenderName, SenderAddress: in.SenderAddress, Now: tx.Now(),
		}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "mail.account_set", Object: "mail", After: map[string]any{
			"provider": in.Provider, "host": in.Host, "port": in.Port, "security": string(in.Security), "sender_address": in.SenderAddress,
		}})
	})
	if err != nil {
		return fmt.Errorf("set mail account: %w", err)
	}
	return nil
}

// SwitchMail lets mails rest, or sends them again. Opens a transaction.
func (s *Service) SwitchMail(ctx context.Context, id tenant.ID, on bool, actor string) error {
	return s.switchWay(ctx, id, "mail", on, actor, s.q.SwitchMail)
}

// switchWay switches the account of one way, "sms" or "mail".
func (s *Service) switchWay(ctx context.Context, id tenant.ID, way string, on bool, actor string, do func(ctx context.Context, db noticedb.DBTX, on bool, now time.Time) (int64, error)) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := do(ctx, tx, on, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: way + ".switch", Object: way, After: map[string]any{"on": on}})
	})
	if err != nil {
		return fmt.Errorf("switch %s: %w", way, err)
	}
	return nil
}

// MailAccount reads the shop's account and its own words. Faults: NOT_FOUND without an
// account; the words are there all the same.
func (s *Service) MailAccount(ctx context.Context, id tenant.ID) (out MailAccount, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.MailTemplates(ctx, r)
		if err != nil {
			return err
		}
		for _, t := range rows {
			out.Templates = append(out.Templates, MailTemplate{t.Event, Audience(t.Audience), t.Subject, t.Body})
		}
		a, err := s.q.MailAccount(ctx, r)
		out.Provider, out.Host, out.Port, out.Security, out.Username = a.Provider, a.Host, int(a.Port), Security(a.Security), a.Username
		out.SenderName, out.SenderAddress, out.Enabled, out.UpdatedAt = a.SenderName, a.SenderAddress, a.Enabled, a.UpdatedAt
		return err
	})
	if tenantdb.NoRows(err) {
		return out, fault.ErrNotFound
	}
	if err != nil {
		return out, fmt.Errorf("mail account: %w", err)
	}
	return out, nil
}

// MailKey opens the shop's account for sending. Faults: NOT_FOUND without one that is in use.
func (s *Service) MailKey(ctx context.Context, id tenant.ID) (MailKey, error) {
	var a noticedb.MailAccountRow
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		a, err = s.q.MailAccount(ctx, r)
		return err
	})
	if tenantdb.NoRows(err) || (err == nil && !a.Enabled) {
		return MailKey{}, fault.ErrNotFound
	}
	if err != nil {
		return MailKey{}, fmt.Errorf("mail account: %w", err)
	}
	password, err := s.d.Vault.Open(ctx, mailField(id), a.PasswordSealed)
	if err != nil {
		return MailKey{}, fmt.Errorf("mail account: %w", err)
	}
	return MailKey{
		Provider: a.Provider, Host: a.Host, Port: int(a.Port), Security: Security(a.Security), Username: a.Username, Password: password,
		SenderName: a.SenderName, SenderAddress: a.SenderAddress,
	}, nil
}

// Mailed reports whether an audience can be told of an event by mail.
func (k Kind) Mailed(a Audience) bool {
	if a == Staff {
		return len(k.Staffs) > 0
	}
	_, ok := k.Buyers[Email]
	return ok
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// check refuses words that name a value which the event does not have.
func (t MailTemplate) check() error {
	kind, ok := KindOf(t.Event)
	if !ok || !kind.Mailed(t.Audience) {
		return ErrTemplate.With(ErrTemplate.At("event"))
	}
	if !line(t.Subject, mostSubject) {
		return ErrTemplate.With(ErrTemplate.At("subject"))
	}
	n := utf8.RuneCountInString(t.Body)
	if n == 0 || n > mostBody || !utf8.ValidString(t.Body) || strings.ContainsFunc(t.Body, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return ErrTemplate.With(ErrTemplate.At("body"))
	}
	for at, text := range map[string]string{"subject": t.Subject, "body": t.Body} {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(kind.values, found[1]) {
				return ErrTemplate.With(ErrTemplate.At(at))
			}
		}
	}
	return nil
}

// SaveMailTemplate stores the shop's own words of a mail; without a subject and a body, the
// catalogue's are used again. Faults: MESSAGE_TEMPLATE.
func (s *Service) SaveMailTemplate(ctx context.Context, id tenant.ID, t MailTemplate, actor string) error {
	own := t.Subject != "" || t.Body != ""
	if own {
		if err := t.check(); err != nil {
			return err
		}
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if own {
			if err := s.q.PutMailTemplate(ctx, tx, t.Event, string(t.Audience), t.Subject, t.Body); err != nil {
				return err
			}
		} else if n, err := s.q.DropMailTemplate(ctx, tx, t.Event, string(t.Audience)); err != nil || n == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "mail.template", Object: "message:" + t.Event, Detail: map[string]any{
			"audience": string(t.Audience), "own": own,
		}})
	})
	if err != nil {
		return fmt.Errorf("save mail template: %w", err)
	}
	return nil
}

// Letter is the mail that the words make of facts, in "zh-CN" or English; words of the
// catalogue where the shop has none of its own.
func (t MailTemplate) Letter(f Facts, lang string) (subject, text string) {
	kind, _ := KindOf(t.Event)
	subject, text = kind.Title(t.Audience, lang), kind.Text(t.Audience, f, lang)
	if t.Subject != "" {
		subject, text = kind.filled(t.Subject, f, lang), kind.filled(t.Body, f, lang)
	}
	return shortened(oneLine(subject), mostSubject), text
}

// oneLine makes a header of a text: what a buyer or a product is called can hold a line end.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return unicode.IsControl(r) || r == ' ' || r == '\u2028' || r == '\u2029' }), " ")
}

// MailChoice reads which of the board's events an account wants by mail.
func (s *Service) MailChoice(ctx context.Context, id tenant.ID, accountID int64) (events []string, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		events, err = s.q.MailReader(ctx, r, accountID)
		return err
	})
	if tenantdb.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mail choice: %w", err)
	}
	return events, nil
}

// ChooseMail stores it, in the language in which the person wants to read. Events that the
// board does not have are left out.
func (s *Service) ChooseMail(ctx context.Context, id tenant.ID, accountID int64, events []string, lang string) error {
	chosen := []string{}
	for _, k := range Catalogue() {
		if k.Mailed(Staff) && slices.Contains(events, k.Event) {
			chosen = append(chosen, k.Event)
		}
	}
	if lang != English {
		lang = "zh-CN"
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if len(chosen) == 0 {
			_, err := s.q.DropMailReader(ctx, tx, accountID)
			return err
		}
		return s.q.PutMailReader(ctx, tx, accountID, lang, chosen, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("choose mail: %w", err)
	}
	return nil
}

// mailOut has an event of the board told by mail to who chose it.
func (s *Service) mailOut(ctx context.Context, tx tenantdb.Tx, p MailOutV1) error {
	if err := s.d.Outbox.Append(ctx, tx, TopicMailOut, p.EventID.String(), p); err != nil {
		return fmt.Errorf("tell staff by mail: %w", err)
	}
	return nil
}

func mailData(subject, text string) map[string]string {
	return map[string]string{"subject": subject, "text": text}
}
