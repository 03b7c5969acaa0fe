package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// tell lets the orders happen, each at its time.
func (s *seeding) tell(ctx context.Context, orders []orderPlan) (err error) {
	till, err := openTill(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, till.close()) }()
	for _, o := range orders {
		if err := s.happen(ctx, till, o); err != nil {
			return fmt.Errorf("order %d (%s): %w", o.number, o.fate, err)
		}
	}
	return nil
}

// happen places an order and lets its fate befall it. What an interrupted seed has brought
// to its end stays as it is.
func (s *seeding) happen(ctx context.Context, t *till, o orderPlan) error {
	who := s.members[o.buyer]
	s.Clock.Set(o.at)
	placed, replayed, err := s.Orders.Place(ctx, s.shop.ID, s.placeInput(o, who))
	if err != nil {
		return err
	}
	status := placed.Status
	if replayed {
		current, err := s.Orders.Get(ctx, s.shop.ID, who.memberID, placed.OrderNo)
		if err != nil {
			return err
		}
		if status = current.Status; status != order.PendingPayment && status != order.Closing {
			return nil
		}
	}
	switch o.fate {
	case fatePaid:
		return s.pay(ctx, t, o, who, placed)
	case fateExpired:
		s.Clock.Set(placed.ExpiresAt.Add(3 * time.Second))
		err := s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error { return s.Orders.ExpireTx(ctx, tx, placed.OrderNo) })
		if err != nil {
			return err
		}
		return s.close(ctx, t, placed.OrderNo)
	case fateCancelled:
		if status == order.PendingPayment {
			if err := s.changeMind(ctx, t, o, who, placed); err != nil {
				return err
			}
		}
		return s.close(ctx, t, placed.OrderNo)
	case fateClosing:
		s.Clock.Set(placed.PlacedAt.Add(2 * time.Minute))
		_, err := s.Orders.Cancel(ctx, s.shop.ID, who.memberID, placed.OrderNo)
		return err
	case fatePending:
	}
	return nil
}

// changeMind opens the payment and then cancels the order.
func (s *seeding) changeMind(ctx context.Context, t *till, o orderPlan, who buyer, placed order.Placed) error {
	s.Clock.Set(placed.PlacedAt.Add(time.Minute))
	if _, err := t.begin(ctx, s, who, s.bill(o, who, placed)); err != nil {
		return err
	}
	s.Clock.Set(placed.PlacedAt.Add(4 * time.Minute))
	_, err := s.Orders.Cancel(ctx, s.shop.ID, who.memberID, placed.OrderNo)
	return err
}

func (s *seeding) placeInput(o orderPlan, who buyer) order.PlaceInput {
	in := order.PlaceInput{
		MemberID: who.memberID, AppID: s.app, AddressID: who.addressID, Remark: o.remark,
		Key: idempotency.Key{Scope: fmt.Sprintf("member:%d:order.place", who.memberID), Value: fmt.Sprintf("demo-%03d", o.number)},
	}
	for _, l := range o.lines {
		in.Lines = append(in.Lines, order.LineInput{SKUID: s.skus[l.product][l.variant], Qty: l.qty})
	}
	in.ExpectedPayableFen = s.total(o)
	return in
}

// total is what the plan's prices add up to: the buyer's own reckoning, which the order
// must confirm.
func (s *seeding) total(o orderPlan) (sum money.Fen) {
	products := s.plan.products()
	for _, l := range o.lines {
		sum += products[l.product].variants()[l.variant].price * money.Fen(l.qty)
	}
	return sum
}

// bill is an order as it was to be paid at its time. Orders.Bill would call it overdue by
// the database's clock.
func (s *seeding) bill(o orderPlan, who buyer, placed order.Placed) payments.Bill {
	title := s.plan.products()[o.lines[0].product].title
	if more := len(o.lines) - 1; more > 0 {
		title = fmt.Sprintf("%s +%d", title, more)
	}
	return payments.Bill{
		BusinessNo: placed.OrderNo, Title: title, AmountFen: placed.PayableFen, ExpiresAt: placed.ExpiresAt,
		MemberID: who.memberID, AppID: s.plan.appID,
	}
}

// pay goes the whole way of a payment: prepay, the buyer's phone, the provider's callback,
// the order. Where an interrupted seed had got as far as the money, the rest is left to
// the workers, who have the event or the query ladder.
func (s *seeding) pay(ctx context.Context, t *till, o orderPlan, who buyer, placed order.Placed) error {
	thinking := time.Duration(9+o.number*7%83) * time.Second
	if limit := s.now.Sub(placed.PlacedAt) / 2; thinking > limit {
		thinking = limit.Truncate(time.Second) // as the provider dates payments
	}
	s.Clock.Set(placed.PlacedAt.Add(thinking))
	params, err := t.begin(ctx, s, who, s.bill(o, who, placed))
	if errors.Is(err, payments.ErrAlreadyPaid) {
		return nil
	}
	if err != nil {
		return err
	}
	receipt, err := s.Sandbox.Pay(sandbox.PayInput{
		TimeStamp: params.TimeStamp, NonceStr: params.NonceStr, Package: params.Package, SignType: params.SignType, PaySign: params.PaySign,
		AppID: s.plan.appID, Buyer: who.name,
	})
	if refusal := (*sandbox.Refusal)(nil); errors.As(err, &refusal) && refusal.Code == "ORDERPAID" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.called(ctx, s, receipt.OutTradeNo); err != nil {
		return err
	}
	return s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		outcome, err := s.Orders.MarkPaidTx(ctx, tx, order.PaidInput{
			OrderNo: placed.OrderNo, AmountFen: receipt.AmountFen, PaidAt: receipt.PaidAt, Channel: string(payments.WeChat),
			OutTradeNo: receipt.OutTradeNo, TransactionID: receipt.TransactionID,
		})
		if err == nil && outcome != order.OutcomePaid {
			err = fmt.Errorf("the payment came out as %s: %w", outcome, fault.ErrConflict)
		}
		return err
	})
}

// close ends a closing order as the workers do: first at the provider, then here.
func (s *seeding) close(ctx context.Context, t *till, orderNo string) error {
	outcome, err := t.payments.CloseAll(ctx, s.shop.ID, orderNo)
	if err != nil {
		return err
	}
	if outcome != payments.Closed {
		return fmt.Errorf("close payments: %s: %w", outcome, fault.ErrConflict)
	}
	return s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		_, err := s.Orders.FinishClosingTx(ctx, tx, orderNo)
		return err
	})
}
