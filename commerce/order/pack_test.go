package order_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func (s *shop) pack(t *testing.T, orderNo string, lines map[int64]int64) string {
	t.Helper()
	parcelNo, err := s.orders.Pack(t.Context(), s.Tenant.ID, order.PackInput{OrderNo: orderNo, Lines: lines, Actor: "staff:1"})
	if err != nil {
		t.Fatal(err)
	}
	return parcelNo
}

// parcels are the statuses of an order's parcels as its buyer sees them.
func (s *shop) parcels(t *testing.T, orderNo string) (list []order.Parcel, statuses []order.ParcelStatus) {
	t.Helper()
	list, err := s.orders.Parcels(t.Context(), s.Tenant.ID, 0, orderNo)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		statuses = append(statuses, p.Status)
	}
	return list, statuses
}

// TestPack packs an order in two boxes: its buyer sees them being prepared and the order unsent,
// no piece goes into two, and each leaves with its number.
func TestPack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, lines := s.paidOrder(t, b)
	first := s.pack(t, no, map[int64]int64{lines[0]: 1})
	if list, _ := s.parcels(t, no); len(list) != 1 || list[0].Status != order.ParcelPacked || list[0].ShippedAt != nil || list[0].PackedAt == nil || list[0].Lines[0].Qty != 1 {
		t.Errorf("packed: %+v", list)
	}
	if status, _ := s.standing(no); status != "paid" || s.told(order.TopicShipped, no) != 0 {
		t.Errorf("a packed order is %s", status)
	}
	if _, err := s.orders.Pack(t.Context(), s.Tenant.ID, order.PackInput{OrderNo: no, Lines: map[int64]int64{lines[0]: 2}, Actor: "staff:1"}); !errors.Is(err, order.ErrSent) {
		t.Errorf("packed twice: %v", err)
	}
	if _, err := ship(s, no, "SF1234567890123", map[int64]int64{lines[0]: 2}); !errors.Is(err, order.ErrSent) {
		t.Errorf("packed pieces sent in another parcel: %v", err)
	}
	second := s.pack(t, no, nil)
	if _, err := s.orders.Pack(t.Context(), s.Tenant.ID, order.PackInput{OrderNo: no, Actor: "staff:1"}); !errors.Is(err, order.ErrState) {
		t.Errorf("nothing left to pack: %v", err)
	}
	if _, err := ship(s, no, "SF1234567890123", nil); !errors.Is(err, order.ErrWhichParcel) {
		t.Errorf("a number for one of two parcels: %v", err)
	}
	out, err := s.orders.Ship(t.Context(), s.Tenant.ID, order.ShipInput{OrderNo: no, ParcelNo: second, Courier: "sf", TrackingNo: "SF1234567890123", Actor: "staff:1"})
	if err != nil || out.ParcelNo != second || out.Complete {
		t.Fatalf("second parcel: %+v, %v", out, err)
	}
	if _, err := s.orders.Ship(t.Context(), s.Tenant.ID, order.ShipInput{OrderNo: no, ParcelNo: second, Courier: "sf", TrackingNo: "SF1234567890129", Actor: "staff:1"}); !errors.Is(err, order.ErrParcelState) {
		t.Errorf("a parcel sent twice: %v", err)
	}
	out, err = ship(s, no, "SF1234567890124", nil) // as from a pasted list: one packed parcel is left
	if err != nil || out.ParcelNo != first || !out.Complete || s.timer(order.TopicReceive, no) != 1 {
		t.Fatalf("the last parcel: %+v, %v", out, err)
	}
	if _, statuses := s.parcels(t, no); !slices.Equal(statuses, []order.ParcelStatus{order.ParcelShipped, order.ParcelShipped}) {
		t.Errorf("parcels are %v", statuses)
	}
	if _, err := s.orders.Unpack(t.Context(), s.Tenant.ID, first, "staff:1"); !errors.Is(err, order.ErrParcelState) && !errors.Is(err, order.ErrState) {
		t.Errorf("a parcel that left was unpacked: %v", err)
	}
	s.healthy(t)
}

// TestUnpack takes a parcel apart: its pieces can be packed anew, and a number goes to the one
// packed parcel that holds just what is asked for.
func TestUnpack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, lines := s.paidOrder(t, s.buyer())
	first := s.pack(t, no, map[int64]int64{lines[0]: 2, lines[1]: 1})
	for range 2 {
		if of, err := s.orders.Unpack(t.Context(), s.Tenant.ID, first, "staff:1"); err != nil || of != no {
			t.Fatalf("unpack: %s, %v", of, err)
		}
	}
	if list, _ := s.parcels(t, no); len(list) != 0 {
		t.Errorf("an unpacked parcel is still one: %+v", list)
	}
	again := s.pack(t, no, map[int64]int64{lines[0]: 2})
	out, err := ship(s, no, "SF1234567890123", map[int64]int64{lines[0]: 2})
	if err != nil || out.ParcelNo != again || out.Complete {
		t.Errorf("the packed pieces: %+v, %v", out, err)
	}
	if out, err = ship(s, no, "SF1234567890124", nil); err != nil || out.ParcelNo == again || !out.Complete {
		t.Errorf("what was never packed: %+v, %v", out, err)
	}
	if n := s.count("SELECT count(*) FROM order_event e JOIN orders o ON o.id = e.order_id WHERE o.order_no = $1 AND e.event IN ('pack', 'unpack')", no); n != 3 {
		t.Errorf("%d entries in the timeline, want 3", n)
	}
	if _, err := s.orders.Unpack(t.Context(), s.Tenant.ID, "P261122K7Q2M9XTABCD", "staff:1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("unknown parcel: %v", err)
	}
	s.healthy(t)
}

