package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"galleria/commerce/money"
	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Text is a text message on its way to a vendor.
type Text struct {
	Phone    vault.Secret      // digits, with or without a leading +86
	Template string            // the vendor's code
	Values   map[string]string // template variable → text
	OutID    string            // ours, which the vendor repeats
}

// SMSKey is a shop's account at a vendor.
type SMSKey struct {
	Provider  string // SMSVendor or SMSDesk
	KeyID     string
	Secret    vault.Secret
	SignName  string // the registered name before every message
	perDay    int16
	unreached bool
}

// The providers of text messages: a vendor, or the developer's page of this installation.
const (
	SMSVendor = "aliyun"
	SMSDesk   = "desk"
)

// Texter sends text messages and knows what became of them. Its refusals are *SMSError.
type Texter interface {
	// SendText returns the vendor's number of the message.
	SendText(ctx context.Context, key SMSKey, m Text) (providerID string, err error)
	// AskText asks what became of one; known is false while the vendor does not know.
	AskText(ctx context.Context, key SMSKey, phone vault.Secret, providerID string, sentAt time.Time) (r Receipt, known bool, err error)
}

// SMSError is a vendor's refusal: the message was not sent.
type SMSError struct {
	Code   string // the vendor's
	Reason string // in its words, without phone or text
	// Later: it may be sent when asked again. Broken: the shop has to see to its account,
	// its name or its template.
	Later, Broken bool
}

// Error implements error.
func (e *SMSError) Error() string { return "sms: " + e.Code + ": " + e.Reason }

// SMSAccount is what people see of a shop's account.
type SMSAccount struct {
	Provider   string
	KeyID      string
	SecretEnds string
	SignName   string
	PerDay     int
	Unreached  bool
	PieceFen   money.Fen // what a piece costs
	MonthFen   money.Fen // what a month may cost; 0: anything
	Spent      SMSSpent
	Enabled    bool
	UpdatedAt  time.Time
	Templates  []SMSTemplate
}

// SMSTemplate says how an event is told by text message.
type SMSTemplate struct {
	Event  string
	Code   string            // the vendor's: "SMS_123456789"
	Fields map[string]string // template variable → name of our value
	Words  string            // as approved, with ${variable}; empty: not known
}

// SMSInput is an account as staff enter it.
type SMSInput struct {
	Provider  string
	KeyID     string
	Secret    vault.Secret
	SignName  string
	PerDay    int
	Unreached bool
	PieceFen  money.Fen
	MonthFen  money.Fen
	Actor     string
}

