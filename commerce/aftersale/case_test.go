package aftersale_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/aftersale"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestTransitions walks the table: every status is reached, every open one can be left,
// and no two rows answer the same question.
func TestTransitions(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, tr := range aftersale.Transitions() {
		for _, by := range tr.By {
			for _, kind := range tr.Of {
				q := string(tr.From) + "/" + string(tr.Event) + "/" + string(by) + "/" + string(kind)
				if asked[q] {
					t.Errorf("two rows for %s", q)
				}
				asked[q] = true
				if to, err := aftersale.Next(kind, tr.From, tr.Event, by); err != nil || to != tr.To {
					t.Errorf("%s: %s, %v", q, to, err)
				}
			}
		}
	}
	if _, err := aftersale.Next(aftersale.RefundOnly, aftersale.Refunded, aftersale.EventApprove, aftersale.Staff); !errors.Is(err, aftersale.ErrState) {
		t.Errorf("an ended case was approved: %v", err)
	}
	for _, s := range aftersale.Statuses() {
		ended := slices.Contains([]aftersale.Status{
			aftersale.Refunded, aftersale.Closed, aftersale.Rejected, aftersale.Withdrawn, aftersale.ReceiptRefused, aftersale.TimeoutClosed,
		}, s)
		if s.Open() == ended {
			t.Errorf("%s: open %t", s, s.Open())
		}
	}
	golden := "testdata/transitions.golden.md"
	got := "```mermaid\n" + aftersale.Chart() + "```\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != got {
		t.Errorf("the chart differs from %s (-update writes it): %v", golden, err)
	}
}

