package points_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// TestPointsFollowTheirOrder walks an order from placing to final, and back.
func TestPointsFollowTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 300)
	no := w.place(m, 200, 10_000, 5_050)
	w.expect(m, [4]int64{100, 0, 200, 0})
	w.to(no, "pay") // 9,800 and 5,050 fen for goods: 148 points
	w.expect(m, [4]int64{100, 148, 0, 0})
	w.follow(no) // an event that comes twice
	w.to(no, "receive")
	w.expect(m, [4]int64{100, 148, 0, 0})
	w.to(no, "settle")
	w.follow(no)
	w.expect(m, [4]int64{248, 0, 0, 0})
	w.refund(no, true, 4_900) // half of the first line: half of its points come back, 49 less are earned
	w.expect(m, [4]int64{248 + 100 - 49, 0, 0, 0})
	w.refund(no, false, 15_850-4_900) // all the rest
	w.expect(m, [4]int64{300, 0, 0, 0})
	w.follow(no)
	w.expect(m, [4]int64{300, 0, 0, 0})
}

// TestT042PointsOfAClosedOrder: an order that closes unpaid gives its points back to the same
// lots, once.
func TestT042PointsOfAClosedOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 100)
	w.save(func(t *points.Terms) { t.ValidDays = 10 })
	w.adjust(m, 50) // ends first: is used first
	no := w.place(m, 60, 1_000)
	if n := w.number("SELECT held FROM points_lot WHERE amount = 50"); n != 50 {
		t.Errorf("%d of the lot that ends first are held, want 50", n)
	}
	w.to(no, "close")
	w.to(no, "close")
	w.expect(m, [4]int64{150, 0, 0, 0})
	if n := w.number("SELECT remaining FROM points_lot WHERE amount = 50"); n != 50 {
		t.Errorf("%d of the lot came back, want 50", n)
	}

	// What is over while an unpaid order holds it is over.
	late := w.place(m, 60, 1_000)
	w.exec("UPDATE points_lot SET expires_at = now() - interval '1 second' WHERE amount = 50")
	w.to(late, "close")
	w.expect(m, [4]int64{100, 0, 0, 0})
}

// TestPointsAreBackForAWhile: what comes back of a paid order when its time is over is valid for
// the days of grace, or lost where there are none.
func TestPointsAreBackForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 50)
	no := w.place(m, 50, 1_000)
	w.to(no, "pay")
	w.over(m)
	w.refund(no, false, 1_950)
	w.expect(m, [4]int64{50, 0, 0, 0})
	if n := w.number("SELECT count(*) FROM points_lot WHERE expires_at BETWEEN now() + interval '7 days' AND now() + interval '8 days'"); n != 1 {
		t.Errorf("%d lots are valid for a week more, want 1", n)
	}
	w.save(func(t *points.Terms) { t.GraceDays = 0 })
	again := w.place(m, 50, 1_000)
	w.to(again, "pay")
	w.over(m)
	w.refund(again, false, 1_950)
	w.expect(m, [4]int64{0, 0, 0, 0})
}

// TestWhatIsMissingIsOwed: points that were spent before their order was refunded are a debt, and
// the next points pay it.
func TestWhatIsMissingIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	no := w.place(m, 0, 10_000)
	for _, what := range []string{"pay", "receive", "settle"} {
		w.to(no, what)
	}
	w.expect(m, [4]int64{100, 0, 0, 0})
	spent := w.place(m, 80, 5_000)
	w.to(spent, "pay")
	w.refund(no, false, 11_000)
	w.expect(m, [4]int64{0, 49, 0, 80})
	if code := w.adjust(m, 30); code != "" {
		t.Error(code)
	}
	w.expect(m, [4]int64{0, 49, 0, 50})
	w.refund(spent, false, 5_920) // 80 come back, 50 of them pay
	w.expect(m, [4]int64{30, 0, 0, 0})
}

// TestT044PointsAreSpentOnce: ten orders at once for all that there is.
func TestT044PointsAreSpentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	for range 5 {
		w.adjust(m, 20)
	}
	var won atomic.Int64
	var wait sync.WaitGroup
	for i := range 10 {
		wait.Go(func() {
			err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
				return w.LockTx(t.Context(), tx, fmt.Sprintf("Q%08d", i), m, []pricing.Answer{{Ref: pricing.Ref{Kind: pricing.KindPoints, ID: 1}, Applied: true, OffFen: 100, Points: 100}})
			})
			if code := w.code(err); code == "" {
				won.Add(1)
			} else if code != "POINTS_SHORT" {
				t.Errorf("refused with %s", code)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("%d orders got the points, want 1", won.Load())
	}
	if got := w.has(m); got != [4]int64{0, 0, 100, 0} {
		t.Errorf("left: %v", got)
	}
}

