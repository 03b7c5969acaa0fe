package coupon_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.members(2)
	in := fiveOff()
	in.Claimable = false
	id := w.live(in)
	if err := w.MakeCodes(t.Context(), w.Tenant.ID, id, 3, "staff:1"); err != nil {
		t.Fatal(err)
	}
	codes, err := w.Codes(t.Context(), w.Tenant.ID, id, "")
	if err != nil || len(codes) != 3 {
		t.Fatal(codes, err)
	}
	redeem := func(m int64, code string) (int64, string) {
		grant, err := w.Redeem(t.Context(), w.Tenant.ID, m, code)
		return grant, w.code(err)
	}
	typed := strings.ToLower(codes[0].Code[:4] + "-" + codes[0].Code[4:8] + " " + codes[0].Code[8:])
	first, got := redeem(two[0], typed)
	again, gotAgain := redeem(two[0], codes[0].Code)
	if got != "" || gotAgain != "" || first != again {
		t.Errorf("%d %q, again %d %q", first, got, again, gotAgain)
	}
	for what, c := range map[string]struct {
		member int64
		code   string
		want   string
	}{
		"used by another": {two[1], codes[0].Code, "COUPON_CODE"}, "unknown": {two[1], "ABCDEFGHJKLM", "COUPON_CODE"}, "nonsense": {two[1], "'; DROP TABLE", "COUPON_CODE"},
		"empty": {two[1], "", "COUPON_CODE"}, "a second one": {two[0], codes[1].Code, "COUPON_LIMIT"},
	} {
		if _, got := redeem(c.member, c.code); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	if _, code := w.claim(two[1], id, "x"); code != "COUPON_GONE" {
		t.Errorf("claimed without a code: %q", code)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

func TestIssueAndGifts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	members := w.members(3)
	in := fiveOff()
	in.Claimable, in.Total, in.GiftFromFen, in.PerMember = false, new(int64(4)), new(money.Fen(10_000)), 2
	id := w.live(in)
	for n, want := range map[string]coupon.Issued{"first": {Given: 3}} {
		got, err := w.Issue(t.Context(), w.Tenant.ID, id, append(members, members[0]), n, "staff:1")
		if err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := w.Issue(t.Context(), w.Tenant.ID, id, members, n, "staff:1"); err != nil || got.Given != 0 || got.Had != 3 {
			t.Errorf("again: %+v, %v", got, err)
		}
	}
	if _, err := w.Issue(t.Context(), w.Tenant.ID, id, members, "second", "staff:1"); fault.CodeOf(err) != "COUPON_GONE" {
		t.Errorf("three of the one that is left: %v", err)
	}
	if _, err := w.Issue(t.Context(), w.Tenant.ID, id, []int64{1 << 40}, "third", "staff:1"); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("an unknown member: %v", err)
	}
	gift := func(no string, m int64, fen money.Fen) {
		t.Helper()
		w.tx(func(tx tenantdb.Tx) error { return w.GiftTx(t.Context(), tx, no, m, fen) })
	}
	gift("ORDER1", members[0], 9_999)
	gift("ORDER2", members[0], 10_000)
	gift("ORDER2", members[0], 10_000) // told again
	gift("ORDER3", members[0], 10_000) // gone
	if c := w.find(id); c.Issued != 4 || w.count("SELECT count(*) FROM coupon_grant WHERE source = 'gift'") != 1 {
		t.Errorf("issued %d", c.Issued)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

func TestNewcomersAndDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.members(2)
	w.paid[two[0]] = true
	in := fiveOff()
	in.Newcomers = true
	id := w.live(in)
	if _, code := w.claim(two[0], id, "a"); code != "COUPON_NEWCOMERS" {
		t.Errorf("who has paid: %q", code)
	}
	if _, code := w.claim(two[1], id, "a"); code != "" {
		t.Errorf("a newcomer: %q", code)
	}
	in = fiveOff()
	in.PerMember, in.PerDay, in.Terms.NextDay = 3, new(int64(1)), true
	id = w.live(in)
	grant, _ := w.claim(two[0], id, "a")
	if _, code := w.claim(two[0], id, "b"); code != "COUPON_LIMIT" {
		t.Errorf("a second one today: %q", code)
	}
	if w.status(grant) != "granted" || w.lock("ORDERTODAY", two[0], grant, 500) != "COUPON_UNAVAILABLE" {
		t.Error("what begins tomorrow is valid today")
	}
	offers, err := w.Hall(t.Context(), w.Tenant.ID, two[0], 0)
	if err != nil || len(offers) != 2 || offers[0].ID != id || offers[0].State != coupon.Claimed || offers[0].Taken != 1 || offers[1].State != coupon.Claimable {
		t.Errorf("%+v, %v", offers, err)
	}
	w.exec("UPDATE coupon_count SET day = day - 1 WHERE coupon_id = $1", id)
	if _, code := w.claim(two[0], id, "b"); code != "" {
		t.Errorf("the next day: %q", code)
	}
	w.exec("UPDATE coupon_grant SET valid_from = now() - interval '1 second' WHERE id = $1", grant)
	w.age()
	if w.status(grant) != "active" {
		t.Errorf("its day has come: %s", w.status(grant))
	}
	w.over(grant)
	mine, counts, _, err := w.Mine(t.Context(), w.Tenant.ID, two[0], []coupon.GrantStatus{coupon.Expired}, 0)
	if err != nil || len(mine) != 1 || mine[0].ID != grant || counts.Expired != 1 {
		t.Errorf("before the job: %+v, %v", mine, err)
	}
	w.age()
	if w.status(grant) != "expired" {
		t.Errorf("its time is over: %s", w.status(grant))
	}
	if n := w.count("SELECT count(*) FROM platform.timer WHERE topic = 'coupon.age'"); n == 0 {
		t.Error("nobody will look at what ends")
	}
}

func TestMovingAndForgetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.members(2)
	id := w.live(fiveOff())
	for _, m := range two {
		if _, code := w.claim(m, id, "same"); code != "" {
			t.Fatal(code)
		}
	}
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, two[1], two[0]) })
	if n := w.count("SELECT count(*) FROM coupon_grant WHERE member_id = $1", two[0]); n != 2 {
		t.Errorf("%d coupons after the merge", n)
	}
	if _, code := w.claim(two[0], id, "third"); code != "COUPON_LIMIT" {
		t.Errorf("one more after the merge: %q", code)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.ForgetMemberTx(t.Context(), tx, two[0]) })
	if n := w.count("SELECT count(*) FROM coupon_grant WHERE member_id = $1 AND status = 'revoked'", two[0]); n != 2 {
		t.Errorf("%d were taken back", n)
	}
}

