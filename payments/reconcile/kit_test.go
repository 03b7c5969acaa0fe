package reconcile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/payments/reconcile"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

const merchantNo = "1900000001"

// paper is WeChat Pay with files that a test wrote: they are read as those of the wire are.
type paper struct {
	*wechat.Channel
	mu    sync.Mutex
	files map[string][]byte // by kind and day; missing: the provider has none
	fault error
	calls int
}

func (p *paper) FetchBill(_ context.Context, _ payments.Account, kind payments.BillKind, day time.Time, to io.Writer) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.fault != nil {
		return "", p.fault
	}
	file, ok := p.files[string(kind)+day.Format(time.DateOnly)]
	if !ok {
		return "", payments.ErrBillNone
	}
	_, err := to.Write(file)
	return string(kind) + ".csv.gz", err
}

func (p *paper) put(kind payments.BillKind, day time.Time, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[string(kind)+day.Format(time.DateOnly)] = packed(text)
}

func packed(text string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return out.Bytes()
}

// shop is a tenant with one account and a provider on paper.
type shop struct {
	*tenanttest.Env
	t        *testing.T
	provider *paper
	books    *ledger.Service
	service  *reconcile.Service
	account  payments.Account
	day      time.Time // a business day that is over
	late     map[string]bool
	asked    []string
}

type oneAccount struct{ payments.Account }

func (a oneAccount) Recent(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return a.ByKey(ctx, id, key)
}

func (a oneAccount) Serving(context.Context, tenantdb.Querier, string) ([]payments.Serving, error) {
	return nil, nil
}

func (a oneAccount) ByKey(context.Context, tenant.ID, string) (payments.Account, error) {
	return a.Account, nil
}

func (a oneAccount) ByID(context.Context, tenant.ID, int64) (payments.Account, error) {
	return a.Account, nil
}

func (a oneAccount) ForApp(context.Context, tenant.ID, payments.Code, string) (payments.Account, error) {
	return a.Account, nil
}

func newShop(t *testing.T) *shop {
	t.Helper()
	env := tenanttest.New(t)
	s := &shop{
		Env: env, t: t, day: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), late: map[string]bool{},
		provider: &paper{Channel: wechat.New(wechat.Deps{Now: env.Clock().Now, Log: slog.New(slog.DiscardHandler), Signers: 1}), files: map[string][]byte{}},
		books:    ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}),
	}
	env.Clock().Set(s.day.Add(30 * time.Hour)) // 14:00 in Beijing on the day after
	s.account = payments.Account{TenantID: env.Tenant.ID, Key: "0123456789abcdefghijklmnop", Channel: payments.WeChat, Mode: payments.Sandbox, MerchantNo: merchantNo, Enabled: true}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, app_ids, config, created_at)
			VALUES ($1, 'wechat', 'sandbox', '测试', $2, '{}', '{"base_url":"http://sandbox.test"}', $3) RETURNING id`, s.account.Key, merchantNo, s.day).Scan(&s.account.ID)
	})
	s.service = reconcile.New(reconcile.Deps{
		DB: env.DB, Accounts: oneAccount{s.account}, Channels: []payments.Channel{s.provider}, Payments: s, Books: s.books, Audit: env.Audit, Timers: env.Timers,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	return s
}

// Confirm plays payments.Service: a number that the test calls late was paid without our
// having heard of it.
func (s *shop) Confirm(ctx context.Context, _ tenant.ID, no string) (payments.PaymentState, error) {
	s.asked = append(s.asked, no)
	var status string
	err := s.DB.InTenant(ctx, s.Tenant.ID, func(tx tenantdb.Tx) error {
		err := tx.QueryRow(ctx, "SELECT status FROM payment_attempt WHERE out_trade_no = $1", no).Scan(&status)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		return err
	})
	switch {
	case err != nil:
		return "", err
	case status == "succeeded":
		return payments.PaymentPaid, nil
	case !s.late[no]:
		return payments.PaymentUnpaid, nil
	}
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return s.capture(ctx, tx, no, s.day.Add(4*time.Hour)) })
	return payments.PaymentPaid, nil
}

func (s *shop) ConfirmRefund(ctx context.Context, _ tenant.ID, no string) (payments.RefundState, error) {
	s.asked = append(s.asked, no)
	var n int
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(ctx, "SELECT count(*) FROM refund WHERE out_refund_no = $1", no).Scan(&n)
	})
	if n == 0 {
		return "", fault.ErrNotFound
	}
	return payments.RefundDone, nil
}

func (s *shop) capture(ctx context.Context, tx tenantdb.Tx, no string, at time.Time) error {
	var fen money.Fen
	err := tx.QueryRow(ctx, `UPDATE payment_attempt SET status = 'succeeded', transaction_id = '42' || out_trade_no, paid_at = $2 WHERE out_trade_no = $1 RETURNING amount_fen`, no, at).Scan(&fen)
	if err != nil {
		return err
	}
	return s.books.CapturedTx(ctx, tx, payments.Movement{Number: no, Channel: payments.WeChat, AccountID: s.account.ID, AmountFen: fen, At: at})
}

// attempt makes a payment that is not paid yet.
func (s *shop) attempt(no string, fen money.Fen) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at)
			VALUES ($1, $1, $2, 'wechat', 'wx0123456789abcdef', '', '豆', $3, 'closed', $4, $4, $4)`, no, s.account.ID, fen, s.day)
		return err
	})
}

