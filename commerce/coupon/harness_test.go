package coupon_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*coupon.Service
	t    testing.TB
	mu   sync.Mutex
	paid map[int64]bool // members who have paid an order
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t, paid: map[int64]bool{}}
	w.Service = coupon.New(coupon.Deps{
		DB: w.DB, Outbox: w.Outbox, Timers: w.Timers, Audit: w.Audit, Rand: rand.Reader,
		HasPaid: func(_ context.Context, _ tenantdb.Querier, id int64) (bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.paid[id], nil
		},
	})
	return w
}

// members adds n members and returns their ids.
func (w *world) members(n int) (ids []int64) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "WITH m AS (INSERT INTO member (status) SELECT 'active' FROM generate_series(1, $1) RETURNING id) SELECT array_agg(id) FROM m", n).Scan(&ids)
	})
	return ids
}

func (w *world) tx(fn func(tx tenantdb.Tx) error) {
	w.t.Helper()
	if err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, fn); err != nil {
		w.t.Fatal(err)
	}
}

// try runs fn in a transaction and returns the code of its fault, "" for none.
func (w *world) try(fn func(tx tenantdb.Tx) error) string {
	w.t.Helper()
	return w.code(w.DB.InTenant(w.t.Context(), w.Tenant.ID, fn))
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

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
}

// fiveOff is 5 yuan off, to be taken once by each member, valid for a week.
func fiveOff() coupon.Input {
	return coupon.Input{
		Kind: coupon.Goods, Title: "满 50 减 5", Claimable: true, PerMember: 1,
		Terms: coupon.Terms{NeedFen: 5000, OffFen: 500, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, AgainDays: 3, Funder: pricing.FunderShop},
	}
}

// live saves a coupon and offers it.
func (w *world) live(in coupon.Input) int64 {
	w.t.Helper()
	id, err := w.Save(w.t.Context(), w.Tenant.ID, 0, 0, in, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.SetStatus(w.t.Context(), w.Tenant.ID, id, coupon.Live, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) claim(member, couponID int64, key string) (int64, string) {
	w.t.Helper()
	grant, err := w.Claim(w.t.Context(), w.Tenant.ID, member, couponID, key)
	return grant, w.code(err)
}

func (w *world) lock(orderNo string, member, grant int64, off money.Fen) string {
	w.t.Helper()
	return w.try(func(tx tenantdb.Tx) error {
		return w.LockTx(w.t.Context(), tx, orderNo, member, []pricing.Answer{use(grant, off)})
	})
}

func (w *world) status(grant int64) (s string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT status FROM coupon_grant WHERE id = $1", grant).Scan(&s)
	})
	return s
}

func (w *world) find(id int64) coupon.Coupon {
	w.t.Helper()
	c, err := w.Find(w.t.Context(), w.Tenant.ID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// balances are what holds after any history: stock, limits, orders and budgets agree with the
// grants, and every grant's last event is its status.
func (w *world) balances() error {
	for what, sql := range map[string]string{
		"C1 a coupon serves one order":     "SELECT count(*) FROM coupon_grant WHERE status IN ('locked', 'used') AND order_no IS NULL",
		"C4 issued is what was granted":    "SELECT count(*) FROM coupon c WHERE issued <> (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = c.id) OR issued > total",
		"counts are what was granted":      "SELECT count(*) FROM coupon_count n WHERE taken <> (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = n.coupon_id AND g.member_id = n.member_id)",
		"C5 limits of members":             "SELECT count(*) FROM coupon c WHERE EXISTS (SELECT FROM coupon_grant g WHERE g.coupon_id = c.id AND g.source <> 'staff' GROUP BY g.member_id HAVING count(*) > c.per_member)",
		"budgets are what orders take off": "SELECT count(*) FROM coupon c WHERE spent_fen <> (SELECT coalesce(sum(off_fen), 0) FROM coupon_grant g WHERE g.coupon_id = c.id AND g.status IN ('locked', 'used')) OR spent_fen > budget_fen",
		"a code gives one":                 "SELECT count(*) FROM coupon_code k JOIN coupon_grant g ON g.id = k.grant_id WHERE g.coupon_id <> k.coupon_id OR g.source <> 'code'",
		"the history ends where it stands": "SELECT count(*) FROM coupon_grant g WHERE status <> (SELECT to_status FROM coupon_event e WHERE e.grant_id = g.id ORDER BY e.id DESC LIMIT 1)",
	} {
		var n int
		err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql).Scan(&n) })
		if err != nil {
			return err
		}
		if n != 0 {
			return fmt.Errorf("%s: %d do not hold", what, n)
		}
	}
	return nil
}

// over lets a grant's time be over.
func (w *world) over(grant int64) {
	w.t.Helper()
	w.exec("UPDATE coupon_grant SET valid_from = now() - interval '2 hours', valid_until = now() - interval '1 second' WHERE id = $1", grant)
}

func (w *world) age() {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := w.AgeTx(w.t.Context(), tx)
		return err
	})
}

const week = 7 * 24 * time.Hour

func (w *world) rules(member int64) (rules []pricing.Rule) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) (err error) {
		rules, err = w.Rules(w.t.Context(), tx, pricing.Ask{MemberID: member, At: tx.Now()})
		return err
	})
	return rules
}

func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }

// use is a coupon that was applied to an order.
func use(grant int64, off money.Fen) pricing.Answer {
	return pricing.Answer{Ref: pricing.Ref{Kind: pricing.KindCoupon, ID: grant}, Applied: true, OffFen: off}
}
