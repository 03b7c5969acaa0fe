package level_test

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// TestOrdersGrowMembers: an order counts when its money is final, once, without its freight; what
// goes back takes its share, and the level is reached with the event that crosses its threshold.
func TestOrdersGrowMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member()
	early := w.bought(m, 10_000, 0) // placed before there were terms
	w.opens(func(t *level.Terms) { t.OrderGrowth = 10 })
	silver := w.level("银卡", 100, func(l *level.Level) { l.OffBps = 500 })
	w.level("金卡", 300, func(l *level.Level) { l.ValidDays = 30 })
	w.final(early)
	w.expect(m, 0, "")
	no := w.bought(m, 20_000, 1_000)
	w.expect(m, 0, "")
	for range 2 {
		w.final(no)
	}
	w.expect(m, 210, "银卡")
	st := w.stands(m)
	if st.Level.ID != silver.ID || st.ReviewAt != nil || st.Next == nil || st.Next.Name != "金卡" || st.Missing != 90 || len(st.Changes) != 1 || st.Changes[0].Reason != level.Upgrade || st.Changes[0].To != "银卡" {
		t.Errorf("standing %+v", st)
	}
	w.final(w.bought(m, 9_000, 0))
	w.expect(m, 310, "金卡")
	if st := w.stands(m); st.ReviewAt == nil || !st.ReviewAt.Equal(untilMidnight(30)) || st.Next != nil {
		t.Errorf("standing %+v", st)
	}
	w.refund(no, 7_000) // a third of 21,000: 210 keep 140
	w.expect(m, 240, "金卡")
	w.refund(no, 14_000)
	for range 2 {
		w.follow(no)
	}
	w.expect(m, 100, "金卡")
	if n := len(w.Events(t, level.TopicChanged)); n != 2 {
		t.Errorf("%d changes were told, want 2", n)
	}
	late := w.bought(m, 5_000, 0)
	w.refund(late, 2_500) // before it is final: half of 60 is left
	w.final(late)
	w.expect(m, 130, "金卡")
}

// TestReviews: when a level's days are over, what it takes is taken and the rest decides; a level
// for good is reviewed only after growth was taken back.
func TestReviews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(nil)
	w.level("银卡", 100, nil)
	w.level("金卡", 300, func(l *level.Level) { l.ValidDays, l.KeepGrowth = 30, 150 })
	kept, falls, none := w.member(), w.member(), w.member()
	w.adjust(kept, 460)
	w.adjust(falls, 440)
	w.adjust(none, 120)
	w.expect(kept, 460, "金卡")
	if st := w.stands(falls); st.Keep != 10 {
		t.Errorf("missing to keep the level: %d, want 10", st.Keep)
	}
	w.review() // nothing is due
	w.expect(falls, 440, "金卡")
	w.over(kept)
	w.over(falls)
	w.expect(kept, 310, "金卡")
	w.expect(falls, 290, "银卡")
	if st := w.stands(falls); st.Changes[0].Reason != level.Downgrade || st.ReviewAt != nil || st.Changes[0].From != "金卡" {
		t.Errorf("standing %+v", st)
	}
	if st := w.stands(kept); st.Changes[0].Reason != level.Kept || st.ReviewAt == nil || !st.ReviewAt.Equal(untilMidnight(30)) {
		t.Errorf("standing %+v", st)
	}
	w.over(kept) // 160 of 310 are left
	w.expect(kept, 160, "银卡")

	if code := w.adjust(none, -121); code != "LEVEL_GROWTH_SHORT" {
		t.Errorf("taking more than there is: %q", code)
	}
	w.adjust(none, -30)
	if st := w.stands(none); st.Level == nil || st.ReviewAt == nil || !st.ReviewAt.Equal(untilMidnight(0)) || st.Keep != 10 {
		t.Errorf("standing %+v", st)
	}
	w.adjust(none, 20) // grown again before the day is over
	w.over(none)
	w.expect(none, 110, "银卡")
	if st := w.stands(none); st.ReviewAt != nil || st.Changes[0].Reason != level.Kept {
		t.Errorf("standing %+v", st)
	}
	w.adjust(none, -20)
	w.over(none)
	w.expect(none, 90, "")
	w.opens(func(t *level.Terms) { t.Enabled = false })
	w.over(kept)
	w.expect(kept, 160, "银卡")
}