// TestT044SpendAgainstReturn: ten orders want what another order gives back at the same moment. One of
// them has it, then or when they ask again, and it is given back once however often that is told.
func TestT044SpendAgainstReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 100)
	no := w.place(m, 100, 1_000)
	w.to(no, "pay")
	var won, asked atomic.Int64
	spend := func() {
		err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
			return w.LockTx(t.Context(), tx, fmt.Sprintf("R%08d", asked.Add(1)), m, []pricing.Answer{{Ref: pricing.Ref{Kind: pricing.KindPoints, ID: 1}, Applied: true, OffFen: 100, Points: 100}})
		})
		if code := w.code(err); code == "" {
			won.Add(1)
		} else if code != "POINTS_SHORT" {
			t.Errorf("refused with %s", code)
		}
	}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(spend)
		wait.Go(func() {
			if err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error { return w.FollowOrderTx(t.Context(), tx, no) }); err != nil {
				t.Error(err)
			}
		})
	}
	w.refund(no, false, 1_900)
	wait.Wait()
	for range 2 {
		spend()
	}
	if won.Load() != 1 {
		t.Errorf("%d orders got the points, want 1", won.Load())
	}
	if got := w.has(m); got != [4]int64{0, 0, 100, 0} {
		t.Errorf("left: %v", got)
	}
}

// TestSignIn: once a day, however often it is asked; the seventh day in a row is worth more.
func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member()
	if _, err := w.SignIn(t.Context(), w.Tenant.ID, m); w.code(err) != "POINTS_OFF" {
		t.Errorf("without terms: %v", err)
	}
	w.save(nil)
	var won atomic.Int64
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if _, err := w.SignIn(t.Context(), w.Tenant.ID, m); w.code(err) == "" {
				won.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("signed in %d times, want once", won.Load())
	}
	w.expect(m, [4]int64{5, 0, 0, 0})
	// The day before was the sixth in a row.
	w.exec("UPDATE points_account SET signed_on = signed_on - 1, streak = 6; ")
	w.exec("UPDATE points_lot SET source_key = source_key || ' before'")
	got, err := w.SignIn(t.Context(), w.Tenant.ID, m)
	if err != nil || got.Points != 25 || got.Streak != 7 || got.Balance != 30 {
		t.Errorf("seventh day: %+v, %v", got, err)
	}
}

// TestNoticesBeforePointsEnd: each member hears once, 30, 7 and 1 days ahead, and then they end.
func TestNoticesBeforePointsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m, other := w.member(), w.member()
	w.adjust(m, 10)
	w.adjust(m, 20)
	w.adjust(other, 5)
	var at time.Time
	ends := func() {
		w.tx(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT DISTINCT expires_at FROM points_lot").Scan(&at)
		})
	}
	ends()
	timers := func(days int) int64 {
		return w.number("SELECT count(*) FROM platform.timer WHERE topic = 'points.age' AND (payload->>'days')::int = $1", days)
	}
	if timers(30) != 1 {
		t.Error("no timer for the first notice")
	}
	for _, days := range []int64{30, 7, 1} {
		w.age(points.AgeEvent{At: at, Days: days}) // somebody looks before it is due
		w.exec("UPDATE points_lot SET expires_at = now() + make_interval(days => $1)", days)
		ends()
		for range 2 {
			w.age(points.AgeEvent{At: at, Days: days})
		}
		n := w.number("SELECT count(*) FROM platform.outbox WHERE topic = 'points.expiring' AND (payload->>'days')::bigint = $1", days)
		if n != 2 {
			t.Errorf("%d members hear %d days ahead, want 2, once each", n, days)
		}
	}
	if n := w.number("SELECT (payload->>'points')::bigint FROM platform.outbox WHERE topic = 'points.expiring' AND key = $1::text LIMIT 1", fmt.Sprint(m)); n != 30 {
		t.Errorf("%d points end, want 30", n)
	}
	w.over(m)
	w.over(other)
	w.expect(m, [4]int64{0, 0, 0, 0}) // by the clock, before the job
	w.age(points.AgeEvent{At: at.AddDate(0, 0, -2)})
	if n := w.number("SELECT count(*) FROM points_lot WHERE state = 'expired'"); n != 3 {
		t.Errorf("%d lots have ended, want 3", n)
	}
	w.expect(m, [4]int64{0, 0, 0, 0})
}

