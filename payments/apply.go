package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// evidence is the message that a fact rests on.
type evidence struct {
	eventID, eventType, outTradeNo string
	sealed                         []byte // the raw message, sealed; nil for a query's answer
	hash                           [32]byte
	shopClosed                     bool      // when the message came
	began                          time.Time // when it came in
	answer                         int       // HTTP status of "ok"
}

// Reasons of anomalies.
const (
	reasonUnknownNumber = "unknown_number"
	reasonAmount        = "amount"
	reasonCurrency      = "currency"
	reasonAppID         = "app_id"
	reasonMerchant      = "merchant"
	reasonTradeType     = "trade_type"
	reasonState         = "state"
	reasonPayer         = "payer"
	reasonOtherAccount  = "other_account"
	reasonRefund        = "refund"
	reasonLate          = "late"   // money for a bill that is closed: it goes back
	reasonDouble        = "double" // money for a bill that is paid: it goes back
)

// finding is one thing that a message says otherwise than we do.
type finding struct {
	reason        string
	blocking      bool // false: recorded, but the message is accepted
	expected, got string
}

// Outcomes of a message, as payment_event keeps them.
const (
	outcomeApplied   = "applied"
	outcomeDuplicate = "duplicate"
	outcomeIgnored   = "ignored"
)

// settle applies "this was paid" in a transaction of its own. An anomaly is committed
// and then returned as ErrAnomaly.
func (s *Service) settle(ctx context.Context, id tenant.ID, acc Account, p PaymentResult, ev evidence) error {
	var found []finding
	mark := s.markPaidAtOnce
	apply := func(tx tenantdb.Tx) (err error) {
		found, err = s.applyPaid(ctx, tx, acc, p, ev, mark)
		return err
	}
	err := s.d.DB.InTenant(ctx, id, apply)
	if errors.Is(err, errUnusual) {
		mark = s.markPaidWithCare
		err = s.d.DB.InTenant(ctx, id, apply)
	}
	if tenantdb.Violates(err, "payment_attempt_one_success") {
		// Another attempt of the bill became paid in the same moment: look again, and
		// this one is the surplus.
		mark = s.markPaidWithCare
		err = s.d.DB.InTenant(ctx, id, apply)
	}
	if tenantdb.Violates(err, "payment_attempt_transaction") {
		found = []finding{{reasonState, true, "a transaction of its own", p.TransactionID + " belongs to another attempt"}}
		err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.record(ctx, tx, acc, ev, found) })
	}
	if err != nil {
		return fmt.Errorf("settle %s: %w", p.OutTradeNo, err)
	}
	return s.judge(ctx, acc, ev, found)
}

// judge turns blocking findings that were recorded into ErrAnomaly and raises the alarm.
func (s *Service) judge(ctx context.Context, acc Account, ev evidence, found []finding) error {
	for _, f := range found {
		if f.blocking {
			s.stats.anomalies.Add(1)
			s.d.Log.ErrorContext(ctx, "payment anomaly", "tenant_id", acc.TenantID.String(), "channel", string(acc.Channel),
				"account_id", acc.ID, "out_trade_no", ev.outTradeNo, "event_id", ev.eventID, "reason", f.reason, "expected", f.expected, "got", f.got)
			return ErrAnomaly.Because(fmt.Errorf("%s: expected %s, got %s", f.reason, f.expected, f.got))
		}
	}
	return nil
}

// applyPaid is the one way to "paid". It locks the attempt, compares, and makes the
// transition, the event row and the outbox row together. Findings are recorded; with a
// blocking one nothing else is done. mark is how the fitting message is booked.
func (s *Service) applyPaid(ctx context.Context, tx tenantdb.Tx, acc Account, p PaymentResult, ev evidence, mark marking) ([]finding, error) {
	a, err := s.lockAttempt(ctx, tx, p.OutTradeNo)
	if acc.Recalled && (errors.Is(err, fault.ErrNotFound) || err == nil && (a.AccountID != acc.ID || !a.accountVersion.Equal(acc.Version))) {
		return nil, errRecalled
	}
	if errors.Is(err, fault.ErrNotFound) {
		found := []finding{{reasonUnknownNumber, true, "a number of ours", p.OutTradeNo}}
		return found, s.record(ctx, tx, acc, ev, found)
	}
	if err != nil {
		return nil, err
	}
	found := s.compare(a, acc, p, ev)
	if err := s.record(ctx, tx, acc, ev, found); err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.blocking {
			return found, nil
		}
	}
	if a.Status == StatusSucceeded {
		_, err := s.insertEvent(ctx, tx, acc, ev, outcomeDuplicate)
		return found, err
	}
	return found, mark(ctx, tx, acc, a, p, ev)
}

