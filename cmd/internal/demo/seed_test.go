package demo_test

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/cmd/internal/demo"
	"galleria/console/readmodel"
	"galleria/console/staff"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func TestSeedTwiceIsSeedOnce(t *testing.T) {
	t.Parallel()
	statements := &counter{}
	w := newWorld(t, tenanttest.WithTracer(statements))
	first, err := demo.Seed(t.Context(), w.deps)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Shops) != 2 || len(first.Logins) != 4 {
		t.Fatalf("got %+v, want two shops and four logins", first)
	}
	before := w.facts(t, first)
	checkCatalogues(t, before)
	for _, shop := range first.Shops {
		checkInvariants(t, w, shop)
		checkDashboard(t, w, shop)
	}
	for _, l := range first.Logins {
		if _, err := w.deps.Staff.Authenticate(t.Context(), staff.Credentials{Login: l.User, Password: l.Password, IP: "192.0.2.1"}); err != nil {
			t.Errorf("%s cannot sign in: %v", l.User, err)
		}
	}

	statements.n.Store(0)
	second, err := demo.Seed(t.Context(), w.deps)
	if err != nil {
		t.Fatal(err)
	}
	if n := statements.n.Load(); n > 20 {
		t.Errorf("the second seed ran %d statements, want next to none", n)
	}
	if second.Shops[0] != first.Shops[0] || second.Logins[3] != first.Logins[3] {
		t.Errorf("the second seed answered %+v, the first %+v", second, first)
	}
	if after := w.facts(t, second); !maps.Equal(before, after) {
		t.Errorf("the second seed changed %v into %v", before, after)
	}
	if off := time.Since(w.deps.Clock.Now()); off > time.Minute || off < -time.Minute {
		t.Errorf("the clock is left %v off", off)
	}
}

// TestAnInterruptedSeedContinues kills the seed again and again, each time some statements
// further on, until one call gets through.
func TestAnInterruptedSeedContinues(t *testing.T) {
	t.Parallel()
	statements := &counter{}
	w := newWorld(t, tenanttest.WithTracer(statements))
	const step, most = 120, 80
	kills := 0
	var result demo.Result
	for {
		ctx, cancel := context.WithCancel(t.Context())
		statements.killAfter(step*int64(kills+1), cancel)
		var err error
		result, err = demo.Seed(ctx, w.deps)
		cancel()
		if err == nil {
			break
		}
		if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d kills: %v", kills, err)
		}
		if kills++; kills == most {
			t.Fatal("the seed never ends")
		}
	}
	statements.killAfter(0, nil)
	if kills < 5 {
		t.Fatalf("killed only %d times", kills)
	}
	t.Logf("killed %d times", kills)

	whole := newWorld(t)
	want, err := demo.Seed(t.Context(), whole.deps)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := w.facts(t, result), whole.facts(t, want)
	for _, shop := range result.Shops {
		checkInvariants(t, w, shop)
		// A payment cut off between the provider and the order is finished by the workers.
		for _, f := range []map[string]int64{got, wanted} {
			f[shop.Handle+" paid or pending"] = f[shop.Handle+" paid"] + f[shop.Handle+" pending_payment"]
			for _, name := range []string{" paid", " pending_payment", " attempts", " movements"} {
				delete(f, shop.Handle+name)
			}
		}
	}
	if !maps.Equal(got, wanted) {
		t.Errorf("interrupted: %v\nat once:     %v", got, wanted)
	}
}