// TestProductsEarnOtherwise: by rates of the day on which the order was placed.
func TestProductsEarnOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	spu := w.number(`WITH c AS (INSERT INTO category (name) VALUES ('茶') RETURNING id)
		INSERT INTO spu (category_id, title) SELECT id, '龙井' FROM c RETURNING id`)
	if err := w.SetRates(t.Context(), w.Tenant.ID, []int64{spu}, points.Rate{TimesBps: 20_000, Extra: 7}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	no := w.place(m, 0, 10_000)
	w.exec("UPDATE order_line SET spu_id = $1", spu)
	if err := w.EndRate(t.Context(), w.Tenant.ID, spu, "staff:1"); err != nil {
		t.Fatal(err)
	}
	w.to(no, "pay")
	w.expect(m, [4]int64{0, 207, 0, 0})
}

// TestInviting: who brought a buyer is rewarded once, for the first order that is final.
func TestInviting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	by, m := w.member(), w.member()
	w.exec("INSERT INTO distributor (member_id, status, code, applied_at) VALUES ($1, 'active', 'ABCDEFGH', now())", by)
	w.exec("INSERT INTO distribution_bond (member_id, distributor_id, since, how, evidence) VALUES ($1, $2, now() - interval '1 day', 'link', '{}')", m, by)
	for range 2 {
		no := w.place(m, 0, 1_000)
		for _, what := range []string{"pay", "receive", "settle"} {
			w.to(no, what)
		}
	}
	w.expect(by, [4]int64{50, 0, 0, 0})
}

// TestMembersBecomeOne: what both have adds up, and what one owes the other pays.
func TestMembersBecomeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	a, b := w.member(), w.member()
	no := w.place(a, 0, 10_000)
	for _, what := range []string{"pay", "receive", "settle"} {
		w.to(no, what)
	}
	w.to(w.place(a, 100, 5_000), "pay")
	w.refund(no, false, 11_000) // a owes 100
	w.adjust(b, 130)
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, a, b) })
	w.expect(b, [4]int64{30, 49, 0, 0})
	w.tx(func(tx tenantdb.Tx) error { return w.ForgetMemberTx(t.Context(), tx, b) })
	w.expect(b, [4]int64{0, 0, 0, 0})
}