// TestAnyHistoryOfCouponsBalances does anything in any order, and what must hold holds.
func TestAnyHistoryOfCouponsBalances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, id := t.Context(), w.Tenant.ID
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		members := w.members(3)
		in := fiveOff()
		in.PerMember, in.Terms.AgainDays = rapid.Int64Range(1, 3).Draw(r, "per member"), rapid.Int64Range(0, 2).Draw(r, "again")
		in.GiftFromFen = new(money.Fen(0))
		if rapid.Bool().Draw(r, "bounded") {
			in.Total, in.BudgetFen = new(rapid.Int64Range(1, 6).Draw(r, "total")), new(money.Fen(rapid.Int64Range(1, 2000).Draw(r, "budget")))
		}
		if rapid.Bool().Draw(r, "forfeit") {
			in.Terms.OnRefund = coupon.Forfeit
		}
		c := w.live(in)
		var grants []int64
		var orders []string
		with := func(fn func(tx tenantdb.Tx) error) { w.code(w.DB.InTenant(ctx, id, fn)) }
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			n++
			m := rapid.SampledFrom(members).Draw(r, "member")
			order := fmt.Sprintf("ORDER%05d", n)
			if len(orders) > 0 && rapid.Bool().Draw(r, "known order") {
				order = rapid.SampledFrom(orders).Draw(r, "order")
			}
			switch rapid.IntRange(0, 9).Draw(r, "step") {
			case 0, 1:
				if g, code := w.claim(m, c, strconv.Itoa(n)); code == "" {
					grants = append(grants, g)
				}
			case 2, 3:
				if len(grants) > 0 && w.lock(order, m, rapid.SampledFrom(grants).Draw(r, "grant"), money.Fen(rapid.Int64Range(1, 500).Draw(r, "off"))) == "" {
					orders = append(orders, order)
				}
			case 4:
				with(func(tx tenantdb.Tx) error { return w.UseTx(ctx, tx, order, "system") })
			case 5:
				with(func(tx tenantdb.Tx) error { return w.ReleaseTx(ctx, tx, order, "system") })
			case 6:
				with(func(tx tenantdb.Tx) error { return w.ReturnTx(ctx, tx, order, "system") })
			case 7:
				if len(grants) > 0 {
					w.over(rapid.SampledFrom(grants).Draw(r, "grant"))
				}
				w.age()
			case 8:
				with(func(tx tenantdb.Tx) error { return w.GiftTx(ctx, tx, order, m, 1) })
			default:
				if len(grants) > 0 {
					_, err := w.Revoke(ctx, id, c, grants[:1], "发错了", "staff:1")
					w.code(err)
				}
			}
		}
		if err := w.balances(); err != nil {
			r.Fatal(err)
		}
	})
}

