package payments_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/payments/unionpay"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// unionKit is a shop that can be paid through UnionPay, which cannot close.
type unionKit struct {
	*kit
	gateway *unionpaygw.Gateway
	account payments.Account
}

const unionMerchant = "777290058110048"

func newUnionKit(t *testing.T, options ...tenanttest.Option) *unionKit {
	t.Helper()
	env := tenanttest.New(t, options...)
	k := &unionKit{kit: &kit{Env: env, t: t, bills: &bills{rows: map[string]payments.Bill{}}, mchid: unionMerchant}}
	k.appID = env.App(t, env.Tenant).ID.String()
	var err error
	k.gateway, err = unionpaygw.Open(unionpaygw.Config{Now: env.Clock().Now, RefundDelay: -1, RetrySchedule: []time.Duration{}}) // no delay: the clock may stand still
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.gateway.Close() })
	mux := http.NewServeMux()
	k.gateway.Routes(mux)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	callbacks := httptest.NewServer(http.HandlerFunc(k.callback))
	t.Cleanup(callbacks.Close)
	k.public = callbacks.URL
	m, err := k.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: unionMerchant})
	if err != nil {
		t.Fatal(err)
	}
	k.account = payments.Account{
		TenantID: env.Tenant.ID, Key: "abcdefghijklmnopqrstuvwxyz", Channel: payments.UnionPay, Mode: payments.Sandbox, MerchantNo: unionMerchant, Enabled: true,
		Config:     payments.AccountConfig{MerchantSerial: m.CertID, KeyMode: payments.KeyModeCertificate, BaseURL: web.URL},
		PrivateKey: vault.NewSecret([]byte(m.PrivateKey)), Version: time.Now(),
		ProviderKeys: []payments.ProviderKey{{Serial: "1", PEM: m.MiddlePEM}, {Serial: "2", PEM: m.RootPEM}},
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, app_ids, config)
			VALUES ($1, 'unionpay', 'sandbox', '银联', $2, ARRAY[$3], '{"base_url":"http://sandbox.test"}') RETURNING id`, k.account.Key, unionMerchant, k.appID).Scan(&k.account.ID)
	})
	k.service = k.serviceOf(oneAccount{k.account}, k.channel())
	t.Cleanup(k.booksAgree)
	return k
}

func (k *unionKit) channel() payments.Channel {
	return unionpay.New(unionpay.Deps{Now: k.Clock().Now, Signers: 2})
}

func (k *unionKit) pay(businessNo string, scene payments.Scene) (payments.ClientParams, error) {
	return k.service.Pay(k.t.Context(), k.Tenant.ID, payments.PayInput{
		BusinessNo: businessNo, AppID: k.appID, Channel: payments.UnionPay, Scene: scene, ReturnURL: "https://shop.example/orders",
	})
}

func (k *unionKit) begin(businessNo string, scene payments.Scene) (payments.ClientParams, row) {
	k.t.Helper()
	k.bill(businessNo)
	params, err := k.pay(businessNo, scene)
	if err != nil {
		k.t.Fatalf("pay: %v", err)
	}
	rows := k.attempts(businessNo)
	return params, rows[len(rows)-1]
}

// buy does what the buyer does with the parameters.
func (k *unionKit) buy(p payments.ClientParams, code string) {
	k.t.Helper()
	in := unionpaygw.PayInput{TN: p.TN, QRCode: p.CodeURL, RespCode: code}
	if p.Form != nil {
		values := url.Values{}
		for name, value := range p.Form.Fields {
			values.Set(name, value)
		}
		resp, err := http.PostForm(p.Form.Action, values)
		if err != nil {
			k.t.Fatal(err)
		}
		_ = resp.Body.Close()
		in.MerID, in.OrderID = unionMerchant, p.Form.Fields["orderId"]
	}
	if _, err := k.gateway.Pay(in); err != nil {
		k.t.Fatalf("the buyer could not pay: %v", err)
	}
}

func (k *unionKit) query(outTradeNo string) {
	k.t.Helper()
	if err := k.service.Query(k.t.Context(), k.Tenant.ID, outTradeNo); err != nil {
		k.t.Fatalf("query: %v", err)
	}
}

func (k *unionKit) closeAll(businessNo string) payments.CloseOutcome {
	k.t.Helper()
	outcome, err := k.service.CloseAll(k.t.Context(), k.Tenant.ID, businessNo)
	if err != nil {
		k.t.Fatalf("close: %v", err)
	}
	return outcome
}

func TestUnionPayEndToEnd(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	k.letCallbacksIn()
	for _, scene := range []payments.Scene{payments.Web, payments.PC, payments.App, payments.QR} {
		params, a := k.begin("ORDER-"+string(scene), scene)
		k.buy(params, "")
		k.eventually("the notification was applied", func() bool { return k.attempt(a.OutTradeNo).Status == "succeeded" })
	}
	if got := k.anomalies(); len(got) != 0 {
		t.Errorf("anomalies %+v", got)
	}
	if n := k.succeeded(); n != 4 {
		t.Errorf("%d payments.succeeded events, want 4", n)
	}
	a := k.attempts("ORDER-web")[0]
	no, err := k.requestRefund(a.OutTradeNo, payments.LatePayment)
	if err != nil {
		t.Fatal(err)
	}
	k.untilRefund(no, "succeeded")
	if got := k.attempt(a.OutTradeNo); got.Refunded != 1234 {
		t.Errorf("refunded %d", got.Refunded)
	}
	if got := k.anomalies(); len(got) != 0 {
		t.Errorf("anomalies %+v", got)
	}
	if _, err := k.pay("ORDER-web", payments.MiniProgram); !errors.Is(err, payments.ErrScene) {
		t.Errorf("in a Mini Program: %v", err)
	}
}

// T063, T055: copies in parallel and by several processes have one effect.
func TestUnionPayCopiesHaveOneEffect(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	params, a := k.begin("ORDER1", payments.App)
	k.buy(params, "")
	h, body, err := k.gateway.Notification(unionpaygw.NotificationInput{MerID: unionMerchant, OrderID: a.OutTradeNo})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			ack, err := k.service.HandleNotification(t.Context(), k.Tenant.ID, k.account.Key, payments.Notice{Header: h, Body: body})
			if err != nil || ack.Status != http.StatusOK || string(ack.Body) != "ok" {
				t.Errorf("%d %s %v", ack.Status, ack.Body, err)
			}
		})
	}
	wait.Wait()
	k.wantPaidOnce(a.OutTradeNo)
}

// T069: what is not money, or not this money, does not pay, and the genuine message still
// does.
func TestT069UnionPayAnomalies(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	params, a := k.begin("ORDER1", payments.App)
	k.buy(params, "05")
	changes := map[string]func(map[string]string){
		"05": func(f map[string]string) { f["respCode"] = "05" }, "01": func(f map[string]string) { f["respCode"] = "01" },
		"one fen more": func(f map[string]string) { f["txnAmt"] = "1235" }, "100.0": func(f map[string]string) { f["txnAmt"] = "100.0" },
		"another merchant": func(f map[string]string) { f["merId"] = "777290058110049" }, "dollars": func(f map[string]string) { f["currencyCode"] = "840" },
		"unknown number": func(f map[string]string) { f["orderId"] = "20260101000000AAAAAAAAAAAA" }, "another time": func(f map[string]string) { f["txnTime"] = "20260101000000" },
	}
	for name, change := range changes {
		h, body, err := k.gateway.Notification(unionpaygw.NotificationInput{MerID: unionMerchant, OrderID: a.OutTradeNo, Mutate: change})
		if err != nil {
			t.Fatal(err)
		}
		ack, err := k.service.HandleNotification(t.Context(), k.Tenant.ID, k.account.Key, payments.Notice{Header: h, Body: body})
		if ack.Status < 400 || !errors.Is(err, payments.ErrAnomaly) {
			t.Errorf("%s: %d %v", name, ack.Status, err)
		}
		k.wantUnpaid(a.OutTradeNo)
	}
	k.query(a.OutTradeNo) // under way
	k.wantUnpaid(a.OutTradeNo)
	k.buy(params, "A6")
	k.query(a.OutTradeNo)
	k.wantPaidOnce(a.OutTradeNo)
}

// A buyer may take a while on the cashier's page. A number that UnionPay has not heard of is
// not given up while it can be paid, and is afterwards.
func TestUnionPayWaitsForSlowBuyers(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	params, a := k.begin("ORDER1", payments.Web)
	k.Clock().Advance(20 * time.Minute)
	k.query(a.OutTradeNo)
	k.wantUnpaid(a.OutTradeNo)
	if _, ok := k.timer("payments.query", a.OutTradeNo); !ok {
		t.Error("nobody will ask again")
	}
	k.buy(params, "")
	k.query(a.OutTradeNo)
	k.wantPaidOnce(a.OutTradeNo)

	_, b := k.begin("ORDER2", payments.Web)
	k.Clock().Advance(41 * time.Minute)
	k.query(b.OutTradeNo)
	if got := k.attempt(b.OutTradeNo); got.Status != "closed" {
		t.Errorf("after its end: %s", got.Status)
	}
	k.query(b.OutTradeNo)
}

// Closed on our side, paid all the same, and the notification lost: the watch finds it.
func TestUnionPayMoneyAfterAClose(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	params, a := k.begin("ORDER1", payments.Web)
	if got := k.closeAll("ORDER1"); got != payments.Closed {
		t.Fatalf("close of what nobody has opened: %s", got)
	}
	if due, ok := k.timer("payments.query", a.OutTradeNo); !ok || due > time.Hour {
		t.Fatalf("nobody watches: %v %s", ok, due)
	}
	k.query(a.OutTradeNo)
	if _, ok := k.timer("payments.query", a.OutTradeNo); !ok || k.attempt(a.OutTradeNo).Status != "closed" {
		t.Error("the watch ends too early")
	}
	k.buy(params, "")
	k.query(a.OutTradeNo)
	k.wantPaidOnce(a.OutTradeNo) // and the order, which is closed, sends it back

	params, b := k.begin("ORDER2", payments.App)
	k.buy(params, "05")
	if got := k.closeAll("ORDER2"); got != payments.Unknown {
		t.Errorf("close of what is under way: %s", got)
	}
	k.buy(params, "")
	if got := k.closeAll("ORDER2"); got != payments.Paid || k.attempt(b.OutTradeNo).Status != "succeeded" {
		t.Errorf("close of what is paid: %s", got)
	}

	_, c := k.begin("ORDER3", payments.Web)
	if got := k.closeAll("ORDER3"); got != payments.Closed {
		t.Fatal(got)
	}
	k.Clock().Advance(33 * time.Minute)
	k.query(c.OutTradeNo)
	if due, ok := k.timer("payments.query", c.OutTradeNo); !ok || due < 23*time.Hour {
		t.Errorf("the watch goes on, or is not followed by a last look: %s", due)
	}
	k.Owner(t, "DELETE FROM platform.timer WHERE key = $1", c.OutTradeNo)
	k.query(c.OutTradeNo)
	if _, ok := k.timer("payments.query", c.OutTradeNo); ok {
		t.Error("the watch does not end")
	}
}

// T081: another scene is another number; what is paid twice goes back once.
func TestT081UnionPaySceneChangedAfterPrepay(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	first, a := k.begin("ORDER1", payments.Web)
	second, err := k.pay("ORDER1", payments.QR)
	if err != nil || second.CodeURL == "" {
		t.Fatalf("%+v %v", second, err)
	}
	k.buy(second, "")
	k.buy(first, "")
	rows := k.attempts("ORDER1")
	k.query(rows[1].OutTradeNo)
	k.query(a.OutTradeNo)
	rows = k.attempts("ORDER1")
	if len(rows) != 2 || rows[0].Status != "succeeded" || !rows[0].Surplus || rows[1].Surplus {
		t.Errorf("%+v", rows)
	}
	k.wantPaidOnce(rows[1].OutTradeNo)
	if n := len(k.Events(t, payments.TopicRefundRequested)); n != 1 {
		t.Errorf("%d refunds requested, want 1", n)
	}
}

// An offer that has grown old is replaced, form or tn.
func TestUnionPayOldOffersAreReplaced(t *testing.T) {
	t.Parallel()
	for _, scene := range []payments.Scene{payments.Web, payments.App} {
		t.Run(string(scene), func(t *testing.T) {
			t.Parallel()
			k := newUnionKit(t)
			k.bill("ORDER1")
			k.bills.mu.Lock()
			bill := k.bills.rows["ORDER1"]
			bill.ExpiresAt = k.Clock().Now().Add(24 * time.Hour)
			k.bills.rows["ORDER1"] = bill
			k.bills.mu.Unlock()
			first, err := k.pay("ORDER1", scene)
			if err != nil {
				t.Fatal(err)
			}
			k.Clock().Advance(28 * time.Minute)
			second, err := k.pay("ORDER1", scene)
			if err != nil || len(k.attempts("ORDER1")) != 2 {
				t.Fatalf("%+v %v", second, err)
			}
			k.buy(first, "") // in its last minutes
			k.buy(second, "")
			for _, row := range k.attempts("ORDER1") {
				k.query(row.OutTradeNo)
			}
			if n := k.succeeded(); n != 1 {
				t.Errorf("%d payments counted", n)
			}
		})
	}
}

// T073: the refund's answer is lost, and again; it is asked for under one number. One that
// never left us and grew old gets a new number.
func TestT073UnionPayRefunds(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	paid := func(businessNo string) string {
		params, a := k.begin(businessNo, payments.App)
		k.buy(params, "")
		k.query(a.OutTradeNo)
		return a.OutTradeNo
	}
	refunds := func() (n int) {
		for _, trade := range k.gateway.Books().Trades {
			if trade.TxnType != "01" {
				n++
			}
		}
		return n
	}
	first := paid("ORDER1")
	no, err := k.requestRefund(first, payments.OrderCancelled)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: unionpaygw.ModeCutAfterDoing}); err != nil {
		t.Fatal(err)
	}
	if err := k.execute(no); !errors.Is(err, payments.ErrTimeout) {
		t.Errorf("a lost answer: %v", err)
	}
	k.untilRefund(no, "succeeded")
	if n := refunds(); n != 1 {
		t.Errorf("%d refunds at UnionPay, want 1", n)
	}

	second := paid("ORDER2")
	old, err := k.requestRefund(second, payments.OrderCancelled)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: unionpaygw.ModeDrop}); err != nil {
		t.Fatal(err)
	}
	if err := k.execute(old); !errors.Is(err, payments.ErrTimeout) {
		t.Errorf("a lost request: %v", err)
	}
	k.Clock().Advance(2 * time.Hour) // the night
	if err := k.execute(old); err != nil {
		t.Fatalf("an old number: %v", err)
	}
	type numbers struct{ No, Status string }
	rows := query[numbers](k.kit, `SELECT out_refund_no, status FROM refund WHERE business_no = 'ORDER2' ORDER BY id`)
	if len(rows) != 2 || rows[0] != (numbers{old, "failed"}) || rows[1].Status != "requested" {
		t.Fatalf("%+v", rows)
	}
	k.untilRefund(rows[1].No, "succeeded")
	if got := k.attempt(second); got.Refunded != 1234 || got.Reserved != 0 {
		t.Errorf("%+v", got)
	}
	if n := refunds(); n != 2 {
		t.Errorf("%d refunds at UnionPay, want 2", n)
	}
}
