package aftersale

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"galleria/commerce/aftersale/internal/aftersaledb"
	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ApproveInput is the shop's yes.
type ApproveInput struct {
	CaseNo    string
	AmountFen *money.Fen // less than was asked for, as agreed; nil leaves it
	AddressID int64      // where goods are sent back to; for what comes back
	Body      string
	Actor     string
}

// Approve lets a case go on: to its money, or to the buyer's parcel. Opens a transaction.
// Faults: NOT_FOUND, AFTERSALE_STATE, AFTERSALE_AMOUNT, NO_RETURN_ADDRESS, VALIDATION, those
// of the refund (REFUND_EXCEEDS, …).
func (s *Service) Approve(ctx context.Context, id tenant.ID, in ApproveInput) (Case, error) {
	return s.staff(ctx, id, in.CaseNo, in.Actor, EventApprove, in.Body, func(a *acting) (map[string]any, error) { return a.approve(ctx, in) })
}

// approve writes what the shop's yes changes.
func (a *acting) approve(ctx context.Context, in ApproveInput) (map[string]any, error) {
	if in.AmountFen != nil && Kind(a.row.Kind) != Exchange {
		if err := withinAmount(*in.AmountFen, a.least(), a.row.ShareFen+a.row.FreightFen); err != nil {
			return nil, err
		}
		a.next.AmountFen = *in.AmountFen
	}
	if Status(a.next.ToStatus) == AwaitingReturn {
		to, err := a.q.ReturnAddress(ctx, a.tx, in.AddressID)
		if tenantdb.NoRows(err) {
			return nil, ErrNoReturnAddress
		}
		if err != nil {
			return nil, err
		}
		if a.next.ReturnTo, err = json.Marshal(Address(to)); err != nil {
			return nil, err
		}
	}
	return map[string]any{"amount_fen": int64(a.next.AmountFen)}, nil
}

// least is what must go back whatever was agreed: the money for pieces that are not sent.
func (a *acting) least() (sum money.Fen) {
	for _, l := range a.lines {
		if l.Dropped == l.Qty {
			sum += l.ShareFen
		}
	}
	if a.row.Unsent {
		sum += a.row.FreightFen
	}
	return sum
}

// Reject is the shop's no; it needs a reason. Opens a transaction. Faults: NOT_FOUND,
// AFTERSALE_STATE, VALIDATION.
func (s *Service) Reject(ctx context.Context, id tenant.ID, caseNo, body, actor string) (Case, error) {
	return s.refusal(ctx, id, caseNo, body, actor, EventReject)
}

// RefuseReceipt says that what came back is not what was to come back; it needs a reason.
// Opens a transaction. Faults: NOT_FOUND, AFTERSALE_STATE, VALIDATION.
func (s *Service) RefuseReceipt(ctx context.Context, id tenant.ID, caseNo, body, actor string) (Case, error) {
	return s.refusal(ctx, id, caseNo, body, actor, EventRefuse)
}

func (s *Service) refusal(ctx context.Context, id tenant.ID, caseNo, body, actor string, event Event) (Case, error) {
	if strings.TrimSpace(body) == "" {
		return Case{}, fault.Invalidf("body", "must not be empty")
	}
	return s.staff(ctx, id, caseNo, actor, event, body, nil)
}

// Arrive says that the buyer's parcel is here. Opens a transaction. Faults: NOT_FOUND,
// AFTERSALE_STATE.
func (s *Service) Arrive(ctx context.Context, id tenant.ID, caseNo, actor string) (Case, error) {
	return s.staff(ctx, id, caseNo, actor, EventArrive, "", nil)
}

// putAside holds the replacement's goods.
func (a *acting) putAside(ctx context.Context) error {
	if a.row.Test {
		return nil
	}
	return a.d.Inventory.ReserveTx(ctx, a.tx, a.row.CaseNo, a.stock(func(l aftersaledb.LinesRow) int64 { return int64(l.Qty) }), a.actor)
}

// Reship sends the replacement. Opens a transaction. Faults: NOT_FOUND, AFTERSALE_STATE,
// VALIDATION on courier and tracking_no.
func (s *Service) Reship(ctx context.Context, id tenant.ID, caseNo, courierCode, trackingNo, actor string) (Case, error) {
	courier, number, err := delivery.CheckNumber(courierCode, trackingNo)
	if err != nil {
		return Case{}, fmt.Errorf("reship: %w", err)
	}
	return s.staff(ctx, id, caseNo, actor, EventReship, "", func(a *acting) (map[string]any, error) {
		a.next.OutCourier, a.next.OutNumber = courier.Code, number
		return map[string]any{"courier": courier.Code, "tracking_no": number}, s.d.Inventory.CommitTx(ctx, a.tx, caseNo, actor)
	})
}

// PayInstead gives the money back where there is no replacement to be had. While the goods
// are still to be looked at, lines are what was found of them. Opens a transaction. Faults:
// NOT_FOUND, AFTERSALE_STATE, VALIDATION, those of the refund.
func (s *Service) PayInstead(ctx context.Context, id tenant.ID, caseNo string, lines map[int64]Found, body, actor string) (Case, error) {
	return s.staff(ctx, id, caseNo, actor, EventPayInstead, body, func(a *acting) (map[string]any, error) {
		if Status(a.row.Status) == Inspecting {
			if err := a.found(ctx, lines); err != nil {
				return nil, err
			}
		}
		a.next.AmountFen = a.row.ShareFen
		return map[string]any{"amount_fen": int64(a.next.AmountFen)}, s.d.Inventory.ReleaseTx(ctx, a.tx, caseNo, actor)
	})
}

// RetryRefund asks anew for a refund that ended without money. Opens a transaction. Faults:
// NOT_FOUND, AFTERSALE_STATE, those of the refund.
func (s *Service) RetryRefund(ctx context.Context, id tenant.ID, caseNo, actor string) (Case, error) {
	return s.staff(ctx, id, caseNo, actor, EventRetry, "", nil)
}

// staff runs one event of a member of staff.
func (s *Service) staff(ctx context.Context, id tenant.ID, caseNo, actor string, event Event, body string, change func(a *acting) (detail map[string]any, err error)) (Case, error) {
	body = strings.TrimSpace(body)
	if err := checkSaid(body, nil); err != nil {
		return Case{}, err
	}
	return s.do(ctx, id, caseNo, 0, func(tx tenantdb.Tx) error {
		a, err := s.begin(ctx, tx, caseNo, 0, Staff, actor, event)
		if err != nil {
			return err
		}
		a.next.Body = body
		var detail map[string]any
		if change != nil {
			if detail, err = change(a); err != nil {
				return err
			}
		}
		return a.end(ctx, detail)
	})
}
