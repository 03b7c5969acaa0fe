package distribution_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// TestT047SettledLateReversedOnce settles with the order and not before, and takes back pro
// rata, also what was drawn.
func TestT047SettledLateReversedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	seller := w.distributor()
	buyer := w.buyerOf(seller)
	no := w.place(buyer, 9_999)
	w.to(no, "pay")
	w.to(no, "receive")
	w.save(func(p *distribution.Plan) { p.FirstBps = 4000 }) // the rate of the order's day counts
	if got := w.account(seller); got[0] != 0 {
		t.Errorf("before the window is over: %v", got)
	}
	w.to(no, "settle")
	w.expect(no, "1 available 999")
	out, code := w.request(seller, "all", 999, distribution.WayWeChat)
	if code != "" {
		t.Fatal(code)
	}
	if err := w.send(out.No); err != nil {
		t.Fatal(err)
	}
	w.ended(out.No, true, "")
	w.expect(no, "1 withdrawn 999")
	w.refund(no, 1, 3_333)
	w.expect(no, "1 withdrawn 666")
	w.follow(no)
	if got := w.account(seller); got != [3]money.Fen{-333, 0, 999} {
		t.Errorf("a third went back: %v", got)
	}
	w.refund(no, 1, 6_666)
	w.expect(no, "1 reversed 0")
	if got := w.account(seller); got[0] != -999 {
		t.Errorf("all went back: %v", got)
	}
	next := w.place(buyer, 5_000) // 40 %: made up by what comes next
	for _, what := range []string{"pay", "receive", "settle"} {
		w.to(next, what)
	}
	if got := w.account(seller); got[0] != 1_001 {
		t.Errorf("carried forward: %v", got)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// rich gives a distributor so much that may be drawn.
func (w *world) rich(d distribution.Distributor, fen int64) {
	w.t.Helper()
	no := w.place(w.buyerOf(d), fen*10)
	for _, what := range []string{"pay", "receive", "settle"} {
		w.to(no, what)
	}
}

// TestT048OneOfTenWithdrawals lets ten ask for all at once, and a provider be unclear.
func TestT048OneOfTenWithdrawals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	d := w.distributor()
	w.rich(d, 5_000)
	var all sync.WaitGroup
	codes := make([]string, 10)
	numbers := make([]string, 10)
	for i := range codes {
		all.Go(func() {
			out, err := w.Request(t.Context(), w.Tenant.ID, distribution.RequestInput{MemberID: d.MemberID, AppID: "wxapp", Key: fmt.Sprint(i), Way: distribution.WayWeChat, AmountFen: 5_000})
			codes[i], numbers[i] = w.code(err), out.No
		})
	}
	all.Wait()
	won := ""
	for i, code := range codes {
		switch {
		case code == "" && won == "":
			won = numbers[i]
		case code != "WITHDRAWAL_BALANCE":
			t.Errorf("request %d: %q", i, code)
		}
	}
	if won == "" {
		t.Fatal("nobody won")
	}
	w.mu.Lock()
	w.refused = errors.New("no answer") // not a word about the transfer
	w.mu.Unlock()
	if err := w.send(won); err == nil {
		t.Error("an unclear answer counts as sent")
	}
	w.mu.Lock()
	w.refused = nil
	w.mu.Unlock()
	for range 5 {
		all.Go(func() {
			if err := w.send(won); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if w.sent[won] != 1 {
		t.Errorf("%d transfers", w.sent[won])
	}
	w.ended(won, false, "NAME_NOT_CORRECT")
	if got := w.account(d); got != [3]money.Fen{5_000, 0, 0} {
		t.Errorf("after a failure: %v", got)
	}
	w.ended(won, false, "again")
	w.ended(won, true, "") // it had arrived after all
	w.ended(won, true, "")
	if got := w.account(d); got != [3]money.Fen{0, 0, 5_000} {
		t.Errorf("after it arrived: %v", got)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestWithdrawals holds each way, bound and word of staff to what it promises.
func TestWithdrawals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, id := t.Context(), w.Tenant.ID
	w.save(func(p *distribution.Plan) {
		p.Review, p.WithdrawFromFen, p.DayCount, p.DayFen, p.FeeBps, p.TaxBps = true, 100, 3, 5_000, 200, 2000
	})
	d := w.distributor()
	w.rich(d, 10_000)
	if _, code := w.request(distribution.Distributor{MemberID: w.member()}, "k", 1000, distribution.WayWeChat); code != "DISTRIBUTION_NOT_DISTRIBUTOR" {
		t.Errorf("a stranger: %q", code)
	}
	if _, code := w.request(d, "k", 99, distribution.WayWeChat); code != "VALIDATION" {
		t.Errorf("too little: %q", code)
	}
	if _, code := w.request(d, "k", 5_001, distribution.WayWeChat); code != "WITHDRAWAL_LIMIT" {
		t.Errorf("too much for a day: %q", code)
	}
	if _, err := w.Request(ctx, id, distribution.RequestInput{MemberID: d.MemberID, AppID: "other", Key: "k", Way: distribution.WayWeChat, AmountFen: 100}); w.code(err) != "WITHDRAWAL_WAY" {
		t.Errorf("an app that does not know the member: %v", err)
	}
	one, code := w.request(d, "k1", 1_000, distribution.WayManual)
	if code != "" || one.Status != distribution.Requested || one.FeeFen != 20 || one.TaxFen != 196 || one.PayFen != 784 || strings.Contains(one.Receiver, "13800138000") {
		t.Fatalf("%+v %q", one, code)
	}
	again, code := w.request(d, "k1", 1_000, distribution.WayManual)
	if code != "" || again.No != one.No {
		t.Errorf("the same key: %+v %q", again, code)
	}
	if _, code := w.request(d, "k1", 1_001, distribution.WayManual); code != "WITHDRAWAL_DIFFERS" {
		t.Errorf("the same key for another amount: %q", code)
	}
	if err := w.Cancel(ctx, id, d.MemberID+1, one.No); w.code(err) != "NOT_FOUND" {
		t.Errorf("another's: %v", err)
	}
	if err := w.Approve(ctx, id, one.No, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Cancel(ctx, id, d.MemberID, one.No); w.code(err) != "DISTRIBUTION_STATE" {
		t.Errorf("cancelled after the approval: %v", err)
	}
	if account, name, err := w.Reveal(ctx, id, one.No); err != nil || account != "13800138000" || name != "李雷" {
		t.Errorf("%q %q %v", account, name, err)
	}
	if err := w.MarkPaid(ctx, id, one.No, "招行 2026112200017", nil, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, name, _ := w.Reveal(ctx, id, one.No); name != "" {
		t.Error("the receiver is still known")
	}
	two, _ := w.request(d, "k2", 1_000, distribution.WayAlipay)
	if err := w.Reject(ctx, id, two.No, "账号有误", "staff:1"); err != nil {
		t.Error(err)
	}
	three, _ := w.request(d, "k3", 2_000, distribution.WayAlipay)
	if err := w.Approve(ctx, id, three.No, "staff:1"); err != nil {
		t.Error(err)
	}
	if err := w.MarkPaid(ctx, id, three.No, "x", nil, "staff:1"); w.code(err) != "DISTRIBUTION_STATE" {
		t.Errorf("a transfer marked as paid by hand: %v", err)
	}
	w.refused = fault.New(fault.Conflict, "PAYMENT_NOT_CONFIGURED", "", "")
	if err := w.send(three.No); err != nil {
		t.Error(err)
	}
	four, _ := w.request(d, "k4", 3_000, distribution.WayWeChat)
	for range 2 { // whoever did not hear the answer asks again
		if err := w.Cancel(ctx, id, d.MemberID, four.No); err != nil {
			t.Error(err)
		}
	}
	list, _, err := w.Withdrawals(ctx, id, d.MemberID, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range list {
		got = append(got, string(l.Status)+" "+l.Reason)
	}
	want := "cancelled , failed PAYMENT_NOT_CONFIGURED, rejected 账号有误, succeeded 招行 2026112200017"
	if strings.Join(got, ", ") != want {
		t.Errorf("withdrawals %q, want %q", strings.Join(got, ", "), want)
	}
	if got := w.account(d); got != [3]money.Fen{9_000, 0, 1_000} {
		t.Errorf("account %v", got)
	}
	if err := w.Freeze(ctx, id, d.MemberID, "刷单", "staff:1"); err != nil {
		t.Error(err)
	}
	if _, code := w.request(d, "k5", 1_000, distribution.WayWeChat); code != "DISTRIBUTION_NOT_DISTRIBUTOR" {
		t.Errorf("frozen: %q", code)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestSecondPerson: above the limit a withdrawal waits for two people, though others need none;
// one person is not two, and only the second lets it go, once.
func TestSecondPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, id := t.Context(), w.Tenant.ID
	w.save(func(p *distribution.Plan) {
		p.Review, p.WithdrawFromFen, p.DayCount, p.DayFen, p.SecondFen = false, 100, 100, 20_000_000, 2_000
	})
	d := w.distributor()
	w.rich(d, 10_000)
	if at, code := w.request(d, "k1", 2_000, distribution.WayWeChat); code != "" || at.Status != distribution.Approved || at.Twice {
		t.Fatalf("at the limit: %+v %q", at, code)
	}
	above, code := w.request(d, "k2", 2_001, distribution.WayWeChat)
	if code != "" || above.Status != distribution.Requested || !above.Twice {
		t.Fatalf("above it: %+v %q", above, code)
	}
	if err := w.Approve(ctx, id, above.No, "staff:1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Approve(ctx, id, above.No, "staff:1"); w.code(err) != "WITHDRAWAL_SECOND" {
			t.Errorf("the same person: %v", err)
		}
	}
	if got, err := w.FindWithdrawal(ctx, id, above.No); err != nil || got.Status != distribution.Requested || got.FirstBy != "staff:1" {
		t.Errorf("after one: %+v %v", got, err)
	}
	var wait sync.WaitGroup
	codes := make([]string, 4)
	for i := range codes {
		wait.Go(func() { codes[i] = w.code(w.Approve(ctx, id, above.No, "staff:2")) })
	}
	wait.Wait()
	slices.Sort(codes)
	if want := []string{"", "DISTRIBUTION_STATE", "DISTRIBUTION_STATE", "DISTRIBUTION_STATE"}; !slices.Equal(codes, want) {
		t.Errorf("the second person, four times: %q", codes)
	}
	if got, err := w.FindWithdrawal(ctx, id, above.No); err != nil || got.Status != distribution.Approved {
		t.Errorf("after two: %+v %v", got, err)
	}
	// The database holds to it, whatever a program says.
	alone, _ := w.request(d, "k3", 3_000, distribution.WayWeChat)
	err := w.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE withdrawal SET status = 'approved', first_by = 'staff:1', second_by = 'staff:1' WHERE withdrawal_no = $1", alone.No)
		return err
	})
	if !tenantdb.Violates(err, "withdrawal_twice") {
		t.Errorf("one person twice: %v", err)
	}
}