// TestPackAgainstOthers: staff who pack and ship the same order at once put no piece into two parcels.
func TestPackAgainstOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, _ := s.paidOrder(t, s.buyer())
	var done sync.WaitGroup
	for i := range 6 {
		done.Go(func() {
			ctx := context.WithoutCancel(t.Context())
			parcelNo, err := s.orders.Pack(ctx, s.Tenant.ID, order.PackInput{OrderNo: no, Actor: "staff:1"})
			if err == nil && i%2 == 0 {
				_, err = s.orders.Unpack(ctx, s.Tenant.ID, parcelNo, "staff:1")
			}
			if err != nil && !errors.Is(err, order.ErrState) && !errors.Is(err, order.ErrSent) && !errors.Is(err, order.ErrParcelState) {
				t.Errorf("pack: %v", err)
			}
			if _, err := ship(s, no, fmt.Sprintf("SF123456789012%d", i), nil); err != nil && !errors.Is(err, order.ErrState) && !errors.Is(err, order.ErrSent) {
				t.Errorf("ship: %v", err)
			}
		})
	}
	done.Wait()
	if n := s.count("SELECT sum(l.sent) FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", no); n != 3 {
		t.Errorf("%d pieces sent, want 3", n)
	}
	s.healthy(t)
}

// TestPaidBackPiecesLeaveTheirParcel: what a case claims of packed pieces is out of its parcel in
// the same transaction, unpacked ones first; an emptied parcel is none, and the last fen ends all.
func TestPaidBackPiecesLeaveTheirParcel(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, lines := s.paidOrder(t, s.buyer())
	s.pack(t, no, map[int64]int64{lines[0]: 1})
	second := s.pack(t, no, map[int64]int64{lines[1]: 1})
	claim := func(line, qty int64) (c order.Claim) {
		t.Helper()
		s.InTenant(t, func(tx tenantdb.Tx) (err error) {
			c, err = s.orders.ClaimTx(t.Context(), tx, order.ClaimInput{OrderNo: no, Lines: map[int64]int64{line: qty}, Holder: "S1"}, false)
			return err
		})
		s.healthy(t)
		return c
	}
	claim(lines[0], 1) // the one that lies in no parcel
	if _, statuses := s.parcels(t, no); len(statuses) != 2 {
		t.Fatalf("a piece in no parcel emptied one: %v", statuses)
	}
	taken := claim(lines[0], 1)
	if list, _ := s.parcels(t, no); len(list) != 1 || list[0].ParcelNo != second {
		t.Fatalf("after the claim: %+v", list)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { // the buyer keeps it after all
		return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: no, Back: taken.Lines, Holder: "S1"})
	})
	s.pack(t, no, map[int64]int64{lines[0]: 1})
	s.healthy(t)
	s.refunded(t, no, "R1", 450)
	if list, _ := s.parcels(t, no); len(list) != 0 {
		t.Errorf("parcels of an order whose money went back: %+v", list)
	}
	if status, _ := s.standing(no); status != "closed" {
		t.Errorf("the order is %s", status)
	}
	if n := s.count("SELECT sum(l.packed) FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", no); n != 0 {
		t.Errorf("%d pieces are still packed", n)
	}
}

// TestPackRefused: nothing is packed of an order whose whole money goes back, that was not paid,
// or for pieces of another order.
func TestPackRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	back := s.going
	no, lines := s.paidOrder(t, s.buyer())
	back.set(no, 450, 0)
	pack := func(no string, lines map[int64]int64) error {
		_, err := s.orders.Pack(t.Context(), s.Tenant.ID, order.PackInput{OrderNo: no, Lines: lines, Actor: "staff:1"})
		return err
	}
	if err := pack(no, nil); !errors.Is(err, order.ErrRefunding) {
		t.Errorf("while all money goes back: %v", err)
	}
	back.set(no, 0, 0)
	for name, in := range map[string]map[int64]int64{"another order's line": {lines[0] + 100000: 1}, "nothing": {lines[0]: 0}} {
		if err := pack(no, in); fault.CodeOf(err) != "VALIDATION" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := pack(no, map[int64]int64{lines[0]: -1}); !errors.Is(err, order.ErrSent) {
		t.Errorf("less than nothing: %v", err)
	}
	unpaid := s.place(s.buyer(), 100, order.LineInput{SKUID: s.product(5, 100)[0], Qty: 1})
	if err := pack(unpaid.OrderNo, nil); !errors.Is(err, order.ErrState) {
		t.Errorf("an unpaid order: %v", err)
	}
	s.healthy(t)
}
