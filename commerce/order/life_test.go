package order_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func (s *shop) status(b buyer, orderNo string) order.Status {
	s.t.Helper()
	o, err := s.orders.Get(s.t.Context(), s.Tenant.ID, b.id, orderNo)
	if err != nil {
		s.t.Fatal(err)
	}
	return o.Status
}

func TestPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 300, 200)
	placed := s.place(b, 800, order.LineInput{SKUID: skus[0], Qty: 2}, order.LineInput{SKUID: skus[1], Qty: 1})
	if _, err := s.pay(placed.OrderNo, "T1", 799); err == nil {
		t.Fatal("a payment of another amount was accepted")
	}
	if got := s.status(b, placed.OrderNo); got != order.PendingPayment {
		t.Fatalf("after a wrong amount: %s", got)
	}
	for i, want := range []order.PaidOutcome{order.OutcomePaid, order.OutcomeAlreadyPaid, order.OutcomeAlreadyPaid} {
		if got, err := s.pay(placed.OrderNo, "T1", 800); err != nil || got != want {
			t.Errorf("report %d: %s, %v; want %s", i, got, err, want)
		}
	}
	if got, err := s.pay(placed.OrderNo, "T2", 800); err != nil || got != order.OutcomeLate {
		t.Errorf("a second payment: %s, %v; want late", got, err)
	}
	if onHand, reserved := s.level(skus[0]); onHand != 8 || reserved != 0 {
		t.Errorf("stock is %d on hand, %d reserved", onHand, reserved)
	}
	if n := s.sold(skus[0]); n != 3 {
		t.Errorf("sales are %d, want 3", n)
	}
	if events := s.Events(t, order.TopicPaid); len(events) != 1 || !strings.Contains(string(events[0].Payload), `"payable_fen": 800`) {
		t.Errorf("events are %v", events)
	}
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); !errors.Is(err, order.ErrState) {
		t.Errorf("cancel a paid order: %v, want ORDER_STATE", err)
	}
	s.healthy(t)
}

func TestCancelAndClose(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 300)
	placed := s.place(b, 600, order.LineInput{SKUID: skus[0], Qty: 2})
	if closed, err := s.finish(placed.OrderNo); err != nil || closed {
		t.Fatalf("an order nobody wants closed: %v, %v", closed, err)
	}
	for range 2 {
		got, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
		if err != nil || got.Status != order.Closing || got.CloseReason != order.ByBuyer || len(got.Actions) != 0 {
			t.Fatalf("cancel: %+v, %v", got, err)
		}
	}
	if _, reserved := s.level(skus[0]); reserved != 2 {
		t.Errorf("closing holds %d, want 2", reserved)
	}
	for i, want := range []bool{true, false, false} {
		if closed, err := s.finish(placed.OrderNo); err != nil || closed != want {
			t.Errorf("finish %d: %v, %v; want %v", i, closed, err, want)
		}
	}
	got, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || got.Status != order.Closed || got.ClosedAt == nil || got.CloseReason != order.ByBuyer || len(got.Timeline) != 3 {
		t.Errorf("after closing: %+v, %v", got, err)
	}
	if onHand, reserved := s.level(skus[0]); onHand != 10 || reserved != 0 {
		t.Errorf("stock is %d on hand, %d reserved", onHand, reserved)
	}
	if n := len(s.Events(t, order.TopicClosing)) + len(s.Events(t, order.TopicClosed)); n != 2 {
		t.Errorf("%d events of closing, want 2", n)
	}
	s.healthy(t)
}

// TestT077PaidWhileClosing: the money was faster than the closing; the order is paid.
func TestT077PaidWhileClosing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 300)
	placed := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil {
		t.Fatal(err)
	}
	if got, err := s.pay(placed.OrderNo, "T1", 300); err != nil || got != order.OutcomePaid {
		t.Fatalf("pay while closing: %s, %v", got, err)
	}
	if closed, err := s.finish(placed.OrderNo); err != nil || closed {
		t.Errorf("a paid order was closed: %v, %v", closed, err)
	}
	got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || got.Status != order.Paid || got.CloseReason != "" {
		t.Errorf("order is %+v, %v", got, err)
	}
	s.healthy(t)
}

