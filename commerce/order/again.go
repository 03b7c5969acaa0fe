package order

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/cart"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Delete takes an ended order out of its buyer's list; the shop keeps it. Repeating it is
// no error. Opens a transaction. Faults: NOT_FOUND, ORDER_STATE while it goes on.
func (s *Service) Delete(ctx context.Context, id tenant.ID, memberID int64, orderNo string) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		head := rows[0]
		if head.MemberID != memberID {
			return fault.ErrNotFound
		}
		if head.Hidden {
			return nil
		}
		if _, err := allow(Status(head.Status), EventDelete, Member, factsOf(rows)); err != nil {
			return err
		}
		return s.q.Hide(ctx, tx, tx.Now(), string(EventDelete), actorOf(Member, memberID), head.ID)
	})
	if err != nil {
		return fmt.Errorf("delete order: %w", err)
	}
	return nil
}

// Missed is a line that could not go into the cart again.
type Missed struct {
	SKUID int64
	Title string
	Code  string // of the fault that kept it out
}

// BuyAgain puts an order's goods into its buyer's cart once more, as many of each as were
// ordered, and names what could not go in. Opens a transaction a line. Faults: NOT_FOUND,
// ORDER_STATE before it is paid.
func (s *Service) BuyAgain(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (added int, missed []Missed, err error) {
	o, err := s.Get(ctx, id, memberID, orderNo)
	if err != nil {
		return 0, nil, fmt.Errorf("buy again: %w", err)
	}
	if _, err := allow(o.Status, EventBuyAgain, Member, Facts{}); err != nil {
		return 0, nil, fmt.Errorf("buy again: %w", err)
	}
	for _, l := range o.Lines {
		if l.Gift {
			continue
		}
		_, err := s.carts.Put(ctx, id, memberID, cart.PutInput{SKUID: l.SKUID, Qty: int(l.Qty)})
		var f *fault.Error
		switch {
		case err == nil:
			added++
		case errors.As(err, &f) && (f.Kind() == fault.Conflict || f.Kind() == fault.NotFound || f.Kind() == fault.Invalid):
			missed = append(missed, Missed{SKUID: l.SKUID, Title: l.Title, Code: f.Code()})
		default:
			return added, missed, fmt.Errorf("buy again: %w", err)
		}
	}
	return added, missed, nil
}
