package order_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// paidOrder is an order of two SKUs (2 and 1 pieces) that was paid.
func (s *shop) paidOrder(t *testing.T, b buyer) (orderNo string, lines []int64) {
	t.Helper()
	skus := s.product(50, 100, 250)
	placed := s.place(b, 450, order.LineInput{SKUID: skus[0], Qty: 2}, order.LineInput{SKUID: skus[1], Qty: 1})
	if outcome, err := s.pay(placed.OrderNo, "T"+tenanttest.RandomHex(6), 450); err != nil || outcome != order.OutcomePaid {
		t.Fatalf("pay: %s, %v", outcome, err)
	}
	return placed.OrderNo, s.lineIDs(t, placed.OrderNo, b)
}

func (s *shop) lineIDs(t *testing.T, orderNo string, b buyer) (ids []int64) {
	t.Helper()
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, orderNo)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range o.Lines {
		ids = append(ids, l.LineID)
	}
	return ids
}

func (s *shop) standing(orderNo string) (status, settlement string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT status, settlement FROM orders WHERE order_no = $1", orderNo).Scan(&status, &settlement)
	})
	return status, settlement
}

// due lets an order's clocks run out, as the database sees them.
func (s *shop) due(orderNo string) {
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(s.t.Context(), "UPDATE orders SET receive_by = receive_by - interval '90 days', settle_by = settle_by - interval '90 days' WHERE order_no = $1", orderNo)
		return err
	})
}

func (s *shop) timer(topic outbox.Topic, orderNo string) int64 {
	return s.count("SELECT count(*) FROM platform.timer WHERE topic = $1 AND key = $2", string(topic), orderNo)
}

func (s *shop) told(topic outbox.Topic, orderNo string) int64 {
	return s.count("SELECT count(*) FROM platform.outbox WHERE topic = $1 AND payload->>'order_no' = $2", string(topic), orderNo)
}

func ship(s *shop, orderNo, number string, lines map[int64]int64) (order.Shipped, error) {
	return s.orders.Ship(s.t.Context(), s.Tenant.ID, order.ShipInput{OrderNo: orderNo, Courier: "sf", TrackingNo: number, Lines: lines, Actor: "staff:1"})
}

// TestSeveralParcels sends an order in two boxes; it is on its way with the first and waits
// for its buyer with the last.
func TestSeveralParcels(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, lines := s.paidOrder(t, b)
	first, err := ship(s, no, " sf 1234 5678 9012 3 ", map[int64]int64{lines[0]: 1})
	if err != nil || first.Complete {
		t.Fatalf("first parcel: %+v, %v", first, err)
	}
	if _, err := s.orders.Receive(t.Context(), s.Tenant.ID, b.id, no); !errors.Is(err, order.ErrState) {
		t.Errorf("received before all was sent: %v", err)
	}
	if n := s.timer(order.TopicReceive, no); n != 0 {
		t.Errorf("%d receive timers before all was sent", n)
	}
	again, err := ship(s, no, "SF1234567890123", nil)
	if err != nil || !again.Known {
		t.Errorf("the same number again: %+v, %v", again, err)
	}
	if _, err := ship(s, no, "SF1234567890124", map[int64]int64{lines[0]: 2}); !errors.Is(err, order.ErrSent) {
		t.Errorf("more than is left: %v", err)
	}
	if _, err := ship(s, no, "SF1234567890124", map[int64]int64{lines[0] + 999: 1}); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("a line of another order: %v", err)
	}
	last, err := ship(s, no, "SF1234567890124", nil)
	if err != nil || !last.Complete {
		t.Fatalf("last parcel: %+v, %v", last, err)
	}
	if _, err := ship(s, no, "SF1234567890125", nil); !errors.Is(err, order.ErrState) {
		t.Errorf("a parcel of nothing: %v", err)
	}
	parcels, err := s.orders.Parcels(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || len(parcels) != 2 || parcels[0].TrackingNo != "SF1234567890123" || parcels[0].Lines[0].Qty != 1 || len(parcels[1].Lines) != 2 {
		t.Errorf("parcels %+v, %v", parcels, err)
	}
	if _, err := s.orders.Parcels(t.Context(), s.Tenant.ID, s.buyer().id, no); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("parcels of another member: %v", err)
	}
	if n := s.timer(order.TopicReceive, no); n != 1 {
		t.Errorf("%d receive timers, want 1", n)
	}
	s.healthy(t)
}

