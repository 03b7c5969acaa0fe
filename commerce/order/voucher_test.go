package order_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// voucher puts a product of that kind on the shelf and returns its SKU.
func (s *shop) voucher(price money.Fen, terms catalog.VoucherTerms) int64 {
	s.t.Helper()
	sku := s.goods(catalog.Voucher, price, 9)
	s.Owner(s.t, fmt.Sprintf(`UPDATE %s.product_snapshot SET body = jsonb_set(body, '{voucher}', '{"uses": %d, "days": 30, "refunds": %t}')`, s.Tenant.ID, terms.Uses, terms.Refunds))
	return sku
}

// bought is an order of vouchers that is paid, and its vouchers.
func (s *shop) bought(sku, qty int64, paid money.Fen) (b buyer, orderNo string, list []voucher.Voucher) {
	s.t.Helper()
	b = s.buyer()
	placed := s.place(b, paid, order.LineInput{SKUID: sku, Qty: qty})
	if outcome, err := s.pay(placed.OrderNo, "T"+placed.OrderNo, paid); err != nil || outcome != order.OutcomePaid {
		s.t.Fatal(outcome, err)
	}
	return b, placed.OrderNo, s.vouchersOf(placed.OrderNo)
}

func (s *shop) vouchersOf(orderNo string) []voucher.Voucher {
	s.t.Helper()
	list, _, err := s.vouchers.OfOrder(s.t.Context(), s.Tenant.ID, orderNo, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func (s *shop) redeem(code string, uses int64, key string) (order.Redeemed, bool, error) {
	return s.orders.Redeem(s.t.Context(), s.Tenant.ID, order.RedeemInput{
		Code: code, Uses: uses, Actor: "staff:3", Key: idempotency.Key{Scope: "staff:3:redeem", Value: key, Body: []byte(code)},
	})
}

// TestVouchersAreIssuedWithThePayment: one for each piece, once, by the terms of the moment in
// which the order was placed, to the end of a day of Shanghai, and their shares are what was paid.
func TestVouchersAreIssuedWithThePayment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sku := s.goods(catalog.Voucher, 1000, 9)
	b := s.buyer()
	placed := s.place(b, 3000, order.LineInput{SKUID: sku, Qty: 3})
	// The terms change after the order was placed: they are not this order's.
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET voucher_uses = 5", s.Tenant.ID))
	for range 2 {
		if _, err := s.pay(placed.OrderNo, "T1", 3000); err != nil {
			t.Fatal(err)
		}
	}
	list, next, err := s.vouchers.OfOrder(t.Context(), s.Tenant.ID, placed.OrderNo, 0)
	if err != nil || len(list) != 3 || next != 0 {
		t.Fatalf("vouchers %+v, next %d, %v; want three", list, next, err)
	}
	codes := map[string]bool{}
	for _, v := range list {
		codes[v.Code] = true
		end := v.ValidUntil.In(time.FixedZone("Asia/Shanghai", 8*60*60))
		if v.Uses != 1 || v.Used != 0 || v.State != voucher.Active || end.Hour() != 0 || end.Minute() != 0 || v.ValidUntil.Before(v.IssuedAt.AddDate(0, 0, 365)) || v.ValidUntil.After(v.IssuedAt.AddDate(0, 0, 366)) {
			t.Errorf("voucher %+v", v)
		}
	}
	if len(codes) != 3 {
		t.Errorf("codes %v are not three", codes)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || o.Delivery != order.Voucher || o.Status != order.Paid || o.Address != (order.Address{}) || o.StoreID != 0 {
		t.Errorf("order %+v, %v; want one that is paid and goes nowhere", o, err)
	}
	mine, _, err := s.vouchers.OfMember(t.Context(), s.Tenant.ID, b.id, true, 0)
	if err != nil || len(mine) != 3 {
		t.Errorf("the member has %d vouchers, %v", len(mine), err)
	}
}

// TestParallelRedeemsUseAVoucherOnce: of 32 who redeem a voucher of three uses at once, three do.
func TestParallelRedeemsUseAVoucherOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	_, no, list := s.bought(s.voucher(1000, catalog.VoucherTerms{Uses: 3, Refunds: true}), 1, 1000)
	const callers = 32
	var wg sync.WaitGroup
	answers := make([]error, callers)
	for i := range callers {
		wg.Go(func() { _, _, answers[i] = s.redeem(list[0].Code, 1, fmt.Sprintf("k%d", i)) })
	}
	wg.Wait()
	done := 0
	for _, err := range answers {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, voucher.ErrState):
			t.Errorf("redeem: %v; want VOUCHER_STATE", err)
		}
	}
	if done != 3 {
		t.Errorf("%d redeems, want 3", done)
	}
	uses, err := s.vouchers.UsesOf(t.Context(), s.Tenant.ID, no)
	if err != nil || len(uses) != 3 {
		t.Errorf("uses %+v, %v; want three rows", uses, err)
	}
	if status, settlement := s.standing(no); status != "completed" || settlement != "window" {
		t.Errorf("order %s, %s; want it completed and its window open", status, settlement)
	}
}

