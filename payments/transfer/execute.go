package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"galleria/payments"
	"galleria/payments/transfer/internal/transferdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// settleAge is how long a number may be unknown to the provider before that means that it
// never will be: a request of ours may still be on its way.
const settleAge = 5 * time.Minute

// delay is the wait before the provider is asked again.
func delay(step int) time.Duration {
	ladder := []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute}
	switch {
	case step < len(ladder):
		return ladder[step]
	case step < 50: // a day
		return 30 * time.Minute
	}
	return 6 * time.Hour
}

// Execute brings a transfer one step further: it is sent, or asked about, always under its
// number. It serves TopicDue. Trouble of the provider is kept with the transfer and is no
// error: the next step is set by timer. Safe to repeat. Opens transactions; the provider is
// called outside of them. Faults: NOT_FOUND.
func (s *Service) Execute(ctx context.Context, id tenant.ID, outBillNo string) error {
	t, err := s.Get(ctx, id, outBillNo)
	if err != nil || t.Status.Final() {
		return err
	}
	ch, err := s.side(t.Channel)
	if err != nil {
		return err
	}
	acc, err := s.d.Accounts.ByID(ctx, id, t.AccountID)
	if errors.Is(err, vault.ErrSealed) {
		return s.later(ctx, id, t, err) // until the merchant has stored the keys again
	}
	if err != nil {
		return fmt.Errorf("account of %s: %w", outBillNo, err)
	}
	first := t.Status == Created
	if first {
		if t, err = s.submit(ctx, id, t); err != nil || t.Status != Submitted {
			return err
		}
	}
	var result payments.TransferResult
	cause := s.said.Keep(ctx, id, acc, outBillNo, func(ctx context.Context) (err error) {
		result, err = s.ask(ctx, id, ch, acc, t, first)
		return err
	})
	if errors.Is(cause, errNeverSent) {
		return s.ended(ctx, id, acc, t)
	}
	if cause != nil {
		return s.later(ctx, id, t, cause)
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		locked, err := s.lock(ctx, tx, outBillNo)
		if err != nil {
			return err
		}
		if misfit := compare(locked, acc, result); misfit != nil { // a signed answer about our number that speaks of another sum
			s.d.Log.ErrorContext(ctx, "transfer anomaly", "tenant_id", id.String(), "out_bill_no", outBillNo, "reason", misfit.Reason, "expected", misfit.Expected, "got", misfit.Got)
			return s.climb(ctx, tx, locked, errMisfit.Because(errors.New("the provider speaks of "+misfit.Got)))
		}
		return s.apply(ctx, tx, locked, result)
	})
}

// submit says, before the provider hears of it, that it may have.
func (s *Service) submit(ctx context.Context, id tenant.ID, t Transfer) (Transfer, error) {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		locked, err := s.lock(ctx, tx, t.OutBillNo)
		if err != nil {
			return err
		}
		if t = locked; t.Status != Created {
			return nil
		}
		if err := s.set(ctx, tx, &t, Submitted, move{event: eventSubmit, actor: bySystem}); err != nil {
			return err
		}
		return s.d.Timers.Set(ctx, tx, TopicDue, t.OutBillNo, tx.Now().Add(delay(0)), t.v1())
	})
	if err != nil {
		return t, fmt.Errorf("submit transfer %s: %w", t.OutBillNo, err)
	}
	return t, nil
}

// errNeverSent: what is being cancelled was never known to the provider, and never will be.
var errNeverSent = errors.New("the provider never heard of it")

// ask sends a transfer, or asks about one that may have been sent.
func (s *Service) ask(ctx context.Context, id tenant.ID, ch payments.Transferrer, acc payments.Account, t Transfer, first bool) (payments.TransferResult, error) {
	if first {
		return s.send(ctx, id, ch, acc, t)
	}
	result, err := ch.QueryTransfer(ctx, acc, t.OutBillNo)
	unknown := errors.Is(err, payments.ErrNoSuchNumber)
	switch {
	case t.Status == Cancelling && unknown && s.d.Now().Sub(t.UpdatedAt) >= settleAge:
		return result, errNeverSent
	case t.Status == Cancelling && err == nil && open(result.State):
		if err := ch.CancelTransfer(ctx, acc, t.OutBillNo); err != nil && !errors.Is(err, payments.ErrRefused) {
			return result, err
		}
		return ch.QueryTransfer(ctx, acc, t.OutBillNo)
	case t.Status == Submitted && unknown, err == nil && result.State == payments.TransferAccepted && t.Status != Cancelling:
		return s.send(ctx, id, ch, acc, t) // the same number, the same words
	}
	return result, err
}

func open(state payments.TransferState) bool {
	return state == payments.TransferAccepted || state == payments.TransferProcessing || state == payments.TransferWaiting
}