// facts counts what there is, by shop.
func (w *world) facts(t *testing.T, r demo.Result) map[string]int64 {
	t.Helper()
	facts := map[string]int64{}
	for _, shop := range r.Shops {
		w.query(t, w.shopID(t, shop), `
			SELECT 'categories', count(*) FROM category
			UNION ALL SELECT 'products', count(*) FROM spu
			UNION ALL SELECT 'products ' || status, count(*) FROM spu GROUP BY status
			UNION ALL SELECT 'skus', count(*) FROM sku
			UNION ALL SELECT 'members', count(*) FROM member
			UNION ALL SELECT 'addresses', count(*) FROM address
			UNION ALL SELECT 'available', sum(on_hand - reserved) FROM stock_level
			UNION ALL SELECT 'movements', count(*) FROM stock_movement
			UNION ALL SELECT 'orders', count(*) FROM orders
			UNION ALL SELECT status, count(*) FROM orders GROUP BY status
			UNION ALL SELECT 'closed by ' || close_reason, count(*) FROM orders WHERE status = 'closed' GROUP BY close_reason
			UNION ALL SELECT 'ordered', sum(payable_fen) FROM orders
			UNION ALL SELECT 'attempts', count(*) FROM payment_attempt
			UNION ALL SELECT 'coupons', count(*) FROM coupon WHERE status = 'live'
			UNION ALL SELECT 'coupons for newcomers', count(*) FROM coupon WHERE claimable AND newcomers
			UNION ALL SELECT 'codes', count(*) FROM coupon_code
			UNION ALL SELECT 'terms of points', count(*) FROM points_terms WHERE enabled
			UNION ALL SELECT 'offers of the mall', count(*) FROM mall_offer
			UNION ALL SELECT 'reviews', count(*) FROM review WHERE status = 'published'
			UNION ALL SELECT 'answers', count(*) FROM review WHERE reply <> ''
			UNION ALL SELECT 'reviewed', sum(total)::bigint FROM review_summary
			UNION ALL SELECT 'parcels under way', count(*) FROM order_parcel p JOIN orders o ON o.id = p.order_id WHERE o.status = 'fulfilling'
			UNION ALL SELECT 'tracking keys', count(*) FROM tracking_account
			UNION ALL SELECT 'campaigns', count(*) FROM campaign WHERE status = 'live'
			UNION ALL SELECT 'sessions', count(*) FROM campaign_session
			UNION ALL SELECT 'groups to join', count(*) FROM buy_group WHERE status = 'open'
			UNION ALL SELECT 'mail accounts', count(*) FROM mail_account WHERE enabled
			UNION ALL SELECT 'readers of mail', count(*) FROM mail_reader
			UNION ALL SELECT 'accounts', count(*) FROM payment_account`,
			func(name string, n int64) { facts[shop.Handle+" "+name] = n })
	}
	return facts
}

func checkCatalogues(t *testing.T, facts map[string]int64) {
	t.Helper()
	if n := facts["qinghe products"] + facts["shanye products"]; n < 45 {
		t.Errorf("%d products, want 45 or more", n)
	}
	for _, handle := range []string{"qinghe", "shanye"} {
		for name, least := range map[string]int64{
			" categories": 5, " products draft": 1, " products off_shelf": 1, " members": 10, " paid": 30, " closing": 1,
			" pending_payment": 2, " closed by timeout": 3, " closed by buyer": 2,
			" coupons": 3, " coupons for newcomers": 1, " codes": 5, " terms of points": 1, " offers of the mall": 2, " reviews": 8, " answers": 4, " reviewed": 8, " parcels under way": 2, " tracking keys": 1, " campaigns": 3, " sessions": 6, " groups to join": 1, " mail accounts": 1, " readers of mail": 2,
		} {
			if facts[handle+name] < least {
				t.Errorf("%s%s: %d, want at least %d", handle, name, facts[handle+name], least)
			}
		}
	}
}