// paid makes a payment that our books know.
func (s *shop) paid(no string, fen money.Fen, at time.Time) {
	s.t.Helper()
	s.attempt(no, fen)
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return s.capture(s.t.Context(), tx, no, at) })
}

// refunded makes a refund that our books know.
func (s *shop) refunded(no, of string, fen money.Fen, at time.Time) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, provider_refund_id, requested_at, finished_at)
			SELECT $1, id, business_no, 'order_cancelled', $3, 'succeeded', '50' || $1, $4, $4 FROM payment_attempt WHERE out_trade_no = $2`, no, of, fen, at)
		if err != nil {
			return err
		}
		return s.books.RefundedTx(s.t.Context(), tx, payments.Movement{Number: no, Channel: payments.WeChat, AccountID: s.account.ID, AmountFen: fen, At: at})
	})
}

// line is a movement as the provider tells it.
type line struct {
	no     string // ours
	of     string // of a refund: the payment
	fen    money.Fen
	fee    money.Fen
	other  bool // in the bill of funds only
	at     time.Time
	noFund bool // not in the bill of funds
	feeGap money.Fen
}

func yuan(fen money.Fen) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// write makes the two files of a day.
func (s *shop) write(day time.Time, lines []line) {
	s.t.Helper()
	if len(lines) == 0 {
		return
	}
	trade, fund := texts(lines)
	s.provider.put(payments.TradeBill, day, trade)
	s.provider.put(payments.FundBill, day, fund)
}

func texts(lines []line) (string, string) {
	var trade, fund strings.Builder
	trade.WriteString("交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\n")
	fund.WriteString("记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\n")
	var n, flows, ins, outs int
	var paid, back, fees, in, out money.Fen
	move := func(at, id, own, business string, fen money.Fen) {
		way := "收入"
		if flows++; fen < 0 {
			way, outs, out, fen = "支出", outs+1, out-fen, -fen
		} else {
			ins, in = ins+1, in+fen
		}
		fmt.Fprintf(&fund, "`%s,`%s,`F%s%d,`%s,`%s,`%s,`%s,`0.00,`system,`,`%s\n", at, id, id, flows, business, business, way, yuan(fen), own)
	}
	for _, l := range lines {
		at := l.at.Add(8 * time.Hour).Format(time.DateTime)
		switch {
		case l.other:
			move(at, "OTHER"+l.no, "", "充值", l.fen)
			continue
		case l.of == "":
			fmt.Fprintf(&trade, "`%s,`wx,`%s,`0,`,`42%s,`%s,`o,`JSAPI,`SUCCESS,`OTHERS,`CNY,`%s,`0.00,`,`,`0.00,`0.00,`,`,`豆\\ 茶,`,`%s000,`0.60%%,`%s,`0.00,`\n",
				at, merchantNo, l.no, l.no, yuan(l.fen), yuan(l.fee), yuan(l.fen))
			paid += l.fen
			if !l.noFund {
				move(at, "42"+l.no, l.no, "交易", l.fen)
			}
		default:
			fmt.Fprintf(&trade, "`%s,`wx,`%s,`0,`,`42%s,`%s,`o,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50%s,`%s,`%s,`0.00,`ORIGINAL,`SUCCESS,`豆,`,`%s000,`0.60%%,`0.00,`%s,`\n",
				at, merchantNo, l.of, l.of, l.no, l.no, yuan(l.fen), yuan(l.fee), yuan(l.fen))
			back += l.fen
			if !l.noFund {
				move(at, "50"+l.no, l.no, "退款", -l.fen)
			}
		}
		n, fees = n+1, fees+l.fee
		if kept := l.fee + l.feeGap; kept != 0 {
			id := "42" + l.no
			if l.of != "" {
				id = "50" + l.no
			}
			move(at, id, l.no, "扣除交易手续费", -kept)
		}
	}
	fmt.Fprintf(&trade, "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\n`%d,`%s,`%s,`0.00,`%s,`%s,`%s\n", n, yuan(paid), yuan(back), yuan(fees), yuan(paid), yuan(back))
	fmt.Fprintf(&fund, "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`%d,`%d,`%s,`%d,`%s\n", flows, ins, yuan(in), outs, yuan(out))
	return trade.String(), fund.String()
}

