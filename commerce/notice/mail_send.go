package notice

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	// TopicMailOut asks to tell an event of the board to everybody who wants it by mail.
	TopicMailOut outbox.Topic = "notice.mail_out"
	// TimerMail sends one mail.
	TimerMail outbox.Topic = "notice.mail"
)

// MailOutV1 is the payload of TopicMailOut.
type MailOutV1 struct {
	EventID uuid.UUID `json:"event_id"`
	Event   string    `json:"event"`
	Facts   Facts     `json:"facts"`
}

// MailV1 is the payload of TimerMail. Where to is read when it is sent.
type MailV1 struct {
	EventID   uuid.UUID `json:"event_id"` // of the log: of a member of staff, one of its own
	Event     string    `json:"event"`
	Audience  Audience  `json:"audience"`
	MemberID  int64     `json:"member_id,omitempty"`
	AccountID int64     `json:"account_id,omitempty"`
	Lang      string    `json:"lang"`
	Facts     Facts     `json:"facts"`
	Tried     int       `json:"tried,omitempty"`
}

// mailFresh is how old what a mail tells may be when it is first to be sent: of older things the
// board tells, and nobody wants a hundred mails after an outage of days.
const mailFresh = 24 * time.Hour

// MailReaders are the mails of an event of the board, one for each who wants it; none of an event
// that is no news any more.
func (s *Service) MailReaders(ctx context.Context, tx tenantdb.Tx, p MailOutV1) ([]MailV1, error) {
	if !p.Facts.At.IsZero() && tx.Now().Sub(p.Facts.At) > mailFresh {
		return nil, nil
	}
	rows, err := s.q.MailReaders(ctx, tx, p.Event)
	if err != nil {
		return nil, fmt.Errorf("readers of mail: %w", err)
	}
	list := make([]MailV1, len(rows))
	for i, r := range rows {
		list[i] = MailV1{
			EventID: uuid.NewSHA1(p.EventID, []byte("mail/"+strconv.FormatInt(r.AccountID, 10))), Event: p.Event, Audience: Staff, AccountID: r.AccountID,
			Lang: r.Locale, Facts: p.Facts,
		}
	}
	return list, nil
}

// BeginMailTx begins a mail, once; one that MailLaterTx put off is begun again. Nothing is
// ready without an address, which the caller has looked up.
func (s *Service) BeginMailTx(ctx context.Context, tx tenantdb.Tx, key MailKey, p MailV1, to string) (Begun, error) {
	m := Message{EventID: p.EventID, Event: p.Event, Channel: Email, AppID: key.Host}
	t, err := s.q.BeginMail(ctx, tx, p.Event, string(p.Audience), p.EventID, p.MemberID, p.AccountID, tx.Now())
	switch {
	case err != nil:
		return Begun{}, fmt.Errorf("begin mail: %w", err)
	case !t.Fresh:
		return Begun{}, s.finish(ctx, tx, m, Outcome{State: Failed, Reason: "outcome unknown"})
	case !plainAddress(to):
		return Begun{}, s.finish(ctx, tx, m, Outcome{State: Skipped, Reason: "no address"})
	}
	m.OpenID = to
	m.Data = mailData(MailTemplate{p.Event, p.Audience, t.Subject, t.Body}.Letter(p.Facts, p.Lang))
	return Begun{Message: m, Ready: true}, nil
}

// MailLaterTx puts a mail off that its server did not take yet.
func (s *Service) MailLaterTx(ctx context.Context, tx tenantdb.Tx, m Message, code string) error {
	if err := s.q.MailLater(ctx, tx, bounded(code, maxCode), m.EventID); err != nil {
		return fmt.Errorf("put a mail off: %w", err)
	}
	return nil
}

// MailWait is how long to wait before a mail is tried again that was tried so many times
// before; ok is false when it was tried often enough: servers that know no sender yet want
// minutes, and those that fail are back within hours.
func MailWait(tried int) (wait time.Duration, ok bool) {
	waits := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
	if tried >= len(waits) {
		return 0, false
	}
	return waits[tried], true
}