// checkInvariants asks the tables for rows that must not exist.
func checkInvariants(t *testing.T, w *world, shop demo.Shop) {
	t.Helper()
	w.query(t, w.shopID(t, shop), `
		SELECT 'orders whose lines do not add up', count(*) FROM orders o
		 WHERE o.payable_fen <> o.freight_fen + (SELECT sum(l.payable_fen) FROM order_line l WHERE l.order_id = o.id) OR o.payable_fen <> o.goods_fen - o.discount_fen + o.freight_fen
		UNION ALL SELECT 'paid orders without exactly one payment of their amount and time', count(*) FROM orders o
		 WHERE o.paid_at IS NOT NULL AND 1 <> (SELECT count(*) FROM payment_attempt a WHERE a.business_no = o.order_no AND a.out_trade_no = o.paid_by
		   AND a.status = 'succeeded' AND a.amount_fen = o.payable_fen AND a.paid_at = o.paid_at AND a.created_at <= a.paid_at)
		UNION ALL SELECT 'orders paid before they were placed or too late', count(*) FROM orders
		 WHERE status = 'paid' AND (paid_at < placed_at - interval '1 second' OR paid_at > expires_at)
		UNION ALL SELECT 'unpaid orders with an open payment', count(*) FROM orders o JOIN payment_attempt a ON a.business_no = o.order_no
		 WHERE o.status = 'closed' AND a.status <> 'closed'
		UNION ALL SELECT 'orders of the future', count(*) FROM orders WHERE placed_at > now()
		UNION ALL SELECT 'stock that its movements do not explain', count(*) FROM stock_level s
		 WHERE s.on_hand <> (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movement m WHERE m.sku_id = s.sku_id)
		    OR s.reserved <> (SELECT coalesce(sum(r.qty), 0) FROM reservation r WHERE r.sku_id = s.sku_id AND r.state = 'held')
		UNION ALL SELECT 'sales that no paid order explains', count(*) FROM spu p
		 WHERE p.sales + (SELECT coalesce(sum(l.qty), 0) FROM order_line l JOIN figure_sold d ON d.order_id = l.order_id WHERE l.spu_id = p.id)
		    <> (SELECT coalesce(sum(l.qty), 0) FROM order_line l JOIN orders o ON o.id = l.order_id WHERE l.spu_id = p.id AND o.paid_at IS NOT NULL)
		UNION ALL SELECT 'anomalies', count(*) FROM payment_anomaly
		UNION ALL SELECT 'lines without a picture', count(*) FROM order_line WHERE picture !~ '^/media/demo/[a-z]+-[0-9]+[.]svg$'
		UNION ALL SELECT 'days of the last two weeks without an order', 14 - count(DISTINCT (placed_at AT TIME ZONE 'Asia/Shanghai')::date) FROM orders
		 WHERE (placed_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN (now() AT TIME ZONE 'Asia/Shanghai')::date - 14 AND (now() AT TIME ZONE 'Asia/Shanghai')::date - 1`,
		func(what string, n int64) {
			if n != 0 {
				t.Errorf("%s: %s: %d", shop.Handle, what, n)
			}
		})
}

// checkDashboard looks at what the shop's owner sees first.
func checkDashboard(t *testing.T, w *world, shop demo.Shop) {
	t.Helper()
	o, _, err := readmodel.New(readmodel.Deps{DB: w.env.DB, Receivers: w.buyers}).Overview(t.Context(), w.shopID(t, shop), time.Now(), time.FixedZone("Asia/Shanghai", 8*60*60), "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	if o.PendingPayment != 3 || o.ToShip < 30 || o.LowStock == 0 || o.SoldOut == 0 || o.Apps != 1 || o.Accounts != 3 || o.Anomalies != 0 {
		t.Errorf("%s: the dashboard shows %+v", shop.Handle, o)
	}
}

func (w *world) shopID(t *testing.T, shop demo.Shop) tenant.ID {
	t.Helper()
	found, err := w.deps.Registry.ByHandle(t.Context(), shop.Handle)
	if err != nil {
		t.Fatal(err)
	}
	return found.ID
}

// query runs a statement of named numbers in a shop.
func (w *world) query(t *testing.T, id tenant.ID, sql string, each func(name string, n int64)) {
	t.Helper()
	err := w.env.DB.InTenant(t.Context(), id, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(t.Context(), sql)
		if err != nil {
			return err
		}
		var name string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
			each(name, n)
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// counter counts statements and can end a context at one of them.
type counter struct {
	n    atomic.Int64
	kill atomic.Pointer[killing]
}

type killing struct {
	at     int64
	cancel context.CancelFunc
}

func (c *counter) killAfter(n int64, cancel context.CancelFunc) {
	c.n.Store(0)
	c.kill.Store(&killing{n, cancel})
}

// TraceQueryStart implements pgx.QueryTracer.
func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	n := c.n.Add(1)
	if k := c.kill.Load(); k != nil && k.cancel != nil && n == k.at {
		k.cancel()
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
