package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type book struct {
	*tenanttest.Env
	*ledger.Service
	t *testing.T
}

func newBook(t *testing.T) *book {
	t.Helper()
	env := tenanttest.New(t)
	return &book{Env: env, Service: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), t: t}
}

func (b *book) do(f func(tx tenantdb.Tx) error) error {
	return b.DB.InTenant(b.t.Context(), b.Tenant.ID, f)
}

func (b *book) post(f ledger.Fact) (fresh bool, err error) {
	err = b.do(func(tx tenantdb.Tx) (err error) {
		fresh, err = b.PostTx(b.t.Context(), tx, f)
		return err
	})
	return fresh, err
}

func (b *book) balances(p ledger.Period) map[ledger.Account]ledger.Balance {
	b.t.Helper()
	list, err := b.TrialBalance(b.t.Context(), b.Tenant.ID, p)
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[ledger.Account]ledger.Balance{}
	var debit, credit money.Fen
	for _, l := range list {
		all[l.Account] = l
		debit, credit = debit+l.DebitFen, credit+l.CreditFen
	}
	if debit != credit {
		b.t.Errorf("%d fen debited, %d credited", debit, credit)
	}
	return all
}

func ever() ledger.Period {
	return ledger.Period{From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func day(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }

func sale(no string, fen money.Fen, at time.Time) ledger.Fact {
	return ledger.Fact{
		Kind: ledger.KindCapture, Ref: no, At: at,
		Transfers: []ledger.Transfer{{Debit: ledger.Receivable(payments.WeChat, 1), Credit: ledger.Sales, AmountFen: fen}},
	}
}

func TestAFactIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	var fresh atomic.Int64
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			first, err := b.post(sale("A1", 500, day(3)))
			if err != nil {
				t.Errorf("post: %v", err)
			}
			if first {
				fresh.Add(1)
			}
		})
	}
	wait.Wait()
	if got := b.balances(ever())[ledger.Sales]; fresh.Load() != 1 || got.BalanceFen != 500 || got.CreditFen != 500 || got.DebitFen != 0 {
		t.Errorf("posted %d times: %+v", fresh.Load(), got)
	}
	if first, err := b.post(sale("A1", 999, day(3))); err != nil || first {
		t.Errorf("another amount under the same number: %v %v; the first stands", first, err)
	}
}

// A day begins at midnight in Shanghai, 16:00 UTC; a balance is of the period's end, the
// movements are of the period.
func TestTrialBalanceByBusinessDay(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	receivable := ledger.Receivable(payments.WeChat, 1)
	for i, f := range []ledger.Fact{
		sale("A1", 100, time.Date(2026, 11, 2, 15, 59, 59, 0, time.UTC)), // the 2nd
		sale("A2", 200, time.Date(2026, 11, 2, 16, 0, 0, 0, time.UTC)),   // the 3rd
		{Kind: ledger.KindFee, Ref: "F1", At: day(4), Transfers: []ledger.Transfer{{Debit: ledger.Fees(payments.WeChat), Credit: receivable, AmountFen: 3}}},
		{Kind: ledger.KindSettlement, Ref: "S1", At: day(4), Transfers: []ledger.Transfer{{Debit: ledger.Bank, Credit: receivable, AmountFen: 297}}},
	} {
		if fresh, err := b.post(f); err != nil || !fresh {
			t.Fatalf("%d: %v %v", i, fresh, err)
		}
	}
	got := b.balances(ledger.Period{From: day(3), To: day(3)})
	if l := got[receivable]; l.DebitFen != 200 || l.CreditFen != 0 || l.BalanceFen != 300 || l.Class != ledger.Asset {
		t.Errorf("receivable on the 3rd: %+v", l)
	}
	if l := got[ledger.Sales]; l.CreditFen != 200 || l.BalanceFen != 300 {
		t.Errorf("sales on the 3rd: %+v", l)
	}
	if _, ok := got[ledger.Bank]; ok {
		t.Error("an account that is used later is listed")
	}
	got = b.balances(ledger.Period{From: day(4), To: day(4)})
	if got[receivable].BalanceFen != 0 || got[ledger.Bank].BalanceFen != 297 || got[ledger.Fees(payments.WeChat)].BalanceFen != 3 {
		t.Errorf("on the 4th: %+v", got)
	}
}

