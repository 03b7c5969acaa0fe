package payments_test

import (
	"log/slog"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/alipay"
	"galleria/payments/ledger"
	"galleria/payments/reconcile"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/unionpay"
	"galleria/payments/wechat"
	"galleria/tenant/tenantdb"
)

// billDay is a day in Beijing whose bills every provider has, and a moment of it.
func billDay() (day, noon time.Time) {
	now := time.Now().UTC()
	day = time.Date(now.Year(), now.Month(), now.Day()-3, 0, 0, 0, 0, time.UTC)
	return day, day.Add(4 * time.Hour)
}

// reconciler compares the kit's account with what its provider says on the wire.
func (k *kit) reconciler(accounts payments.Accounts, channel payments.Channel) *reconcile.Service {
	k.t.Helper()
	day, noon := billDay()
	k.Clock().Set(time.Now())
	k.InTenant(k.t, func(tx tenantdb.Tx) error {
		if _, err := tx.Exec(k.t.Context(), "UPDATE payment_account SET created_at = $1", day); err != nil {
			return err
		}
		_, err := tx.Exec(k.t.Context(), "UPDATE payment_attempt SET paid_at = $1 WHERE status = 'succeeded'", noon)
		return err
	})
	return reconcile.New(reconcile.Deps{
		DB: k.DB, Accounts: accounts, Channels: []payments.Channel{channel}, Payments: k.service, Books: ledger.New(ledger.Deps{DB: k.DB, Audit: k.Audit}), Audit: k.Audit,
		Timers: k.Timers, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

type billRow struct {
	Status string
	Open   int
	Fen    int64
	Fee    int64
}

func (k *kit) billDay() billRow {
	k.t.Helper()
	day, _ := billDay()
	return query[billRow](k, "SELECT status, open_count, unexplained_fen::bigint, fee_fen::bigint FROM bill_day WHERE day = $1", day)[0]
}

// WeChat Pay's bills over the wire: what we know agrees, a callback that was lost is healed
// by asking, and a line that the bill makes up is left to a person.
func TestReconcileWeChat(t *testing.T) {
	t.Parallel()
	const mchid = "1900000077"
	k := newKitOf(t, mchid) // callbacks are lost
	_, noon := billDay()
	var numbers []string
	for _, bill := range []string{"BILL-1", "BILL-2"} {
		params, a := k.begin(bill)
		k.phone(params)
		if !k.provider.Backdate(mchid, a.OutTradeNo, noon) {
			t.Fatal("no such payment")
		}
		numbers = append(numbers, a.OutTradeNo)
	}
	if err := k.service.Query(t.Context(), k.Tenant.ID, numbers[0]); err != nil { // the other was lost for good
		t.Fatal(err)
	}
	s := k.reconciler(k.accounts, wechat.New(wechat.Deps{Keys: k.accounts, Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2}))
	for _, target := range []string{sandbox.TargetBill, sandbox.TargetFundBill} {
		k.arm(sandbox.Fault{Target: target, Mode: sandbox.ModeRowExtra, Match: mchid})
	}
	if err := s.Run(t.Context(), k.Tenant.ID, k.account.ID); err != nil {
		t.Fatal(err)
	}
	if got := k.attempt(numbers[1]); got.Status != "succeeded" {
		t.Errorf("the lost callback is not healed: %+v", got)
	}
	if got := k.billDay(); got != (billRow{"open", 1, 1234, 21}) {
		t.Errorf("%+v", got)
	}
	day, _ := billDay() // the provider has corrected its bill
	id := query[struct{ ID int64 }](k, "SELECT id FROM bill_day WHERE day = $1", day)[0].ID
	if err := s.FetchAgain(t.Context(), k.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), k.Tenant.ID, k.account.ID); err != nil {
		t.Fatal(err)
	}
	if got := k.billDay(); got.Status != "closed" || got.Fee != 14 {
		t.Errorf("after the correction: %+v", got)
	}
}

// Alipay's: an address of half a minute, ZIP and GBK; an amount that is a fen off is listed.
func TestReconcileAlipay(t *testing.T) {
	t.Parallel()
	k := newAlipayKit(t)
	_, noon := billDay()
	brings, no := k.beginAlipay("BILL-1", payments.MiniProgram)
	if _, err := k.provider.Alipay().Pay(brings); err != nil {
		t.Fatal(err)
	}
	if err := k.service.Query(t.Context(), k.Tenant.ID, no); err != nil {
		t.Fatal(err)
	}
	if !k.provider.Alipay().Backdate(alipaySeller, no, noon.Add(time.Minute)) {
		t.Fatal("no such trade")
	}
	s := k.reconciler(oneAccount{k.opened}, alipay.New(alipay.Deps{Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2}))
	if err := k.provider.Alipay().Arm(alipaygw.Fault{Target: alipaygw.TargetBill, Mode: alipaygw.ModeRowAmount, Value: no}); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), k.Tenant.ID, k.opened.ID); err != nil {
		t.Fatal(err)
	}
	day := k.billDay()
	found := query[struct{ Kind string }](k, "SELECT kind || '/' || subject FROM bill_difference WHERE own_no = $1 ORDER BY 1", no)
	if day.Status != "open" || len(found) == 0 {
		t.Errorf("%+v %+v", day, found)
	}
}

// UnionPay's file: fixed width in GBK, a clearing day that ends at 23:00, and the day's net
// amount in the shop's bank account.
func TestReconcileUnionPay(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	start := k.Clock().Now()
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	if start.After(day) {
		day = time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	k.Clock().Set(day.Add(15*time.Hour + 10*time.Minute)) // 23:10 in Beijing: the next day's
	params, a := k.begin("BILL-1", payments.QR)
	k.buy(params, "")
	k.query(a.OutTradeNo)
	k.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE payment_account SET created_at = $1", day)
		return err
	})
	s := reconcile.New(reconcile.Deps{
		DB: k.DB, Accounts: oneAccount{k.account}, Channels: []payments.Channel{unionpay.New(unionpay.Deps{Now: k.Clock().Now, Signers: 2})}, Payments: k.service,
		Books: ledger.New(ledger.Deps{DB: k.DB, Audit: k.Audit}), Audit: k.Audit, Timers: k.Timers, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	for range 2 {
		k.Clock().Advance(24 * time.Hour)
		if err := s.Run(t.Context(), k.Tenant.ID, k.account.ID); err != nil {
			t.Fatal(err)
		}
	}
	type row struct {
		Day    time.Time
		Status string
		Paid   int64
		Fee    int64
		Bank   int64
	}
	rows := query[row](k.kit, "SELECT day, status, their_paid_fen::bigint, fee_fen::bigint, settled_fen::bigint FROM bill_day ORDER BY day LIMIT 2")
	want := []row{{day, "closed", 0, 0, 0}, {day.AddDate(0, 0, 1), "closed", 1234, 7, 1227}}
	if len(rows) != 2 || rows[0] != want[0] || rows[1] != want[1] {
		t.Errorf("%+v, want %+v", rows, want)
	}
}