var (
	smsKeyForm      = regexp.MustCompile(`^[0-9A-Za-z]{8,64}$`)
	smsTemplateForm = regexp.MustCompile(`^SMS_[0-9]{1,20}$`)
	smsVariableForm = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]{0,29}$`)
)

const (
	smsMostPerDay = 20
	smsValueLimit = 35 // characters of a variable, as Aliyun has it
)

func smsField(id tenant.ID) vault.Field {
	return vault.Field{Tenant: id, Owner: "sms", Name: "secret"}
}

// SetSMS stores the shop's account, its secret sealed. Opens transactions. Faults:
// VALIDATION by field.
func (s *Service) SetSMS(ctx context.Context, id tenant.ID, in SMSInput) error {
	name := utf8.RuneCountInString(in.SignName)
	switch {
	case in.Provider != SMSVendor && in.Provider != SMSDesk:
		return fault.Invalidf("provider", "is no provider of text messages")
	case !smsKeyForm.MatchString(in.KeyID):
		return fault.Invalidf("key_id", "must be 8 to 64 letters and digits")
	case !smsKeyForm.Match(in.Secret.Reveal()):
		return fault.Invalidf("secret", "must be 8 to 64 letters and digits")
	case name < 2 || name > 12:
		return fault.Invalidf("sign_name", "must have 2 to 12 characters")
	case in.PerDay < 1 || in.PerDay > smsMostPerDay:
		return fault.Invalidf("per_day", "must be 1 to 20")
	}
	if err := checkBudget(in); err != nil {
		return err
	}
	sealed, err := s.d.Vault.Seal(ctx, smsField(id), in.Secret)
	if err != nil {
		return fmt.Errorf("set sms account: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutSMSAccount(ctx, tx, noticedb.PutSMSAccountParams{
			Provider: in.Provider, KeyID: in.KeyID, SecretSealed: sealed, SecretLast4: in.Secret.Last4(), SignName: in.SignName,
			PerDay: int16(in.PerDay), Unreached: in.Unreached, PieceFen: int16(in.PieceFen), MonthFen: int64(in.MonthFen), Now: tx.Now(),
		}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "sms.key_set", Object: "sms", After: map[string]any{
			"provider": in.Provider, "key_id": in.KeyID, "secret_ends": in.Secret.Last4(), "sign_name": in.SignName, "per_day": in.PerDay, "unreached": in.Unreached, "piece_fen": in.PieceFen, "month_fen": in.MonthFen,
		}})
	})
	if err != nil {
		return fmt.Errorf("set sms account: %w", err)
	}
	return nil
}

// SwitchSMS lets text messages rest, or sends them again. Opens a transaction.
func (s *Service) SwitchSMS(ctx context.Context, id tenant.ID, on bool, actor string) error {
	return s.switchWay(ctx, id, "sms", on, actor, s.q.SwitchSMS)
}

// SMSAccount reads the shop's account and templates. Faults: NOT_FOUND without an account;
// the templates are there all the same.
func (s *Service) SMSAccount(ctx context.Context, id tenant.ID) (out SMSAccount, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.SMSTemplates(ctx, r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			t := SMSTemplate{Event: row.Event, Code: row.Code, Words: row.Words}
			if err := json.Unmarshal(row.Fields, &t.Fields); err != nil {
				return err
			}
			out.Templates = append(out.Templates, t)
		}
		a, err := s.q.SMSAccount(ctx, r)
		out.Provider, out.KeyID, out.SecretEnds, out.SignName, out.PerDay = a.Provider, a.KeyID, a.SecretLast4, a.SignName, int(a.PerDay)
		out.Unreached, out.Enabled, out.UpdatedAt, out.PieceFen, out.MonthFen = a.Unreached, a.Enabled, a.UpdatedAt, money.Fen(a.PieceFen), money.Fen(a.MonthFen)
		if err != nil {
			return err
		}
		spent, err := s.q.SMSSpent(ctx, r, smsMonth(s.now()))
		if tenantdb.NoRows(err) {
			return nil // nothing in this month
		}
		out.Spent = SMSSpent{spent.Pieces, money.Fen(spent.SpentFen)}
		return err
	})
	if tenantdb.NoRows(err) {
		return out, fault.ErrNotFound
	}
	if err != nil {
		return out, fmt.Errorf("sms account: %w", err)
	}
	return out, nil
}

// SMSKey opens the shop's account for sending. Faults: NOT_FOUND without one that is in use.
func (s *Service) SMSKey(ctx context.Context, id tenant.ID) (SMSKey, error) {
	var a noticedb.SMSAccountRow
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		a, err = s.q.SMSAccount(ctx, r)
		return err
	})
	if tenantdb.NoRows(err) || (err == nil && !a.Enabled) {
		return SMSKey{}, fault.ErrNotFound
	}
	if err != nil {
		return SMSKey{}, fmt.Errorf("sms account: %w", err)
	}
	secret, err := s.d.Vault.Open(ctx, smsField(id), a.SecretSealed)
	if err != nil {
		return SMSKey{}, fmt.Errorf("sms account: %w", err)
	}
	return SMSKey{Provider: a.Provider, KeyID: a.KeyID, Secret: secret, SignName: a.SignName, perDay: a.PerDay, unreached: a.Unreached}, nil
}

// check refuses what the vendor would, and words with variables that nothing fills.
func (t SMSTemplate) check() error {
	kind, ok := KindOf(t.Event)
	if !ok || !slices.Contains(kind.Channels(Buyer), SMS) || (t.Code != "" && !smsTemplateForm.MatchString(t.Code)) {
		return ErrTemplate.With(ErrTemplate.At("code"))
	}
	if utf8.RuneCountInString(t.Words) > mostSMSWords || !utf8.ValidString(t.Words) || strings.ContainsFunc(t.Words, unicode.IsControl) {
		return ErrTemplate.With(ErrTemplate.At("words"))
	}
	for _, found := range smsPlaceholder.FindAllStringSubmatch(t.Words, -1) {
		if _, ok := t.Fields[found[1]]; !ok {
			return ErrTemplate.With(ErrTemplate.At("words"))
		}
	}
	for variable, name := range t.Fields {
		if !smsVariableForm.MatchString(variable) || !slices.Contains(kind.values, name) {
			return ErrTemplate.With(ErrTemplate.At("fields"))
		}
	}
	return nil
}

// SaveSMSTemplate stores which template tells of an event; an empty code ends its text
// messages. Faults: MESSAGE_TEMPLATE.
func (s *Service) SaveSMSTemplate(ctx context.Context, id tenant.ID, t SMSTemplate, actor string) error {
	if err := t.check(); err != nil {
		return err
	}
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return err
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if t.Code == "" {
			if n, err := s.q.DropSMSTemplate(ctx, tx, t.Event); err != nil || n == 0 {
				return err
			}
		} else if err := s.q.PutSMSTemplate(ctx, tx, t.Event, t.Code, fields, t.Words); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "sms.template", Object: "message:" + t.Event, Detail: map[string]any{"code": t.Code}})
	})
	if err != nil {
		return fmt.Errorf("save sms template: %w", err)
	}
	return nil
}

// Preview is what the variables of a template would show.
func (t SMSTemplate) Preview(f Facts) map[string]string {
	kind, _ := KindOf(t.Event)
	out := make(map[string]string, len(t.Fields))
	for variable, name := range t.Fields {
		out[variable] = shortened(kind.value(name, f, ""), smsValueLimit)
	}
	return out
}

// SMSBegin says which event is to be told by text message, and to whose phone.
type SMSBegin struct {
	EventID    uuid.UUID
	Event      string
	MemberID   int64
	PhoneIndex []byte // nil: the member gave no phone
	Facts      Facts
}

func smsDay(now time.Time) time.Time {
	y, m, d := now.In(beijing()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// BeginSMSTx begins a text message, once. Nothing is ready if there is no template or no
// phone, if the phone has had its number of the day or one in this minute, or if the Mini
// Program's own message was sent and the shop does not want both.
func (s *Service) BeginSMSTx(ctx context.Context, tx tenantdb.Tx, key SMSKey, in SMSBegin) (Begun, error) {
	m := Message{EventID: in.EventID, Event: in.Event, Channel: SMS, AppID: key.KeyID, PhoneIndex: in.PhoneIndex, Day: smsDay(tx.Now())}
	t, err := s.q.BeginSMS(ctx, tx, in.EventID, in.Event, in.MemberID, tx.Now())
	skip := func(why string) (Begun, error) {
		return Begun{}, s.finish(ctx, tx, m, Outcome{State: Skipped, Reason: why})
	}
	switch {
	case tenantdb.NoRows(err):
		return Begun{}, nil
	case err != nil:
		return Begun{}, fmt.Errorf("begin sms: %w", err)
	case !t.Fresh:
		return Begun{}, s.finish(ctx, tx, m, Outcome{State: Failed, Reason: "outcome unknown"})
	case in.PhoneIndex == nil:
		return skip("no phone")
	case t.Reached && key.unreached:
		return skip("reached otherwise")
	}
	filled := SMSTemplate{Event: in.Event, Code: t.Code, Words: t.Words}
	if err := json.Unmarshal(t.Fields, &filled.Fields); err != nil {
		return Begun{}, fmt.Errorf("begin sms: %w", err)
	}
	m.TemplateID, m.Data = t.Code, filled.Preview(in.Facts)
	n, err := s.q.CountSMS(ctx, tx, in.PhoneIndex, m.Day, tx.Now(), key.perDay)
	if err != nil {
		return Begun{}, fmt.Errorf("begin sms: %w", err)
	}
	if n == 0 {
		return skip("phone limit")
	}
	spent, err := s.spendSMS(ctx, tx, &m, filled.Pieces(key.SignName, m.Data))
	if err != nil {
		return Begun{}, err
	}
	if !spent {
		if err := s.q.UncountSMS(ctx, tx, m.PhoneIndex, m.Day); err != nil {
			return Begun{}, fmt.Errorf("begin sms: %w", err)
		}
		return skip("budget")
	}
	return Begun{Message: m, Ready: true}, nil
}

// SealedColumns describes the sealed secrets of the accounts of messages for the rotation of data keys.
func SealedColumns() []vault.Column {
	q := noticedb.New()
	return []vault.Column{{
		Name: "sms_account.secret_sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
			if after != "" {
				return nil, nil
			}
			rows, err := q.SealedSMS(ctx, db)
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				page = append(page, vault.Row{Key: "sms", Owner: "sms", Field: "secret", Prefix: vault.Prefix(r.SecretSealed), Sealed: r.SecretSealed})
			}
			return page, err
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			return q.ResealSMS(ctx, tx, sealed, row.Sealed)
		},
	}, sealedMail(q)}
}