// marking books a message that fits its attempt: the event row, the transition, the fact.
type marking func(ctx context.Context, tx tenantdb.Tx, acc Account, a Attempt, p PaymentResult, ev evidence) error

// errRecalled says that an account from memory is not surely the one that is stored.
var errRecalled = errors.New("payments: read the account again")

// errUnusual rolls back what markPaidAtOnce has written too much.
var errUnusual = errors.New("payments: book it step by step")

// markPaidAtOnce books what nearly every message is, the first and only payment of its
// bill, in one round trip. Faults: errUnusual for any other.
func (s *Service) markPaidAtOnce(ctx context.Context, tx tenantdb.Tx, acc Account, a Attempt, p PaymentResult, ev evidence) error {
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		fresh, err := s.insertEvent(ctx, tx, acc, ev, outcomeApplied)
		if err == nil && !fresh {
			err = errUnusual
		}
		return err
	})
	pipe.Add(func(tx tenantdb.Tx) error {
		surplus, err := s.setPaid(ctx, tx, a, p)
		if err == nil && surplus {
			err = errUnusual
		}
		return err
	})
	pipe.Add(func(tx tenantdb.Tx) error { return s.d.Timers.Clear(ctx, tx, TimerQuery, a.OutTradeNo) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.d.Books.CapturedTx(ctx, tx, captured(a, p, false)) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.publishPaid(ctx, tx, a, p) })
	return pipe.Run(ctx)
}

// markPaidWithCare looks at each answer before it goes on. Surplus money, which a bill paid
// before cannot use, is sent back instead of published.
func (s *Service) markPaidWithCare(ctx context.Context, tx tenantdb.Tx, acc Account, a Attempt, p PaymentResult, ev evidence) error {
	fresh, err := s.insertEvent(ctx, tx, acc, ev, outcomeApplied)
	if err != nil || !fresh {
		return err
	}
	surplus, err := s.setPaid(ctx, tx, a, p)
	if err != nil {
		return err
	}
	if err := s.d.Timers.Clear(ctx, tx, TimerQuery, a.OutTradeNo); err != nil {
		return fmt.Errorf("mark paid: %w", err)
	}
	if err := s.d.Books.CapturedTx(ctx, tx, captured(a, p, surplus)); err != nil {
		return fmt.Errorf("mark paid: %w", err)
	}
	if surplus {
		if _, err := s.RequestRefundTx(ctx, tx, a.OutTradeNo, DoublePayment); err != nil {
			return err
		}
		return s.surplusTx(ctx, tx, a, DoublePayment)
	}
	return s.publishPaid(ctx, tx, a, p)
}

// captured is a payment as the books see it.
func captured(a Attempt, p PaymentResult, surplus bool) Movement {
	return Movement{Number: a.OutTradeNo, Channel: a.Channel, AccountID: a.AccountID, AmountFen: a.AmountFen, At: p.PaidAt, Surplus: surplus}
}

