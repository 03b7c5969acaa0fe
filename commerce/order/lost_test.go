package order_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// lostParcel is an order of two SKUs (2 and 1 pieces) that was sent in one parcel, which is lost.
func (s *shop) lostParcel(t *testing.T, b buyer) (orderNo, parcelNo string, lines []int64) {
	t.Helper()
	orderNo, lines = s.paidOrder(t, b)
	out, err := ship(s, orderNo, "SF1234567890123", nil)
	if err != nil {
		t.Fatal(err)
	}
	if of, err := s.orders.Lose(t.Context(), s.Tenant.ID, order.LoseInput{ParcelNo: out.ParcelNo, Reason: "快递确认丢件", Actor: "staff:1"}); err != nil || of != orderNo {
		t.Fatalf("lose: %s, %v", of, err)
	}
	return orderNo, out.ParcelNo, lines
}

func (s *shop) receiveDue(t *testing.T, orderNo string) (status string) {
	t.Helper()
	s.due(orderNo)
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, orderNo) })
	status, _ = s.standing(orderNo)
	return status
}

func (s *shop) courierSays(t *testing.T, parcelNo, number string, to order.ParcelStatus) {
	t.Helper()
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.MoveParcelTx(t.Context(), tx, order.MoveInput{ParcelNo: parcelNo, Courier: "sf", TrackingNo: number, To: to, At: tx.Now()})
	})
}

