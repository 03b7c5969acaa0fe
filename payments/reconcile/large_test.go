package reconcile_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant/tenantdb"
)

// A hundred thousand lines are read, matched and booked in bounded memory and few seconds:
// the text of the file alone is five times the bound.
func TestALargeBillInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	const n, bound = 100_000, 16 << 20
	s := newShop(t)
	noon := s.day.Add(4 * time.Hour)
	s.InTenant(t, func(tx tenantdb.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT set_config('statement_timeout', '120s', true)"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, transaction_id, paid_at, expires_at, created_at, updated_at)
			SELECT 'LARGE' || lpad(i::text, 8, '0'), 'LARGE' || i, $1, 'wechat', 'wx0123456789abcdef', '', '豆', 1000, 'succeeded', '42LARGE' || lpad(i::text, 8, '0'), $2, $2, $2, $2
			FROM generate_series(1, $3::int) i`, s.account.ID, noon, n)
		return err
	})
	lines := make([]line, 0, n)
	for i := range n {
		lines = append(lines, line{no: fmt.Sprintf("LARGE%08d", i+1), fen: 1000, fee: 6, at: noon})
	}
	lines[n/2].fen = 999
	s.write(s.day, lines)

	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // what lives is what a collection leaves
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				var now runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak.Store(max(peak.Load(), now.HeapAlloc))
			}
		}
	}()
	began := time.Now()
	for range 10 {
		part := time.Now()
		s.run()
		t.Logf("a run of %s: %s", time.Since(part).Round(time.Millisecond), s.on(s.day).Status)
		var booked bool
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT booked FROM bill_day WHERE day = $1", s.day).Scan(&booked)
		})
		if booked {
			break
		}
	}
	took := time.Since(began)
	close(stop)
	<-stopped
	got := s.on(s.day)
	if got.Status != "open" || got.OpenCount != 1 || got.Open != 1 || got.TheirPaid != n*1000-1 || got.Fee != n*6 {
		t.Errorf("%+v", got)
	}
	var fees int
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM ledger_journal WHERE kind = 'fee'").Scan(&fees)
	})
	grown := int64(peak.Load()) - int64(before.HeapAlloc)
	t.Logf("%d lines and as many fees in %s; the heap grew by %d kB", n, took.Round(time.Millisecond), grown/1024)
	if fees != n || grown > bound {
		t.Errorf("%d fees; the heap grew by %d bytes", fees, grown)
	}
}

// Whatever was sold, given back and garbled: after the reconciliation every fen is matched
// or listed, and the books with what is listed are the provider's balance.
func TestEveryFenIsMatchedOrListed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		if round++; round > 12 { // each takes a day of its own, and there are 89
			return
		}
		s.day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).AddDate(0, 0, round-1)
		s.Clock().Set(s.day.Add(30 * time.Hour))
		var lines []line
		for i := range rapid.IntRange(1, 12).Draw(r, "sales") {
			no := fmt.Sprintf("R%02dPAY%05d%s", round, i, strings.Repeat("X", 3))
			fen := money.Fen(rapid.IntRange(1, 100_000).Draw(r, "fen"))
			at := s.day.Add(time.Duration(rapid.IntRange(-8*60, 16*60-1).Draw(r, "minute")) * time.Minute)
			l := line{no: no, fen: fen, fee: fen * 6 / 1000, at: at}
			switch rapid.SampledFrom([]string{"", "", "", "missing", "amount", "stranger", "late", "fee", "twice", "no fund"}).Draw(r, "fault") {
			case "missing":
				s.paid(no, fen, at)
				continue
			case "amount":
				s.paid(no, fen, at)
				l.fen += money.Fen(rapid.IntRange(1, 50).Draw(r, "gap"))
			case "stranger":
			case "late":
				s.attempt(no, fen)
				s.late[no] = true
			case "fee":
				s.paid(no, fen, at)
				l.feeGap = 1
			case "twice":
				s.paid(no, fen, at)
				lines = append(lines, l)
				l.fee = 0 // one fee of one number
			case "no fund":
				s.paid(no, fen, at)
				l.noFund = true
			default:
				s.paid(no, fen, at)
				if back := money.Fen(rapid.IntRange(0, int(fen)).Draw(r, "back")); back > 0 {
					ref := fmt.Sprintf("R%02dREF%05d", round, i)
					s.refunded(ref, no, back, at)
					if rapid.Bool().Draw(r, "refund told") {
						lines = append(lines, line{no: ref, of: no, fen: back, at: at})
					}
				}
			}
			lines = append(lines, l)
		}
		if len(lines) == 0 { // a day without any bill is another test's
			no := fmt.Sprintf("R%02dPAYONLY", round)
			s.paid(no, 1, s.day)
			lines = append(lines, line{no: no, fen: 1, at: s.day})
		}
		rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		s.write(s.day, lines)
		s.run()
		s.agree(r)
	})
}

// agree compares the books, and what is listed as open or carried, with what all bills so
// far did to the balance.
func (s *shop) agree(t *rapid.T) {
	var theirs, listed money.Fen
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		ctx := s.t.Context()
		err := tx.QueryRow(ctx, `SELECT coalesce(sum(CASE WHEN l.kind = 'refund' THEN -l.amount_fen ELSE l.amount_fen END), 0)::bigint
			FROM bill_line l JOIN bill_file f ON f.id = l.file_id WHERE f.status = 'current' AND f.kind = 'fund'`).Scan(&theirs)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT coalesce(sum(effect_fen), 0)::bigint FROM bill_difference WHERE status IN ('open', 'carried')").Scan(&listed)
	})
	if ours := s.balances()[ledger.Receivable(payments.WeChat, s.account.ID)]; ours+listed != theirs {
		t.Fatalf("the books say %d, the differences %d, the provider %d: %+v", ours, listed, theirs, s.differences())
	}
}
