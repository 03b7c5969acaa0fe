package level_test

import (
	"fmt"
	"testing"
	"time"

	"galleria/commerce/level"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*level.Service
	t      testing.TB
	orders int
	deeds  int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t}
	w.Service = level.New(level.Deps{DB: w.DB, Outbox: w.Outbox, Timers: w.Timers, Audit: w.Audit})
	return w
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

// opens lets the shop's members grow: one for each yuan.
func (w *world) opens(change func(t *level.Terms)) {
	w.t.Helper()
	t, err := w.Terms(w.t.Context(), w.Tenant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	t.Enabled = true
	if change != nil {
		change(&t)
	}
	if err := w.SaveTerms(w.t.Context(), w.Tenant.ID, t, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
}

// level adds one from a growth on.
func (w *world) level(name string, threshold int64, change func(l *level.Level)) level.Level {
	w.t.Helper()
	l := level.Level{Name: name, Threshold: threshold, PointsBps: 10_000}
	if change != nil {
		change(&l)
	}
	id, err := w.Save(w.t.Context(), w.Tenant.ID, l, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.found(id)
}

func (w *world) found(id int64) level.Level {
	w.t.Helper()
	l, err := w.Find(w.t.Context(), w.Tenant.ID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) adjust(member, n int64) string {
	w.t.Helper()
	w.deeds++
	return w.code(w.Adjust(w.t.Context(), w.Tenant.ID, level.AdjustInput{MemberID: member, Growth: n, Reason: "线下消费", Key: fmt.Sprint("deed", w.deeds), Actor: "staff:1"}))
}

// bought is an order of goods and freight that is paid and received.
func (w *world) bought(member, goods, freight int64) string {
	w.t.Helper()
	w.orders++
	no := fmt.Sprintf("L%08d", w.orders)
	w.exec(`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, freight_fen, payable_fen, address, expires_at, placed_at, paid_at, paid_by, settlement, received_at, settle_by)
		VALUES ($1, $2, 'wx', 'completed', $3::bigint, $4::bigint, $3::bigint + $4::bigint, '{}', now(), now(), now(), $1, 'window', now(), now())`, no, member, goods, freight)
	w.follow(no)
	return no
}

func (w *world) follow(no string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return w.FollowOrderTx(w.t.Context(), tx, no) })
}

func (w *world) final(no string) {
	w.t.Helper()
	w.exec("UPDATE orders SET settlement = 'settled', settled_at = now() WHERE order_no = $1 AND settlement = 'window'", no)
	w.follow(no)
}

func (w *world) refund(no string, fen int64) {
	w.t.Helper()
	w.exec(`UPDATE orders SET refunded_fen = refunded_fen + $2,
	  status = CASE WHEN refunded_fen + $2 = payable_fen THEN 'closed' ELSE status END, close_reason = CASE WHEN refunded_fen + $2 = payable_fen THEN 'all_refunded' END,
	  closed_at = CASE WHEN refunded_fen + $2 = payable_fen THEN now() END WHERE order_no = $1`, no, fen)
	w.follow(no)
}

func (w *world) stands(member int64) level.Standing {
	w.t.Helper()
	st, err := w.Standing(w.t.Context(), w.Tenant.ID, member)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// expect is a member's growth and level ("": none), and that all sums hold.
func (w *world) expect(member, growth int64, name string) {
	w.t.Helper()
	st := w.stands(member)
	got := ""
	if st.Level != nil {
		got = st.Level.Name
	}
	if st.Growth != growth || got != name {
		w.t.Errorf("member has %d growth and the level %q, want %d and %q", st.Growth, got, growth, name)
	}
	if err := w.holds(); err != nil {
		w.t.Error(err)
	}
}

// over lets the days of a member's level be over, and reviews what is due.
func (w *world) over(member int64) {
	w.t.Helper()
	w.exec("UPDATE level_account SET review_at = now() - interval '1 second' WHERE member_id = $1 AND review_at IS NOT NULL", member)
	w.review()
}

func (w *world) review() {
	w.t.Helper()
	for more := true; more; {
		w.tx(func(tx tenantdb.Tx) (err error) {
			more, err = w.ReviewTx(w.t.Context(), tx)
			return err
		})
	}
}

func (w *world) arrange() {
	w.t.Helper()
	for more := true; more; {
		w.tx(func(tx tenantdb.Tx) (err error) {
			more, err = w.ArrangeTx(w.t.Context(), tx)
			return err
		})
	}
}

// holds is what is true after any history.
func (w *world) holds() error {
	for what, sql := range map[string]string{
		"the journal adds up":      "SELECT count(*) FROM level_account a WHERE a.growth <> (SELECT coalesce(sum(e.change), 0) FROM level_entry e WHERE e.member_id = a.member_id)",
		"a journal has an account": "SELECT count(*) FROM level_entry e WHERE NOT EXISTS (SELECT FROM level_account a WHERE a.member_id = e.member_id)",
		"orders count what they say": `SELECT count(*) FROM level_order g JOIN orders o ON o.id = g.order_id
			WHERE g.grown - g.reversed <> (SELECT coalesce(sum(e.change), 0) FROM level_entry e WHERE e.order_no = o.order_no)`,
		"what went back counts no longer": `SELECT count(*) FROM level_order g JOIN orders o ON o.id = g.order_id
			WHERE g.grown - g.reversed <> CASE WHEN o.status = 'closed' THEN 0 WHEN o.payable_fen = 0 THEN g.grown ELSE div(g.grown::numeric * (o.payable_fen - o.refunded_fen), o.payable_fen) END`,
		"only what is final counts":  "SELECT count(*) FROM level_order g JOIN orders o ON o.id = g.order_id WHERE o.settlement <> 'settled'",
		"the history says the level": `SELECT count(*) FROM level_account a WHERE a.level_id IS DISTINCT FROM (SELECT c.to_id FROM level_change c WHERE c.member_id = a.member_id ORDER BY c.id DESC LIMIT 1)`,
		"nobody stands below what is reached": `SELECT count(*) FROM level_account a LEFT JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL
			WHERE coalesce(v.threshold, 0) < coalesce((SELECT max(x.threshold) FROM level_version x WHERE x.until IS NULL AND x.threshold <= a.growth), 0)`,
		"who fell below waits for a review": `SELECT count(*) FROM level_account a JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL WHERE v.threshold > a.growth AND a.review_at IS NULL`,
		"a review has its timer":            "SELECT count(*) FROM level_account a WHERE a.review_at IS NOT NULL AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.topic = 'level.review')",
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

// untilMidnight is when a day in Beijing ends that is so many days from now.
func untilMidnight(days int) time.Time {
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
	y, m, d := time.Now().In(beijing).Date()
	return time.Date(y, m, d+1+days, 0, 0, 0, 0, beijing)
}
