package order_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// westLake is where the store of these tests is.
var westLake = delivery.Position{Latitude: "30.250000", Longitude: "120.130000"}

// bringing lets the shop bring goods within 5 km, all day and every day, in slots of an hour
// that take capacity orders.
func (s *shop) bringing(t *testing.T, capacity int64) delivery.Local {
	t.Helper()
	store, err := s.deliveries.SaveStore(t.Context(), s.Tenant.ID, delivery.Store{
		Name: "西湖店", Address: "龙井路1号", Open: true, Latitude: westLake.Latitude, Longitude: westLake.Longitude,
	}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	local := delivery.Local{LocalTerms: delivery.LocalTerms{
		Active: true, StoreID: store, RadiusM: 5000, Divisions: []string{"330106"}, MinFen: 2000, BaseFen: 500, BaseM: 2000, PerKmFen: 150, FreeFen: 9000,
		LeadMinutes: 30, DaysAhead: 3, Weekdays: 127,
	}}
	for h := range int64(23) {
		local.Times = append(local.Times, delivery.LocalTime{From: h * 60, Until: h*60 + 60, Capacity: capacity})
	}
	if err := s.deliveries.SetLocal(t.Context(), s.Tenant.ID, local, "staff:1"); err != nil {
		t.Fatal(err)
	}
	return local
}

// slot is the first of tomorrow.
func (s *shop) slot(t *testing.T) delivery.LocalSlot {
	t.Helper()
	_, windows, err := s.deliveries.LocalWindows(t.Context(), s.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := s.Clock().Now().In(time.FixedZone("", 8*3600)).AddDate(0, 0, 1).Format(time.DateOnly)
	i := slices.IndexFunc(windows, func(w delivery.Window) bool { return w.Day == tomorrow })
	if i < 0 {
		t.Fatalf("no slot tomorrow among %v", windows)
	}
	return delivery.LocalSlot{ID: windows[i].SlotID, Day: windows[i].Day}
}

func (s *shop) address(t *testing.T, b buyer, in member.AddressInput) int64 {
	t.Helper()
	in.Name, in.Phone, in.Province, in.City, in.Detail = "王小明", "13800138000", "浙江省", "杭州市", "龙井路1号"
	a, err := s.members.AddAddress(t.Context(), s.Tenant.ID, b.id, in)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// near lives 2,780 m north of the store.
func (s *shop) near(t *testing.T) (b buyer) {
	t.Helper()
	b = s.buyer()
	b.address = s.address(t, b, member.AddressInput{Latitude: "30.275", Longitude: "120.1300001234567"})
	return b
}

func (s *shop) localInput(b buyer, expected money.Fen, slot delivery.LocalSlot, lines ...order.LineInput) order.PlaceInput {
	in := s.input(b, expected, lines...)
	in.Delivery, in.Slot = order.Local, slot
	return in
}

// TestLocalDelivery brings an order from its quote to its receipt.
func TestLocalDelivery(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	local := s.bringing(t, 2)
	b, slot, sku := s.near(t), s.slot(t), s.goods(catalog.Physical, 3000, 50)
	line := order.LineInput{SKUID: sku, Qty: 1}
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{AppID: s.app, Lines: []order.LineInput{line}, AddressID: &b.address, Delivery: order.Local, Slot: slot})
	if err != nil {
		t.Fatal(err)
	}
	// 2,780 m: the base fee reaches 2,000 m, and one more kilometre is begun.
	if q.FreightFen != 650 || q.PayableFen != 3650 || q.Local == nil || q.Local.Reason != delivery.LocalFits || q.Local.DistanceM == nil || *q.Local.DistanceM != 2780 {
		t.Fatalf("quote %+v, local %+v, want 650 of freight at 2780 m", q, q.Local)
	}
	if len(q.Freight) != 1 || q.Freight[0].FreightFen != 650 || q.Freight[0].ToFreeFen != 6000 || !slices.Equal(q.Freight[0].SKUIDs, []int64{sku}) {
		t.Errorf("freight %+v, want a line of its own that would be free for 6000 more", q.Freight)
	}
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.localInput(b, 3650, slot, line))
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || o.Delivery != order.Local || o.StoreID != local.StoreID || o.SlotFrom == nil || o.SlotUntil.Sub(*o.SlotFrom) != time.Hour {
		t.Fatalf("order %+v, %v, want local from the store, in a slot of an hour", o, err)
	}
	rider := delivery.Rider{Name: "张师傅", Phone: "13900139000"}
	bring := func(r delivery.Rider) error {
		return s.orders.Bring(t.Context(), s.Tenant.ID, order.BringInput{OrderNo: placed.OrderNo, Rider: r, Actor: "staff:1"})
	}
	if err := bring(rider); !errors.Is(err, order.ErrState) {
		t.Errorf("bring an unpaid order: %v, want ORDER_STATE", err)
	}
	if _, err := s.pay(placed.OrderNo, "T1", 3650); err != nil {
		t.Fatal(err)
	}
	if _, err := ship(s, placed.OrderNo, "SF1234567890123", nil); !errors.Is(err, order.ErrState) {
		t.Errorf("ship a local order with a courier: %v, want ORDER_STATE", err)
	}
	if err := bring(delivery.Rider{Name: "", Phone: "13900139000"}); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("bring without a name: %v, want VALIDATION", err)
	}
	for _, r := range []delivery.Rider{rider, {Name: "李师傅", Phone: "13700137000"}} { // the second takes over
		if err := bring(r); err != nil {
			t.Fatalf("bring: %v", err)
		}
		if got, err := s.deliveries.Rider(t.Context(), s.Tenant.ID, placed.OrderNo); err != nil || got != r {
			t.Errorf("rider %+v, %v, want %+v", got, err, r)
		}
	}
	if n := s.count("SELECT count(*) FROM local_rider WHERE encode(sealed, 'escape') LIKE '%13700137000%'"); n != 0 {
		t.Error("the rider's phone lies open")
	}
	if status, _ := s.standing(placed.OrderNo); status != string(order.Fulfilling) || s.timer(order.TopicReceive, placed.OrderNo) != 1 || s.told(order.TopicShipped, placed.OrderNo) != 1 {
		t.Errorf("on its way: %s, want fulfilling with one timer and one event", status)
	}
	by := s.count("SELECT extract(epoch FROM receive_by - shipped_at)::bigint FROM orders WHERE order_no = $1", placed.OrderNo)
	for range 2 {
		if err := s.orders.Arrive(t.Context(), s.Tenant.ID, placed.OrderNo, "staff:1"); err != nil {
			t.Fatalf("arrive: %v", err)
		}
	}
	if now := s.count("SELECT extract(epoch FROM receive_by - shipped_at)::bigint FROM orders WHERE order_no = $1", placed.OrderNo); now >= by {
		t.Errorf("the clock of receipt stands at %d s after the arrival, before it at %d", now, by)
	}
	if n := s.count("SELECT count(*) FROM order_event WHERE event = 'arrive'"); n != 1 {
		t.Errorf("%d arrivals in the timeline, want one", n)
	}
	s.due(placed.OrderNo)
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, placed.OrderNo) })
	if status, _ := s.standing(placed.OrderNo); status != string(order.Completed) {
		t.Errorf("after its time: %s, want completed", status)
	}
	if n := s.count("SELECT taken FROM local_load"); n != 1 {
		t.Errorf("the slot holds %d, want 1", n)
	}
}