// TestRedeemIsIdempotent: the same key uses once, whatever it asks for.
func TestRedeemIsIdempotent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	_, _, list := s.bought(s.voucher(1000, catalog.VoucherTerms{Uses: 5, Refunds: true}), 1, 1000)
	first, replayed, err := s.redeem(list[0].Code, 2, "one")
	if err != nil || replayed || first.Left != 3 {
		t.Fatalf("first %+v, %v, %v", first, replayed, err)
	}
	again, replayed, err := s.redeem(list[0].Code, 2, "one")
	if err != nil || !replayed || again != first {
		t.Errorf("again %+v, %v, %v; want the first answer", again, replayed, err)
	}
	if _, _, err := s.redeem(list[0].Code, 4, "two"); !errors.Is(err, voucher.ErrUses) {
		t.Errorf("more than is left: %v", err)
	}
	if _, _, err := s.redeem(list[0].Code, 0, "three"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no use: %v", err)
	}
	if _, _, err := s.redeem("1234 5678 9012 3456", 1, "four"); !errors.Is(err, voucher.ErrCode) {
		t.Errorf("another code: %v", err)
	}
}

// TestAnOrderIsCompletedWithItsLastVoucher: with the last use of the last of them, not before.
func TestAnOrderIsCompletedWithItsLastVoucher(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	_, no, list := s.bought(s.voucher(1000, catalog.VoucherTerms{Uses: 2, Refunds: true}), 2, 2000)
	for i, step := range []struct {
		code string
		uses int64
		want string
	}{{list[0].Code, 1, "paid"}, {list[1].Code, 2, "paid"}, {list[0].Code, 1, "completed"}} {
		if _, _, err := s.redeem(step.code, step.uses, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if status, _ := s.standing(no); status != step.want {
			t.Errorf("step %d: %s, want %s", i, status, step.want)
		}
	}
	if parcels, err := s.orders.Parcels(t.Context(), s.Tenant.ID, 0, no); err != nil || len(parcels) != 2 || parcels[0].Kind != order.Voucher {
		t.Errorf("parcels %+v, %v; want one for each piece", parcels, err)
	}
}

// TestExpiredVouchersCannotBeUsed: nor do those without a promise give money back; they lapse, and
// the order is completed.
func TestExpiredVouchersCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	_, no, list := s.bought(s.voucher(1000, catalog.VoucherTerms{Uses: 2}), 2, 2000)
	if _, _, err := s.redeem(list[0].Code, 1, "one"); err != nil {
		t.Fatal(err)
	}
	due := func() (over order.VouchersOver) {
		s.InTenant(t, func(tx tenantdb.Tx) (err error) {
			over, err = s.orders.VouchersDueTx(t.Context(), tx, no)
			return err
		})
		return over
	}
	if over := due(); len(over.Lines) != 0 {
		t.Errorf("before the end %+v is over", over)
	}
	s.Owner(t, fmt.Sprintf("UPDATE %s.voucher SET valid_until = now() - interval '1 second'", s.Tenant.ID))
	if _, _, err := s.redeem(list[0].Code, 1, "two"); !errors.Is(err, voucher.ErrState) {
		t.Errorf("after the end: %v", err)
	}
	for range 2 {
		if over := due(); len(over.Lines) != 0 {
			t.Errorf("%+v is to be paid back, and nothing was promised", over)
		}
		if status, settlement := s.standing(no); status != "completed" || settlement != "window" {
			t.Errorf("order %s, %s", status, settlement)
		}
	}
	after, _, err := s.vouchers.OfOrder(t.Context(), s.Tenant.ID, no, 0)
	if err != nil || after[0].State != voucher.Expired || after[1].State != voucher.Expired {
		t.Errorf("vouchers %+v, %v", after, err)
	}
}

// TestAnOldPickupOrderOfVouchersIsHandedOver: what was ordered before vouchers had codes of their
// own is fetched with its pickup code.
func TestAnOldPickupOrderOfVouchersIsHandedOver(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sku, store := s.goods(catalog.PickupOnly, 1000, 9), s.store()
	b := s.buyer()
	in := s.input(b, 1000, order.LineInput{SKUID: sku, Qty: 1})
	in.Delivery, in.StoreID = order.Pickup, store
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET kind = 'voucher'", s.Tenant.ID))
	if _, err := s.pay(placed.OrderNo, "T1", 1000); err != nil {
		t.Fatal(err)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || o.PickupCode == "" {
		t.Fatalf("order %+v, %v", o, err)
	}
	if _, err := s.orders.HandOver(t.Context(), s.Tenant.ID, o.PickupCode, "staff:3"); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.standing(placed.OrderNo); status != "completed" {
		t.Errorf("order %s", status)
	}
}

// TestAVoucherThatIsOverIsNotSold: one that ends on a date is off the shelf from then on.
func TestAVoucherThatIsOverIsNotSold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sku := s.goods(catalog.Voucher, 1000, 9)
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET voucher_days = 0, voucher_until = now() - interval '1 second'", s.Tenant.ID))
	_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(s.buyer(), 1000, order.LineInput{SKUID: sku, Qty: 1}))
	if !errors.Is(err, order.ErrUnavailable) {
		t.Errorf("place: %v; want SKU_UNAVAILABLE", err)
	}
}
