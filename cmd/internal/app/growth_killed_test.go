package app_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/cmd/internal/oracle"
	"galleria/tenant/tenanttest"
)

// killedMidway has a worker begin some work of a shop, stopped in its transaction by a lock that the
// test holds, and kills it there, as kill -9 does. Another worker finds the work again.
func (w *world) killedMidway(s *shop, databaseURL, lock string, begin func()) {
	t := w.t
	t.Helper()
	ctx := t.Context()
	_, kill := w.victim()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	tx, err := conn.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	begin()
	var waiting uint32
	eventually(t, 60*time.Second, "the worker waits in its transaction", func() bool {
		if _, err := tx.Exec(ctx, "SELECT pg_stat_clear_snapshot()"); err != nil { // else who came later is not seen
			t.Fatal(err)
		}
		err := tx.QueryRow(ctx, "SELECT coalesce(max(a.pid), 0) FROM pg_stat_activity a WHERE a.datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(a.pid))").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		return waiting > 0
	})
	kill()
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the dead worker's transaction is over", func() bool {
		var n int
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state <> 'idle'", waiting).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	w.process()
}

// again has what is not done looked at now, instead of when its lease is over.
func (w *world) again(s *shop) {
	w.owner("UPDATE platform.outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL AND dead_at IS NULL AND next_at > now()", []any{s.ID.String()})
	time.Sleep(500 * time.Millisecond)
}

// T044: the worker is killed in the midst of the settlement of commission, and in the midst of the end
// of coupons. Each has its effect once, and the books balance.
func TestT044_KilledInMidSettlement(t *testing.T) {
	t.Parallel()
	database := tenanttest.NewAlone(t).OwnerURL
	w := &world{t: t, idle: true}
	w.on(database)
	_, kill := w.victim()
	s := w.openShop("settled", 50)
	two := w.promotersOf(s)
	b := w.login(s, "T044")
	b.broughtBy(two[1].code)
	no := b.order(2).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 60*time.Second)
	var line, member int64
	w.scan(s, "SELECT l.id, o.member_id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{no}, &line, &member)
	b.sent(no, line, 2)
	if _, err := w.Orders.Receive(t.Context(), s.ID, member, no); err != nil {
		t.Fatal(err)
	}
	eventually(t, 60*time.Second, "commission is owed", func() bool {
		return w.count(s, "SELECT count(*) FROM commission c JOIN orders o ON o.id = c.order_id WHERE o.order_no = $1 AND o.settlement = 'window'", no) == 2
	})
	couponID, _ := w.giveOut(s, 100, 1)
	b.claim(couponID)
	kill()

	w.killedMidway(s, database, "SELECT FROM "+s.ID.String()+".distributor FOR UPDATE", func() {
		w.owner("UPDATE "+s.ID.String()+".orders SET settle_by = now() - interval '1 second' WHERE order_no = $1", []any{no})
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'order.finish' AND key = $2", []any{s.ID.String(), no})
	})
	eventually(t, 60*time.Second, "the commission is settled", func() bool {
		w.again(s)
		return w.count(s, "SELECT count(*) FROM commission WHERE status = 'available'") == 2
	})
	w.again(s) // whatever else was under way
	base := int64(s.prices[0] * 2)
	for i, part := range []int64{5, 10} {
		if got, _ := two[i].account(); int64(got) != base*part/100 {
			t.Errorf("tier %d may draw %d fen of %d", 2-i, got, base)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE topic = 'order.finished' AND key = $1", no); n != 1 {
		t.Errorf("the order was finished %d times", n)
	}

	w.killedMidway(s, database, "LOCK TABLE "+s.ID.String()+".coupon_event IN SHARE MODE", func() {
		w.owner("UPDATE "+s.ID.String()+".coupon_grant SET valid_from = now() - interval '9 days', valid_until = now() - interval '1 second' WHERE status = 'active'", nil)
		w.owner("UPDATE platform.timer SET due_at = now(), payload = payload - 'days' WHERE tenant_id = $1 AND topic = 'coupon.age'", []any{s.ID.String()})
	})
	eventually(t, 60*time.Second, "the coupon is over", func() bool {
		w.again(s)
		return w.count(s, "SELECT count(*) FROM coupon_grant WHERE status = 'expired'") == 1
	})
	w.again(s)
	if n := w.count(s, "SELECT count(*) FROM coupon_event WHERE event = 'expire'"); n != 1 {
		t.Errorf("the coupon ended %d times", n)
	}
	found, err := oracle.CheckShop(t.Context(), w.DB, s.ID, oracle.Input{Rest: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s %s: %d, such as %s", f.ID, f.Meaning, f.Count, f.Sample)
	}
}
