package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	prepayMargin = 5 * time.Minute // a prepay id is not handed out this close to its end
	firstQuery   = 10 * time.Second
	// rounds of one Pay: each closes an attempt that no longer fits, or lost a race.
	payRounds = 4
)

// PayInput asks for a payment to begin.
type PayInput struct {
	BusinessNo string
	AppID      string // of the Mini Program that asks, as the server resolved it
	Payer      string // the member's openid in that Mini Program
	Scene      Scene  // empty means MiniProgram
	ReturnURL  string // scenes of a browser: where it goes afterwards
	ClientIP   string // the buyer's address, which some providers ask for
	MemberID   int64  // compared with the bill's owner; 0 if the caller has compared already
	Channel    Code   // empty means WeChat
	Trial      bool   // the shop is not open yet: accounts of the sandbox only
	Home       Code   // whose Mini Program the app is: in it, nobody else is paid; empty for any
}

// Pay begins a payment, or takes up the one that is open, and returns what the buyer's
// side needs. Safe to repeat: as long as bill, payer and scene are the
// same there is one attempt with one number. Opens transactions; the provider is called
// outside of them. Faults: those of the BillSource, NOT_FOUND, PAYMENT_NOT_CONFIGURED,
// SCENE_NOT_SERVED, SHOP_NOT_OPEN, ALREADY_PAID, PAYMENT_EXPIRED, PAYMENT_STATE, PROVIDER_….
func (s *Service) Pay(ctx context.Context, id tenant.ID, in PayInput) (ClientParams, error) {
	if in.Channel == "" {
		in.Channel = WeChat
	}
	if in.Scene == "" {
		in.Scene = MiniProgram
	}
	ch, err := s.channel(in.Channel)
	if err != nil {
		return ClientParams{}, err
	}
	traits, ok := served(ch, in.Home, in.Scene)
	if !ok {
		return ClientParams{}, ErrScene
	}
	if traits.AnyPayer {
		in.Payer = ""
	}
	acc, err := s.d.Accounts.ForApp(ctx, id, in.Channel, in.AppID)
	if errors.Is(err, fault.ErrNotFound) {
		return ClientParams{}, ErrNoAccount
	}
	if err != nil {
		return ClientParams{}, fmt.Errorf("find payment account: %w", err)
	}
	if in.Trial && acc.Mode != Sandbox {
		return ClientParams{}, ErrShopNotOpen
	}
	for range payRounds {
		a, err := s.payOnce(ctx, id, ch, traits, acc, in)
		if errors.Is(err, errAgain) {
			continue
		}
		if err != nil {
			return ClientParams{}, fmt.Errorf("pay %s: %w", in.BusinessNo, err)
		}
		params, err := ch.ClientParams(ctx, acc, s.prepayRequest(acc, a, in), a.PrepayID)
		if errors.Is(err, ErrProviderClosed) { // too old to be handed out: a new number
			if err = s.replace(ctx, id, a); errors.Is(err, errAgain) {
				continue
			}
		}
		return params, err
	}
	return ClientParams{}, ErrState
}

// errAgain says that the state changed under Pay in a way that a new look will settle.
var errAgain = errors.New("look again")

// payOnce finds or makes the attempt and sees that it has a live prepay id.
func (s *Service) payOnce(ctx context.Context, id tenant.ID, ch Channel, traits Traits, acc Account, in PayInput) (Attempt, error) {
	a, replace, err := s.openAttempt(ctx, id, acc, in)
	if err != nil {
		return Attempt{}, err
	}
	if replace {
		return Attempt{}, s.replace(ctx, id, a)
	}
	if a.Status == StatusPrepaid && (traits.PrepayLife == 0 || s.d.Now().Before(a.PrepaidAt.Add(traits.PrepayLife-margin(traits.PrepayLife)))) {
		return a, nil
	}
	heard, said := listening(ctx)
	a.PrepayID, err = ch.Prepay(heard, acc, s.prepayRequest(acc, a, in))
	if err != nil {
		s.keepExchanges(ctx, id, about{acc.ID, a.OutTradeNo, "", stepPrepay}, said, err)
		return Attempt{}, s.prepayFailed(ctx, id, a, err)
	}
	return a, s.storePrepaid(ctx, id, a, said)
}

// margin is how long before its end what Prepay returned is not handed out any more.
func margin(life time.Duration) time.Duration { return min(prepayMargin, life/2) }

// prepayRequest says an attempt to its provider; the facts of money come from the row.
func (s *Service) prepayRequest(acc Account, a Attempt, in PayInput) PrepayRequest {
	return PrepayRequest{
		Scene: a.Scene, AppID: a.AppID, OutTradeNo: a.OutTradeNo, Title: a.Title, AmountFen: a.AmountFen, Payer: a.Payer,
		ExpiresAt: a.ExpiresAt, CreatedAt: a.CreatedAt.UTC().Truncate(time.Second), NotifyURL: s.notifyURL(acc), ReturnURL: in.ReturnURL, ClientIP: in.ClientIP,
	}
}