// TestT080LateMoney: a closed order stays closed; its money is to be given back.
func TestT080LateMoney(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(1, 300)
	placed := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil {
		t.Fatal(err)
	}
	if _, err := s.finish(placed.OrderNo); err != nil {
		t.Fatal(err)
	}
	s.place(s.buyer(), 300, order.LineInput{SKUID: skus[0], Qty: 1}) // the piece is sold again
	if got, err := s.pay(placed.OrderNo, "T1", 300); err != nil || got != order.OutcomeLate {
		t.Errorf("late money: %s, %v", got, err)
	}
	if got := s.status(b, placed.OrderNo); got != order.Closed {
		t.Errorf("order is %s", got)
	}
	s.healthy(t)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 300)
	fresh := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	s.Clock().Set(time.Now().Add(-time.Hour)) // due is decided by the database's clock
	due := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	paid := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	if _, err := s.pay(paid.OrderNo, "T1", 300); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		no   string
		want order.Status
	}{{fresh.OrderNo, order.PendingPayment}, {due.OrderNo, order.Closing}, {due.OrderNo, order.Closing}, {paid.OrderNo, order.Paid}} {
		if err := s.expire(c.no); err != nil {
			t.Fatal(err)
		}
		if got := s.status(b, c.no); got != c.want {
			t.Errorf("%s after its timer: %s, want %s", c.no, got, c.want)
		}
	}
	if err := s.expire("26112119000000000000"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an unknown order: %v", err)
	}
	if got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, due.OrderNo); err != nil || got.CloseReason != order.ByTimeout {
		t.Errorf("due order is %+v, %v", got, err)
	}
	if n := len(s.Events(t, order.TopicClosing)); n != 1 {
		t.Errorf("%d closing events, want 1", n)
	}
	s.healthy(t)
}

func TestBill(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 300, 200, 100)
	placed := s.place(b, 600, order.LineInput{SKUID: skus[0], Qty: 1}, order.LineInput{SKUID: skus[1], Qty: 1}, order.LineInput{SKUID: skus[2], Qty: 1})
	bill := func(no string) (bill order.Bill, err error) {
		err = s.DB.InTenant(t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) (err error) {
			bill, err = s.orders.Bill(t.Context(), tx, no)
			return err
		})
		return bill, err
	}
	got, err := bill(placed.OrderNo)
	if err != nil || got.AmountFen != 600 || got.MemberID != b.id || got.AppID != s.app.String() || !strings.HasSuffix(got.Title, " +2") || !got.ExpiresAt.Equal(placed.ExpiresAt) {
		t.Errorf("bill is %+v, %v", got, err)
	}
	s.Clock().Set(time.Now().Add(-time.Hour)) // due is decided by the database's clock
	over := s.place(b, 300, order.LineInput{SKUID: skus[0], Qty: 1})
	if _, err := bill(over.OrderNo); !errors.Is(err, order.ErrState) {
		t.Errorf("bill after the time to pay: %v, want ORDER_STATE", err)
	}
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil {
		t.Fatal(err)
	}
	if _, err := bill(placed.OrderNo); !errors.Is(err, order.ErrState) {
		t.Errorf("bill of a closing order: %v, want ORDER_STATE", err)
	}
	if _, err := bill("nonexistent"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("bill of nothing: %v", err)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 100)
	var placed []string
	for i := range 7 {
		no := s.place(b, 100, order.LineInput{SKUID: skus[0], Qty: 1}).OrderNo
		placed = append([]string{no}, placed...)
		if i%3 == 0 {
			if _, err := s.pay(no, fmt.Sprintf("T%d", i), 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	var seen []string
	in := order.ListInput{Limit: 3}
	for pages := 0; ; pages++ {
		page, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, in)
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, o := range page.Orders {
			seen = append(seen, o.OrderNo)
			if len(o.Lines) != 1 || o.Lines[0].PayableFen != money.Fen(100) {
				t.Errorf("lines of %s are %+v", o.OrderNo, o.Lines)
			}
		}
		if in.Cursor = page.Next; in.Cursor == "" {
			break
		}
	}
	if strings.Join(seen, " ") != strings.Join(placed, " ") {
		t.Errorf("pages gave %v, want %v", seen, placed)
	}
	paid, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, order.ListInput{Status: order.Paid, Limit: 2})
	if err != nil || len(paid.Orders) != 2 || paid.Next == "" {
		t.Fatalf("paid orders: %+v, %v", paid, err)
	}
	for name, in := range map[string]order.ListInput{
		"cursor of another filter": {Cursor: paid.Next},
		"tampered cursor":          {Status: order.Paid, Cursor: paid.Next[:len(paid.Next)-1] + "_"},
		"no cursor at all":         {Cursor: "' or 1=1"},
		"limit 101":                {Limit: 101},
		"limit -1":                 {Limit: -1},
		"status that is none":      {Status: "paid' or 1=1"},
	} {
		if _, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, in); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%s: %v, want VALIDATION", name, err)
		}
	}
}