func (s *shop) run() {
	s.t.Helper()
	if err := s.service.Run(s.t.Context(), s.Tenant.ID, s.account.ID); err != nil {
		s.t.Fatalf("run: %v", err)
	}
}

// dayRow is a day as its table has it.
type dayRow struct {
	ID                              int64
	Status                          string
	LastError                       string
	TheirPaid, TheirBack, Fee       money.Fen
	OurPaid, OurBack, Settled, Open money.Fen
	OpenCount                       int
}

func (s *shop) on(day time.Time) (r dayRow) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), `SELECT id, status, last_error, their_paid_fen, their_refunded_fen, fee_fen, our_paid_fen, our_refunded_fen, settled_fen, unexplained_fen, open_count
			FROM bill_day WHERE day = $1`, day).Scan(&r.ID, &r.Status, &r.LastError, &r.TheirPaid, &r.TheirBack, &r.Fee, &r.OurPaid, &r.OurBack, &r.Settled, &r.Open, &r.OpenCount)
	})
	return r
}

type diffRow struct {
	ID            int64
	Key           string
	Kind, Subject string
	Status        string
	Effect, Fen   money.Fen
	Answer        string
}

func (s *shop) differences() (list []diffRow) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(s.t.Context(), "SELECT id, key, kind, subject, status, effect_fen, fen, answer FROM bill_difference ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d diffRow
			if err := rows.Scan(&d.ID, &d.Key, &d.Kind, &d.Subject, &d.Status, &d.Effect, &d.Fen, &d.Answer); err != nil {
				return err
			}
			list = append(list, d)
		}
		return rows.Err()
	})
	return list
}

// balances are what the books say.
func (s *shop) balances() map[ledger.Account]money.Fen {
	s.t.Helper()
	list, err := s.books.TrialBalance(s.t.Context(), s.Tenant.ID, ledger.Period{From: s.day.AddDate(-1, 0, 0), To: s.day.AddDate(1, 0, 0)})
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[ledger.Account]money.Fen{}
	for _, l := range list {
		out[l.Account] = l.BalanceFen
	}
	return out
}
