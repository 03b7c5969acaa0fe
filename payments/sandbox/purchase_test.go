package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func TestPurchase(t *testing.T) {
	t.Parallel()
	e := setup(t)

	var login struct{ Code string }
	if a := e.control(http.MethodPost, "wx-login", map[string]string{"app_id": appID, "buyer": buyer}, &login); a.status != http.StatusOK {
		t.Fatalf("wx-login: %d %s", a.status, a.body)
	}
	session := do(t, http.MethodGet, e.url+"/sns/jscode2session?appid="+appID+"&secret="+secret+"&js_code="+login.Code+"&grant_type=authorization_code", "", nil)
	if got := session.field(t, "openid"); got != e.openid {
		t.Fatalf("openid: got %v, want %s", got, e.openid)
	}

	prepayID := e.prepay("GA20261111001", nil)
	if !strings.HasPrefix(prepayID, "wx20261111180000") || len(prepayID) != 36 {
		t.Errorf("prepay_id %q does not look like one", prepayID)
	}
	if a := e.query("GA20261111001"); a.field(t, "trade_state") != "NOTPAY" || !verifies(t, e.merchant.PublicKeyPEM, a.header, a.body) {
		t.Errorf("query before paying: %s", a.body)
	}

	var receipt sandbox.Receipt
	if a := e.control(http.MethodPost, "pay", e.payInput(prepayID), &receipt); a.status != http.StatusOK {
		t.Fatalf("pay: %d %s", a.status, a.body)
	}
	if receipt.AmountFen != 8880 || receipt.OutTradeNo != "GA20261111001" || len(receipt.TransactionID) != 28 {
		t.Errorf("receipt: %+v", receipt)
	}
	if a := e.control(http.MethodPost, "pay", e.payInput(prepayID), nil); a.status != http.StatusConflict {
		t.Errorf("second pay: got %d, want 409", a.status)
	}

	callback := e.inbox.wait(t)
	if callback.header.Get("Wechatpay-Serial") != e.merchant.PublicKeyID || !verifies(t, e.merchant.PublicKeyPEM, callback.header, callback.body) {
		t.Errorf("callback is not signed with the merchant's WeChat Pay key: %v", callback.header)
	}
	tx := resource(t, e.merchant.APIv3Key, callback.body)
	if tx["transaction_id"] != receipt.TransactionID || tx["trade_state"] != "SUCCESS" || total(tx) != 8880.0 {
		t.Errorf("callback says %v", tx)
	}
	for _, path := range []string{"out-trade-no/GA20261111001", "id/" + receipt.TransactionID} {
		a := e.send(e.call(http.MethodGet, "/v3/pay/transactions/"+path+"?mchid="+mchid, ""))
		if a.status != http.StatusOK || a.field(t, "trade_state") != "SUCCESS" || a.field(t, "transaction_id") != receipt.TransactionID {
			t.Errorf("query %s: %d %s", path, a.status, a.body)
		}
	}
	until(t, "delivery is done", func() bool {
		d := e.server.Books().Deliveries
		return len(d) == 1 && !d[0].DoneAt.IsZero() && len(d[0].Attempts) == 1 && d[0].Attempts[0].Status == http.StatusNoContent
	})
}

func TestCloseStates(t *testing.T) {
	t.Parallel()
	e := setup(t)
	closeIt := func(no string) answer {
		return e.send(e.call(http.MethodPost, "/v3/pay/transactions/out-trade-no/"+no+"/close", `{"mchid":"`+mchid+`"}`))
	}
	prepayID := e.prepay("CLOSE0001", nil)
	for range 2 { // closing is re-entrant
		if a := closeIt("CLOSE0001"); a.status != http.StatusNoContent || len(a.body) != 0 || !verifies(t, e.merchant.PublicKeyPEM, a.header, nil) {
			t.Errorf("close: got %d %q", a.status, a.body)
		}
	}
	if a := e.query("CLOSE0001"); a.field(t, "trade_state") != "CLOSED" {
		t.Errorf("after close: %s", a.body)
	}
	if a := e.control(http.MethodPost, "pay", e.payInput(prepayID), nil); a.status != http.StatusConflict || a.field(t, "code") != "ORDER_CLOSED" {
		t.Errorf("pay a closed order: %d %s", a.status, a.body)
	}
	e.paid("CLOSE0002")
	if a := closeIt("CLOSE0002"); a.status != http.StatusBadRequest || a.field(t, "code") != "ORDERPAID" {
		t.Errorf("close a paid order: %d %s", a.status, a.body)
	}
	if a := closeIt("CLOSE0003"); a.status != http.StatusNotFound || a.field(t, "code") != "ORDER_NOT_EXIST" {
		t.Errorf("close an unknown order: %d %s", a.status, a.body)
	}
}

func TestExpiryCloses(t *testing.T) {
	t.Parallel()
	e := setup(t)
	expire := e.clock.Now().Add(10 * time.Minute).Format(time.RFC3339)
	prepayID := e.prepay("EXPIRE0001", map[string]any{"time_expire": expire})
	e.clock.Advance(10 * time.Minute)
	if a := e.query("EXPIRE0001"); a.field(t, "trade_state") != "CLOSED" {
		t.Errorf("past time_expire: %s", a.body)
	}
	if a := e.control(http.MethodPost, "pay", e.payInput(prepayID), nil); a.status != http.StatusConflict {
		t.Errorf("pay past time_expire: got %d, want 409", a.status)
	}
}

func TestRestartKeepsBooksAndKeys(t *testing.T) {
	t.Parallel()
	e := setup(t)
	before := e.merchant
	receipt := e.paid("RESTART0001")
	unpaid := e.prepay("RESTART0002", nil)
	e.inbox.wait(t)
	until(t, "delivery is done", func() bool { return !e.server.Books().Deliveries[0].DoneAt.IsZero() })
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	e.open()
	if e.merchant != before {
		t.Error("the merchant's keys changed")
	}
	if a := e.query("RESTART0001"); a.field(t, "transaction_id") != receipt.TransactionID {
		t.Errorf("query after restart: %s", a.body)
	}
	if _, err := e.server.Pay(e.payInput(unpaid)); err != nil {
		t.Errorf("pay after restart: %v", err)
	}
	if got := len(e.inbox.wait(t).body); got == 0 {
		t.Error("empty callback")
	}
}