// MailTest is a mail with sample values to one address.
type MailTest struct {
	Event     string
	Audience  Audience
	To        string
	Lang      string
	AccountID int64 // who tries
	Actor     string
}

// TestMail sends a test at once and gives the code of what its server said, empty if it was
// taken. Speaks to the network, outside of its transactions. Faults: NOT_FOUND without an
// account in use, VALIDATION of "to", MESSAGE_TEMPLATE, MESSAGE_TEST_LIMIT.
func (s *Service) TestMail(ctx context.Context, id tenant.ID, in MailTest) (code string, err error) {
	kind, ok := KindOf(in.Event)
	switch {
	case !ok || !kind.Mailed(in.Audience):
		return "", ErrTemplate.With(ErrTemplate.At("event"))
	case !plainAddress(in.To):
		return "", fault.Invalidf("to", "must be a mail address")
	}
	key, err := s.MailKey(ctx, id)
	if err != nil {
		return "", err
	}
	m := Message{EventID: uuid.New(), Event: in.Event, Channel: Email, AppID: key.Host, Test: true}
	var words MailTemplate
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		words, err = s.askMailTest(ctx, tx, m.EventID, in)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("test mail: %w", err)
	}
	facts := SampleOf(in.Event, s.now())
	subject, text := words.Letter(facts, in.Lang)
	sendErr := s.d.Mailer.SendMail(ctx, key, Mail{To: in.To, Subject: testMark + subject, Text: text, ID: m.EventID.String()})
	out := Outcome{State: Sent}
	if sendErr != nil {
		out = Outcome{State: Failed, Code: MailUnknown, Reason: "outcome unknown"}
		if refused, ok := errors.AsType[*MailError](sendErr); ok {
			out.Code, out.Reason = refused.Code, refused.Reason
		}
	}
	ctx = context.WithoutCancel(ctx) // it is out; saying so must not time out with it
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.finish(ctx, tx, m, out) })
	if err != nil {
		return "", fmt.Errorf("test mail: %w", err)
	}
	return out.Code, nil
}

// askMailTest counts a test and logs it.
func (s *Service) askMailTest(ctx context.Context, tx tenantdb.Tx, event uuid.UUID, in MailTest) (t MailTemplate, err error) {
	t = MailTemplate{Event: in.Event, Audience: in.Audience}
	if _, err := s.q.LockTests(ctx, tx); err != nil {
		return t, err
	}
	tested, err := s.q.Tested(ctx, tx, tx.Now().Add(-time.Hour))
	if err != nil {
		return t, err
	}
	if tested >= testsAnHour {
		return t, ErrTestLimit
	}
	own, err := s.q.MailTemplate(ctx, tx, in.Event, string(in.Audience))
	if err != nil && !tenantdb.NoRows(err) {
		return t, err
	}
	t.Subject, t.Body = own.Subject, own.Body
	if err := s.q.LogMailTest(ctx, tx, event, in.AccountID, in.Event, tx.Now()); err != nil {
		return t, err
	}
	return t, s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "mail.test", Object: "message:" + in.Event, Detail: map[string]any{"audience": string(in.Audience)}})
}

// sealedMail describes the sealed password of mail_account for the rotation of data keys.
func sealedMail(q *noticedb.Queries) vault.Column {
	return vault.Column{
		Name: "mail_account.password_sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
			if after != "" {
				return nil, nil
			}
			rows, err := q.SealedMail(ctx, db)
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				page = append(page, vault.Row{Key: "mail", Owner: "mail", Field: "password", Prefix: vault.Prefix(r.PasswordSealed), Sealed: r.PasswordSealed})
			}
			return page, err
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			return q.ResealMail(ctx, tx, sealed, row.Sealed)
		},
	}
}
