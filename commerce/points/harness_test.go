package points_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*points.Service
	coupons *coupon.Service
	t       testing.TB
	orders  int
	deeds   int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t}
	w.coupons = coupon.New(coupon.Deps{DB: w.DB, Outbox: w.Outbox, Timers: w.Timers, Audit: w.Audit, Rand: rand.Reader, HasPaid: func(context.Context, tenantdb.Querier, int64) (bool, error) { return true, nil }})
	w.Service = points.New(points.Deps{DB: w.DB, Outbox: w.Outbox, Timers: w.Timers, Audit: w.Audit, Books: books{}, Coupons: w.coupons, Now: time.Now})
	return w
}

// books writes what it is told into the tables of the real ones, as they would.
type books struct{}

func (books) PointsTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, _ time.Time) error {
	debit, credit := "discount:points", "payable:points"
	if fen < 0 {
		debit, credit, fen = credit, debit, -fen
	}
	_, err := tx.Exec(ctx, `WITH j AS (INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor) VALUES ('points', $1, current_date, now(), now(), 'system') RETURNING no, day)
		INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day) SELECT no, 1, $2, $3, $4, day FROM j`, ref, debit, credit, fen)
	return err
}

func (w *world) tx(fn func(tx tenantdb.Tx) error) {
	w.t.Helper()
	if err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

// code is a fault's code; anything else is a defect.
func (w *world) code(err error) string {
	w.t.Helper()
	if err == nil {
		return ""
	}
	if fault.KindOf(err) == fault.Internal {
		w.t.Errorf("an error of ours: %v", err)
	}
	return fault.CodeOf(err)
}

func (w *world) member() int64 {
	w.t.Helper()
	return w.number("INSERT INTO member (status) VALUES ('active') RETURNING id")
}

// terms: a point for each yuan, which is worth a fen; five for signing in.
func terms() points.Terms {
	t := points.NewTerms()
	t.Enabled, t.SignPoints, t.WeekPoints, t.InvitePoints = true, 5, 20, 50
	return t
}

func (w *world) save(change func(t *points.Terms)) {
	w.t.Helper()
	was, err := w.Terms(w.t.Context(), w.Tenant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	t := terms()
	t.Version = was.Version
	if change != nil {
		change(&t)
	}
	if err := w.SaveTerms(w.t.Context(), w.Tenant.ID, t, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
}

// adjust gives points, or takes some.
func (w *world) adjust(member, n int64) string {
	w.t.Helper()
	w.deeds++
	return w.code(w.Adjust(w.t.Context(), w.Tenant.ID, points.AdjustInput{MemberID: member, Points: n, Reason: "补偿", Key: fmt.Sprint("deed", w.deeds), Actor: "staff:1"}))
}

// place is an order of lines that cost so much, ten yuan of freight, and points that pay for a
// part of the first line; "" if there are too few.
func (w *world) place(member, pay int64, lines ...int64) string {
	w.t.Helper()
	w.orders++
	no := fmt.Sprintf("P%08d", w.orders)
	err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), `WITH o AS (
		  INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, discount_fen, freight_fen, payable_fen, address, expires_at, placed_at)
		  SELECT $1, $2, 'wxapp', 'pending_payment', sum(f), $4::bigint, 1000, sum(f) - $4::bigint + 1000, '{}', now() + interval '1 hour', now() FROM unnest($3::bigint[]) f RETURNING id),
		l AS (INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, discount_fen, payable_fen)
		  SELECT o.id, n, 100 + n, 'tea', f, 1, f, CASE WHEN n = 1 THEN $4::bigint ELSE 0 END, f - CASE WHEN n = 1 THEN $4::bigint ELSE 0 END
		  FROM o, unnest($3::bigint[]) WITH ORDINALITY u(f, n) RETURNING id, order_id, discount_fen)
		INSERT INTO order_adjustment (order_id, line_id, kind, rule_id, rule_version, title, funder, off_fen)
		SELECT order_id, id, 'points', 1, 1, '积分', 'shop', discount_fen FROM l WHERE discount_fen > 0`, no, member, lines, pay)
		if err != nil || pay == 0 {
			return err
		}
		return w.LockTx(w.t.Context(), tx, no, member, []pricing.Answer{{Ref: pricing.Ref{Kind: pricing.KindPoints, ID: 1}, Applied: true, OffFen: money.Fen(pay), Points: pay}})
	})
	if code := w.code(err); code != "" {
		if code != "POINTS_SHORT" {
			w.t.Fatal(err)
		}
		return ""
	}
	return no
}

func (w *world) follow(no string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return w.FollowOrderTx(w.t.Context(), tx, no) })
}

// to moves an order on, as the room of orders does, and follows it.
func (w *world) to(no, what string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), "UPDATE orders SET "+map[string]string{
			"pay":     "status = 'paid', paid_at = now(), paid_by = order_no",
			"close":   "status = 'closed', close_reason = 'timeout', closed_at = now()",
			"receive": "status = 'completed', settlement = 'window', received_at = now(), settle_by = now()",
			"settle":  "settlement = 'settled', settled_at = now()",
		}[what]+" WHERE order_no = $1", no)
		switch {
		case err == nil && what == "pay":
			err = w.UseTx(w.t.Context(), tx, no, "system")
		case err == nil && what == "close":
			err = w.ReleaseTx(w.t.Context(), tx, no, "system")
		}
		return err
	})
	w.follow(no)
}