// TestChangedLevelsMoveMembers: a lower threshold lifts, an ended level hands on, a raised one
// takes nothing away; editors do not overwrite each other, and no two levels begin at once.
func TestChangedLevelsMoveMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(nil)
	silver := w.level("银卡", 100, nil)
	gold := w.level("金卡", 300, nil)
	m := w.member()
	w.adjust(m, 250)
	save := func(l level.Level) string {
		_, err := w.Save(t.Context(), w.Tenant.ID, l, "staff:1")
		return w.code(err)
	}
	lower := gold
	lower.Threshold = 200
	if code := save(lower); code != "" {
		t.Fatal(code)
	}
	if code := save(gold); code != "LEVEL_CHANGED" {
		t.Errorf("of an old page: %q", code)
	}
	w.arrange()
	w.expect(m, 250, "金卡")
	raised := w.found(gold.ID)
	raised.Threshold = 1_000
	if code := save(raised); code != "" {
		t.Fatal(code)
	}
	w.arrange()
	if st := w.stands(m); st.Level == nil || st.Level.Name != "金卡" {
		t.Errorf("a raised threshold took the level: %+v", st)
	}
	if code := w.code(w.End(t.Context(), w.Tenant.ID, gold.ID, raised.Version+1, "staff:1")); code != "" {
		t.Fatal(code)
	}
	w.arrange()
	w.expect(m, 250, "银卡")
	if st := w.stands(m); st.Changes[0].Reason != level.Ended {
		t.Errorf("history %+v", st.Changes[0])
	}
	if code := save(level.Level{Name: "铜卡", Threshold: silver.Threshold, PointsBps: 10_000}); code != "LEVEL_THRESHOLD" {
		t.Errorf("two levels from the same growth on: %q", code)
	}
	if code := save(level.Level{Name: "", Threshold: 0, OffBps: 10_000, PointsBps: 1, KeepGrowth: 5}); code != "VALIDATION" {
		t.Errorf("a level of nonsense: %q", code)
	}
	if n := len(w.Events(t, level.TopicArranged)); n != 5 {
		t.Errorf("%d arrangements were told, want 5", n)
	}
}

