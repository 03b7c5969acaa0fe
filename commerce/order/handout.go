package order

import (
	"context"
	"fmt"

	"galleria/commerce/card"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Cards sells virtual cards; *card.Service is one.
type Cards interface {
	// ClaimTx gives an order as many cards as its lines say, or none and enough is false.
	ClaimTx(ctx context.Context, tx tenantdb.Tx, orderNo string, lines []card.Want) (enough bool, err error)
}

// HandOut gives an order of virtual goods its cards when they were lacking as it was paid. An
// order that has them is left as it is. Opens a transaction. Faults: NOT_FOUND, ORDER_STATE,
// ORDER_REFUNDING, NO_CARDS if they still lack.
func (s *Service) HandOut(ctx context.Context, id tenant.ID, orderNo, actor string) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if head := rows[0]; Status(head.Status) == Completed && ParcelKind(head.Delivery) == Virtual {
			return nil
		}
		if err := s.mayLeave(ctx, tx, rows[0]); err != nil {
			return err
		}
		enough, err := s.handOut(ctx, tx, rows, Staff, actor)
		if err == nil && !enough {
			err = ErrNoCards
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("hand out %s: %w", orderNo, err)
	}
	return nil
}

// handOutPaid is what becomes of virtual goods with their payment, in its transaction: the cards
// are the buyer's and the order is completed. If cards lack, the money is there all the same:
// the order stays paid, and staff see it.
func (s *Service) handOutPaid(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return err
	}
	_, err = s.handOut(ctx, tx, rows, System, string(System))
	return err
}

func (s *Service) handOut(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, by Actor, actor string) (enough bool, err error) {
	head := rows[0]
	to, err := allow(Status(head.Status), EventHandOut, by, factsOf(rows))
	if err != nil {
		return false, err
	}
	take, _, err := takeLines(rows, nil)
	if err != nil {
		return false, err
	}
	if !head.Test { // a test gave its goods back: there is nothing to hand out
		var want []card.Want
		for _, r := range rows {
			if qty := take[r.LineID]; qty > 0 {
				want = append(want, card.Want{LineID: r.LineID, SKUID: r.SkuID, Qty: qty})
			}
		}
		if enough, err = s.cards.ClaimTx(ctx, tx, head.OrderNo, want); err != nil || !enough {
			return false, err
		}
	}
	return true, s.send(ctx, tx, rows, sending{
		parcelNo: newParcelNo(tx.Now()), kind: Virtual, lines: take, event: EventHandOut, to: to, complete: true, actor: actor,
	})
}
