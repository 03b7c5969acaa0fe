package distribution_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// TestCommissionFollowsItsOrder walks an order from placing to settling, and back.
func TestCommissionFollowsItsOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	top := w.distributor()
	seller := w.distributor(top)
	buyer := w.buyerOf(seller)

	no := w.place(buyer, 10_000, 2_999)
	w.expect(no, "1 estimated 1000, 2 estimated 500, 1 estimated 299, 2 estimated 149")
	w.follow(no) // an event that comes twice
	w.to(no, "pay")
	w.expect(no, "1 confirmed 1000, 2 confirmed 500, 1 confirmed 299, 2 confirmed 149")
	w.to(no, "receive")
	w.expect(no, "1 pending 1000, 2 pending 500, 1 pending 299, 2 pending 149")
	if got := w.account(seller); got != [3]money.Fen{} {
		t.Errorf("an account before the money is final: %v", got)
	}
	w.to(no, "settle")
	w.expect(no, "1 available 1000, 2 available 500, 1 available 299, 2 available 149")
	if got := w.account(seller); got[0] != 1299 {
		t.Errorf("account %v", got)
	}
	w.refund(no, 1, 5_000) // half of the first line
	w.expect(no, "1 available 500, 2 available 250, 1 available 299, 2 available 149")
	w.refund(no, 0, 13_999-5_000) // all the rest
	w.expect(no, "1 reversed 0, 2 reversed 0, 1 reversed 0, 2 reversed 0")
	if got := w.account(seller); got[0] != 0 {
		t.Errorf("account after all went back: %v", got)
	}

	closed := w.place(buyer, 5_000)
	w.to(closed, "close")
	w.expect(closed, "1 void 500, 2 void 250")
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestEventsInAnyOrder sees an order for the first time when all has happened.
func TestEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	seller := w.distributor()
	buyer := w.buyerOf(seller)
	no := w.place(buyer, 10_000)
	w.exec("UPDATE orders SET status = 'completed', settlement = 'settled', paid_at = now(), received_at = now(), settled_at = now(), settle_by = now() WHERE order_no = $1", no)
	w.follow(no)
	w.expect(no, "1 available 1000")

	// Money that went back without a case is shared by lines and freight, until a case says of
	// which line it was.
	other := w.place(buyer, 10_000, 10_000)
	w.to(other, "pay")
	w.exec("UPDATE orders SET refunded_fen = 10000 WHERE order_no = $1", other)
	w.follow(other)
	w.expect(other, "1 confirmed 523, 1 confirmed 523")
	w.refund(other, 2, 10_000)
	w.exec("UPDATE orders SET refunded_fen = 10000 WHERE order_no = $1", other)
	w.follow(other)
	w.expect(other, "1 confirmed 1000, 1 reversed 0")
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestRates takes the most particular rate, and that of the moment of placing.
func TestRates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	gold, err := w.SaveLevel(t.Context(), w.Tenant.ID, 0, "金牌", "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	top := w.distributor()
	seller := w.distributor(top)
	buyer := w.buyerOf(seller)
	if err := w.SetLevel(t.Context(), w.Tenant.ID, seller.MemberID, gold, "staff:1"); err != nil {
		t.Fatal(err)
	}
	w.exec("WITH c AS (INSERT INTO category (name) VALUES ('tea') RETURNING id) INSERT INTO spu (category_id, title) SELECT c.id, 'tea' FROM c, generate_series(1, 2)")
	w.exec("INSERT INTO sku (id, spu_id, price_fen, spec_values) OVERRIDING SYSTEM VALUE VALUES (101, 1, 1, '{a}')")
	set := func(r distribution.Rate) {
		t.Helper()
		if err := w.SetRate(t.Context(), w.Tenant.ID, r, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	set(distribution.Rate{LevelID: gold, FirstBps: 2000, SecondBps: 0})
	level := w.place(buyer, 10_000)
	set(distribution.Rate{SPUID: 1, FirstBps: 3000, SecondBps: 1000})
	product := w.place(buyer, 10_000)
	set(distribution.Rate{SPUID: 1, LevelID: gold, FirstBps: 4500, SecondBps: 500})
	both := w.place(buyer, 10_000) // the first tier's level is gold; the second has none, and 10 % is too much
	set(distribution.Rate{SPUID: 1, SKUID: 101, FirstBps: 0, SecondBps: 0})
	variant := w.place(buyer, 10_000)
	w.save(func(p *distribution.Plan) { p.Enabled = false })
	off := w.place(buyer, 10_000)
	for no, want := range map[string]string{
		level: "1 estimated 2000, 2 estimated 500", product: "1 estimated 3000, 2 estimated 1000", both: "1 estimated 4500, 2 estimated 500", variant: "", off: "",
	} {
		w.to(no, "pay")
		w.expect(no, strings.ReplaceAll(want, "estimated", "confirmed"))
	}
	for _, bad := range []distribution.Rate{{}, {SKUID: 101}, {SPUID: 99}, {SPUID: 2, SKUID: 101}, {SPUID: 1, FirstBps: 4000, SecondBps: 1001}, {SPUID: 1, FirstBps: -1}} {
		if code := w.code(w.SetRate(t.Context(), w.Tenant.ID, bad, "staff:1")); code == "" {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestT046NobodyEarnsFromHimself tries every way to be one's own promoter.
func TestT046NobodyEarnsFromHimself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	a := w.distributor()
	if _, code := w.bind(a.MemberID, a); code != "DISTRIBUTION_SELF" {
		t.Errorf("oneself: %q", code)
	}
	second := w.member() // the same person, in another app
	for i, m := range []int64{a.MemberID, second} {
		w.exec("INSERT INTO member_identity (app_id, openid, unionid, member_id) VALUES ($1, $2, 'union', $3)", fmt.Sprint("wx", i), fmt.Sprint("o", i), m)
	}
	if _, code := w.bind(second, a); code != "DISTRIBUTION_SELF" {
		t.Errorf("another account of the same person: %q", code)
	}
	chain := []distribution.Distributor{a}
	for range 50 {
		chain = append(chain, w.distributor(chain[len(chain)-1]))
	}
	for _, i := range []int{1, 2, 50} {
		if _, code := w.bind(a.MemberID, chain[i]); code != "DISTRIBUTION_CIRCLE" {
			t.Errorf("a chain of %d that bites its tail: %q", i, code)
		}
	}
	buyer := w.member()
	early := w.place(buyer, 10_000)
	w.mustBind(buyer, chain[50])
	w.to(early, "pay")
	w.expect(early, "") // bound after the order
	late := w.place(buyer, 10_000)
	w.to(late, "pay")
	w.expect(late, "1 confirmed 1000, 2 confirmed 500") // two tiers, however long the chain is
	own := w.place(chain[1].MemberID, 10_000)
	w.expect(own, "1 estimated 1000") // from whom brought him; nothing for himself

	p := plan()
	p.Version = 1
	p.FirstBps = 10_100
	if code := w.code(w.SavePlan(t.Context(), w.Tenant.ID, p, "staff:1")); code != "VALIDATION" {
		t.Errorf("101 %%: %q", code)
	}
	p = plan()
	p.Depth = 3
	if code := w.code(w.SavePlan(t.Context(), w.Tenant.ID, p, "staff:1")); code != "VALIDATION" {
		t.Errorf("three levels: %q", code)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestTwoWhoBindEachOther at once do not become a circle.
func TestTwoWhoBindEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	for range 5 {
		a, b := w.distributor(), w.distributor()
		var all sync.WaitGroup
		for _, p := range [][2]distribution.Distributor{{a, b}, {b, a}} {
			all.Go(func() {
				_, err := w.Bind(t.Context(), w.Tenant.ID, distribution.BindInput{MemberID: p[0].MemberID, Code: p[1].Code, How: distribution.ByLink})
				if code := w.code(err); code != "" && code != "DISTRIBUTION_CIRCLE" {
					t.Error(code)
				}
			})
		}
		all.Wait()
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestBinding holds each rule of binding to what it promises.
func TestBinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, code := w.bind(w.member(), distribution.Distributor{Code: "NOBODY00"}); code != "DISTRIBUTION_OFF" {
		t.Errorf("without a plan: %q", code)
	}
	w.save(nil)
	a, b := w.distributor(), w.distributor()
	if _, code := w.bind(w.member(), distribution.Distributor{Code: "NOBODY00"}); code != "DISTRIBUTION_CODE" {
		t.Errorf("a code of nobody: %q", code)
	}
	m := w.buyerOf(a)
	if bound, code := w.bind(m, b); bound || code != "" {
		t.Errorf("the first counts: %v %q", bound, code)
	}
	w.save(func(p *distribution.Plan) { p.Binding = distribution.BindLatest })
	w.mustBind(m, b)
	w.save(func(p *distribution.Plan) { p.Binding = distribution.BindNewcomer })
	old := w.member()
	w.to(w.place(old, 100), "pay")
	if bound, code := w.bind(old, a); bound || code != "" {
		t.Errorf("who has bought is no newcomer: %v %q", bound, code)
	}
	w.save(func(p *distribution.Plan) { p.BoundDays = 1 })
	short := w.buyerOf(a)
	w.exec("UPDATE distribution_bond SET since = now() - interval '2 days', until = now() - interval '1 day' WHERE member_id = $1", short)
	no := w.place(short, 10_000)
	w.expect(no, "") // it had run out
	w.mustBind(short, b)
	bonds, err := w.Bonds(t.Context(), w.Tenant.ID, short)
	if err != nil || len(bonds) != 2 || bonds[1].EndedAt.IsZero() || !bonds[1].EndedAt.Equal(bonds[1].Until) || bonds[0].Evidence.Scene != "1007" {
		t.Errorf("history %+v, %v", bonds, err)
	}
	if err := w.Freeze(t.Context(), w.Tenant.ID, a.MemberID, "刷单", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, code := w.bind(w.member(), a); code != "DISTRIBUTION_CODE" {
		t.Errorf("a frozen distributor brings nobody: %q", code)
	}
	if err := w.Assign(t.Context(), w.Tenant.ID, short, a.MemberID, "申诉", "staff:1"); w.code(err) != "NOT_FOUND" {
		t.Errorf("assigned to a frozen one: %v", err)
	}
	if err := w.Assign(t.Context(), w.Tenant.ID, m, b.MemberID, "申诉", "staff:1"); err != nil {
		t.Error(err)
	}
	if err := w.Unbind(t.Context(), w.Tenant.ID, m, b.MemberID, "投诉", "staff:1"); err != nil {
		t.Error(err)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestJoining holds each way to become a distributor to what it promises.
func TestJoining(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	apply := func(m int64) (distribution.Status, string) {
		d, err := w.Apply(t.Context(), w.Tenant.ID, m, "我有三个群")
		return d.Status, w.code(err)
	}
	if _, code := apply(w.member()); code != "DISTRIBUTION_OFF" {
		t.Errorf("off: %q", code)
	}
	w.save(func(p *distribution.Plan) { p.JoinBy = distribution.JoinStaff })
	if _, code := apply(w.member()); code != "DISTRIBUTION_JOIN" {
		t.Errorf("only staff: %q", code)
	}
	named, err := w.Appoint(t.Context(), w.Tenant.ID, w.member(), "staff:1")
	if err != nil || named.Status != distribution.Active {
		t.Errorf("named: %+v %v", named, err)
	}
	if _, err := w.Appoint(t.Context(), w.Tenant.ID, 1<<40, "staff:1"); w.code(err) != "NOT_FOUND" {
		t.Errorf("nobody: %v", err)
	}
	w.save(func(p *distribution.Plan) { p.JoinBy, p.JoinFromFen = distribution.JoinSpending, 5000 })
	m := w.member()
	w.exec("INSERT INTO member_trade (member_id, orders, paid_fen, refunded_fen) VALUES ($1, 1, 6000, 1001)", m)
	if _, code := apply(m); code != "DISTRIBUTION_SPEND" {
		t.Errorf("49.99 of 50: %q", code)
	}
	w.exec("UPDATE member_trade SET refunded_fen = 1000 WHERE member_id = $1", m)
	if st, code := apply(m); st != distribution.Active {
		t.Errorf("50 of 50: %q %q", st, code)
	}
	w.save(func(p *distribution.Plan) { p.JoinBy = distribution.JoinApplication })
	m = w.member()
	for range 2 {
		if st, code := apply(m); st != distribution.Applied {
			t.Errorf("application: %q %q", st, code)
		}
	}
	if code := w.code(w.Decide(t.Context(), w.Tenant.ID, m, false, " ", "staff:1")); code != "VALIDATION" {
		t.Errorf("refused without a reason: %q", code)
	}
	if err := w.Decide(t.Context(), w.Tenant.ID, m, false, "资料不全", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if code := w.code(w.Decide(t.Context(), w.Tenant.ID, m, true, "", "staff:2")); code != "DISTRIBUTION_STATE" {
		t.Errorf("decided twice: %q", code)
	}
	if st, _ := apply(m); st != distribution.Applied {
		t.Errorf("again: %q", st)
	}
	if err := w.Decide(t.Context(), w.Tenant.ID, m, true, "", "staff:1"); err != nil {
		t.Error(err)
	}
	if err := w.Freeze(t.Context(), w.Tenant.ID, m, "刷单", "staff:1"); err != nil {
		t.Error(err)
	}
	if _, code := apply(m); code != "DISTRIBUTION_JOIN" {
		t.Errorf("frozen: %q", code)
	}
	if err := w.Unfreeze(t.Context(), w.Tenant.ID, m, "staff:1"); err != nil {
		t.Error(err)
	}
}

// TestMembersBecomeOne joins a buyer with who brought him, and two distributors.
func TestMembersBecomeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	top := w.distributor()
	seller := w.distributor(top)
	buyer := w.buyerOf(seller)
	w.rich(seller, 700)
	done := w.place(buyer, 10_000)
	for _, what := range []string{"pay", "receive", "settle"} {
		w.to(done, what)
	}
	under := w.place(buyer, 2_000)
	w.to(under, "pay")
	join := func(from, to int64) {
		t.Helper()
		w.tx(func(tx tenantdb.Tx) error {
			if _, err := tx.Exec(t.Context(), "UPDATE orders SET member_id = $1 WHERE member_id = $2", to, from); err != nil {
				return err
			}
			return w.MoveMemberTx(t.Context(), tx, from, to)
		})
	}
	join(buyer, seller.MemberID)
	w.expect(done, "1 reversed 0, 2 available 500")
	w.expect(under, "1 reversed 0, 2 confirmed 100")
	if got := w.account(seller); got[0] != 700 {
		t.Errorf("account %v", got)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
	if _, code := w.request(seller, "key", 100, distribution.WayWeChat); code != "" {
		t.Error(code)
	}
	join(seller.MemberID, top.MemberID) // who brought him is himself
	o, err := w.Overview(t.Context(), w.Tenant.ID, top.MemberID)
	if err != nil || o.AvailableFen != 700-100+350 || o.LockedFen != 100 || o.Status != distribution.Active { // 350: the second tier of the rich order is his own buyer's
		t.Errorf("%+v %v", o, err)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestAnyHistoryOfCommissionBalances does anything in any order, and what must hold holds.
func TestAnyHistoryOfCommissionBalances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		top := w.distributor()
		seller := w.distributor(top)
		buyers := []int64{w.buyerOf(seller), w.buyerOf(top), w.member()}
		all := []distribution.Distributor{top, seller}
		var orders []string
		var withdrawals []string
		steps := map[string]func(r *rapid.T){
			"place": func(r *rapid.T) {
				orders = append(orders, w.place(rapid.SampledFrom(buyers).Draw(r, "buyer"), rapid.SliceOfN(rapid.Int64Range(1, 20_000), 1, 3).Draw(r, "lines")...))
			},
			"move": func(r *rapid.T) {
				if len(orders) == 0 {
					return
				}
				no := rapid.SampledFrom(orders).Draw(r, "order")
				what := rapid.SampledFrom([]string{"pay", "close", "receive", "settle"}).Draw(r, "what")
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
				left := w.number("SELECT coalesce(sum(payable_fen - refunded_fen), 0) FROM orders WHERE order_no = $1 AND paid_at IS NOT NULL", no)
				if left <= 0 {
					return
				}
				fen, line := rapid.Int64Range(1, left).Draw(r, "fen"), 0
				if rapid.Bool().Draw(r, "of a line") {
					line = 1
					fen = min(fen, w.number(`SELECT coalesce(sum(l.payable_fen), 0) - coalesce((SELECT sum(a.refund_fen) FROM aftersale_line a JOIN order_line x ON x.id = a.line_id WHERE x.order_id = o.id AND x.spu_id = 1), 0)
						FROM orders o JOIN order_line l ON l.order_id = o.id AND l.spu_id = 1 WHERE o.order_no = $1 GROUP BY o.id`, no))
				}
				if fen > 0 {
					w.refund(no, line, fen)
				}
			},
			"draw": func(r *rapid.T) {
				d := rapid.SampledFrom(all).Draw(r, "who")
				way := rapid.SampledFrom(distribution.Ways()).Draw(r, "way")
				n++
				if out, code := w.request(d, fmt.Sprint(n), money.Fen(rapid.Int64Range(10, 3_000).Draw(r, "fen")), way); code == "" {
					withdrawals = append(withdrawals, out.No)
				}
			},
			"withdrawal": func(r *rapid.T) {
				if len(withdrawals) == 0 {
					return
				}
				no := rapid.SampledFrom(withdrawals).Draw(r, "withdrawal")
				var err error
				switch rapid.IntRange(0, 6).Draw(r, "what") {
				case 0:
					err = w.Approve(t.Context(), w.Tenant.ID, no, "staff:1")
				case 1:
					err = w.Reject(t.Context(), w.Tenant.ID, no, "no", "staff:1")
				case 2:
					err = w.MarkPaid(t.Context(), w.Tenant.ID, no, "bank", nil, "staff:1")
				case 3:
					err = w.send(no)
				case 4, 5:
					if w.number("SELECT count(*) FROM withdrawal WHERE withdrawal_no = $1 AND status IN ('sending', 'failed') AND way <> 'manual'", no) == 1 && w.sent[no] == 1 {
						w.ended(no, rapid.Bool().Draw(r, "arrived"), "told")
					}
				case 6:
					err = w.Cancel(t.Context(), w.Tenant.ID, all[0].MemberID, no)
				}
				_ = w.code(err)
			},
			"": func(r *rapid.T) {
				if err := w.balances(); err != nil {
					r.Fatal(err)
				}
			},
		}
		r.Repeat(steps)
	})
}

// TestStatusesAreThoseOfTheSchema compares every table of moves with the migrated schema.
func TestStatusesAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for constraint, list := range map[string][]string{
		"commission_status": texts(distribution.EntryStatuses()), "withdrawal_status": texts(distribution.WithdrawalStatuses()), "distributor_status": texts(distribution.Statuses()),
		"withdrawal_way": texts(distribution.Ways()),
	} {
		var def string
		w.tx(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1 AND connamespace = current_schema()::regnamespace", constraint).Scan(&def)
		})
		if n := strings.Count(def, "'") / 2; n != len(list) {
			t.Errorf("%s: %d in the schema, %d here", constraint, n, len(list))
		}
		for _, s := range list {
			if !strings.Contains(def, "'"+s+"'") {
				t.Errorf("%s lacks %q", constraint, s)
			}
		}
	}
}

func texts[T ~string](list []T) (out []string) {
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}