func (s *Service) send(ctx context.Context, id tenant.ID, ch payments.Transferrer, acc payments.Account, t Transfer) (payments.TransferResult, error) {
	raw, err := s.d.Vault.Open(ctx, place(id, t.OutBillNo), t.sealed)
	if err != nil {
		return payments.TransferResult{}, fmt.Errorf("open receiver: %w", err)
	}
	var who receiver
	if err := json.Unmarshal(raw.Reveal(), &who); err != nil {
		return payments.TransferResult{}, errors.New("the stored receiver does not decode")
	}
	return ch.Transfer(ctx, acc, payments.TransferRequest{
		OutBillNo: t.OutBillNo, AppID: t.AppID, ReceiverKind: t.ReceiverKind, Receiver: who.ID, Name: who.Name, AmountFen: t.AmountFen, Title: t.Title,
		Terms: t.terms, NotifyURL: payments.NotifyURL(s.d.PublicURL, acc),
	})
}

// later keeps why a step failed and sets the next.
func (s *Service) later(ctx context.Context, id tenant.ID, t Transfer, cause error) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		locked, err := s.lock(ctx, tx, t.OutBillNo)
		if err != nil || locked.Status.Final() {
			return err
		}
		return s.climb(ctx, tx, locked, cause)
	})
}

// climb sets the next rung.
func (s *Service) climb(ctx context.Context, tx tenantdb.Tx, t Transfer, cause error) error {
	text, code := "", ""
	if cause != nil {
		text, code = tenantdb.Storable(cause.Error(), 500), fault.CodeOf(cause)
	}
	if err := s.q.SetStep(ctx, tx, int32(t.step+1), text, code, t.OutBillNo); err != nil {
		return fmt.Errorf("climb transfer ladder: %w", err)
	}
	if code != "" && code != t.LastCode { // a trouble is told once, however long it lasts
		if err := s.tell(ctx, tx, t, "held", bySystem, code); err != nil {
			return err
		}
	}
	wait := max(delay(t.step+1), fault.RetryAfterOf(cause))
	return s.d.Timers.Set(ctx, tx, TopicDue, t.OutBillNo, tx.Now().Add(wait), t.v1())
}

// apply makes of a provider's word what it means, once.
func (s *Service) apply(ctx context.Context, tx tenantdb.Tx, t Transfer, r payments.TransferResult) error {
	to, ok := transitions.Next(t.Status, eventOf(r.State))
	if ok {
		if err := s.set(ctx, tx, &t, to, move{event: eventOf(r.State), actor: "provider:" + string(t.Channel), note: r.FailReason, said: r}); err != nil {
			return err
		}
	}
	if !t.Status.Final() {
		return s.climb(ctx, tx, t, nil)
	}
	if !ok {
		return nil
	}
	if err := s.d.Timers.Clear(ctx, tx, TopicDue, t.OutBillNo); err != nil {
		return fmt.Errorf("end transfer: %w", err)
	}
	if t.Status == Succeeded {
		at := r.DoneAt
		if at.IsZero() {
			at = tx.Now()
		}
		err := s.d.Books.PaidOutTx(ctx, tx, t.SourceKind, payments.Movement{Number: t.OutBillNo, Channel: t.Channel, AccountID: t.AccountID, AmountFen: t.AmountFen, At: at})
		if err != nil {
			return fmt.Errorf("end transfer: %w", err)
		}
	}
	return s.d.Outbox.Append(ctx, tx, TopicEnded, t.OutBillNo, t.v1())
}

// bySystem is who moves a transfer by timer.
const bySystem = "system"

// move is what makes a transition, for the timeline.
type move struct {
	event event
	actor string
	note  string
	said  payments.TransferResult
}

// set makes a transition by compare-and-set and tells of it. Faults: TRANSFER_STATE.
func (s *Service) set(ctx context.Context, tx tenantdb.Tx, t *Transfer, to Status, m move) error {
	now, r := tx.Now(), m.said
	row := transferdb.SetStatusParams{
		ToStatus: string(to), ProviderNo: r.ProviderNo, PackageInfo: "", FailReason: r.FailReason, LastError: "", Now: now, OutBillNo: t.OutBillNo, FromStatus: string(t.Status),
	}
	if to == Waiting {
		row.PackageInfo = r.PackageInfo
	}
	if to.Final() {
		row.FinishedAt = &now
	}
	n, err := s.q.SetStatus(ctx, tx, row)
	if err != nil {
		return fmt.Errorf("move transfer to %s: %w", to, err)
	}
	if n == 0 {
		return ErrOver
	}
	if t.Status == Failed || t.Status == Cancelled {
		s.d.Log.ErrorContext(ctx, "a transfer that had ended was paid", "tenant_id", tx.TenantID().String(), "out_bill_no", t.OutBillNo, "was", string(t.Status))
	}
	t.Status, t.FailReason, t.LastCode = to, r.FailReason, ""
	return s.tell(ctx, tx, *t, m.event, m.actor, m.note)
}