func TestEntriesPageByPage(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for i := range 7 {
		if _, err := b.post(sale(fmt.Sprintf("A%d", i), money.Fen(10+i), day(3))); err != nil {
			t.Fatal(err)
		}
	}
	in := ledger.EntriesInput{Account: ledger.Sales, Period: ever(), Limit: 3}
	var refs []string
	for range 4 {
		page, err := b.Entries(t.Context(), b.Tenant.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			refs = append(refs, e.Ref)
			if e.AmountFen >= 0 || e.Other != ledger.Receivable(payments.WeChat, 1) || e.Kind != ledger.KindCapture {
				t.Errorf("%+v", e)
			}
			in.Before = e.No
		}
	}
	if want := []string{"A6", "A5", "A4", "A3", "A2", "A1", "A0"}; !slices.Equal(refs, want) {
		t.Errorf("%v, want %v", refs, want)
	}
	in.Account = "sales'; DROP TABLE ledger_journal; --"
	if _, err := b.Entries(t.Context(), b.Tenant.ID, in); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a name that is no account: %v", err)
	}
}

func TestAReversalUndoesOnce(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	if _, err := b.post(sale("A1", 500, day(3))); err != nil {
		t.Fatal(err)
	}
	page, err := b.Entries(t.Context(), b.Tenant.ID, ledger.EntriesInput{Account: ledger.Sales, Period: ever()})
	if err != nil || len(page) != 1 {
		t.Fatalf("%v %v", page, err)
	}
	in := ledger.ReverseInput{Tenant: b.Tenant.ID, No: page[0].No, Actor: "staff:3"}
	if err := b.Reverse(t.Context(), in); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("without a reason: %v", err)
	}
	in.Reason = "录错了"
	var done atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			switch err := b.Reverse(t.Context(), in); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, ledger.ErrReversed):
				t.Errorf("reverse: %v", err)
			}
		})
	}
	wait.Wait()
	if got := b.balances(ever()); done.Load() != 1 || got[ledger.Sales].BalanceFen != 0 {
		t.Errorf("reversed %d times: %+v", done.Load(), got)
	}
	j, err := b.Show(t.Context(), b.Tenant.ID, page[0].No)
	if err != nil || j.ReversedBy == 0 || j.Reverses != 0 {
		t.Fatalf("%+v %v", j, err)
	}
	in.No = j.ReversedBy
	if err := b.Reverse(t.Context(), in); !errors.Is(err, ledger.ErrReversed) {
		t.Errorf("a reversal was reversed: %v", err)
	}
	in.No = 999999
	if err := b.Reverse(t.Context(), in); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no journal: %v", err)
	}
	var entries int
	err = b.do(func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'ledger.reversed'", b.Tenant.ID.String()).Scan(&entries)
	})
	if err != nil || entries != 1 {
		t.Errorf("%d audit entries, want 1: %v", entries, err)
	}
}