// TestLostParcelWaits: time alone completes no order whose parcel is lost; its buyer may, and the
// courier who finds it lets the clock run.
func TestLostParcelWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, parcelNo, _ := s.lostParcel(t, b)
	if status := s.receiveDue(t, no); status != "fulfilling" || s.timer(order.TopicReceive, no) != 1 {
		t.Fatalf("an order whose parcel is lost is %s", status)
	}
	if n := s.count("SELECT count(*) FROM order_event e JOIN orders o ON o.id = e.order_id WHERE o.order_no = $1 AND e.event = 'lose' AND e.detail->>'text' = '快递确认丢件'", no); n != 1 {
		t.Errorf("the timeline tells it %d times", n)
	}
	for name, in := range map[string]order.LoseInput{
		"no reason": {ParcelNo: parcelNo, Reason: "  "}, "a long one": {ParcelNo: parcelNo, Reason: strings.Repeat("长", 201)}, "a broken one": {ParcelNo: parcelNo, Reason: "a\x00b"},
	} {
		if _, err := s.orders.Lose(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != "VALIDATION" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.orders.Lose(t.Context(), s.Tenant.ID, order.LoseInput{ParcelNo: parcelNo, Reason: "again", Actor: "staff:1"}); !errors.Is(err, order.ErrParcelState) {
		t.Errorf("lost twice: %v", err)
	}
	if _, err := s.orders.Retrack(t.Context(), s.Tenant.ID, order.RetrackInput{ParcelNo: parcelNo, Courier: "sf", TrackingNo: "SF1234567890129", Actor: "staff:1"}); !errors.Is(err, order.ErrParcelState) {
		t.Errorf("a lost parcel got another number: %v", err)
	}
	s.courierSays(t, parcelNo, "SF1234567890123", order.ParcelDelivered)
	if _, statuses := s.parcels(t, no); !slices.Equal(statuses, []order.ParcelStatus{order.ParcelDelivered}) {
		t.Errorf("it turned up, and is %v", statuses)
	}
	if status := s.receiveDue(t, no); status != "completed" {
		t.Errorf("after it turned up the order is %s", status)
	}
	no, _, _ = s.lostParcel(t, b)
	if _, err := s.orders.Receive(t.Context(), s.Tenant.ID, b.id, no); err != nil {
		t.Errorf("its buyer has it: %v", err)
	}
	s.healthy(t)
}

// TestResend sends what was lost once more: stock leaves again, once, with a movement of its own;
// what turns up afterwards changes nothing, and the new parcel may be lost, too.
func TestResend(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, parcelNo, _ := s.lostParcel(t, s.buyer())
	in := order.ResendInput{ParcelNo: parcelNo, Courier: "sf", TrackingNo: "SF1234567890123", Actor: "staff:1"}
	if _, err := s.orders.Resend(t.Context(), s.Tenant.ID, in); !errors.Is(err, order.ErrParcelKnown) {
		t.Errorf("under the number that was lost: %v", err)
	}
	in.TrackingNo = "SF1234567890124"
	if of, err := s.orders.Resend(t.Context(), s.Tenant.ID, in); err != nil || of != no {
		t.Fatalf("send again: %s, %v", of, err)
	}
	in.TrackingNo = "SF1234567890125"
	if _, err := s.orders.Resend(t.Context(), s.Tenant.ID, in); !errors.Is(err, order.ErrMadeUp) {
		t.Errorf("sent again twice: %v", err)
	}
	if first, second := s.onHand(no); first != 46 || second != 48 {
		t.Errorf("%d and %d on hand, want 46 and 48", first, second)
	}
	if n := s.count("SELECT -sum(on_hand_delta) FROM stock_movement WHERE kind = 'resend'"); n != 3 {
		t.Errorf("%d pieces left again, want 3", n)
	}
	list, statuses := s.parcels(t, no)
	if !slices.Equal(statuses, []order.ParcelStatus{order.ParcelLost, order.ParcelShipped}) || list[0].Remedy != order.RemedyResent || list[1].Resends != parcelNo || len(list[1].Lines) != 2 {
		t.Fatalf("parcels: %+v", list)
	}
	if list[0].Left() || !list[1].Left() {
		t.Error("the provider is to hear of the new parcel, and of the lost one no more")
	}
	s.courierSays(t, parcelNo, "SF1234567890123", order.ParcelDelivered)
	if _, err := s.orders.Found(t.Context(), s.Tenant.ID, parcelNo, "staff:1"); !errors.Is(err, order.ErrMadeUp) {
		t.Errorf("found after it was sent again: %v", err)
	}
	if _, now := s.parcels(t, no); !slices.Equal(now, statuses) {
		t.Errorf("what turned up after it was sent again: %v", now)
	}
	if _, err := s.orders.Lose(t.Context(), s.Tenant.ID, order.LoseInput{ParcelNo: list[1].ParcelNo, Reason: "lost again", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	if status := s.receiveDue(t, no); status != "fulfilling" {
		t.Errorf("with the second lost, too, it is %s", status)
	}
	s.courierSays(t, list[1].ParcelNo, "SF1234567890124", order.ParcelDelivered)
	if status := s.receiveDue(t, no); status != "completed" {
		t.Errorf("after the second turned up it is %s", status)
	}
	s.healthy(t)
}

// TestResendNeedsStock: what the shelf does not have is not sent again, and nothing is written.
func TestResendNeedsStock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	skus := s.product(2, 100)
	placed := s.place(b, 200, order.LineInput{SKUID: skus[0], Qty: 2})
	if _, err := s.pay(placed.OrderNo, "TNOSTOCK", 200); err != nil {
		t.Fatal(err)
	}
	out, err := ship(s, placed.OrderNo, "SF1234567890123", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Lose(t.Context(), s.Tenant.ID, order.LoseInput{ParcelNo: out.ParcelNo, Reason: "lost", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Resend(t.Context(), s.Tenant.ID, order.ResendInput{ParcelNo: out.ParcelNo, Courier: "sf", TrackingNo: "SF1234567890124", Actor: "staff:1"}); !errors.Is(err, inventory.ErrShort) {
		t.Errorf("with an empty shelf: %v", err)
	}
	if list, _ := s.parcels(t, placed.OrderNo); len(list) != 1 || list[0].Remedy != order.RemedyNone {
		t.Errorf("after the refusal: %+v", list)
	}
	s.healthy(t)
}

// TestRefundOfALostParcel: the case that pays for it is written beside it, lets the order's clock
// run once it ends, and opens the matter again if it ends without money.
func TestRefundOfALostParcel(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, parcelNo, lines := s.lostParcel(t, s.buyer())
	claim := func(lost string, take map[int64]int64) (c order.Claim, err error) {
		err = s.DB.InTenant(t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) (err error) {
			c, err = s.orders.ClaimTx(t.Context(), tx, order.ClaimInput{OrderNo: no, Lines: take, Lost: lost, Holder: "S261123CASE"}, false)
			return err
		})
		return c, err
	}
	all := map[int64]int64{lines[0]: 2, lines[1]: 1}
	if _, err := claim("P261122K7Q2M9XTABCD", all); !errors.Is(err, order.ErrMadeUp) {
		t.Errorf("for a parcel that is not lost: %v", err)
	}
	c, err := claim(parcelNo, all)
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := s.parcels(t, no); list[0].Remedy != order.RemedyRefund {
		t.Fatalf("the parcel is not known as paid for: %+v", list[0])
	}
	resend := order.ResendInput{ParcelNo: parcelNo, Courier: "sf", TrackingNo: "SF1234567890124", Actor: "staff:1"}
	if _, err := s.orders.Resend(t.Context(), s.Tenant.ID, resend); !errors.Is(err, order.ErrMadeUp) {
		t.Errorf("paid back and sent again: %v", err)
	}
	s.courierSays(t, parcelNo, "SF1234567890123", order.ParcelDelivered)
	if _, statuses := s.parcels(t, no); statuses[0] != order.ParcelLost {
		t.Errorf("it turned up after it was paid for, and is %s", statuses[0])
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: no, Back: c.Lines, Holder: "S261123CASE"})
	})
	if list, _ := s.parcels(t, no); list[0].Remedy != order.RemedyNone {
		t.Fatal("a case that ended without money has made up for the parcel")
	}
	if status := s.receiveDue(t, no); status != "fulfilling" {
		t.Errorf("without a remedy the order is %s", status)
	}
	// A buyer's own case for all of it is for the parcel, too; a piece of it is claimed for good then.
	if c, err = claim("", map[int64]int64{lines[0]: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Resend(t.Context(), s.Tenant.ID, resend); !errors.Is(err, order.ErrMadeUp) {
		t.Errorf("one piece is paid back, and all sent again: %v", err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: no, Back: c.Lines, Holder: "S261123CASE"})
	})
	if _, err = claim("", all); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: no, Holder: "S261123CASE"})
	})
	if list, _ := s.parcels(t, no); list[0].Remedy != order.RemedyRefund {
		t.Error("the buyer's own case does not count for the parcel")
	}
	if status := s.receiveDue(t, no); status != "completed" {
		t.Errorf("after the case the order is %s", status)
	}
}

