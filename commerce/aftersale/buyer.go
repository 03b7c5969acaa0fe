package aftersale

import (
	"context"
	"fmt"
	"strings"

	"galleria/commerce/delivery"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

func memberActor(memberID int64) string { return fmt.Sprintf("%s:%d", Member, memberID) }

// Withdraw takes a case back. Repeating it is no error. Opens a transaction. Faults:
// NOT_FOUND, AFTERSALE_STATE.
func (s *Service) Withdraw(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (Case, error) {
	return s.do(ctx, id, caseNo, memberID, func(tx tenantdb.Tx) error {
		a, err := s.lock(ctx, tx, caseNo, memberID)
		if err != nil || Status(a.row.Status) == Withdrawn {
			return err
		}
		a.by, a.actor = Member, memberActor(memberID)
		if err := a.set(EventWithdraw); err != nil {
			return err
		}
		return a.end(ctx, nil)
	})
}

// SendBackInput is the parcel that goods come back in.
type SendBackInput struct {
	CaseNo     string
	MemberID   int64 // 0 for staff who were told the number
	Courier    string
	TrackingNo string
	Actor      string
}

// SendBack records the parcel. The same parcel again is no error. Opens a transaction.
// Faults: NOT_FOUND, AFTERSALE_STATE, VALIDATION on courier and tracking_no.
func (s *Service) SendBack(ctx context.Context, id tenant.ID, in SendBackInput) (Case, error) {
	courier, number, err := delivery.CheckNumber(in.Courier, in.TrackingNo)
	if err != nil {
		return Case{}, fmt.Errorf("send back: %w", err)
	}
	return s.do(ctx, id, in.CaseNo, in.MemberID, func(tx tenantdb.Tx) error {
		a, err := s.lock(ctx, tx, in.CaseNo, in.MemberID)
		if err != nil || (a.row.BackCourier == courier.Code && a.row.BackNumber == number) {
			return err
		}
		a.by, a.actor = Member, in.Actor
		if in.MemberID == 0 {
			a.by = Staff
		}
		if err := a.set(EventSendBack); err != nil {
			return err
		}
		a.next.BackCourier, a.next.BackNumber = courier.Code, number
		return a.end(ctx, map[string]any{"courier": courier.Code, "tracking_no": number})
	})
}

// Confirm is the buyer's word that the replacement is there. Repeating it is no error.
// Opens a transaction. Faults: NOT_FOUND, AFTERSALE_STATE.
func (s *Service) Confirm(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (Case, error) {
	return s.do(ctx, id, caseNo, memberID, func(tx tenantdb.Tx) error {
		a, err := s.lock(ctx, tx, caseNo, memberID)
		if err != nil || Status(a.row.Status) == Closed {
			return err
		}
		a.by, a.actor = Member, memberActor(memberID)
		if err := a.set(EventConfirm); err != nil {
			return err
		}
		return a.end(ctx, nil)
	})
}

// SayInput is a message in a case's thread.
type SayInput struct {
	CaseNo   string
	MemberID int64 // 0 for staff
	Body     string
	Pictures []string
	Actor    string
	Key      idempotency.Key
}

// Say adds a message to a case that goes on. A repeat with the same key adds none. Opens a
// transaction. Faults: VALIDATION, NOT_FOUND, AFTERSALE_STATE, AFTERSALE_PICTURES,
// AFTERSALE_FULL, IDEMPOTENCY_….
func (s *Service) Say(ctx context.Context, id tenant.ID, in SayInput) (out Case, replayed bool, err error) {
	in.Body = strings.TrimSpace(in.Body)
	if err := checkSaid(in.Body, in.Pictures); err != nil {
		return Case{}, false, fmt.Errorf("say: %w", err)
	}
	if in.Body == "" && len(in.Pictures) == 0 {
		return Case{}, false, fmt.Errorf("say: %w", fault.Invalidf("body", "must not be empty"))
	}
	out, err = s.do(ctx, id, in.CaseNo, in.MemberID, func(tx tenantdb.Tx) error {
		_, replayed, err = idempotency.Do(ctx, tx, in.Key, func() (struct{}, error) { return struct{}{}, s.sayTx(ctx, tx, in) })
		return err
	})
	return out, replayed, err
}

func (s *Service) sayTx(ctx context.Context, tx tenantdb.Tx, in SayInput) error {
	if err := s.ours(tx, in.Pictures); err != nil {
		return err
	}
	a, err := s.lock(ctx, tx, in.CaseNo, in.MemberID)
	if err != nil {
		return err
	}
	if !Status(a.row.Status).Open() {
		return ErrState.WithData(map[string]any{"status": a.row.Status})
	}
	said, err := s.q.CountSaid(ctx, tx, a.row.ID)
	if err != nil {
		return err
	}
	if said >= maxMessages {
		return ErrTalkedOut
	}
	return s.q.Say(ctx, tx, a.row.ID, tx.Now(), in.Actor, a.row.Status, in.Body, notNil(in.Pictures))
}