// TestLocalDeliveryReasons: the quote says why an order would not be brought, and the order is
// refused for the same.
func TestLocalDeliveryReasons(t *testing.T) { //nolint:tparallel // its cases change the one shop in turn
	t.Parallel()
	s := newShop(t)
	sku := s.goods(catalog.Physical, 3000, 500)
	b := s.near(t)
	near := b.address
	off := delivery.LocalSlot{ID: 1, Day: "2026-11-24"}
	local := s.bringing(t, 2)
	slot := s.slot(t)
	far := s.address(t, b, member.AddressInput{Latitude: "30.300000", Longitude: "120.150000"})
	here := s.address(t, b, member.AddressInput{District: "西湖区", DivisionCode: "330106"})
	elsewhere := s.address(t, b, member.AddressInput{District: "上城区", DivisionCode: "330102"})
	byDivision := local
	byDivision.RadiusM = 0
	closed := local
	closed.Active = false
	full := s.near(t)
	for range 2 {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.localInput(full, 3650, slot, order.LineInput{SKUID: sku, Qty: 1})); err != nil {
			t.Fatal(err)
		}
	}
	next := delivery.LocalSlot{ID: slot.ID + 1, Day: slot.Day}
	for _, c := range []struct {
		name    string
		terms   delivery.Local
		address int64
		slot    delivery.LocalSlot
		qty     int64
		want    delivery.LocalReason
		freight money.Fen
	}{
		{"fits", local, near, next, 1, delivery.LocalFits, 650},
		{"free for its amount", local, near, next, 3, delivery.LocalFits, 0},
		{"by its division, without a position: the base fee", local, here, next, 1, delivery.LocalFits, 500},
		{"too far, though in no other district", local, far, next, 1, delivery.LocalOutOfArea, 0},
		{"no position", local, elsewhere, next, 1, delivery.LocalNoPosition, 0},
		{"another district, of a shop without a radius", byDivision, elsewhere, next, 1, delivery.LocalOutOfArea, 0},
		{"no slot", local, near, delivery.LocalSlot{}, 1, delivery.LocalNoSlot, 650},
		{"unknown slot", local, near, delivery.LocalSlot{ID: 9999, Day: slot.Day}, 1, delivery.LocalNoSlot, 650},
		{"a day that is none", local, near, delivery.LocalSlot{ID: slot.ID, Day: "2026-99-99"}, 1, delivery.LocalNoSlot, 650},
		{"over", local, near, delivery.LocalSlot{ID: slot.ID, Day: "2020-01-01"}, 1, delivery.LocalSlotClosed, 650},
		{"too far ahead", local, near, delivery.LocalSlot{ID: slot.ID, Day: "2090-01-01"}, 1, delivery.LocalSlotClosed, 650},
		{"full", local, near, slot, 1, delivery.LocalSlotFull, 650},
		{"off", closed, near, off, 1, delivery.LocalOff, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := s.deliveries.SetLocal(t.Context(), s.Tenant.ID, c.terms, "staff:1"); err != nil {
				t.Fatal(err)
			}
			lines := []order.LineInput{{SKUID: sku, Qty: c.qty}}
			q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{AppID: s.app, Lines: lines, AddressID: &c.address, Delivery: order.Local, Slot: c.slot})
			if err != nil {
				t.Fatal(err)
			}
			if q.Local.Reason != c.want || q.FreightFen != c.freight {
				t.Errorf("quote says %q and %d of freight, want %q and %d", q.Local.Reason, q.FreightFen, c.want, c.freight)
			}
			if c.want == delivery.LocalFits || (c.slot == delivery.LocalSlot{}) {
				return
			}
			at := b
			at.address = c.address
			orders := s.count("SELECT count(*) FROM orders")
			_, _, err = s.orders.Place(t.Context(), s.Tenant.ID, s.localInput(at, q.PayableFen, c.slot, lines...))
			var f *fault.Error
			if !errors.As(err, &f) || !errors.Is(err, delivery.ErrLocal) || f.Data()["reason"] != c.want {
				t.Errorf("place: %v, want LOCAL_DELIVERY for %q", err, c.want)
			}
			if n := s.count("SELECT count(*) FROM orders"); n != orders {
				t.Errorf("%d orders, want %d", n, orders)
			}
		})
	}
	below := s.goods(catalog.Physical, 100, 10)
	if err := s.deliveries.SetLocal(t.Context(), s.Tenant.ID, local, "staff:1"); err != nil {
		t.Fatal(err)
	}
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{AppID: s.app, Lines: []order.LineInput{{SKUID: below, Qty: 1}}, AddressID: &near, Delivery: order.Local, Slot: next})
	if err != nil || q.Local.Reason != delivery.LocalBelowMin || q.Local.NeedFen != 1900 {
		t.Errorf("below the minimum: %+v, %v, want below_minimum and 1900", q.Local, err)
	}
}