// openAttempt is the first transaction: it reads the bill and reuses or inserts the
// attempt. replace says that the attempt returned is open but does not fit any more.
func (s *Service) openAttempt(ctx context.Context, id tenant.ID, acc Account, in PayInput) (a Attempt, replace bool, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		bill, err := s.bill(ctx, tx, in)
		if err != nil {
			return err
		}
		want := Attempt{
			BusinessNo: in.BusinessNo, AccountID: acc.ID, Channel: in.Channel, Scene: in.Scene, AppID: in.AppID, Payer: in.Payer, Title: bill.Title,
			AmountFen: bill.AmountFen, Status: StatusCreated,
			ExpiresAt: bill.ExpiresAt.UTC().Truncate(time.Second), // what the wire can say, so that a repeat is byte-identical
		}
		existing, err := s.relevant(ctx, tx, in.BusinessNo)
		if err != nil {
			return err
		}
		replace = false // the transaction may run again
		for _, a = range existing {
			if a.Status == StatusSucceeded {
				return ErrAlreadyPaid
			}
		}
		for _, a = range existing {
			if replace = !fits(a, want); replace {
				return nil // one open attempt per bill, whatever its channel
			}
		}
		if len(existing) > 0 {
			return nil
		}
		a, err = s.insertAttempt(ctx, tx, want)
		return err
	})
	return a, replace, err
}

// bill reads the bill and refuses what may not be paid by this caller now.
func (s *Service) bill(ctx context.Context, tx tenantdb.Tx, in PayInput) (Bill, error) {
	bill, err := s.d.Bills.BillTx(ctx, tx, in.BusinessNo)
	known := err == nil || bill.BusinessNo != ""
	switch {
	case known && (bill.AppID != in.AppID || (in.MemberID != 0 && bill.MemberID != in.MemberID)):
		return Bill{}, fault.ErrNotFound
	case err != nil:
		return Bill{}, fmt.Errorf("read bill: %w", err)
	case !tx.Now().Before(bill.ExpiresAt):
		return Bill{}, ErrBillExpired
	}
	return bill, nil
}

// served is what a channel is in a scene of a Mini Program's orders: that is inside the wallet that
// pays, and its buyers' ids mean nothing to another.
func served(ch Channel, home Code, scene Scene) (Traits, bool) {
	traits, ok := ch.Traits(scene)
	return traits, ok && (scene != MiniProgram || home == "" || home == ch.Code())
}

// fits says that an open attempt still asks for exactly what is wanted.
func fits(a, want Attempt) bool {
	return (a.Status == StatusCreated || a.Status == StatusPrepaid) &&
		a.Channel == want.Channel && a.Scene == want.Scene && a.AccountID == want.AccountID && a.AppID == want.AppID && a.Payer == want.Payer &&
		a.Title == want.Title && a.AmountFen == want.AmountFen && a.ExpiresAt.Equal(want.ExpiresAt)
}

func (s *Service) insertAttempt(ctx context.Context, tx tenantdb.Tx, a Attempt) (Attempt, error) {
	var err error
	if a.OutTradeNo, err = newNumber(tx.Now(), s.d.Rand); err != nil {
		return Attempt{}, err
	}
	n, err := s.q.InsertAttempt(ctx, tx, paymentsdb.InsertAttemptParams{
		OutTradeNo: a.OutTradeNo, BusinessNo: a.BusinessNo, AccountID: a.AccountID, Channel: string(a.Channel), Scene: string(a.Scene), AppID: a.AppID,
		Payer: a.Payer, Title: a.Title, AmountFen: a.AmountFen, ExpiresAt: a.ExpiresAt, Now: tx.Now(),
	})
	if err != nil {
		return Attempt{}, fmt.Errorf("insert attempt: %w", err)
	}
	if n == 0 {
		return Attempt{}, errAgain // another call of the same bill was first
	}
	a.CreatedAt = tx.Now()
	return a, nil
}

// replace closes an attempt that does not fit. It never returns nil: errAgain when the
// way is free.
func (s *Service) replace(ctx context.Context, id tenant.ID, a Attempt) error {
	outcome, cause, err := s.closeAttempt(ctx, id, a)
	switch {
	case err != nil:
		return err
	case outcome == Closed:
		return errAgain
	case outcome == Paid:
		return ErrAlreadyPaid
	case cause != nil:
		return cause
	}
	return ErrState
}

// storePrepaid is the second transaction: the prepay id, the first rung of the query
// ladder and what was said exist together.
func (s *Service) storePrepaid(ctx context.Context, id tenant.ID, a Attempt, said *exchanges) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		now := tx.Now()
		from, to := transitions.Sources(eventPrepaid)
		n, err := s.q.SetPrepaid(ctx, tx, string(to), a.PrepayID, &now, a.OutTradeNo, from)
		if err != nil {
			return fmt.Errorf("store prepay id: %w", err)
		}
		if n == 0 {
			return ErrState // closed or paid meanwhile: the buyer must not get parameters
		}
		if err := s.keepExchangesTx(ctx, tx, about{a.AccountID, a.OutTradeNo, "", stepPrepay}, said, nil); err != nil {
			return err
		}
		return s.d.Timers.Set(ctx, tx, TimerQuery, a.OutTradeNo, now.Add(firstQuery), QueryV1{OutTradeNo: a.OutTradeNo})
	})
}

// prepayFailed decides what a failed prepay means for its attempt.
func (s *Service) prepayFailed(ctx context.Context, id tenant.ID, a Attempt, cause error) error {
	switch {
	case errors.Is(cause, ErrProviderPaid):
		if err := s.Query(ctx, id, a.OutTradeNo); err != nil {
			return err
		}
		return ErrAlreadyPaid
	case errors.Is(cause, ErrNumberUsed), errors.Is(cause, ErrProviderClosed):
		return s.replace(ctx, id, a) // for example our public address changed since
	case errors.Is(cause, ErrRefused):
		err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			_, err := s.move(ctx, tx, a.OutTradeNo, eventRefused, cause.Error())
			return err
		})
		return errors.Join(cause, err)
	}
	return errors.Join(cause, s.noteError(ctx, id, a.OutTradeNo, cause))
}