// TestTheDatabaseKnowsTheSameStatuses compares the tables in Go with the constraints.
func TestTheDatabaseKnowsTheSameStatuses(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for name, words := range map[string][]string{
		"aftersale_status": words(aftersale.Statuses()), "aftersale_kind": words(aftersale.Kinds()), "aftersale_reason": words(append(aftersale.Reasons(), aftersale.Lapsed)),
	} {
		var def string
		env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1 AND conrelid = 'aftersale_case'::regclass`, name).Scan(&def)
		})
		for _, w := range words {
			if !strings.Contains(def, "'"+w+"'") {
				t.Errorf("%s lacks %s", name, w)
			}
		}
		if n := strings.Count(def, "::text"); n < len(words) || strings.Count(def, "'")/2 != len(words) {
			t.Errorf("%s holds other words: %s", name, def)
		}
	}
}

func words[T ~string](list []T) (out []string) {
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

// TestUnsentGoodsAreRefundedWholeAndNotSent: the pieces cannot be sent while the case is
// open; the freight goes back with the last of them; they are on the shelf again, and the
// order is closed.
func TestUnsentGoodsAreRefundedWholeAndNotSent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(-100, []money.Fen{333, 500}, []int64{3, 1})
	first := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 2}))
	if c := s.get(first); c.FreightFen != 0 || !c.Unsent {
		t.Errorf("the first part: %+v", c)
	}
	if err := s.ship(b, map[int64]int64{b.lines[0]: 2}); !errors.Is(err, order.ErrSent) {
		t.Errorf("claimed pieces were sent: %v", err)
	}
	second := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1, b.lines[1]: 1}))
	if c := s.get(second); c.FreightFen != 700 {
		t.Errorf("the last pieces take %d of the freight, want 700", c.FreightFen)
	}
	less := money.Fen(1)
	if _, err := s.cases.Approve(t.Context(), s.Tenant.ID, aftersale.ApproveInput{CaseNo: first, AmountFen: &less, Actor: "staff:1"}); !errors.Is(err, aftersale.ErrAmount) {
		t.Errorf("unsent goods were refunded in part: %v", err)
	}
	for _, no := range []string{first, second} {
		if err := s.approve(no); err != nil {
			t.Fatal(err)
		}
		if err := s.arrived(s.get(no)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.status(b.no); got != order.Closed {
		t.Errorf("the order is %s", got)
	}
	if sum := s.get(first).AmountFen + s.get(second).AmountFen; sum != b.payable {
		t.Errorf("%d went back of %d", sum, b.payable)
	}
	for _, sku := range b.skus {
		if n := s.onHand(sku); n != 100 {
			t.Errorf("SKU %d: %d on the shelf, want 100", sku, n)
		}
	}
	s.broken(t)
}

// TestT047_NothingIsFinalWhileACaseIsOpen: the order neither counts as received nor
// settles; afterwards its clocks go on where they stood.
func TestT047_NothingIsFinalWhileACaseIsOpen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	now := time.Now().UTC().Truncate(time.Second)
	s.Clock().Set(now.Add(-30 * 24 * time.Hour))
	b := s.buy(0, []money.Fen{1000}, []int64{2})
	if err := s.ship(b, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.Receive(t.Context(), s.Tenant.ID, s.member, b.no); err != nil {
		t.Fatal(err)
	}
	s.Clock().Advance(24 * time.Hour)
	no := s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 1}))
	finish := func() {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.FinishDueTx(t.Context(), tx, b.no) })
	}
	finish()
	if n := s.count("SELECT count(*) FROM orders WHERE settlement = 'settled'"); n != 0 {
		t.Fatal("the order settled under an open case")
	}
	s.Clock().Set(now) // 29 days after it was opened
	if _, err := s.cases.Withdraw(t.Context(), s.Tenant.ID, s.member, no); err != nil {
		t.Fatal(err)
	}
	if _, err := s.cases.Withdraw(t.Context(), s.Tenant.ID, s.member, no); err != nil {
		t.Errorf("taken back twice: %v", err)
	}
	if n := s.count("SELECT count(*) FROM orders WHERE settle_by = $1 AND paused_at IS NULL", now.Add(6*24*time.Hour)); n != 1 {
		t.Error("the order's window did not run on with six of its seven days left")
	}
	finish()
	if n := s.count("SELECT count(*) FROM orders WHERE settlement = 'settled'"); n != 0 {
		t.Error("the order settled before its window was over")
	}
	again := s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 2}))
	if _, err := s.cases.Reject(t.Context(), s.Tenant.ID, again, "商品已使用", "staff:1"); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE orders SET settle_by = now() - interval '1 second'")
		return err
	})
	finish()
	if _, err := s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 1}); !errors.Is(err, order.ErrState) {
		t.Errorf("a case after the window: %v", err)
	}
	s.broken(t)
}

// TestAReturnIsInspected: only what is sellable goes back on the shelf.
func TestAReturnIsInspected(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{999}, []int64{4})
	if _, err := s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 1}); !errors.Is(err, order.ErrClaimed) {
		t.Errorf("goods that were not sent come back: %v", err)
	}
	if err := s.ship(b, nil); err != nil {
		t.Fatal(err)
	}
	no := s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 3}))
	if _, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 2}); !errors.Is(err, order.ErrClaimed) {
		t.Errorf("a piece in two cases: %v", err)
	}
	if _, err := s.cases.Approve(t.Context(), s.Tenant.ID, aftersale.ApproveInput{CaseNo: no, Actor: "staff:1"}); !errors.Is(err, aftersale.ErrNoReturnAddress) {
		t.Errorf("approved without an address: %v", err)
	}
	if err := s.approve(no); err != nil {
		t.Fatal(err)
	}
	number := s.number()
	for range 2 {
		c, err := s.cases.SendBack(t.Context(), s.Tenant.ID, aftersale.SendBackInput{CaseNo: no, MemberID: s.member, Courier: "sf", TrackingNo: number, Actor: "member:1"})
		if err != nil || c.Status != aftersale.InTransit || c.ReturnTo == nil {
			t.Fatalf("send back: %+v, %v", c, err)
		}
	}
	if _, err := s.cases.Arrive(t.Context(), s.Tenant.ID, no, "staff:1"); err != nil {
		t.Fatal(err)
	}
	inspect := func(f aftersale.Found) (aftersale.Case, error) {
		return s.cases.Inspect(t.Context(), s.Tenant.ID, aftersale.InspectInput{CaseNo: no, Lines: map[int64]aftersale.Found{b.lines[0]: f}, Actor: "staff:1"})
	}
	if _, err := inspect(aftersale.Found{Sellable: 4}); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("four of three: %v", err)
	}
	c, err := inspect(aftersale.Found{Sellable: 1, Damaged: 1, Missing: 1})
	if err != nil || c.Status != aftersale.Refunding || c.AmountFen != 2997 {
		t.Fatalf("inspect: %+v, %v", c, err)
	}
	if err := s.arrived(c); err != nil {
		t.Fatal(err)
	}
	if n := s.onHand(b.skus[0]); n != 97 {
		t.Errorf("%d on the shelf, want 97", n)
	}
	if n := len(s.Events(t, aftersale.TopicRefunded)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	s.broken(t)
}

// TestAnExchangeSendsTheSameAgain, or gives the money back if there is none.
func TestAnExchangeSendsTheSameAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	exchange := func() (bought, string) {
		b := s.buy(0, []money.Fen{500}, []int64{2})
		if err := s.ship(b, nil); err != nil {
			t.Fatal(err)
		}
		no := s.must(s.open(b, aftersale.Exchange, map[int64]int64{b.lines[0]: 2}))
		if err := s.approve(no); err != nil {
			t.Fatal(err)
		}
		if _, err := s.cases.SendBack(t.Context(), s.Tenant.ID, aftersale.SendBackInput{CaseNo: no, Courier: "sf", TrackingNo: s.number(), Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.cases.Arrive(t.Context(), s.Tenant.ID, no, "staff:1"); err != nil {
			t.Fatal(err)
		}
		return b, no
	}
	b, no := exchange()
	found := map[int64]aftersale.Found{b.lines[0]: {Damaged: 2}}
	c, err := s.cases.Inspect(t.Context(), s.Tenant.ID, aftersale.InspectInput{CaseNo: no, Lines: found, Actor: "staff:1"})
	if err != nil || c.Status != aftersale.Reshipping || s.onHand(b.skus[0]) != 96 {
		t.Fatalf("%+v, %v, %d left", c, err, s.onHand(b.skus[0]))
	}
	if _, err := s.cases.Reship(t.Context(), s.Tenant.ID, no, "sf", s.number(), "staff:1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c, err = s.cases.Confirm(t.Context(), s.Tenant.ID, s.member, no); err != nil || c.Status != aftersale.Closed {
			t.Fatalf("confirm: %+v, %v", c, err)
		}
	}
	// What was exchanged may be complained of again.
	s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 2}))

	b, no = exchange()
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.inventory.AdjustTx(t.Context(), tx, "PD1", []inventory.Change{{SKUID: b.skus[0], Delta: -98}}, "staff:1")
	})
	found = map[int64]aftersale.Found{b.lines[0]: {Damaged: 2}}
	if _, err := s.cases.Inspect(t.Context(), s.Tenant.ID, aftersale.InspectInput{CaseNo: no, Lines: found, Actor: "staff:1"}); !errors.Is(err, inventory.ErrShort) {
		t.Fatalf("a replacement out of nothing: %v", err)
	}
	c, err = s.cases.PayInstead(t.Context(), s.Tenant.ID, no, found, "缺货", "staff:1")
	if err != nil || c.Status != aftersale.Refunding || c.AmountFen != 1000 {
		t.Fatalf("pay instead: %+v, %v", c, err)
	}
	if err := s.arrived(c); err != nil {
		t.Fatal(err)
	}
	s.broken(t)
}

// TestTimers: what nobody answers is given back only if it was never sent; what is not sent
// back closes; what nobody looks at is paid for, and stays off the shelf.
func TestTimers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Clock().Set(time.Now().Add(-60 * 24 * time.Hour))
	b := s.buy(0, []money.Fen{500}, []int64{4})
	unsent := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}))
	if err := s.ship(b, nil); err != nil {
		t.Fatal(err)
	}
	sent := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}))
	idle := s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 1}))
	back := s.must(s.open(b, aftersale.Return, map[int64]int64{b.lines[0]: 1}))
	for _, no := range []string{idle, back} {
		if err := s.approve(no); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.cases.SendBack(t.Context(), s.Tenant.ID, aftersale.SendBackInput{CaseNo: back, MemberID: s.member, Courier: "sf", TrackingNo: s.number(), Actor: "member:1"}); err != nil {
		t.Fatal(err)
	}
	for no, want := range map[string]aftersale.Status{unsent: aftersale.Refunding, sent: aftersale.Requested, idle: aftersale.TimeoutClosed, back: aftersale.Refunding} {
		for range 2 {
			if err := s.due(no); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.get(no).Status; got != want {
			t.Errorf("%s is %s, want %s", no, got, want)
		}
	}
	if err := s.arrived(s.get(back)); err != nil {
		t.Fatal(err)
	}
	if n := s.onHand(b.skus[0]); n != 96 {
		t.Errorf("%d on the shelf, want 96: nobody has looked at what came back", n)
	}
	s.broken(t)
}

// TestARefundThatStopsWaitsForAPerson, who asks again or ends the case.
func TestARefundThatStopsWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{500}, []int64{1})
	no := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}))
	if err := s.approve(no); err != nil {
		t.Fatal(err)
	}
	stop := func(document string) {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.cases.RefundStoppedTx(t.Context(), tx, document, "R1") })
	}
	stop(no)
	if got := s.get(no).Status; got != aftersale.RefundStopped {
		t.Fatalf("the case is %s", got)
	}
	c, err := s.cases.RetryRefund(t.Context(), s.Tenant.ID, no, "staff:1")
	if err != nil || c.Status != aftersale.Refunding {
		t.Fatalf("retry: %+v, %v", c, err)
	}
	stop(no) // late word of the first
	if got := s.get(no).Status; got != aftersale.Refunding {
		t.Errorf("word of an earlier refund stopped the case: %s", got)
	}
	if err := s.arrived(s.get(no)); err != nil {
		t.Fatal(err)
	}
	s.broken(t)
}

// TestAFollowedRefundStopsItsCase: a refund that goes on for one that failed is told under the
// first one's document, and a case that ended asks for none.
func TestAFollowedRefundStopsItsCase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{500}, []int64{1})
	no := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}))
	if err := s.approve(no); err != nil {
		t.Fatal(err)
	}
	stop := func(refundNo string) {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.cases.RefundStoppedTx(t.Context(), tx, no, refundNo) })
	}
	stop("R1")
	s.asks.follows.Store(true)
	if _, err := s.cases.RetryRefund(t.Context(), s.Tenant.ID, no, "staff:1"); err != nil {
		t.Fatal(err)
	}
	stop("R2")
	if got := s.get(no).Status; got != aftersale.RefundStopped {
		t.Errorf("the case whose followed refund failed is %s", got)
	}
	if _, err := s.cases.Reject(t.Context(), s.Tenant.ID, no, "买家不要了", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.cases.RetryRefund(t.Context(), s.Tenant.ID, no, "staff:1"); !errors.Is(err, aftersale.ErrState) {
		t.Errorf("money for a case that ended: %v, want AFTERSALE_STATE", err)
	}
	if n := s.asks.n.Load(); n != 2 {
		t.Errorf("%d refunds were asked for, want 2", n)
	}
	s.broken(t)
}

// TestNobodyOpensCasesWithoutEnd: a member's applications of a day are bounded, those that
// staff open for him are not.
func TestNobodyOpensCasesWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{500}, []int64{1})
	line := map[int64]int64{b.lines[0]: 1}
	for range aftersale.MaxPerDay {
		no := s.must(s.open(b, aftersale.RefundOnly, line))
		if _, err := s.cases.Withdraw(t.Context(), s.Tenant.ID, s.member, no); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.open(b, aftersale.RefundOnly, line); !errors.Is(err, aftersale.ErrTooMany) {
		t.Errorf("one more: %v, want AFTERSALE_TOO_MANY", err)
	}
	out, _, err := s.cases.OpenFor(t.Context(), s.Tenant.ID, aftersale.OpenInput{
		OrderNo: b.no, Kind: aftersale.RefundOnly, Lines: line, Reason: aftersale.Agreed, Actor: "staff:1", Key: s.key("for"),
	}, 0)
	if err != nil || s.get(out.CaseNo).Status != aftersale.Refunding {
		t.Errorf("staff: %+v, %v", out, err)
	}
	s.broken(t)
}

// TestT028_NobodyElsesCase: another member's case is not there.
func TestT028_NobodyElsesCase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{500}, []int64{1})
	no := s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}))
	other := s.member + 1000
	_, errGet := s.cases.Get(t.Context(), s.Tenant.ID, other, no)
	_, errDraw := s.cases.Withdraw(t.Context(), s.Tenant.ID, other, no)
	_, _, errSay := s.cases.Say(t.Context(), s.Tenant.ID, aftersale.SayInput{CaseNo: no, MemberID: other, Body: "你好", Actor: "member:0", Key: s.key("say")})
	_, errBack := s.cases.SendBack(t.Context(), s.Tenant.ID, aftersale.SendBackInput{CaseNo: no, MemberID: other, Courier: "sf", TrackingNo: s.number()})
	_, errOpen := s.cases.Preview(t.Context(), s.Tenant.ID, aftersale.OpenInput{OrderNo: b.no, MemberID: other, Kind: aftersale.RefundOnly, Lines: map[int64]int64{b.lines[0]: 1}})
	for i, err := range []error{errGet, errDraw, errSay, errBack, errOpen} {
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%d: %v, want NOT_FOUND", i, err)
		}
	}
	if got := s.get(no); got.Status != aftersale.Requested || len(got.Messages) != 1 {
		t.Errorf("the case changed: %+v", got)
	}
}

// TestT071_TwentyAtOnce: of twenty cases for the same pieces, opened at once, one is made.
func TestT071_TwentyAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buy(0, []money.Fen{500}, []int64{3})
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 2}) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, order.ErrClaimed) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d cases for the same pieces", made)
	}
	s.broken(t)
}

// TestT075_SendOrRefund: of sending and giving back at the same time, one wins.
func TestT075_SendOrRefund(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 5 {
		b := s.buy(0, []money.Fen{500}, []int64{1})
		var wg sync.WaitGroup
		var shipped error
		var no string
		wg.Go(func() { shipped = s.ship(b, map[int64]int64{b.lines[0]: 1}) })
		wg.Go(func() { no = s.must(s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1})) })
		wg.Wait()
		if c := s.get(no); c.Unsent == (shipped == nil) {
			t.Errorf("sent: %v, and the case says unsent %t", shipped, c.Unsent)
		}
	}
	s.broken(t)
}
