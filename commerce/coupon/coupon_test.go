package coupon_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func TestTransitionsWalk(t *testing.T) {
	t.Parallel()
	reached := map[coupon.GrantStatus]bool{coupon.NoGrant: true}
	for grown := true; grown; {
		grown = false
		for _, tr := range coupon.Transitions() {
			if reached[tr.From] && !reached[tr.To] {
				reached[tr.To], grown = true, true
			}
		}
	}
	for _, s := range coupon.GrantStatuses() {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
	}
	if len(reached) != len(coupon.GrantStatuses())+1 {
		t.Errorf("reached %v, known %v", reached, coupon.GrantStatuses())
	}
}

func TestStatusesFitTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var allowed []string
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT array_agg(m[1] ORDER BY m[1]) FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') m
			WHERE c.conname = 'coupon_grant_status' AND c.conrelid = 'coupon_grant'::regclass`).Scan(&allowed)
	})
	var ours []string
	for _, s := range coupon.GrantStatuses() {
		ours = append(ours, string(s))
	}
	slices.Sort(ours)
	if !slices.Equal(allowed, ours) {
		t.Errorf("the schema allows %v, the table has %v", allowed, ours)
	}
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, spoil := range map[string]func(in *coupon.Input){
		"kind":       func(in *coupon.Input) { in.Kind = "cash" },
		"title":      func(in *coupon.Input) { in.Title = strings.Repeat("券", 41) },
		"off_fen":    func(in *coupon.Input) { in.Terms.OffBps = 100 },
		"off_bps":    func(in *coupon.Input) { in.Terms.OffFen, in.Terms.OffBps = 0, 10_001 },
		"free":       func(in *coupon.Input) { in.Terms.OffFen, in.Terms.Free = 0, true },
		"cap_fen":    func(in *coupon.Input) { in.Terms.CapFen = 1 },
		"need_fen":   func(in *coupon.Input) { in.Terms.NeedFen = 499 },
		"need_qty":   func(in *coupon.Input) { in.Terms.NeedQty = -1 },
		"scope_of":   func(in *coupon.Input) { in.Terms.ScopeOf = "mood" },
		"scope_ids":  func(in *coupon.Input) { in.Terms.ScopeOf = coupon.ScopeProducts },
		"valid_days": func(in *coupon.Input) { in.Terms.ValidDays = 0 },
		"valid_from": func(in *coupon.Input) { in.Terms.ValidDays, in.Terms.ValidUntil = 0, new(time.Now().Add(week)) },
		"valid_until": func(in *coupon.Input) {
			in.Terms.ValidDays, in.Terms.ValidFrom, in.Terms.ValidUntil = 0, new(time.Now()), new(time.Now().Add(-week))
		},
		"next_day": func(in *coupon.Input) {
			in.Terms.ValidDays, in.Terms.ValidFrom, in.Terms.ValidUntil, in.Terms.NextDay = 0, new(time.Now()), new(time.Now().Add(week)), true
		},
		"on_refund":     func(in *coupon.Input) { in.Terms.OnRefund = "" },
		"again_days":    func(in *coupon.Input) { in.Terms.AgainDays = 366 },
		"funder":        func(in *coupon.Input) { in.Terms.Funder = "nobody" },
		"claim_until":   func(in *coupon.Input) { in.ClaimFrom, in.ClaimUntil = new(time.Now()), new(time.Now()) },
		"gift_from_fen": func(in *coupon.Input) { in.GiftFromFen = new(money.Fen(-1)) },
		"total":         func(in *coupon.Input) { in.Total = new(int64(0)) },
		"per_member":    func(in *coupon.Input) { in.PerMember = 0 },
		"per_day":       func(in *coupon.Input) { in.PerDay = new(int64(0)) },
		"budget_fen":    func(in *coupon.Input) { in.BudgetFen = new(money.Fen(0)) },
	} {
		in := fiveOff()
		spoil(&in)
		_, err := w.Save(t.Context(), w.Tenant.ID, 0, 0, in, "staff:1")
		var f *fault.Error
		if fault.CodeOf(err) != "VALIDATION" || !asFault(err, &f) || f.Fields()[0].Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := w.count("SELECT count(*) FROM coupon"); n != 0 {
		t.Errorf("%d coupons were written", n)
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := fiveOff()
	id := w.live(in)
	m := w.members(1)[0]
	grant, _ := w.claim(m, id, "a")
	in.Terms.OffFen, in.Title = 800, "满 50 减 8"
	if _, err := w.Save(t.Context(), w.Tenant.ID, id, 1, in, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Save(t.Context(), w.Tenant.ID, id, 1, in, "staff:2"); fault.CodeOf(err) != "COUPON_CHANGED" {
		t.Errorf("an edit of what was seen before: %v", err)
	}
	in.Total = new(int64(1))
	if _, err := w.Save(t.Context(), w.Tenant.ID, id, 2, in, "staff:1"); err != nil {
		t.Errorf("as many as were given: %v", err)
	}
	if c := w.find(id); c.Version != 3 || c.Issued != 1 || c.Terms.OffFen != 800 {
		t.Errorf("%+v", c)
	}
	rules := w.rules(m)
	if len(rules) != 1 || rules[0].ID != grant || rules[0].Version != 1 || rules[0].Tiers[0].OffFen != 500 {
		t.Errorf("who was given five off has %+v", rules)
	}
	for _, move := range []struct {
		to   coupon.Status
		want string
	}{{coupon.Draft, "COUPON_STATE"}, {coupon.Paused, ""}, {coupon.Paused, "COUPON_STATE"}, {coupon.Live, ""}, {coupon.Ended, ""}, {coupon.Live, "COUPON_STATE"}} {
		if got := w.code(w.SetStatus(t.Context(), w.Tenant.ID, id, move.to, "staff:1")); got != move.want {
			t.Errorf("to %s: %q, want %q", move.to, got, move.want)
		}
	}
	if got := w.code(w.SetStatus(t.Context(), w.Tenant.ID, id+1, coupon.Live, "staff:1")); got != "NOT_FOUND" {
		t.Errorf("an unknown coupon: %s", got)
	}
	if _, err := w.Save(t.Context(), w.Tenant.ID, id, 3, in, "staff:1"); fault.CodeOf(err) != "COUPON_STATE" {
		t.Errorf("an ended coupon: %v", err)
	}
}

// TestT039ABatchOfAHundred: a thousand claims of five hundred members take what there is and
// no more, and nobody has two.
func TestT039ABatchOfAHundred(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := fiveOff()
	in.Total = new(int64(100))
	id := w.live(in)
	members := w.members(500)
	var wait sync.WaitGroup
	var mu sync.Mutex
	told := map[string]int{}
	work := make(chan int)
	for range 16 {
		wait.Go(func() {
			for n := range work {
				_, code := w.claim(members[n%len(members)], id, strconv.Itoa(n))
				mu.Lock()
				told[code]++
				mu.Unlock()
			}
		})
	}
	for n := range 2 * len(members) {
		work <- n
	}
	close(work)
	wait.Wait()
	if told[""] != 100 || told[""]+told["COUPON_GONE"]+told["COUPON_LIMIT"] != 1000 {
		t.Errorf("answers %v", told)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
	if c := w.find(id); c.Issued != 100 {
		t.Errorf("%d were issued", c.Issued)
	}
}

// TestT039OneClaimSentTwentyTimes: the same request sent several times at once gives one coupon, even of one that a member may
// have several of, and everybody hears of the same grant.
func TestT039OneClaimSentTwentyTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.members(1)[0]
	in := fiveOff()
	in.PerMember = 20
	id := w.live(in)
	for round := range 5 {
		var grants [20]int64
		var wait sync.WaitGroup
		for i := range grants {
			wait.Go(func() {
				var err error
				if grants[i], err = w.Claim(t.Context(), w.Tenant.ID, member, id, strconv.Itoa(round)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, g := range grants[1:] {
			if g != grants[0] {
				t.Errorf("round %d: %v", round, grants)
			}
		}
	}
	if n := w.count("SELECT count(*) FROM coupon_grant"); n != 5 {
		t.Errorf("%d grants of 5 requests", n)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestT039OneCouponManyCheckouts: twenty orders want one coupon, and one has it.
func TestT039OneCouponManyCheckouts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(1)[0]
	grant, _ := w.claim(m, w.live(fiveOff()), "a")
	var wait sync.WaitGroup
	codes := make([]string, 20)
	for i := range codes {
		wait.Go(func() { codes[i] = w.lock(fmt.Sprintf("ORDER%05d", i), m, grant, 500) })
	}
	wait.Wait()
	slices.Sort(codes)
	if codes[0] != "" || codes[1] != "COUPON_UNAVAILABLE" || codes[19] != "COUPON_UNAVAILABLE" {
		t.Errorf("answers %v", codes)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestT040OtherPeoplesCoupons: none of these can be locked, and nothing is written.
func TestT040OtherPeoplesCoupons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.members(2)
	in := fiveOff()
	in.PerMember = 9
	id := w.live(in)
	mine := make([]int64, 5)
	for i := range mine {
		mine[i], _ = w.claim(two[0], id, strconv.Itoa(i))
	}
	other, _ := w.claim(two[1], id, "a")
	w.over(mine[0])
	if _, err := w.Revoke(t.Context(), w.Tenant.ID, id, mine[1:2], "发错了", "staff:1"); err != nil {
		t.Fatal(err)
	}
	w.exec("UPDATE coupon_grant SET valid_from = now() + interval '1 hour', status = 'granted' WHERE id = $1", mine[2])
	if got := w.lock("ORDERUSED", two[0], mine[3], 500); got != "" {
		t.Fatal(got)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.UseTx(t.Context(), tx, "ORDERUSED", "system") })
	for what, grant := range map[string]int64{"another's": other, "over": mine[0], "revoked": mine[1], "later": mine[2], "used": mine[3], "nobody's": 1 << 40, "zero": 0} {
		if got := w.lock("ORDERNEXT", two[0], grant, 500); got != "COUPON_UNAVAILABLE" {
			t.Errorf("%s: %q", what, got)
		}
	}
	together := w.try(func(tx tenantdb.Tx) error {
		return w.LockTx(t.Context(), tx, "ORDERNEXT", two[0], []pricing.Answer{use(mine[4], 500), use(other, 500)})
	})
	if together != "COUPON_UNAVAILABLE" || w.status(mine[4]) != "active" {
		t.Errorf("one's own and another's: %q, and one's own is %s", together, w.status(mine[4]))
	}
	if n := w.count("SELECT count(*) FROM coupon_event WHERE order_no = 'ORDERNEXT'"); n != 0 {
		t.Errorf("%d events", n)
	}
}

// TestT042WhatComesBack: once when an unpaid order closes, as the terms say when all money of a
// paid one goes back, however often it is told.
func TestT042WhatComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(1)[0]
	forfeit := fiveOff()
	forfeit.Terms.OnRefund = coupon.Forfeit
	kept, _ := w.claim(m, w.live(fiveOff()), "a")
	lost, _ := w.claim(m, w.live(forfeit), "a")
	twice := func(fn func(tx tenantdb.Tx) error) {
		t.Helper()
		w.tx(fn)
		w.tx(fn)
	}
	for _, grant := range []int64{kept, lost} {
		no := fmt.Sprintf("ORDER%05d", grant)
		if got := w.lock(no, m, grant, 500); got != "" {
			t.Fatal(got)
		}
		twice(func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, no, "system") })
		if got := w.status(grant); got != "active" {
			t.Errorf("released: %s", got)
		}
		if got := w.lock(no+"B", m, grant, 500); got != "" {
			t.Fatal(got)
		}
		twice(func(tx tenantdb.Tx) error { return w.UseTx(t.Context(), tx, no+"B", "system") })
		twice(func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, no+"B", "system") }) // too late
		if got := w.status(grant); got != "used" {
			t.Errorf("paid: %s", got)
		}
		w.over(grant)
		twice(func(tx tenantdb.Tx) error { return w.ReturnTx(t.Context(), tx, no+"B", "system") })
	}
	if w.status(kept) != "active" || w.status(lost) != "used" {
		t.Errorf("after the refund: %s and %s", w.status(kept), w.status(lost))
	}
	if n := w.count("SELECT count(*) FROM coupon_grant WHERE id = $1 AND valid_until > now() + interval '71 hours'", kept); n != 1 {
		t.Error("what came back is not valid for the promised three days")
	}
	if n := w.count("SELECT count(*) FROM coupon_event WHERE grant_id = $1", kept); n != 6 { // grant lock release lock use return
		t.Errorf("%d events", n)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(1)[0]
	in := fiveOff()
	in.PerMember, in.BudgetFen = 9, new(money.Fen(1200))
	id := w.live(in)
	var grants []int64
	for i := range 4 {
		g, _ := w.claim(m, id, strconv.Itoa(i))
		grants = append(grants, g)
	}
	for i, want := range []string{"", "", "COUPON_BUDGET"} {
		if got := w.lock(fmt.Sprintf("ORDER%05d", i), m, grants[i], 500); got != want {
			t.Errorf("order %d: %q, want %q", i, got, want)
		}
	}
	if got := w.lock("ORDERREST", m, grants[2], 200); got != "" {
		t.Errorf("what is left of the budget: %s", got)
	}
	if _, code := w.claim(m, id, "more"); code != "COUPON_GONE" {
		t.Errorf("claimed with the budget spent: %q", code)
	}
	if rules := w.rules(m); len(rules) != 1 || rules[0].Unfit != coupon.ReasonBudget {
		t.Errorf("%+v", rules)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, "ORDER00000", "system") })
	if got := w.lock("ORDERAGAIN", m, grants[3], 500); got != "" {
		t.Errorf("after an order was closed: %s", got)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// told counts the announcements of a coupon's end, and says how far the coupon has come.
func (w *world) told(couponID int64) (n int, mark coupon.Mark) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		c, err := w.Standing(w.t.Context(), tx, couponID)
		mark = c.Mark
		return err
	})
	return w.count("SELECT count(*) FROM platform.outbox WHERE topic = 'coupon.budget' AND tenant_id = $1 AND key = $2", w.Tenant.ID.String(), strconv.FormatInt(couponID, 10)), mark
}

// TestStaffHearOfTheEnd: a mark that the budget or the stock passes is announced once, by the use or
// the claim that passes it; what is less than a coupon takes off counts as nothing, and stops it.
func TestStaffHearOfTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.members(1)[0]
	in := fiveOff()
	in.PerMember, in.BudgetFen = 9, new(money.Fen(2900))
	id := w.live(in)
	var grants []int64
	for i := range 6 {
		g, _ := w.claim(m, id, strconv.Itoa(i))
		grants = append(grants, g)
	}
	for i, want := range []struct {
		n    int
		mark coupon.Mark
	}{{0, coupon.MarkNone}, {0, coupon.MarkNone}, {0, coupon.MarkNone}, {0, coupon.MarkNone}, {1, coupon.MarkSpent}} { // one use passes both marks
		if code := w.lock(fmt.Sprintf("ORDER%05d", i), m, grants[i], 500); code != "" {
			t.Fatalf("order %d: %s", i, code)
		}
		if n, mark := w.told(id); n != want.n || mark != want.mark {
			t.Errorf("after %d orders: %d announcements, %q", i+1, n, mark)
		}
	}
	if _, code := w.claim(m, id, "more"); code != "COUPON_GONE" {
		t.Errorf("4 yuan are left of a coupon of 5: %q", code)
	}
	if rules := w.rules(m); len(rules) != 1 || rules[0].Unfit != coupon.ReasonBudget {
		t.Errorf("%+v", rules)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, "ORDER00000", "system") })
	if n, mark := w.told(id); n != 1 || mark != coupon.MarkNone {
		t.Errorf("an order closed: %d, %q", n, mark)
	}

	in = fiveOff()
	in.BudgetFen = new(money.Fen(10_000))
	in.PerMember, in.Total, in.Terms.NeedFen = 9, new(int64(2)), 0
	id = w.live(in)
	first, _ := w.claim(m, id, "a")
	if n, _ := w.told(id); n != 0 {
		t.Error("one is left")
	}
	w.claim(m, id, "b")
	if n, mark := w.told(id); n != 1 || mark != coupon.MarkIssued {
		t.Errorf("all are given: %d, %q", n, mark)
	}
	if code := w.lock("ORDERNEAR", m, first, 8000); code != "" {
		t.Fatal(code)
	}
	if n, _ := w.told(id); n != 2 {
		t.Errorf("four fifths are spent: %d", n)
	}
}