// TestRulesOfALevel: discount, prices of single SKUs, those asked for or those in the cart, and
// the freight; each with the wording of then.
func TestRulesOfALevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(nil)
	w.exec(`WITH c AS (INSERT INTO category (name) VALUES ('茶') RETURNING id),
		u AS (INSERT INTO spu (category_id, title, status, min_price_fen, max_price_fen) SELECT id, '龙井', 'on_shelf', 1000, 2000 FROM c RETURNING id)
		INSERT INTO sku (spu_id, code, spec_values, price_fen) SELECT u.id, v.code, ARRAY[v.code], v.fen FROM u, (VALUES ('A1', 1000), ('A2', 2000), ('', 3000)) v(code, fen)`)
	var spu, first, second int64
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT max(spu_id), min(id), min(id) FILTER (WHERE code = 'A2') FROM sku").Scan(&spu, &first, &second)
	})
	gold := w.level("金卡", 300, func(l *level.Level) { l.OffBps, l.FreeShipping = 1_000, true })
	m, other := w.member(), w.member()
	w.adjust(m, 300)
	rules := func(member int64, skus ...int64) (rules []pricing.Rule) {
		t.Helper()
		w.tx(func(tx tenantdb.Tx) (err error) {
			rules, err = w.Rules(t.Context(), tx, pricing.Ask{MemberID: member, SKUs: skus, At: tx.Now()})
			return err
		})
		return rules
	}
	if got := rules(other, first); got != nil {
		t.Errorf("a member without a level has %+v", got)
	}
	set := func(version int64, lines ...level.Wish) ([]level.Wrong, string) {
		wrong, err := w.SetPrices(t.Context(), w.Tenant.ID, gold.ID, version, lines, "staff:1")
		return wrong, w.code(err)
	}
	fen := func(n money.Fen) *money.Fen { return &n }
	wrong, code := set(1, level.Wish{SKU: "A1", Fen: fen(1000)}, level.Wish{SKU: "A2", Fen: fen(1500)}, level.Wish{SKU: "A2", Fen: fen(1400)}, level.Wish{SKU: "没有", Fen: fen(1)})
	if want := []level.Wrong{{Line: 0, Problem: level.ProblemPrice}, {Line: 2, Problem: level.ProblemTwice}, {Line: 3, Problem: level.ProblemUnknown}}; code != "" || !slices.Equal(wrong, want) {
		t.Errorf("wrong lines %+v %q", wrong, code)
	}
	if wrong, code := set(1, level.Wish{SKU: "A1", Fen: fen(850)}, level.Wish{SKU: "A2", Fen: fen(1500)}); code != "" || wrong != nil {
		t.Fatal(wrong, code)
	}
	if _, code := set(1, level.Wish{SKU: "A1"}); code != "LEVEL_CHANGED" {
		t.Errorf("of an old page: %q", code)
	}
	got := rules(m, first)
	if len(got) != 2 || got[0].Kind != pricing.KindLevel || got[0].Version != 2 || got[0].OffBps != 1_000 || len(got[0].Prices) != 1 || got[0].Prices[first] != 850 || got[1].Kind != pricing.KindLevelShipping || !got[1].Tiers[0].Free {
		t.Errorf("rules %+v", got)
	}
	w.exec("INSERT INTO cart_line (member_id, sku_id, qty, selected) VALUES ($1, $2, 1, true), ($1, $3, 1, false)", m, second, first)
	if got := rules(m); got[0].Prices[second] != 1500 || len(got[0].Prices) != 1 {
		t.Errorf("rules of the cart %+v", got)
	}
	name, prices, err := w.MemberPrices(t.Context(), w.Tenant.ID, m, spu)
	if err != nil || name != "金卡" || len(prices) != 3 || prices[0].Fen != 850 || prices[1].Fen != 1500 || prices[2].Fen != 2700 {
		t.Errorf("member prices %q %+v %v", name, prices, err)
	}
	if _, code := set(2, level.Wish{SKU: "A1"}); code != "" {
		t.Fatal(code)
	}
	if list, _, err := w.Prices(t.Context(), w.Tenant.ID, gold.ID, 0); err != nil || len(list) != 1 || list[0].Code != "A2" || list[0].ListFen != 2000 {
		t.Errorf("prices %+v %v", list, err)
	}
	w.opens(func(t *level.Terms) { t.Enabled = false })
	if got := rules(m, first); got != nil {
		t.Errorf("levels are off, and %+v", got)
	}
}

// TestGrowthOnce: what comes twice counts once, also at the same time.
func TestGrowthOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(func(t *level.Terms) { t.ReviewGrowth = 7 })
	w.level("银卡", 100, nil)
	m := w.member()
	no := w.bought(m, 10_000, 0)
	w.exec("UPDATE orders SET settlement = 'settled', settled_at = now() WHERE order_no = $1", no)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
				if err := w.FollowOrderTx(t.Context(), tx, no); err != nil {
					return err
				}
				return w.ReviewedTx(t.Context(), tx, 9, m)
			})
			if err != nil {
				t.Error(err)
			}
			err = w.Adjust(t.Context(), w.Tenant.ID, level.AdjustInput{MemberID: m, Growth: 5, Reason: "补偿", Key: "once", Actor: "staff:1"})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	w.expect(m, 112, "银卡")
	if n := w.number("SELECT count(*) FROM platform.audit_log WHERE action = 'level.adjust'"); n != 1 {
		t.Errorf("%d entries in the audit, want 1", n)
	}
	if code := w.adjust(m+1000, 1); code != "NOT_FOUND" {
		t.Errorf("nobody: %q", code)
	}
}