// TestParcelActions: what may be done with a parcel comes from the tables, and nothing with one
// that somebody made up for.
func TestParcelActions(t *testing.T) {
	t.Parallel()
	facts := order.Facts{Delivery: order.Express, Unsent: true, Packed: true, Lost: true}
	for _, c := range []struct {
		at   order.Status
		p    order.ParcelFacts
		want []order.Event
	}{
		{order.Paid, order.ParcelFacts{Kind: order.Express, Status: order.ParcelPacked}, []order.Event{order.EventShip, order.EventUnpack}},
		{order.Fulfilling, order.ParcelFacts{Kind: order.Express, Status: order.ParcelShipped}, []order.Event{order.EventLose, order.EventRetrack}},
		{order.Completed, order.ParcelFacts{Kind: order.Express, Status: order.ParcelShipped}, []order.Event{}},
		{order.Fulfilling, order.ParcelFacts{Kind: order.Express, Status: order.ParcelLost}, []order.Event{order.EventFound, order.EventResend}},
		{order.Completed, order.ParcelFacts{Kind: order.Express, Status: order.ParcelLost}, []order.Event{order.EventFound}},
		{order.Fulfilling, order.ParcelFacts{Kind: order.Express, Status: order.ParcelLost, Remedy: order.RemedyRefund}, []order.Event{}},
		{order.Fulfilling, order.ParcelFacts{Kind: order.Local, Status: order.ParcelShipped}, []order.Event{}},
	} {
		if got := order.ParcelActionsOf(order.Staff, c.at, facts, c.p); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %v, want %v", c.p.Status, c.at, got, c.want)
		}
		if got := order.ParcelActionsOf(order.Member, c.at, facts, c.p); len(got) != 0 {
			t.Errorf("a buyer may %v", got)
		}
	}
}