// compare lists where a message differs from the attempt it names.
func (s *Service) compare(a Attempt, acc Account, p PaymentResult, ev evidence) []finding {
	var found []finding
	check := func(ok bool, reason string, blocking bool, expected, got string) {
		if !ok {
			found = append(found, finding{reason, blocking, expected, got})
		}
	}
	check(a.AccountID == acc.ID, reasonOtherAccount, true, strconv.FormatInt(a.AccountID, 10), strconv.FormatInt(acc.ID, 10))
	var want Identity
	if ch, err := s.channel(a.Channel); err == nil {
		want = ch.Identity(acc, a.Scene, a.AppID)
	}
	check(p.MerchantNo == want.MerchantNo, reasonMerchant, true, want.MerchantNo, p.MerchantNo)
	check(p.PartnerNo == want.PartnerNo, reasonMerchant, true, want.PartnerNo, p.PartnerNo)
	check(p.AppID == want.AppID, reasonAppID, true, want.AppID, p.AppID)
	check(p.PartnerAppID == want.PartnerAppID, reasonAppID, true, want.PartnerAppID, p.PartnerAppID)
	check(p.Amount.Valid && p.Amount.Fen == a.AmountFen, reasonAmount, true, strconv.FormatInt(int64(a.AmountFen), 10), p.Amount.Text)
	check(p.Currency == want.Currency, reasonCurrency, true, want.Currency, p.Currency)
	check(p.TradeType == want.TradeType, reasonTradeType, true, want.TradeType, p.TradeType)
	check(p.State == PaymentPaid, reasonState, true, string(PaymentPaid), p.ProviderState)
	check(p.TransactionID != "" && !p.PaidAt.IsZero(), reasonState, true, "transaction id and time", p.TransactionID)
	check(a.Status != StatusSucceeded || a.TransactionID == p.TransactionID, reasonState, true, a.TransactionID, p.TransactionID)
	// Nobody would send the goods: a person of the platform has to see to the money.
	check(!ev.shopClosed || a.Status == StatusSucceeded, reasonState, true, "an open shop", "a closed one")
	check(a.Payer == "" || p.Payer == "" || p.Payer == a.Payer, reasonPayer, false, a.Payer, p.Payer)
	return found
}

// setPaid makes the transition; surplus says that another attempt had paid the bill.
func (s *Service) setPaid(ctx context.Context, tx tenantdb.Tx, a Attempt, p PaymentResult) (surplus bool, err error) {
	to, ok := transitions.Next(a.Status, eventPaid)
	if !ok {
		return false, ErrState
	}
	surplus, err = s.q.SetPaid(ctx, tx, string(to), p.TransactionID, p.PaidAt, tx.Now(), a.OutTradeNo, []string{string(a.Status)})
	if err != nil {
		return false, fmt.Errorf("mark paid: %w", err)
	}
	return surplus, nil
}

func (s *Service) publishPaid(ctx context.Context, tx tenantdb.Tx, a Attempt, p PaymentResult) error {
	return s.d.Outbox.Append(ctx, tx, TopicSucceeded, a.OutTradeNo, SucceededV1{
		OutTradeNo: a.OutTradeNo, BusinessNo: a.BusinessNo, AmountFen: a.AmountFen, Channel: a.Channel,
		TransactionID: p.TransactionID, PaidAt: p.PaidAt.UTC(),
	})
}

// insertEvent keeps a notification once. fresh is false if it was kept before; a query
// leaves no row and is always fresh.
func (s *Service) insertEvent(ctx context.Context, tx tenantdb.Tx, acc Account, ev evidence, outcome string) (fresh bool, err error) {
	if ev.sealed == nil {
		return true, nil
	}
	seen, err := s.q.InsertEvent(ctx, tx, paymentsdb.InsertEventParams{
		AccountID: acc.ID, EventID: ev.eventID, EventType: ev.eventType, OutTradeNo: ev.outTradeNo, Outcome: outcome,
		BodySealed: ev.sealed, ReceivedAt: tx.Now(), Answer: int16(ev.answer), TookMs: s.tookMS(ev.began),
	})
	if err != nil {
		return false, fmt.Errorf("keep event: %w", err)
	}
	return seen == 1, nil
}

// record keeps findings as anomalies.
func (s *Service) record(ctx context.Context, tx tenantdb.Tx, acc Account, ev evidence, found []finding) error {
	kept := map[string]bool{}
	for _, f := range found {
		if kept[f.reason] {
			continue // one row per reason
		}
		kept[f.reason] = true
		detail, err := json.Marshal(map[string]string{"expected": f.expected, "got": clip(f.got)})
		if err != nil {
			return fmt.Errorf("keep anomaly: %w", err)
		}
		err = s.q.UpsertAnomaly(ctx, tx, paymentsdb.UpsertAnomalyParams{
			AccountID: acc.ID, EventID: ev.eventID, Reason: f.reason, Blocking: f.blocking, OutTradeNo: ev.outTradeNo,
			Detail: detail, BodyHash: ev.hash[:], BodySealed: ev.sealed, TookMs: s.tookMS(ev.began), Now: tx.Now(),
		})
		if err != nil {
			return fmt.Errorf("keep anomaly: %w", err)
		}
	}
	if ev.sealed != nil && slices.ContainsFunc(found, func(f finding) bool { return f.blocking }) {
		return s.countFailure(ctx, tx, ErrAnomaly.Code())
	}
	return nil
}