// tell adds an entry to a transfer's timeline.
func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, t Transfer, ev event, actor, note string) error {
	err := s.q.InsertEvent(ctx, tx, t.ID, tx.Now(), string(ev), string(t.Status), actor, tenantdb.Storable(note, 500))
	if err != nil {
		return fmt.Errorf("tell what happened to transfer %s: %w", t.OutBillNo, err)
	}
	return nil
}

// ended ends a cancellation of what the provider never knew.
func (s *Service) ended(ctx context.Context, id tenant.ID, _ payments.Account, t Transfer) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		locked, err := s.lock(ctx, tx, t.OutBillNo)
		if err != nil || locked.Status != Cancelling {
			return err
		}
		return s.apply(ctx, tx, locked, payments.TransferResult{State: payments.TransferCancelled})
	})
}

// Cancel takes a transfer back: at once if the provider has not heard of it, or else as soon
// as the provider has said so. Recorded in the same transaction. Faults: NOT_FOUND,
// TRANSFER_STATE, TRANSFER_NOT_CANCELLABLE.
func (s *Service) Cancel(ctx context.Context, id tenant.ID, outBillNo, actor, reason string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		t, err := s.lock(ctx, tx, outBillNo)
		if err != nil {
			return err
		}
		if t.Status == Cancelling || t.Status == Cancelled {
			return nil
		}
		to, ok := transitions.Next(t.Status, eventCancel)
		switch {
		case !ok:
			return ErrOver
		case !t.Cancellable():
			return ErrFixed
		}
		if err := s.set(ctx, tx, &t, to, move{event: eventCancel, actor: who(ctx, actor), note: reason}); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, "transfer.cancelled", t, reason); err != nil {
			return err
		}
		if to == Cancelled {
			if err := s.d.Timers.Clear(ctx, tx, TopicDue, outBillNo); err != nil {
				return err
			}
			return s.d.Outbox.Append(ctx, tx, TopicEnded, outBillNo, t.v1())
		}
		return s.d.Timers.Set(ctx, tx, TopicDue, outBillNo, tx.Now(), t.v1())
	})
	if err != nil {
		return fmt.Errorf("cancel transfer %s: %w", outBillNo, err)
	}
	return nil
}

// Retry asks the provider at once, and often again for a while. Opens a transaction; recorded
// in it. Faults: NOT_FOUND, TRANSFER_STATE.
func (s *Service) Retry(ctx context.Context, id tenant.ID, outBillNo, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		t, err := s.lock(ctx, tx, outBillNo)
		if err != nil {
			return err
		}
		if !t.Retryable() {
			return ErrOver
		}
		if err := s.q.SetStep(ctx, tx, 0, t.LastError, t.LastCode, outBillNo); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, t, "retried", who(ctx, actor), ""); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, "transfer.retried", t, ""); err != nil {
			return err
		}
		return s.d.Timers.Set(ctx, tx, TopicDue, outBillNo, tx.Now(), t.v1())
	})
	if err != nil {
		return fmt.Errorf("retry transfer %s: %w", outBillNo, err)
	}
	return nil
}

// NoticeTx implements payments.Payouts.
func (s *Service) NoticeTx(ctx context.Context, tx tenantdb.Tx, acc payments.Account, r payments.TransferResult) (*payments.Misfit, error) {
	t, err := s.lock(ctx, tx, r.OutBillNo)
	if errors.Is(err, fault.ErrNotFound) {
		return &payments.Misfit{Reason: payments.MisfitUnknown, Expected: "a number of ours", Got: r.OutBillNo}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock transfer: %w", err)
	}
	if misfit := compare(t, acc, r); misfit != nil {
		return misfit, nil
	}
	if r.MerchantNo != acc.MerchantNo {
		return &payments.Misfit{Reason: payments.MisfitMerchant, Expected: acc.MerchantNo, Got: r.MerchantNo}, nil
	}
	if t.Status == Created {
		return &payments.Misfit{Reason: payments.MisfitState, Expected: "a transfer that was sent", Got: r.ProviderState}, nil
	}
	return nil, s.apply(ctx, tx, t, r)
}

// compare looks whether a provider speaks of the transfer that we asked for.
func compare(t Transfer, acc payments.Account, r payments.TransferResult) *payments.Misfit {
	switch {
	case t.AccountID != acc.ID:
		return &payments.Misfit{Reason: payments.MisfitAccount, Expected: strconv.FormatInt(t.AccountID, 10), Got: strconv.FormatInt(acc.ID, 10)}
	case r.Amount != (payments.Amount{}) && (!r.Amount.Valid || r.Amount.Fen != t.AmountFen):
		return &payments.Misfit{Reason: payments.MisfitAmount, Expected: strconv.FormatInt(int64(t.AmountFen), 10), Got: r.Amount.Text}
	}
	return nil
}