// TestReceiveAndFinish walks the settlement by its timers; neither acts before its time.
func TestReceiveAndFinish(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	if _, err := ship(s, no, "SF1234567890123", nil); err != nil {
		t.Fatal(err)
	}
	receive := func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, no) }
	finish := func(tx tenantdb.Tx) error { return s.orders.FinishDueTx(t.Context(), tx, no) }
	s.InTenant(t, receive)
	if status, _ := s.standing(no); status != "fulfilling" {
		t.Fatalf("received before its time: %s", status)
	}
	s.due(no)
	s.InTenant(t, receive)
	s.InTenant(t, receive) // told twice
	if status, settlement := s.standing(no); status != "completed" || settlement != "window" || s.timer(order.TopicFinish, no) != 1 || s.timer(order.TopicReceive, no) != 0 {
		t.Fatalf("after receipt: %s, %s", status, settlement)
	}
	s.InTenant(t, finish)
	if _, settlement := s.standing(no); settlement != "window" {
		t.Fatal("finished before its time")
	}
	s.due(no)
	s.InTenant(t, finish)
	s.InTenant(t, finish)
	if status, settlement := s.standing(no); status != "completed" || settlement != "settled" || s.told(order.TopicFinished, no) != 1 || s.told(order.TopicReceived, no) != 1 {
		t.Fatalf("after the window: %s, %s", status, settlement)
	}
	s.healthy(t)
}

// TestT075ShipAgainstOthers lets two members of staff ship all of an order, its buyer
// receive it and its timer run at once: every piece is sent once.
func TestT075ShipAgainstOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	var done sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for i := range 6 {
		done.Go(func() {
			out, err := ship(s, no, fmt.Sprintf("SF123456789012%d", i), nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && out.Complete {
				wins++
			} else if !errors.Is(err, order.ErrState) && !errors.Is(err, order.ErrSent) {
				t.Errorf("ship: %+v, %v", out, err)
			}
		})
	}
	done.Go(func() {
		if err := s.orders.CancelByStaff(context.WithoutCancel(t.Context()), s.Tenant.ID, no, "staff:1"); !errors.Is(err, order.ErrState) {
			t.Errorf("a paid order was closed silently: %v", err)
		}
	})
	done.Wait()
	if wins != 1 {
		t.Errorf("%d shipped all of it, want 1", wins)
	}
	if n := s.count("SELECT sum(x.qty) FROM order_parcel_line x JOIN order_line l ON l.id = x.line_id JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", no); n != 3 {
		t.Errorf("%d pieces sent, want 3", n)
	}
	s.healthy(t)
}

// TestRetrack corrects a number and moves parcels as couriers tell.
func TestRetrack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, _ := s.paidOrder(t, s.buyer())
	out, err := ship(s, no, "SF1234567890123", nil)
	if err != nil {
		t.Fatal(err)
	}
	in := order.RetrackInput{ParcelNo: out.ParcelNo, Courier: "zto", TrackingNo: "75412345678901", Actor: "staff:1"}
	for range 2 {
		if of, err := s.orders.Retrack(t.Context(), s.Tenant.ID, in); err != nil || of != no {
			t.Fatalf("retrack: %s, %v", of, err)
		}
	}
	if n := s.told(order.TopicParcelChanged, no); n != 1 {
		t.Errorf("told %d times", n)
	}
	in.TrackingNo = "short"
	if _, err := s.orders.Retrack(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("a number of no courier: %v", err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { // of the number that was wrong
		return s.orders.MoveParcelTx(t.Context(), tx, order.MoveInput{ParcelNo: out.ParcelNo, Courier: "sf", TrackingNo: "SF1234567890123", To: order.ParcelReturned, At: tx.Now()})
	})
	for _, to := range []order.ParcelStatus{order.ParcelDelivered, order.ParcelDelivered, order.ParcelReturned} {
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return s.orders.MoveParcelTx(t.Context(), tx, order.MoveInput{ParcelNo: out.ParcelNo, Courier: "zto", TrackingNo: "75412345678901", To: to, At: tx.Now()})
		})
	}
	if n := s.count("SELECT count(*) FROM order_parcel WHERE status = 'delivered' AND courier = 'zto'"); n != 1 {
		t.Errorf("%d delivered", n)
	}
	if status, _ := s.standing(no); status != "fulfilling" {
		t.Errorf("a courier's word received the order: %s", status)
	}
	s.healthy(t)
}