// TestLocalSlotCapacity: no slot ever has more orders than places, a closed or refunded order
// gives its place back once, and one that was brought keeps it.
func TestLocalSlotCapacity(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.bringing(t, 3)
	slot, sku := s.slot(t), s.goods(catalog.Physical, 3000, 500)
	line := order.LineInput{SKUID: sku, Qty: 1}
	buyers := make([]buyer, 9)
	for i := range buyers {
		buyers[i] = s.near(t)
	}
	var mu sync.Mutex
	var placed []order.Placed
	by := map[string]buyer{}
	var wg sync.WaitGroup
	for _, b := range buyers {
		wg.Go(func() {
			p, _, err := s.orders.Place(context.WithoutCancel(t.Context()), s.Tenant.ID, s.localInput(b, 3650, slot, line))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				placed, by[p.OrderNo] = append(placed, p), b
			case !errors.Is(err, delivery.ErrLocal):
				t.Errorf("place: %v, want LOCAL_DELIVERY", err)
			}
		})
	}
	wg.Wait()
	taken := func() int64 { return s.count("SELECT coalesce(sum(taken), 0) FROM local_load") }
	if len(placed) != 3 || taken() != 3 {
		t.Fatalf("%d orders in the slot, %d places taken, want 3", len(placed), taken())
	}
	cancelled, refunded, brought := placed[0].OrderNo, placed[1].OrderNo, placed[2].OrderNo
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, by[cancelled].id, cancelled); err != nil {
		t.Fatal(err)
	}
	if taken() != 3 {
		t.Error("a closing order gave its place back before it is certain that no money came")
	}
	for range 2 {
		if _, err := s.finish(cancelled); err != nil {
			t.Fatal(err)
		}
	}
	if taken() != 2 {
		t.Errorf("%d places after a cancellation, want 2", taken())
	}
	for _, no := range []string{refunded, brought} {
		if _, err := s.pay(no, "T"+tenanttest.RandomHex(6), 3650); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.orders.Bring(t.Context(), s.Tenant.ID, order.BringInput{OrderNo: brought, Rider: delivery.Rider{Name: "张师傅", Phone: "13900139000"}, Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	s.refunded(t, refunded, "R1", 3650)
	s.refunded(t, brought, "R2", 3650)
	if taken() != 1 {
		t.Errorf("%d places after two refunds, want the one that was brought", taken())
	}
	if n := s.count("SELECT count(*) FROM local_booking WHERE released_at IS NULL"); n != 1 {
		t.Errorf("%d bookings hold a place, want 1", n)
	}
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.localInput(s.near(t), 3650, slot, line)); err != nil {
		t.Errorf("place in a freed slot: %v", err)
	}
}

// TestSetLocalRefuses names what is wrong with a shop's terms and keeps those of before.
func TestSetLocalRefuses(t *testing.T) { //nolint:tparallel // its cases change the one shop in turn
	t.Parallel()
	s := newShop(t)
	good := s.bringing(t, 1)
	unplaced := s.store()
	for _, c := range []struct {
		name, field string
		change      func(*delivery.Local)
	}{
		{"no area", "radius_m", func(l *delivery.Local) { l.RadiusM, l.Divisions = 0, nil }},
		{"unknown division", "divisions", func(l *delivery.Local) { l.Divisions = []string{"999999"} }},
		{"store of nobody", "store_id", func(l *delivery.Local) { l.StoreID = 999 }},
		{"store without a position", "store_id", func(l *delivery.Local) { l.StoreID = unplaced }},
		{"no slots", "times", func(l *delivery.Local) { l.Times = nil }},
		{"slot twice", "times", func(l *delivery.Local) { l.Times = append(l.Times[:1:1], l.Times[0]) }},
		{"slot that ends before it begins", "times", func(l *delivery.Local) { l.Times = []delivery.LocalTime{{From: 60, Until: 30, Capacity: 1}} }},
		{"slot of nobody", "times", func(l *delivery.Local) { l.Times = []delivery.LocalTime{{From: 0, Until: 30}} }},
		{"negative fee", "base_fen", func(l *delivery.Local) { l.BaseFen = -1 }},
		{"no day", "weekdays", func(l *delivery.Local) { l.Weekdays = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := good
			in.Times = slices.Clone(good.Times)
			c.change(&in)
			err := s.deliveries.SetLocal(t.Context(), s.Tenant.ID, in, "staff:1")
			var f *fault.Error
			if !errors.As(err, &f) || !slices.ContainsFunc(f.Fields(), func(x fault.Field) bool { return x.Path == c.field }) {
				t.Errorf("got %v, want a fault of %s", err, c.field)
			}
		})
	}
	kept, err := s.deliveries.Local(t.Context(), s.Tenant.ID)
	if err != nil || kept.StoreID != good.StoreID || kept.RadiusM != good.RadiusM || len(kept.Times) != len(good.Times) {
		t.Errorf("kept %+v, %v, want what was set", kept, err)
	}
}