// TestRulesPrice: what a coupon says is what pricing does with it.
func TestRulesPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(1)[0]
	in := fiveOff()
	in.Terms.OffFen, in.Terms.OffBps, in.Terms.CapFen, in.Terms.ScopeOf, in.Terms.ScopeIDs, in.Terms.NeedFen = 0, 1500, 900, coupon.ScopeProducts, []int64{7}, 0
	share, _ := w.claim(m, w.live(in), "a")
	free := fiveOff()
	free.Kind, free.Terms.OffFen, free.Terms.Free = coupon.Shipping, 0, true
	ship, _ := w.claim(m, w.live(free), "a")
	rules := w.rules(m)
	q, err := pricing.Quote(pricing.Basket{
		Items: []pricing.Item{{SKUID: 1, SPUID: 7, PriceFen: 10_000, Qty: 1}, {SKUID: 2, SPUID: 8, PriceFen: 3000, Qty: 1}}, FreightFen: 800, At: time.Now(), Rules: rules,
		Coupon: pricing.Choice{ID: share}, ShippingCoupon: pricing.Choice{Best: true},
	})
	if err != nil || q.PayableFen != 13_000-900 || q.FreightFen != 0 || q.Lines[0].DiscountFen != 900 || q.Lines[1].DiscountFen != 0 {
		t.Errorf("%+v, %v", q, err)
	}
	if len(q.Adjustments) != 2 || q.Adjustments[1].ID != ship || q.Adjustments[1].Line != pricing.OfFreight {
		t.Errorf("%+v", q.Adjustments)
	}
}

// levels adds two levels, silver below gold, and makes a member golden.
func (w *world) levels(golden int64) (silver int64) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), `WITH l AS (INSERT INTO level (created_at) VALUES (now()), (now()) RETURNING id),
			n AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM l),
			v AS (INSERT INTO level_version (level_id, version, since, name, threshold, off_bps, free_shipping, points_bps, valid_days, keep_growth)
				SELECT id, 1, now(), (ARRAY['银卡', '金卡'])[n], n * 100, 0, false, 10000, 0, 0 FROM n),
			a AS (INSERT INTO level_account (member_id, growth, level_id, since) SELECT $1, 200, id, now() FROM n WHERE n = 2)
			SELECT id FROM n WHERE n = 1`, golden).Scan(&silver)
	})
	return silver
}