// TestReprice changes what unpaid orders cost: the lines add up to the fen, the old amount
// does not pay any more, and nothing changes while a payment is under way.
func TestReprice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	skus := s.product(50, 333, 334, 1)
	idle := func(is bool) func(context.Context, tenantdb.Tx, string) (bool, error) {
		return func(context.Context, tenantdb.Tx, string) (bool, error) { return is, nil }
	}
	placed := s.place(b, 1002, order.LineInput{SKUID: skus[0], Qty: 1}, order.LineInput{SKUID: skus[1], Qty: 2}, order.LineInput{SKUID: skus[2], Qty: 1})
	in := order.RepriceInput{OrderNo: placed.OrderNo, FreightFen: 0, PayableFen: 700, Actor: "staff:1", Idle: idle(false)}
	if err := s.orders.Reprice(t.Context(), s.Tenant.ID, in); !errors.Is(err, order.ErrPayUnderWay) {
		t.Errorf("while it is being paid: %v", err)
	}
	in.Idle = idle(true)
	for _, payable := range []money.Fen{700, 1, 99, 5000, 1002} {
		in.PayableFen = payable
		if err := s.orders.Reprice(t.Context(), s.Tenant.ID, in); err != nil {
			t.Fatalf("to %d: %v", payable, err)
		}
		s.healthy(t)
	}
	in.PayableFen, in.FreightFen = 800, 100
	if err := s.orders.Reprice(t.Context(), s.Tenant.ID, in); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []order.RepriceInput{{PayableFen: 0}, {PayableFen: -1}, {PayableFen: 5, FreightFen: 10}, {PayableFen: 5, FreightFen: -1}} {
		bad.OrderNo, bad.Idle = placed.OrderNo, idle(true)
		if err := s.orders.Reprice(t.Context(), s.Tenant.ID, bad); fault.CodeOf(err) != "VALIDATION" {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if outcome, err := s.pay(placed.OrderNo, "OLD", 1002); err != nil || outcome != order.OutcomeLate {
		t.Errorf("the old price: %s, %v", outcome, err)
	}
	if outcome, err := s.pay(placed.OrderNo, "NEW", 800); err != nil || outcome != order.OutcomePaid {
		t.Errorf("the new price: %s, %v", outcome, err)
	}
	if err := s.orders.Reprice(t.Context(), s.Tenant.ID, order.RepriceInput{OrderNo: placed.OrderNo, PayableFen: 1, Idle: idle(true)}); !errors.Is(err, order.ErrState) {
		t.Errorf("a paid order: %v", err)
	}
	s.healthy(t)
}

// TestStaffChanges corrects the address until goods leave, keeps notes, and closes for the shop.
func TestStaffChanges(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	a := order.Address{Name: "李四", Phone: "13900139000", Province: "上海市", City: "上海市", District: "徐汇区", Detail: "衡山路2号"}
	if err := s.orders.Readdress(t.Context(), s.Tenant.ID, no, a, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.orders.Note(t.Context(), s.Tenant.ID, no, "放门卫", "staff:1"); err != nil {
		t.Fatal(err)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || o.Address.Name != "李四" {
		t.Errorf("%+v, %v", o.Address, err)
	}
	if slices.ContainsFunc(o.Timeline, func(m order.Moment) bool { return m.Event == order.EventNote }) {
		t.Error("the buyer sees the staff's note")
	}
	if _, err := ship(s, no, "SF1234567890123", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.orders.Readdress(t.Context(), s.Tenant.ID, no, a, "staff:1"); !errors.Is(err, order.ErrState) {
		t.Errorf("after shipping: %v", err)
	}
	a.Phone = "call me"
	if err := s.orders.Readdress(t.Context(), s.Tenant.ID, no, a, "staff:1"); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("a phone that is none: %v", err)
	}
	skus := s.product(5, 100)
	unpaid := s.place(b, 100, order.LineInput{SKUID: skus[0], Qty: 1})
	if err := s.orders.CancelByStaff(t.Context(), s.Tenant.ID, unpaid.OrderNo, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.standing(unpaid.OrderNo); status != "closing" {
		t.Errorf("cancelled by staff: %s", status)
	}
	s.healthy(t)
}

// TestDeleteAndBuyAgain takes an ended order out of the list and its goods into the cart.
func TestDeleteAndBuyAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	if err := s.orders.Delete(t.Context(), s.Tenant.ID, b.id, no); !errors.Is(err, order.ErrState) {
		t.Errorf("deleted while it goes on: %v", err)
	}
	added, missed, err := s.orders.BuyAgain(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || added != 2 || len(missed) != 0 {
		t.Errorf("buy again: %d, %v, %v", added, missed, err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE spu SET status = 'off_shelf'")
		return err
	})
	added, missed, err = s.orders.BuyAgain(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || added != 0 || len(missed) != 2 || missed[0].Title == "" {
		t.Errorf("buy again, off the shelf: %d, %v, %v", added, missed, err)
	}
	if _, err := ship(s, no, "SF1234567890123", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Receive(t.Context(), s.Tenant.ID, b.id, no); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.orders.Delete(t.Context(), s.Tenant.ID, b.id, no); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, order.ListInput{})
	if err != nil || len(page.Orders) != 0 {
		t.Errorf("%d orders in the list, %v", len(page.Orders), err)
	}
	if err := s.orders.Delete(t.Context(), s.Tenant.ID, s.buyer().id, no); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another member's: %v", err)
	}
	s.healthy(t)
}

// TestPickup hands over against the code, once, and the order waits for no courier.
func TestPickup(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	stores := delivery.New(delivery.Deps{DB: s.DB, Audit: s.Audit})
	storeID, err := stores.SaveStore(t.Context(), s.Tenant.ID, delivery.Store{Name: "西湖店", Address: "龙井路1号", Latitude: "30.25", Longitude: "120.13"}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	skus := s.product(5, 100)
	in := s.input(b, 100, order.LineInput{SKUID: skus[0], Qty: 2})
	in.ExpectedPayableFen, in.AddressID, in.Delivery, in.StoreID = 200, 0, order.Pickup, storeID
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
		if err != nil {
			t.Fatal(err)
		}
		return o.PickupCode
	}
	if code() != "" {
		t.Error("a code before the money")
	}
	if _, err := s.pay(placed.OrderNo, "TP", 200); err != nil {
		t.Fatal(err)
	}
	if _, err := ship(s, placed.OrderNo, "SF1234567890123", nil); !errors.Is(err, order.ErrState) {
		t.Errorf("sent what is fetched: %v", err)
	}
	typed := code()
	if len(typed) != 12 {
		t.Fatalf("code %q", typed)
	}
	if found, err := s.orders.FindPickup(t.Context(), s.Tenant.ID, typed[:4]+" "+typed[4:8]+"-"+typed[8:]); err != nil || found != placed.OrderNo {
		t.Errorf("find: %s, %v", found, err)
	}
	for _, wrong := range []string{"", "000000000000", strings.Repeat("9", 13), "' OR 1=1 --"} {
		if _, err := s.orders.HandOver(t.Context(), s.Tenant.ID, wrong, "staff:1"); !errors.Is(err, order.ErrPickupCode) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	var done sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for range 5 {
		done.Go(func() {
			_, err := s.orders.HandOver(context.WithoutCancel(t.Context()), s.Tenant.ID, typed, "staff:1")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				wins++
			} else if !errors.Is(err, order.ErrState) {
				t.Errorf("hand over: %v", err)
			}
		})
	}
	done.Wait()
	if wins != 1 {
		t.Errorf("handed over %d times", wins)
	}
	if status, settlement := s.standing(placed.OrderNo); status != "completed" || settlement != "window" || s.timer(order.TopicFinish, placed.OrderNo) != 1 {
		t.Errorf("%s, %s", status, settlement)
	}
	in = s.input(b, 100, order.LineInput{SKUID: skus[0], Qty: 1})
	in.Delivery, in.StoreID = order.Pickup, storeID+99
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a store that is not there: %v", err)
	}
	s.healthy(t)
}

// TestDeedsAgainstGuards walks every event, status, actor and set of facts: nothing outside
// the tables is ever shown as an action, and every guard refuses something.
func TestDeedsAgainstGuards(t *testing.T) {
	t.Parallel()
	may := func(at order.Status, e order.Event, by order.Actor) bool {
		if _, err := order.Next(at, e, by); err == nil {
			return true
		}
		return slices.ContainsFunc(order.Deeds(), func(d order.Deed) bool {
			return d.Event == e && slices.Contains(d.At, at) && slices.Contains(d.By, by)
		})
	}
	for _, at := range order.Statuses() {
		for _, by := range []order.Actor{order.Member, order.Staff, order.System, order.Provider} {
			for bits := range 4 * len(order.ParcelKinds()) {
				facts := order.Facts{Unsent: bits&1 != 0, Hidden: bits&2 != 0, Delivery: order.ParcelKinds()[bits/4]}
				sent, local := facts.Delivery == order.Express, facts.Delivery == order.Local
				for _, e := range order.ActionsOf(by, at, facts) {
					if !may(at, e, by) {
						t.Errorf("%s at %s by %s is in no table", e, at, by)
					}
					if e == order.EventShip && (!facts.Unsent || !sent) || e == order.EventReceive && facts.Unsent || e == order.EventPickUp && facts.Delivery != order.Pickup ||
						e == order.EventHandOut && facts.Delivery != order.Virtual || (e == order.EventRedeem || e == order.EventUseUp || e == order.EventLapse) && facts.Delivery != order.Voucher || e == order.EventRetrack && !sent ||
						e == order.EventReaddress && !sent && !local || (e == order.EventBring || e == order.EventArrive) && !local {
						t.Errorf("%s at %s with %+v", e, at, facts)
					}
				}
			}
		}
	}
}

// TestStatusesOfParcelsAndSettlement compares the tables with the CHECKs of the schema.
func TestStatusesOfParcelsAndSettlement(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	check := func(name string) (in []string) {
		var text string
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
				WHERE c.conname = $1 AND n.nspname = current_schema()`, name).Scan(&text)
		})
		for i, part := range strings.Split(text, "'") {
			if i%2 == 1 {
				in = append(in, part)
			}
		}
		slices.Sort(in)
		return in
	}
	var parcels []string
	for _, p := range order.ParcelStatuses() {
		parcels = append(parcels, string(p))
	}
	slices.Sort(parcels)
	if got := check("order_parcel_status"); !slices.Equal(got, parcels) {
		t.Errorf("schema %v, table %v", got, parcels)
	}
	settlements := []string{string(order.SettlementOpen)}
	for _, m := range order.SettlementMoves() {
		if !slices.Contains(settlements, string(m.To)) {
			settlements = append(settlements, string(m.To))
		}
	}
	slices.Sort(settlements)
	if got := check("order_settlement"); !slices.Equal(got, settlements) {
		t.Errorf("schema %v, table %v", got, settlements)
	}
}
