package readmodel_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// counter counts statements, alone or in a batch, without those that begin, end and route.
type counter struct{ statements, trips atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.trips.Add(1)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.trips.Add(1)
	return ctx
}

func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {
	c.statements.Add(1)
}

func (*counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// The page's sums are the books' and add up to the fen, whatever happened in the shop; and
// it costs one round trip, however much that was.
func TestWhereaboutsAddsUpToTheBooks(t *testing.T) {
	t.Parallel()
	count := &counter{}
	env := tenanttest.New(t, tenanttest.WithTracer(count))
	books := ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit})
	pages := readmodel.New(readmodel.Deps{DB: env.DB})
	rnd := rand.New(rand.NewPCG(20261122, 9))
	channels := []payments.Code{payments.WeChat, payments.Alipay, payments.UnionPay}
	received, refunded, frozen := map[int64]money.Fen{}, map[int64]money.Fen{}, map[string]money.Fen{}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		do := func(sql string, args ...any) {
			if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		do("INSERT INTO member (nickname) VALUES ('小李')")
		for i, c := range channels {
			do(`INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config) VALUES ($1, $2, 'sandbox', '测试', $3, '{"base_url":"http://127.0.0.1:1"}')`,
				fmt.Sprintf("abcdefghijklmnopqrstuvwxy%d", i), string(c), fmt.Sprintf("190000000%d", i))
		}
		for n := range 120 {
			at := rnd.IntN(len(channels))
			account, channel := int64(at+1), channels[at]
			amount := money.Fen(1 + rnd.IntN(99999))
			no := fmt.Sprintf("ORDER%06d", n)
			when := tx.Now().Add(-time.Duration(rnd.IntN(60*24)) * time.Hour)
			status := []string{"paid", "fulfilling", "completed"}[rnd.IntN(3)]
			var shipped, got *time.Time
			if status != "paid" {
				shipped = &when
			}
			if status == "completed" {
				got = &when
			}
			surplus := rnd.IntN(10) == 0
			back := money.Fen(0)
			if rnd.IntN(3) == 0 {
				back = 1 + money.Fen(rnd.Int64N(int64(amount)))
			}
			held := money.Fen(0)
			if rest := amount - back; rest > 0 && rnd.IntN(5) == 0 {
				held = 1 + money.Fen(rnd.Int64N(int64(rest)))
			}
			do(`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at, paid_by, shipped_at, received_at)
				VALUES ($1::text, 1, 'wx', $2, $3, $3, '{}', now(), $4, $4, 'TRADE' || $1, $5, $6)`, no, status, amount, when, shipped, got)
			do(`INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at, transaction_id, paid_at, surplus, refunded_fen, refund_reserved_fen)
				VALUES ('TRADE' || $1::text, $1, $2, $3, 'wx', 'o1', 'x', $4, 'succeeded', now(), $5, $5, '4200' || $1, $5, $6, $7, $8)`, no, account, string(channel), amount, when, surplus, back, held)
			m := payments.Movement{Number: "TRADE" + no, Channel: channel, AccountID: account, AmountFen: amount, At: when, Surplus: surplus}
			if err := books.CapturedTx(t.Context(), tx, m); err != nil {
				return err
			}
			received[account] += amount
			if back > 0 {
				do(`INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, requested_at, finished_at)
					SELECT 'BACK' || $1::text, id, $1, 'order_cancelled', $2, 'succeeded', now(), now() FROM payment_attempt WHERE business_no = $1`, no, back)
				m.Number, m.AmountFen = "BACK"+no, back
				if err := books.RefundedTx(t.Context(), tx, m); err != nil {
					return err
				}
				refunded[account] += back
			}
			if held > 0 {
				do(`INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, requested_at)
					SELECT 'HELD' || $1::text, id, $1, 'double_payment', $2, 'processing', now() FROM payment_attempt WHERE business_no = $1`, no, held)
				frozen["refunding"] += held
			}
			kept, part := amount-back-held, "unshipped"
			if channel == payments.WeChat && status != "paid" {
				state := []string{"pending", "partial", "uploaded", "failed"}[rnd.IntN(4)]
				do(`INSERT INTO shipping_upload (order_no, app_id, out_trade_no, transaction_id, openid, amount_fen, state, updated_at) VALUES ($1::text, 'wx', 'TRADE' || $1, '4200' || $1, 'o1', $2, $3, now())`, no, amount, state)
				part = map[string]string{"pending": "not_uploaded", "failed": "not_uploaded", "partial": "unshipped", "uploaded": "unreceived"}[state]
				if state == "uploaded" && status == "completed" {
					part = ""
				}
			}
			if channel == payments.WeChat && part != "" {
				frozen[part] += kept
			}
		}
		fees := []ledger.Fee{{Ref: "F1", AmountFen: 600, At: tx.Now()}, {Ref: "F2", AmountFen: -100, At: tx.Now()}}
		if _, err := books.PostFeesTx(t.Context(), tx, payments.WeChat, 1, fees); err != nil {
			return err
		}
		_, err := books.PostTx(t.Context(), tx, ledger.Fact{Kind: ledger.KindSettlement, Ref: "S1", At: tx.Now(), Transfers: []ledger.Transfer{
			{Debit: ledger.Bank, Credit: ledger.Receivable(payments.WeChat, 1), AmountFen: 12345},
			{Debit: ledger.Receivable(payments.Alipay, 2), Credit: ledger.Unexplained, AmountFen: 7},
		}})
		return err
	})
	before, trips := count.statements.Load(), count.trips.Load()
	where, err := pages.Whereabouts(t.Context(), env.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n, m := count.statements.Load()-before, count.trips.Load()-trips; n > 5 || m != 1 {
		t.Errorf("%d statements in %d round trips", n, m)
	}
	day := func(t time.Time) time.Time { return ledger.BusinessDay(t) }
	period := ledger.Period{From: day(env.Clock().Now().AddDate(-1, 0, 0)), To: day(env.Clock().Now().AddDate(0, 0, 1))}
	balances, err := books.TrialBalance(t.Context(), env.Tenant.ID, period)
	if err != nil {
		t.Fatal(err)
	}
	owed := map[ledger.Account]money.Fen{}
	for _, b := range balances {
		owed[b.Account] = b.BalanceFen
	}
	for _, a := range where.Accounts {
		name := ledger.Receivable(payments.Code(a.Channel), a.AccountID)
		if a.Balance() != owed[name] || a.Parts() != a.Balance() {
			t.Errorf("%s: balance %d, parts %d, the books say %d", name, a.Balance(), a.Parts(), owed[name])
		}
		if a.Received != received[a.AccountID] || a.Refunded != refunded[a.AccountID] {
			t.Errorf("%s: received %d, refunded %d, want %d, %d", name, a.Received, a.Refunded, received[a.AccountID], refunded[a.AccountID])
		}
	}
	sum := where.Total()
	for part, got := range map[string]money.Fen{"unshipped": sum.Unshipped, "not_uploaded": sum.NotUploaded, "unreceived": sum.Unreceived, "refunding": sum.Refunding} {
		if got != frozen[part] || got == 0 {
			t.Errorf("%s: %d, want %d", part, got, frozen[part])
		}
	}
	if sum.Fees != 500 || sum.Settled != 12345 || sum.Other != 7 {
		t.Errorf("fees %d, settled %d, other %d", sum.Fees, sum.Settled, sum.Other)
	}
	// Each sum leads to its orders.
	for part, n := range map[string]int64{"unshipped": sum.UnshippedN, "not_uploaded": sum.NotUploadedN, "unreceived": sum.UnreceivedN} {
		listed, before := int64(0), int64(0)
		for {
			page, err := pages.Orders(t.Context(), env.Tenant.ID, readmodel.OrderFilter{Frozen: part, Before: before})
			if err != nil {
				t.Fatal(err)
			}
			listed += int64(len(page.Rows))
			if before = page.Next; before == 0 {
				break
			}
		}
		if listed != n {
			t.Errorf("%s: %d orders listed, %d counted", part, listed, n)
		}
	}
	// The overview of the whole time has the same sums.
	flows, err := pages.Settlement(t.Context(), env.Tenant.ID, readmodel.FlowPeriod(period))
	if err != nil {
		t.Fatal(err)
	}
	byDay, byChannel := readmodel.Flow{}, readmodel.Flow{}
	for _, d := range flows.Days {
		byDay = byDay.Plus(d.Flow)
	}
	for _, c := range flows.Channels {
		byChannel = byChannel.Plus(c.Flow)
	}
	if flows.Total != sum.Flow || byDay != flows.Total || byChannel != flows.Total {
		t.Errorf("overview %+v, days %+v, channels %+v, want %+v", flows.Total, byDay, byChannel, sum.Flow)
	}
	week := readmodel.FlowPeriod{From: period.To.AddDate(0, 0, -6), To: period.To}
	part, err := pages.Settlement(t.Context(), env.Tenant.ID, week)
	if err != nil {
		t.Fatal(err)
	}
	last, err := pages.Settlement(t.Context(), env.Tenant.ID, readmodel.FlowPeriod{From: week.From.AddDate(0, 0, -7), To: week.From.AddDate(0, 0, -1)})
	if err != nil || part.Before != last.Total {
		t.Errorf("the period before is %+v, want %+v: %v", part.Before, last.Total, err)
	}
}