// refund gives money of an order back; of its first line by a case, or otherwise.
func (w *world) refund(no string, ofLine bool, fen int64) {
	w.t.Helper()
	if ofLine {
		w.exec(`WITH c AS (
		  INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, opened_at, closed_at)
		  SELECT 'S' || upper(substr(md5(random()::text), 1, 16)), id, order_no, member_id, app_id, 'refund', 'refunded', 'other', $2, 0, $2, false, false, 'staff:1', now(), now()
		  FROM orders WHERE order_no = $1 RETURNING id, order_id)
		INSERT INTO aftersale_line (case_id, line_id, sku_id, title, spec, picture, qty, dropped, share_fen, refund_fen)
		SELECT c.id, l.id, l.sku_id, l.title, '', '', 1, 0, $2, $2 FROM c JOIN order_line l ON l.order_id = c.order_id AND l.spu_id = 1`, no, fen)
	}
	w.exec(`UPDATE orders SET refunded_fen = refunded_fen + $2,
	  status = CASE WHEN refunded_fen + $2 = payable_fen THEN 'closed' ELSE status END, close_reason = CASE WHEN refunded_fen + $2 = payable_fen THEN 'all_refunded' END,
	  closed_at = CASE WHEN refunded_fen + $2 = payable_fen THEN now() END WHERE order_no = $1`, no, fen)
	w.follow(no)
}

// over lets the time of all lots of a member that have an end be over.
func (w *world) over(member int64) {
	w.t.Helper()
	w.exec("UPDATE points_lot SET expires_at = now() - interval '1 second' WHERE member_id = $1 AND expires_at IS NOT NULL AND available_at IS NOT NULL", member)
}

func (w *world) age(ev points.AgeEvent) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := w.AgeTx(w.t.Context(), tx, ev)
		return err
	})
}

// has is what a member can use, has frozen, has held and owes.
func (w *world) has(member int64) [4]int64 {
	w.t.Helper()
	b, err := w.Balance(w.t.Context(), w.Tenant.ID, member)
	if err != nil {
		w.t.Fatal(err)
	}
	return [4]int64{b.Available, b.Frozen, b.Held, b.Debt}
}

func (w *world) expect(member int64, want [4]int64) {
	w.t.Helper()
	if got := w.has(member); got != want {
		w.t.Errorf("member has %v (available, frozen, held, debt), want %v", got, want)
	}
	if err := w.balances(); err != nil {
		w.t.Error(err)
	}
}

// balances are what holds after any history.
func (w *world) balances() error {
	for what, sql := range map[string]string{
		"accounts are the sums of their lots": `SELECT count(*) FROM points_account a WHERE (a.available, a.frozen, a.held) IS DISTINCT FROM
			(SELECT (coalesce(sum(l.remaining) FILTER (WHERE l.available_at IS NOT NULL), 0)::bigint, coalesce(sum(l.remaining) FILTER (WHERE l.available_at IS NULL), 0)::bigint, coalesce(sum(l.held), 0)::bigint) FROM points_lot l WHERE l.member_id = a.member_id)`,
		"a lot has an account": "SELECT count(*) FROM points_lot l WHERE NOT EXISTS (SELECT FROM points_account a WHERE a.member_id = l.member_id)",
		"the journal adds up":  "SELECT count(*) FROM points_account a WHERE (a.available, a.debt) IS DISTINCT FROM (SELECT (coalesce(sum(e.change), 0)::bigint, coalesce(sum(e.debt), 0)::bigint) FROM points_entry e WHERE e.member_id = a.member_id)",
		"lots are held and spent by orders": `SELECT count(*) FROM points_lot l WHERE (l.held, l.spent) IS DISTINCT FROM
			(SELECT (coalesce(sum(u.points) FILTER (WHERE u.state = 'held'), 0)::bigint, coalesce(sum(u.points - u.returned) FILTER (WHERE u.state = 'used'), 0)::bigint) FROM points_use u WHERE u.lot_id = l.id)`,
		"what an order holds stands where it does": `SELECT count(*) FROM points_use u JOIN orders o ON o.order_no = u.order_no
			WHERE u.state <> CASE WHEN o.paid_at IS NOT NULL THEN 'used' WHEN o.status = 'closed' THEN 'released' ELSE 'held' END`,
		"an order uses what it was cheaper by": `SELECT count(*) FROM (SELECT o.id, coalesce((SELECT sum(u.points) FROM points_use u WHERE u.order_no = o.order_no), 0) AS used,
			coalesce((SELECT sum(a.off_fen) FROM order_adjustment a WHERE a.order_id = o.id AND a.kind = 'points'), 0) AS off FROM orders o) x WHERE used <> off`,
		"what is taken of the mall was exchanged": `SELECT count(*) FROM mall_offer o WHERE o.taken <>
			(SELECT coalesce(sum(x.qty), 0) FROM mall_exchange x WHERE x.offer_id = o.id AND x.state IN ('held', 'done'))`,
		"all that went back came back": "SELECT count(*) FROM points_use u JOIN orders o ON o.order_no = u.order_no WHERE o.close_reason = 'all_refunded' AND u.returned <> u.points",
		"and what it earned is gone":   "SELECT count(*) FROM points_order p JOIN orders o ON o.id = p.order_id WHERE o.close_reason = 'all_refunded' AND p.reversed <> p.earned",
		"frozen until it is final":     "SELECT count(*) FROM points_order p JOIN orders o ON o.id = p.order_id JOIN points_lot l ON l.id = p.lot_id WHERE l.available_at IS NOT NULL AND o.settlement <> 'settled'",
		"the books owe what accounts are worth": `SELECT abs(coalesce((SELECT sum(booked_fen) FROM points_account), 0)
			- coalesce((SELECT sum(CASE WHEN credit = 'payable:points' THEN amount_fen ELSE -amount_fen END) FROM ledger_transfer WHERE 'payable:points' IN (debit, credit)), 0))`,
	} {
		var n int64
		err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql).Scan(&n) })
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n != 0 {
			return fmt.Errorf("%s: %d do not hold", what, n)
		}
	}
	return nil
}