// T115 for the books: the shop's role may add and read, nothing else; and what is no
// transfer is refused by the tables, too.
func TestT115TheBooksAreAppendOnly(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	if _, err := b.post(sale("A1", 500, day(3))); err != nil {
		t.Fatal(err)
	}
	for sql, code := range map[string]string{
		"UPDATE ledger_journal SET note = 'x'":                                             "42501",
		"DELETE FROM ledger_journal":                                                       "42501",
		"TRUNCATE ledger_journal, ledger_transfer":                                         "42501",
		"UPDATE ledger_transfer SET amount_fen = 1":                                        "42501",
		"DELETE FROM ledger_transfer":                                                      "42501",
		"INSERT INTO ledger_transfer SELECT no, 2, 'a', 'a', 5, day FROM ledger_journal":   "23514",
		"INSERT INTO ledger_transfer SELECT no, 2, 'a', 'b', 0, day FROM ledger_journal":   "23514",
		"INSERT INTO ledger_transfer SELECT no, 1, 'a', 'b', 5, day FROM ledger_journal":   "23505",
		"INSERT INTO ledger_transfer SELECT 4711, 1, 'a', 'b', 5, day FROM ledger_journal": "23503",
	} {
		err := b.do(func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != code {
			t.Errorf("%s: %v, want %s", sql, err, code)
		}
	}
}

func TestWhatIsNoFactIsRefused(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	good := func() ledger.Fact { return sale("A1", 500, day(3)) }
	for name, spoil := range map[string]func(f *ledger.Fact){
		"no number":       func(f *ledger.Fact) { f.Ref = "" },
		"a long number":   func(f *ledger.Fact) { f.Ref = strings.Repeat("x", 81) },
		"no time":         func(f *ledger.Fact) { f.At = time.Time{} },
		"no transfer":     func(f *ledger.Fact) { f.Transfers = nil },
		"nothing moves":   func(f *ledger.Fact) { f.Transfers[0].AmountFen = 0 },
		"backwards":       func(f *ledger.Fact) { f.Transfers[0].AmountFen = -1 },
		"to itself":       func(f *ledger.Fact) { f.Transfers[0].Debit = ledger.Sales },
		"unknown account": func(f *ledger.Fact) { f.Transfers[0].Debit = "pocket" },
		"half an account": func(f *ledger.Fact) { f.Transfers[0].Debit = "receivable" },
		"too many parts":  func(f *ledger.Fact) { f.Transfers[0].Credit = "sales:wechat" },
	} {
		f := good()
		spoil(&f)
		if _, err := b.post(f); !errors.Is(err, ledger.ErrPosting) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.post(good()); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// The kinds in Go and in the constraint are the same.
func TestKindsAreTheTables(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	var definition string
	err := b.do(func(tx tenantdb.Tx) error {
		const sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ledger_journal_kind' AND connamespace = current_schema()::regnamespace"
		return tx.QueryRow(t.Context(), sql).Scan(&definition)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range ledger.Kinds() {
		if !strings.Contains(definition, "'"+string(k)+"'") {
			t.Errorf("%s is not in %s", k, definition)
		}
	}
	if n := strings.Count(definition, "::text"); n != len(ledger.Kinds()) {
		t.Errorf("%d kinds in Go, %d in %s", len(ledger.Kinds()), n, definition)
	}
}

// Any run of facts and reversals keeps the books balanced, and each account is what its
// own entries add up to.
func TestBooksBalanceWhateverHappens(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	accounts := []ledger.Account{ledger.Bank, ledger.Sales, ledger.Refunds, ledger.Surplus, ledger.Receivable(payments.WeChat, 1), ledger.Fees(payments.Alipay)}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(rt, "facts") {
			n++
			f := ledger.Fact{Kind: ledger.KindAdjustment, Ref: fmt.Sprintf("R%d", n), At: day(rapid.IntRange(1, 28).Draw(rt, "day"))}
			for range rapid.IntRange(1, 3).Draw(rt, "legs") {
				i := rapid.IntRange(0, len(accounts)-1).Draw(rt, "debit")
				j := (i + rapid.IntRange(1, len(accounts)-1).Draw(rt, "credit")) % len(accounts)
				f.Transfers = append(f.Transfers, ledger.Transfer{Debit: accounts[i], Credit: accounts[j], AmountFen: money.Fen(rapid.Int64Range(1, 1e9).Draw(rt, "fen"))})
			}
			if _, err := b.post(f); err != nil {
				rt.Fatal(err)
			}
		}
		for account, line := range b.balances(ever()) {
			page, err := b.Entries(context.WithoutCancel(t.Context()), b.Tenant.ID, ledger.EntriesInput{Account: account, Period: ever(), Limit: 200})
			if err != nil {
				rt.Fatal(err)
			}
			if len(page) == 200 {
				return // more than one page: the sums were compared while there was one
			}
			var sum money.Fen
			for _, e := range page {
				sum += e.AmountFen
			}
			if !line.Class.DebitIncreases() {
				sum = -sum
			}
			if sum != line.BalanceFen {
				rt.Fatalf("%s: entries add up to %d, the balance is %d", account, sum, line.BalanceFen)
			}
		}
	})
}