// TestCouponsOfALevel: however it comes, by hand, by code or with a payment, a coupon of a level is
// for members of it or above; staff give it to whom they like.
func TestCouponsOfALevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.members(2)
	low, high := two[0], two[1]
	in := fiveOff()
	in.LevelID, in.PerMember, in.GiftFromFen = w.levels(high), 9, new(money.Fen(100))
	id := w.live(in)
	if _, code := w.claim(low, id, "a"); code != "COUPON_LEVEL" {
		t.Errorf("taken below the level: %q", code)
	}
	if _, code := w.claim(high, id, "a"); code != "" {
		t.Errorf("taken above the level: %q", code)
	}
	if err := w.MakeCodes(t.Context(), w.Tenant.ID, id, 1, "staff:1"); err != nil {
		t.Fatal(err)
	}
	codes, err := w.Codes(t.Context(), w.Tenant.ID, id, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"COUPON_LEVEL", ""} {
		_, err := w.Redeem(t.Context(), w.Tenant.ID, two[i], codes[0].Code)
		if got := w.code(err); got != want {
			t.Errorf("by code: %q, want %q", got, want)
		}
	}
	for i, member := range two {
		w.tx(func(tx tenantdb.Tx) error { return w.GiftTx(t.Context(), tx, "ORDERPAID"+strconv.Itoa(i), member, 500) })
	}
	if n := w.count("SELECT count(*) FROM coupon_grant WHERE member_id = $1", low); n != 0 {
		t.Errorf("%d below the level", n)
	}
	if n := w.count("SELECT count(*) FROM coupon_grant WHERE member_id = $1", high); n != 3 {
		t.Errorf("%d above the level, want one of each way", n)
	}
	for member, want := range map[int64]coupon.OfferState{low: coupon.TooLow, high: coupon.Claimable} {
		offers, err := w.Hall(t.Context(), w.Tenant.ID, member, 0)
		if err != nil || len(offers) != 1 || offers[0].State != want || offers[0].LevelName != "银卡" {
			t.Errorf("shown %+v, %v; want %s", offers, err, want)
		}
	}
	if out, err := w.Issue(t.Context(), w.Tenant.ID, id, []int64{low}, "once", "staff:1"); err != nil || out.Given != 1 {
		t.Errorf("by staff: %+v, %v", out, err)
	}
	w.exec("UPDATE level_version SET until = now()")
	if _, code := w.claim(high, id, "b"); code != "COUPON_LEVEL" {
		t.Errorf("of a level that has ended: %q", code)
	}
	if _, err := w.Save(t.Context(), w.Tenant.ID, 0, 0, in, "staff:1"); w.code(err) != "VALIDATION" {
		t.Errorf("saved for a level that has ended: %v", err)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestMembersHearThatCouponsEnd: three days and one day before, once for each, of all that end on the
// day; what was given just now, is used or cannot be used is not told of.
func TestMembersHearThatCouponsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(3)
	in := fiveOff()
	in.PerMember = 9
	id := w.live(in)
	spent := fiveOff()
	spent.BudgetFen = new(money.Fen(500))
	other := w.live(spent)
	first, _ := w.claim(m[0], id, "a")
	w.claim(m[0], id, "b")
	used, _ := w.claim(m[1], id, "a")
	w.claim(m[2], other, "a")
	if n := w.count("SELECT count(*) FROM platform.timer WHERE tenant_id = $1 AND topic = 'coupon.age' AND payload->>'days' = '3'", w.Tenant.ID.String()); n != 1 {
		t.Errorf("%d notices of three days are set", n)
	}
	if code := w.lock("ORDER00001", m[1], used, 500); code != "" {
		t.Fatal(code)
	}
	w.exec("UPDATE coupon SET spent_fen = 500 WHERE id = $1", other)
	var day string
	ends := func() {
		w.tx(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT to_char(valid_until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') FROM coupon_grant WHERE id = $1", first).Scan(&day)
		})
	}
	ends()
	tell := func(days int64, want int) {
		t.Helper()
		for range 2 { // a second time tells nobody
			w.tx(func(tx tenantdb.Tx) error {
				more, err := w.TellTx(t.Context(), tx, coupon.AgeEvent{Day: day, Days: days})
				if more {
					t.Error("more than a portion")
				}
				return err
			})
		}
		if n := w.count("SELECT count(*) FROM platform.outbox WHERE topic = 'coupon.expiring' AND tenant_id = $1", w.Tenant.ID.String()); n != want {
			t.Errorf("%d days before: %d were told, want %d", days, n, want)
		}
	}
	w.exec("UPDATE coupon_grant SET granted_at = granted_at - interval '2 days'")
	tell(3, 0) // somebody looks a few days early
	w.exec("UPDATE coupon_grant SET valid_until = now() + interval '12 hours', granted_at = now()")
	ends()
	tell(3, 0) // given just now
	w.exec("UPDATE coupon_grant SET granted_at = granted_at - interval '2 days'")
	tell(3, 1)
	if n := w.count("SELECT count(*) FROM platform.outbox WHERE topic = 'coupon.expiring' AND tenant_id = $1 AND key = $2 AND payload->>'coupons' = '2' AND payload->>'title' = $3",
		w.Tenant.ID.String(), strconv.FormatInt(m[0], 10), in.Title); n != 1 {
		t.Error("the notice does not say how many of which")
	}
	tell(1, 2)
	w.tx(func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, "ORDER00001", "system") })
	tell(1, 3) // it came back
}
