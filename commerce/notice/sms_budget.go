package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Carriers count a text of up to 70 characters as one piece, and a longer one by 67 each,
// the name before it included.
const (
	onePiece  = 70
	eachPiece = 67
	// unknownPieces is what a message counts of which the words are not known.
	unknownPieces = 2
	mostSMSWords  = 500
	mostPieceFen  = 1000
	mostMonthFen  = 100_000_000
	warnAt        = 80 // per cent
	wholeBudget   = 100
)

// SMSSpent is what text messages cost in this month of Beijing's.
type SMSSpent struct {
	Pieces int64
	Fen    money.Fen
}

func smsMonth(now time.Time) time.Time {
	y, m, _ := now.In(beijing()).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// Pieces are how many a text is counted as, with the name before it in its two brackets.
func Pieces(signName, text string) int64 {
	n := utf8.RuneCountInString(signName) + 2 + utf8.RuneCountInString(text)
	if n <= onePiece {
		return 1
	}
	return int64((n + eachPiece - 1) / eachPiece)
}

var smsPlaceholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

// Filled is the message with its values, empty where its words are not known.
func (t SMSTemplate) Filled(values map[string]string) string {
	return smsPlaceholder.ReplaceAllStringFunc(t.Words, func(found string) string {
		return values[strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")]
	})
}

// Pieces are how many the message is counted as with these values.
func (t SMSTemplate) Pieces(signName string, values map[string]string) int64 {
	if t.Words == "" {
		return unknownPieces
	}
	return Pieces(signName, t.Filled(values))
}

// spendSMS counts a message to the month's money; ok is false where the budget has not that
// much left. At 80 per cent and at the end of it the staff are told, once a month each.
func (s *Service) spendSMS(ctx context.Context, tx tenantdb.Tx, m *Message, pieces int64) (ok bool, err error) {
	month := smsMonth(tx.Now())
	spent, err := s.q.SpendSMS(ctx, tx, month, pieces)
	if tenantdb.NoRows(err) {
		return false, s.warnBudget(ctx, tx, month, wholeBudget)
	}
	if err != nil {
		return false, fmt.Errorf("spend sms: %w", err)
	}
	m.Pieces, m.CostFen, m.Month = pieces, money.Fen(spent.CostFen), month
	for _, percent := range []int64{warnAt, wholeBudget} {
		mark := spent.MonthFen * percent
		if spent.MonthFen > 0 && spent.SpentFen*wholeBudget >= mark && (spent.SpentFen-spent.CostFen)*wholeBudget < mark {
			if err := s.warnBudget(ctx, tx, month, percent); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// warnBudget tells the staff how much of a month's money is spent.
func (s *Service) warnBudget(ctx context.Context, tx tenantdb.Tx, month time.Time, percent int64) error {
	a, err := s.q.SMSAccount(ctx, tx)
	if err != nil {
		return err
	}
	about := fmt.Sprintf("%s/sms/%s/%d/%d", tx.TenantID(), month.Format("2006-01"), a.MonthFen, percent) // a higher budget is warned of anew
	return s.BoardTx(ctx, tx, uuid.NewSHA1(uuid.NameSpaceOID, []byte(about)), SMSBudget, Facts{
		AmountFen: money.Fen(a.MonthFen), Reason: fmt.Sprintf("sms_budget_%d", percent), At: tx.Now(),
	})
}

// unspendSMS gives back what a message was counted, which the vendor did not take.
func (s *Service) unspendSMS(ctx context.Context, tx tenantdb.Tx, m Message) error {
	if m.Pieces == 0 {
		return nil
	}
	if err := s.q.UnspendSMS(ctx, tx, m.Pieces, int64(m.CostFen), m.Month); err != nil {
		return fmt.Errorf("give back sms: %w", err)
	}
	return nil
}

// uncountSMS takes a message back from its phone and from the month's money.
func (s *Service) uncountSMS(ctx context.Context, tx tenantdb.Tx, m Message) error {
	if err := s.q.UncountSMS(ctx, tx, m.PhoneIndex, m.Day); err != nil {
		return err
	}
	return s.unspendSMS(ctx, tx, m)
}

// SMSTest is a text message with sample values to one phone.
type SMSTest struct {
	Event      string
	Phone      vault.Secret
	PhoneIndex []byte // blind index of the phone
	AccountID  int64  // who tries
	Actor      string
}

// TestSMS sends a test at once, within what the phone and the month may get, and gives the
// code of what the vendor said, empty if it was taken. Speaks to the network, outside of its
// transactions. Faults: NOT_FOUND without an account in use, MESSAGE_TEMPLATE without a
// template, MESSAGE_TEST_LIMIT, MESSAGE_TEST_PHONE, SMS_BUDGET.
func (s *Service) TestSMS(ctx context.Context, id tenant.ID, in SMSTest) (code string, err error) {
	key, err := s.SMSKey(ctx, id)
	if err != nil {
		return "", err
	}
	m := Message{EventID: uuid.New(), Event: in.Event, Channel: SMS, AppID: key.KeyID, PhoneIndex: in.PhoneIndex, Test: true}
	spent := true
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		spent, err = s.askSMSTest(ctx, tx, key, &m, in)
		return err
	})
	if err == nil && !spent { // after the transaction: what it told the staff stays
		err = ErrSMSBudget
	}
	if err != nil {
		return "", fmt.Errorf("test sms: %w", err)
	}
	providerID, sendErr := s.d.Texter.SendText(ctx, key, Text{Phone: in.Phone, Template: m.TemplateID, Values: m.Data, OutID: m.EventID.String()})
	out := Outcome{State: Sent, ProviderID: providerID}
	if sendErr != nil {
		out = Outcome{State: Failed, Code: "isp.SYSTEM_ERROR", Reason: "outcome unknown"}
		if refused, ok := errors.AsType[*SMSError](sendErr); ok {
			out = Outcome{State: Failed, Code: refused.Code, Reason: refused.Reason, Untaken: true}
		}
	}
	ctx = context.WithoutCancel(ctx) // it is out; saying so must not time out with it
	if err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.FinishTx(ctx, tx, m, out) }); err != nil {
		return "", fmt.Errorf("test sms: %w", err)
	}
	return out.Code, nil
}

// askSMSTest counts a test, fills it and logs it; spent is false, and nothing counted, where
// the month's money is.
func (s *Service) askSMSTest(ctx context.Context, tx tenantdb.Tx, key SMSKey, m *Message, in SMSTest) (spent bool, err error) {
	if _, err := s.q.LockTests(ctx, tx); err != nil {
		return false, err
	}
	tested, err := s.q.Tested(ctx, tx, tx.Now().Add(-time.Hour))
	if err != nil {
		return false, err
	}
	if tested >= testsAnHour {
		return false, ErrTestLimit
	}
	t, err := s.q.SMSTemplate(ctx, tx, in.Event)
	if tenantdb.NoRows(err) {
		return false, ErrTemplate.With(ErrTemplate.At("code"))
	}
	if err != nil {
		return false, err
	}
	words := SMSTemplate{Event: in.Event, Code: t.Code, Words: t.Words}
	if err := json.Unmarshal(t.Fields, &words.Fields); err != nil {
		return false, err
	}
	m.TemplateID, m.Data, m.Day = t.Code, words.Preview(SampleOf(words.Event, tx.Now())), smsDay(tx.Now())
	if spent, err = s.spendSMS(ctx, tx, m, words.Pieces(key.SignName, m.Data)); err != nil || !spent {
		return spent, err
	}
	n, err := s.q.CountSMS(ctx, tx, in.PhoneIndex, m.Day, tx.Now(), key.perDay)
	if err != nil {
		return false, err
	}
	if n == 0 {
		return false, ErrTestPhone.With(ErrTestPhone.At("phone"))
	}
	if err := s.q.LogSMSTest(ctx, tx, m.EventID, in.AccountID, in.Event, tx.Now()); err != nil {
		return false, err
	}
	return true, s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "sms.test", Object: "message:" + in.Event})
}

// checkBudget refuses a price or a budget that is none.
func checkBudget(in SMSInput) error {
	switch {
	case in.PieceFen < 1 || in.PieceFen > mostPieceFen:
		return fault.Invalidf("piece_fen", "must be 0.01 to 10 yuan")
	case in.MonthFen < 0 || in.MonthFen > mostMonthFen:
		return fault.Invalidf("month_fen", "must be 0 to 1000000 yuan")
	}
	return nil
}