// TestAdjustOnce: a deed of staff counts once, and takes no more than there is.
func TestAdjustOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	for _, in := range []points.AdjustInput{
		{MemberID: m, Points: 100, Reason: "补偿", Key: "a", Actor: "staff:1"},
		{MemberID: m, Points: -30, Reason: "误发", Key: "b", Actor: "staff:1"},
	} {
		for range 2 {
			if err := w.Adjust(t.Context(), w.Tenant.ID, in); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.expect(m, [4]int64{70, 0, 0, 0})
	if code := w.adjust(m, -71); code != "POINTS_SHORT" {
		t.Errorf("taking more than there is: %q", code)
	}
	if code := w.adjust(m+1000, 1); code != "NOT_FOUND" {
		t.Errorf("nobody: %q", code)
	}
	if n := w.number("SELECT count(*) FROM platform.audit_log WHERE action = 'points.adjust'"); n != 2 {
		t.Errorf("%d entries in the audit, want 2", n)
	}
}

// TestPointsAddUp: whatever happens, and in whatever order, the sums hold.
func TestPointsAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	offer, wishes := w.forCoupon(w.coupon(1_000_000), 40, 1_000_000, 0), 0
	rapid.Check(t, func(r *rapid.T) {
		members := []int64{w.member(), w.member()}
		var orders []string
		one := func() int64 { return rapid.SampledFrom(members).Draw(r, "member") }
		r.Repeat(map[string]func(r *rapid.T){
			"place": func(r *rapid.T) {
				lines := rapid.SliceOfN(rapid.Int64Range(1, 20_000), 1, 3).Draw(r, "lines")
				pay := rapid.Int64Range(0, lines[0]).Draw(r, "points")
				if no := w.place(one(), min(pay, 400), lines...); no != "" {
					orders = append(orders, no)
				}
			},
			"move": func(r *rapid.T) {
				if len(orders) == 0 {
					return
				}
				no := rapid.SampledFrom(orders).Draw(r, "order")
				what := rapid.SampledFrom([]string{"pay", "pay", "close", "receive", "settle"}).Draw(r, "what")
				ok := map[string]string{"pay": "status = 'pending_payment'", "close": "status = 'pending_payment'", "receive": "status = 'paid'", "settle": "settlement = 'window' AND status = 'completed'"}[what]
				if w.number("SELECT count(*) FROM orders WHERE order_no = $1 AND "+ok, no) == 1 {
					w.to(no, what)
				}
			},
			"refund": func(r *rapid.T) {
				if len(orders) == 0 {
					return
				}
				no := rapid.SampledFrom(orders).Draw(r, "order")
				left := w.number("SELECT coalesce(sum(payable_fen - refunded_fen), 0) FROM orders WHERE order_no = $1 AND paid_at IS NOT NULL AND status <> 'closed'", no)
				if left <= 0 {
					return
				}
				fen := left
				if rapid.Bool().Draw(r, "a part") {
					fen = rapid.Int64Range(1, left).Draw(r, "fen")
				}
				line := rapid.Bool().Draw(r, "of a line")
				if line {
					fen = min(fen, w.number(`SELECT l.payable_fen - coalesce((SELECT sum(a.refund_fen) FROM aftersale_line a WHERE a.line_id = l.id), 0)
						FROM orders o JOIN order_line l ON l.order_id = o.id AND l.spu_id = 1 WHERE o.order_no = $1`, no))
				}
				if fen > 0 {
					w.refund(no, line, fen)
				}
			},
			"give": func(r *rapid.T) { w.adjust(one(), rapid.Int64Range(1, 300).Draw(r, "points")) },
			"take": func(r *rapid.T) { w.adjust(one(), -rapid.Int64Range(1, 300).Draw(r, "points")) },
			"exchange": func(r *rapid.T) { // now and then the answer was lost
				wishes += rapid.IntRange(0, 1).Draw(r, "a new wish")
				if _, code := w.exchange(one(), offer, fmt.Sprint("wish", wishes)); code != "" && code != "POINTS_SHORT" {
					r.Fatal(code)
				}
			},
			"sign": func(r *rapid.T) {
				if _, err := w.SignIn(t.Context(), w.Tenant.ID, one()); w.code(err) != "" && w.code(err) != "POINTS_SIGNED" {
					r.Fatal(err)
				}
			},
			"over": func(*rapid.T) { w.over(one()) },
			"age":  func(*rapid.T) { w.age(points.AgeEvent{At: time.Now()}) },
			"terms": func(r *rapid.T) {
				w.save(func(t *points.Terms) {
					t.PerYuan, t.GraceDays = rapid.Int64Range(50, 200).Draw(r, "per yuan"), rapid.Int64Range(0, 2).Draw(r, "grace")
					t.EarnPoints = rapid.Int64Range(0, 3).Draw(r, "earn")
				})
			},
			"": func(r *rapid.T) {
				if err := w.balances(); err != nil {
					r.Fatal(err)
				}
			},
		})
	})
}

// TestListsFitTheSchema compares what the schema allows with what the code knows.
func TestListsFitTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	texts := map[string][]string{}
	for _, s := range points.LotStates() {
		texts["points_lot_state"] = append(texts["points_lot_state"], string(s))
	}
	for _, s := range points.Sources() {
		texts["points_source"] = append(texts["points_source"], string(s))
	}
	for _, k := range points.EntryKinds() {
		texts["points_entry_kind"] = append(texts["points_entry_kind"], string(k))
	}
	for constraint, ours := range texts {
		var allowed []string
		w.tx(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT array_agg(m[1] ORDER BY m[1]) FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') m
				WHERE c.conname = $1 AND c.connamespace = current_schema()::regnamespace`, constraint).Scan(&allowed)
		})
		slices.Sort(ours)
		if !slices.Equal(allowed, ours) {
			t.Errorf("%s: the schema allows %v, the code has %v", constraint, allowed, ours)
		}
	}
	reached := map[points.LotState]bool{points.Frozen: true, points.Available: true}
	for _, m := range points.LotMoves() {
		reached[m.To] = true
	}
	if len(reached) != len(points.LotStates()) {
		t.Errorf("reached %v", reached)
	}
}
