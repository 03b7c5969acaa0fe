package reconcile_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/payments/reconcile"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestTransitionsAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	var check string
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'bill_day_status' AND connamespace = current_schema()::regnamespace").Scan(&check)
	})
	var listed []string
	for _, m := range regexp.MustCompile(`'([a-z]+)'`).FindAllStringSubmatch(check, -1) {
		listed = append(listed, m[1])
	}
	var known []string
	for _, s := range reconcile.Statuses() {
		known = append(known, string(s))
	}
	slices.Sort(listed)
	slices.Sort(known)
	if !slices.Equal(listed, known) {
		t.Errorf("the table allows %v, the code knows %v", listed, known)
	}
	const golden = "testdata/transitions.golden.md"
	want := "# A day of bills\n\n```mermaid\n" + reconcile.Chart() + "```\n"
	if *update {
		if err := os.WriteFile(golden, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(golden)
	if err != nil || string(got) != want {
		t.Errorf("%s is not the chart: %v", golden, err)
	}
}

// A day on which both sides agree closes by itself, its fees are in the books, and doing all
// of it again changes nothing.
func TestADayThatAgreesCloses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	noon := s.day.Add(4 * time.Hour)
	s.paid("PAY0000001", 10000, noon)
	s.paid("PAY0000002", 250, noon)
	s.refunded("REF0000001", "PAY0000001", 3000, noon.Add(time.Hour))
	s.write(s.day, []line{
		{no: "PAY0000001", fen: 10000, fee: 60, at: noon},
		{no: "PAY0000002", fen: 250, fee: 2, at: noon},
		{no: "REF0000001", of: "PAY0000001", fen: 3000, fee: -18, at: noon.Add(time.Hour)},
	})
	for range 2 {
		s.run()
		got := s.on(s.day)
		if got.Status != "closed" || got.TheirPaid != 10250 || got.OurPaid != 10250 || got.TheirBack != 3000 || got.OurBack != 3000 || got.Fee != 44 {
			t.Fatalf("%+v %+v", got, s.differences())
		}
		b := s.balances()
		if b[ledger.Receivable(payments.WeChat, s.account.ID)] != 10250-3000-44 || b[ledger.Fees(payments.WeChat)] != 44 {
			t.Errorf("books: %v", b)
		}
		s.InTenant(t, func(tx tenantdb.Tx) error { // somebody looks again
			_, err := tx.Exec(t.Context(), "UPDATE bill_day SET status = 'waiting', closed_at = NULL, due_at = $1", s.day)
			return err
		})
	}
	var files int
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM bill_file").Scan(&files)
	})
	if files != 2 {
		t.Errorf("%d files kept, want the two", files)
	}
}