// TestMembersJoin: growth adds up, the better level stays, and who leaves has none.
func TestMembersJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(nil)
	w.level("银卡", 100, nil)
	w.level("金卡", 300, func(l *level.Level) { l.ValidDays = 10 })
	a, b, c := w.member(), w.member(), w.member()
	w.adjust(a, 310)
	w.adjust(a, -250) // keeps the level till its days are over
	w.adjust(b, 150)
	move := func(from, to int64) {
		w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, from, to) })
	}
	move(a, b)
	w.expect(b, 210, "金卡")
	if st := w.stands(b); st.ReviewAt == nil || st.Changes[0].Reason != level.Merged {
		t.Errorf("standing %+v", st)
	}
	move(c, b)
	w.expect(b, 210, "金卡")
	w.tx(func(tx tenantdb.Tx) error { return w.ForgetMemberTx(t.Context(), tx, b) })
	if st := w.stands(b); st.Level != nil {
		t.Errorf("standing %+v", st)
	}
	if n := w.number("SELECT count(*) FROM level_entry WHERE reason <> ''"); n != 0 {
		t.Errorf("%d entries keep words", n)
	}
}

// TestGrowthAddsUp: whatever happens, and in whatever order, the sums and levels hold.
func TestGrowthAddsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opens(nil)
	w.level("银卡", 100, nil)
	w.level("金卡", 250, func(l *level.Level) { l.ValidDays, l.KeepGrowth = 30, 80 })
	w.level("黑卡", 400, func(l *level.Level) { l.ValidDays, l.KeepGrowth = 10, 300 })
	rapid.Check(t, func(r *rapid.T) {
		members := []int64{w.member(), w.member()}
		var orders []string
		one := func() int64 { return rapid.SampledFrom(members).Draw(r, "member") }
		r.Repeat(map[string]func(r *rapid.T){
			"buy": func(r *rapid.T) {
				orders = append(orders, w.bought(one(), rapid.Int64Range(1, 30_000).Draw(r, "goods"), rapid.Int64Range(0, 1_000).Draw(r, "freight")))
			},
			"final": func(r *rapid.T) {
				if len(orders) > 0 {
					w.final(rapid.SampledFrom(orders).Draw(r, "order"))
				}
			},
			"refund": func(r *rapid.T) {
				if len(orders) == 0 {
					return
				}
				no := rapid.SampledFrom(orders).Draw(r, "order")
				left := w.number("SELECT payable_fen - refunded_fen FROM orders WHERE order_no = $1", no)
				if left == 0 {
					return
				}
				if rapid.Bool().Draw(r, "a part") {
					left = rapid.Int64Range(1, left).Draw(r, "fen")
				}
				w.refund(no, left)
			},
			"give":   func(r *rapid.T) { w.adjust(one(), rapid.Int64Range(1, 200).Draw(r, "growth")) },
			"take":   func(r *rapid.T) { w.adjust(one(), -rapid.Int64Range(1, 200).Draw(r, "growth")) },
			"review": func(*rapid.T) { w.over(one()) },
			"terms": func(r *rapid.T) {
				w.opens(func(t *level.Terms) {
					t.EarnGrowth, t.OrderGrowth = rapid.Int64Range(0, 3).Draw(r, "earn"), rapid.Int64Range(0, 20).Draw(r, "order")
				})
			},
			"": func(r *rapid.T) {
				if err := w.holds(); err != nil {
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
	for _, k := range level.EntryKinds() {
		texts["level_entry_kind"] = append(texts["level_entry_kind"], string(k))
	}
	for _, k := range level.Reasons() {
		texts["level_change_reason"] = append(texts["level_change_reason"], string(k))
	}
	for _, k := range pricing.Kinds() {
		if k == pricing.KindGift { // takes nothing off: it is a line of its own, see order_gift
			continue
		}
		texts["order_adjustment_kind"] = append(texts["order_adjustment_kind"], string(k))
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
}