// A day without anything on either side is closed, too; one on which only we have something
// is asked for again before "no bill" is believed.
func TestADayWithoutABill(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run()
	if got := s.on(s.day); got.Status != "closed" {
		t.Fatalf("an empty day: %+v", got)
	}
	s = newShop(t)
	s.paid("PAY0000001", 100, s.day.Add(4*time.Hour))
	for try := range 8 {
		s.run()
		if got := s.on(s.day); got.Status != "waiting" || got.LastError != "BILL_NONE" {
			t.Fatalf("try %d: %+v", try, got)
		}
		s.Clock().Advance(31 * time.Minute)
	}
	s.run()
	list := s.differences()
	if len(list) != 1 || list[0].Kind != "only_ours" || list[0].Status != "carried" || list[0].Answer != "paid" {
		t.Errorf("%+v", list)
	}
	if got := s.on(s.day); got.Status != "closed" { // what is carried is the next day's to explain
		t.Errorf("%+v", got)
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ours  func(s *shop)
		lines []line
		want  []string // kind/subject/status/effect/fen/answer
	}{
		"amount differs": {
			func(s *shop) { s.paid("PAY0000001", 100, noon) }, []line{{no: "PAY0000001", fen: 90, at: noon}}, []string{"amount_differs/payment/open/-10/10/"},
		},
		"refund differs": {
			func(s *shop) { s.paid("PAY0000001", 100, noon); s.refunded("REF0000001", "PAY0000001", 50, noon) },
			[]line{{no: "PAY0000001", fen: 100, at: noon}, {no: "REF0000001", of: "PAY0000001", fen: 60, at: noon}},
			[]string{"amount_differs/refund/open/-10/10/"},
		},
		"only theirs, a stranger": {
			func(*shop) {}, []line{{no: "STRANGER01", fen: 70, at: noon}}, []string{"only_theirs/payment/open/70/70/unknown"},
		},
		"only theirs, a refund by hand": {
			func(s *shop) { s.paid("PAY0000001", 100, noon) },
			[]line{{no: "PAY0000001", fen: 100, at: noon}, {no: "BYHAND0001", of: "PAY0000001", fen: 40, at: noon}},
			[]string{"only_theirs/refund/open/-40/40/unknown"},
		},
		"only theirs, never paid here": {
			func(s *shop) { s.attempt("PAY0000001", 70) }, []line{{no: "PAY0000001", fen: 70, at: noon}}, []string{"only_theirs/payment/open/70/70/unpaid"},
		},
		"a late success heals": {
			func(s *shop) { s.attempt("PAY0000001", 70); s.late["PAY0000001"] = true }, []line{{no: "PAY0000001", fen: 70, at: noon}}, []string{"only_theirs/payment/healed/70/70/paid"},
		},
		"the same line twice": {
			func(s *shop) { s.paid("PAY0000001", 70, noon) },
			[]line{{no: "PAY0000001", fen: 70, at: noon}, {no: "PAY0000001", fen: 70, at: noon}},
			[]string{"only_theirs/payment/open/70/70/paid"},
		},
		"a fee that is not the one named": {
			func(s *shop) { s.paid("PAY0000001", 1000, noon) }, []line{{no: "PAY0000001", fen: 1000, fee: 6, feeGap: 2, at: noon}}, []string{"fee_differs/fee/open/0/2/"},
		},
		"money put in": {
			func(s *shop) { s.paid("PAY0000001", 1000, noon) }, []line{{no: "PAY0000001", fen: 1000, at: noon}, {no: "IN", other: true, fen: 30, at: noon}}, []string{"only_theirs/other/open/30/30/"},
		},
		"a trade that moved nothing": {
			func(s *shop) { s.paid("PAY0000001", 1000, noon); s.paid("PAY0000002", 10, noon) },
			[]line{{no: "PAY0000001", fen: 1000, noFund: true, at: noon}, {no: "PAY0000002", fen: 10, at: noon}},
			[]string{"amount_differs/fund/open/-1000/1000/"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			c.ours(s)
			s.write(s.day, c.lines)
			s.run()
			var got []string
			left := 0
			for _, d := range s.differences() {
				got = append(got, strings.Join([]string{d.Kind, d.Subject, d.Status, text(d.Effect), text(d.Fen), d.Answer}, "/"))
				if d.Status == "open" {
					left++
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			day := s.on(s.day)
			if (left == 0) != (day.Status == "closed") || day.OpenCount != left {
				t.Errorf("%d open on %+v", left, day)
			}
		})
	}
}

func text(fen money.Fen) string { return strings.TrimSuffix(yuan(fen*100), ".00") }

// What we have late in the evening stands in the next day's bill; what stands there neither
// is that day's to explain.
func TestAcrossMidnight(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	night := s.day.Add(15*time.Hour + 59*time.Minute) // 23:59 in Beijing
	s.paid("PAY0000001", 100, night)
	s.paid("PAY0000002", 200, night)
	s.paid("PAY0000003", 300, night)
	next := s.day.AddDate(0, 0, 1)
	s.write(s.day, []line{{no: "PAY0000003", fen: 300, at: night}})
	s.run()
	if got := s.on(s.day); got.Status != "closed" || got.TheirPaid != 300 || got.OurPaid != 600 {
		t.Fatalf("%+v %+v", got, s.differences())
	}
	s.write(next, []line{{no: "PAY0000001", fen: 100, at: night.Add(2 * time.Minute)}})
	s.Clock().Advance(24 * time.Hour)
	s.run()
	got := s.on(next)
	if got.Status != "open" || got.Open != 200 || got.OpenCount != 1 {
		t.Errorf("%+v %+v", got, s.differences())
	}
	statuses := map[string]string{}
	for _, d := range s.differences() {
		statuses[d.Key] = d.Status
	}
	if statuses["ours:payment:PAY0000001"] != "healed" || statuses["ours:payment:PAY0000002"] != "open" {
		t.Errorf("%v", statuses)
	}
}

// Explaining needs a reason and a note, is done once, is recorded, books the gap and closes
// the day. The table itself lets no day close over an open fen.
func TestExplaining(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	noon := s.day.Add(4 * time.Hour)
	s.paid("PAY0000001", 100, noon)
	s.write(s.day, []line{{no: "PAY0000001", fen: 100, at: noon}, {no: "STRANGER01", fen: 70, fee: 1, at: noon}})
	s.run()
	d := s.differences()[0]
	err := s.DB.InTenant(t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE bill_day SET status = 'closed', closed_at = now() WHERE day = $1", s.day)
		return err
	})
	if !tenantdb.Violates(err, "bill_day_explained") {
		t.Errorf("closing over an open fen: %v", err)
	}
	in := reconcile.ResolveInput{Tenant: s.Tenant.ID, ID: d.ID, Resolution: reconcile.OtherSystem, Note: "旧商城的订单", Actor: "staff:3"}
	for name, spoil := range map[string]func(in *reconcile.ResolveInput){
		"no note": func(in *reconcile.ResolveInput) { in.Note = " " }, "a long note": func(in *reconcile.ResolveInput) { in.Note = strings.Repeat("好", 201) },
		"no reason": func(in *reconcile.ResolveInput) { in.Resolution = "because" },
	} {
		bad := in
		spoil(&bad)
		if err := s.service.Resolve(t.Context(), bad); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.service.Resolve(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if err := s.service.Resolve(t.Context(), in); !errors.Is(err, reconcile.ErrSettled) {
		t.Errorf("twice: %v", err)
	}
	in.ID = 99999
	if err := s.service.Resolve(t.Context(), in); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	b := s.balances()
	if got := s.on(s.day); got.Status != "closed" || b[ledger.Unexplained] != 70 || b[ledger.Receivable(payments.WeChat, s.account.ID)] != 169 {
		t.Errorf("%+v %v", got, b)
	}
	var entries int
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'reconcile.explained'", s.Tenant.ID.String()).Scan(&entries)
	})
	if entries != 1 {
		t.Errorf("%d audit entries", entries)
	}

	// Fetched again, it stays explained; with another amount it does not.
	again := func() {
		if err := s.service.FetchAgain(t.Context(), s.Tenant.ID, s.on(s.day).ID, "staff:3"); err != nil {
			t.Fatal(err)
		}
		s.run()
	}
	again()
	if got := s.on(s.day); got.Status != "closed" {
		t.Errorf("fetched again: %+v %+v", got, s.differences())
	}
	s.write(s.day, []line{{no: "PAY0000001", fen: 100, at: noon}, {no: "STRANGER01", fen: 80, fee: 1, at: noon}})
	again()
	if got := s.on(s.day); got.Status != "open" || got.Open != 80 {
		t.Errorf("another amount: %+v %+v", got, s.differences())
	}
}

// A file that cannot be believed is kept whole, and not a line of it counts, until a better
// one comes.
func TestAMalformedBillIsKept(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	noon := s.day.Add(4 * time.Hour)
	s.paid("PAY0000001", 100, noon)
	good, fund := texts([]line{{no: "PAY0000001", fen: 100, at: noon}})
	s.provider.put(payments.FundBill, s.day, fund)
	for name, bad := range map[string]string{
		"a line is missing": strings.Join(slices.Delete(strings.SplitAfter(good, "\n"), 1, 2), ""), "cut": good[:len(good)-40], "another amount": strings.Replace(good, "`1.00,`0.00,`\n", "`1.01,`0.00,`\n", 1),
		"parts of a fen": strings.ReplaceAll(good, "`1.00", "`1.001"), "an exponent": strings.ReplaceAll(good, "`1.00", "`1e0"),
		"another merchant": strings.ReplaceAll(good, merchantNo, "1900000099"), "no back-ticks": strings.ReplaceAll(good, "`", ""), "dollars": strings.ReplaceAll(good, "CNY", "USD"),
		"a column is missing": strings.Replace(good, "微信订单号,", "", 1), "an unknown state": strings.ReplaceAll(good, "`SUCCESS,`OTHERS", "`REVERTED,`OTHERS"), "lines behind the sums": good + good,
	} {
		s.provider.put(payments.TradeBill, s.day, bad)
		s.Clock().Advance(10 * time.Hour)
		s.run()
		got := s.on(s.day)
		var lines int
		var note string
		s.InTenant(t, func(tx tenantdb.Tx) error {
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM bill_line").Scan(&lines); err != nil {
				return err
			}
			return tx.QueryRow(t.Context(), "SELECT note FROM bill_file WHERE status = 'malformed' ORDER BY id DESC LIMIT 1").Scan(&note)
		})
		if got.Status != "malformed" || got.LastError != "BILL_MALFORMED" || lines != 0 || note == "" {
			t.Errorf("%s: %+v, %d lines, %q", name, got, lines, note)
		}
	}
	s.provider.put(payments.TradeBill, s.day, good)
	s.Clock().Advance(10 * time.Hour)
	s.run()
	if got := s.on(s.day); got.Status != "closed" {
		t.Errorf("%+v %+v", got, s.differences())
	}
	var id int64
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT id FROM bill_file WHERE status = 'current' AND kind = 'trade'").Scan(&id)
	})
	var raw bytes.Buffer
	if err := s.service.WriteFile(t.Context(), s.Tenant.ID, id, &raw); err != nil || !bytes.Equal(raw.Bytes(), packed(good)) {
		t.Errorf("the kept file: %d bytes, %v", raw.Len(), err)
	}
}

// A bill that is being made is asked for every half hour, and a provider in trouble less and
// less often; the account's timer says when.
func TestPatience(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, c := range []struct {
		fault error
		wait  time.Duration
	}{{payments.ErrBillNotReady, 30 * time.Minute}, {payments.ErrTimeout, 10 * time.Minute}, {payments.ErrProviderBusy, 20 * time.Minute}} {
		s.provider.fault = c.fault
		s.run()
		var due time.Time
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT due_at FROM platform.timer WHERE tenant_id = $1 AND topic = 'payments.bills'", s.Tenant.ID.String()).Scan(&due)
		})
		if wait := due.Sub(s.Clock().Now()); wait != c.wait {
			t.Errorf("%v: %s, want %s", c.fault, wait, c.wait)
		}
		s.Clock().Advance(c.wait)
	}
	calls := s.provider.calls
	s.provider.fault = nil
	s.Clock().Advance(-time.Hour)
	s.run()
	if s.provider.calls != calls {
		t.Error("a provider was asked before it is due")
	}
}
