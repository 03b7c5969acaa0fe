package sandbox_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

const refundPath = "/v3/refund/domestic/refunds"

func (e *env) refund(body map[string]any) answer {
	e.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		e.t.Fatal(err)
	}
	return e.send(e.call(http.MethodPost, refundPath, string(raw)))
}

func refundBody(outTradeNo, outRefundNo string, refund, total int) map[string]any {
	return map[string]any{
		"out_trade_no": outTradeNo, "out_refund_no": outRefundNo, "reason": "七天无理由",
		"amount": map[string]any{"refund": refund, "total": total, "currency": "CNY"},
	}
}

func TestRefundSettlesAndCallsBack(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("REFUND0001")
	e.inbox.wait(t)
	body := refundBody("REFUND0001", "R0001", 880, 8880)
	body["notify_url"] = e.inbox.url + "/refund"
	a := e.refund(body)
	if a.status != http.StatusOK || a.field(t, "status") != "PROCESSING" || !verifies(t, e.merchant.PublicKeyPEM, a.header, a.body) {
		t.Fatalf("refund: %d %s", a.status, a.body)
	}
	if again := e.refund(body); again.field(t, "refund_id") != a.field(t, "refund_id") {
		t.Errorf("same number, same parameters: %s, want the same refund as %s", again.body, a.body)
	}
	if got := e.query("REFUND0001").field(t, "trade_state"); got != "REFUND" {
		t.Errorf("trade_state after a partial refund: %v, want REFUND", got)
	}
	e.clock.Advance(5 * time.Second)
	e.server.Nudge()
	callback := e.inbox.wait(t)
	content := resource(t, e.merchant.APIv3Key, callback.body)
	if content["refund_status"] != "SUCCESS" || content["out_refund_no"] != "R0001" || total(content) != 8880.0 || content["status"] != nil {
		t.Errorf("refund callback: %v", content)
	}
	if !strings.Contains(string(callback.body), `"event_type":"REFUND.SUCCESS"`) {
		t.Errorf("event type: %s", callback.body)
	}
	q := e.send(e.call(http.MethodGet, refundPath+"/R0001", ""))
	if q.field(t, "status") != "SUCCESS" || q.field(t, "success_time") == nil {
		t.Errorf("refund query: %s", q.body)
	}
}

func TestRefundRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("UNPAID0001", nil)
	e.paid("REFUSED0001")
	e.refund(refundBody("REFUSED0001", "TAKEN", 1, 8880))
	e.clock.Advance(61 * time.Second)
	change := func(name string, v any) map[string]any {
		b := refundBody("REFUSED0001", "R"+randomHex(), 100, 8880)
		if v == nil {
			delete(b, name)
		} else {
			b[name] = v
		}
		return b
	}
	both := change("transaction_id", "4200000000000000000000000000")
	cases := map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"unknown order":           {refundBody("NOBODY0001", "R1", 1, 8880), 404, "RESOURCE_NOT_EXISTS"},
		"not paid":                {refundBody("UNPAID0001", "R1", 1, 8880), 400, "INVALID_REQUEST"},
		"other total":             {refundBody("REFUSED0001", "R1", 1, 8881), 400, "INVALID_REQUEST"},
		"above what is left":      {refundBody("REFUSED0001", "R1", 8880, 8880), 400, "INVALID_REQUEST"},
		"zero":                    {refundBody("REFUSED0001", "R1", 0, 8880), 400, "PARAM_ERROR"},
		"same number, other sum":  {refundBody("REFUSED0001", "TAKEN", 2, 8880), 400, "INVALID_REQUEST"},
		"no out_refund_no":        {change("out_refund_no", nil), 400, "PARAM_ERROR"},
		"out_refund_no too long":  {change("out_refund_no", strings.Repeat("R", 65)), 400, "PARAM_ERROR"},
		"reason too long":         {change("reason", strings.Repeat("长", 81)), 400, "PARAM_ERROR"},
		"neither number":          {change("out_trade_no", nil), 400, "PARAM_ERROR"},
		"both numbers":            {both, 400, "PARAM_ERROR"},
		"notify_url with a query": {change("notify_url", "https://shop.example.com/r?x=1"), 400, "PARAM_ERROR"},
		"unknown field":           {change("refund_account", "1"), 400, "PARAM_ERROR"},
		"not a provider":          {change("sub_mchid", "1900000301"), 403, "NO_AUTH"},
		"no currency":             {change("amount", map[string]any{"refund": 1, "total": 8880}), 400, "PARAM_ERROR"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := e.refund(c.body); a.status != c.status || a.field(t, "code") != c.code {
				t.Errorf("got %d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
		})
	}
	if a := e.send(e.call(http.MethodGet, refundPath+"/R404", "")); a.status != 404 || a.field(t, "code") != "RESOURCE_NOT_EXISTS" {
		t.Errorf("unknown refund: %d %s", a.status, a.body)
	}
}

func TestRefundLimits(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("LIMITS0001")
	one := func(n int) answer { return e.refund(refundBody("LIMITS0001", fmt.Sprintf("L%04d", n), 1, 8880)) }
	if a := one(0); a.status != http.StatusOK {
		t.Fatalf("first: %d %s", a.status, a.body)
	}
	e.clock.Advance(59 * time.Second)
	if a := one(1); a.status != http.StatusTooManyRequests || a.field(t, "code") != "FREQUENCY_LIMITED" {
		t.Errorf("after 59 s: got %d %s, want 429", a.status, a.body)
	}
	for n := 1; n < 50; n++ {
		e.clock.Advance(time.Minute)
		if a := one(n); a.status != http.StatusOK {
			t.Fatalf("refund %d: %d %s", n, a.status, a.body)
		}
	}
	e.clock.Advance(time.Minute)
	if a := one(50); a.status != http.StatusBadRequest || a.field(t, "code") != "INVALID_REQUEST" {
		t.Errorf("51st: got %d %s, want 400", a.status, a.body)
	}
	e.paid("LIMITS0002")
	e.clock.Advance(366 * 24 * time.Hour)
	if a := e.refund(refundBody("LIMITS0002", "OLD", 1, 8880)); a.status != http.StatusBadRequest {
		t.Errorf("after a year: got %d %s, want 400", a.status, a.body)
	}
}

func TestRefundOtherEnds(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("ENDS0001")
	e.inbox.wait(t)
	for mode, want := range map[string]string{sandbox.ModeRefundAbnormal: "ABNORMAL", sandbox.ModeRefundClosed: "CLOSED"} {
		if err := e.server.Arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		body := refundBody("ENDS0001", "END"+want, 10, 8880)
		body["notify_url"] = e.inbox.url + "/refund"
		e.refund(body)
		e.clock.Advance(time.Minute)
		e.server.Nudge()
		content := resource(t, e.merchant.APIv3Key, e.inbox.wait(t).body)
		if content["refund_status"] != want || content["success_time"] != nil {
			t.Errorf("%s: callback says %v", mode, content)
		}
	}
	for _, c := range e.server.Books().Charges {
		if c.RefundedFen != 10 { // the closed one gave its sum back, the abnormal one did not
			t.Errorf("refunded: got %d fen, want 10", c.RefundedFen)
		}
	}
}

func TestRefundsSettleAfterRestart(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("RESETTLE01")
	e.refund(refundBody("RESETTLE01", "RS1", 8880, 8880))
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(10 * time.Second)
	e.open()
	until(t, "refund settles", func() bool { return e.server.Books().Refunds[0].Status == "SUCCESS" })
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	e := setup(t)
	get := func(m sandbox.Merchant, query string) answer {
		c := e.call(http.MethodGet, "/v3/certificates"+query, "")
		c.merchant = m
		return e.send(c)
	}
	if a := get(e.merchant, ""); a.status != 404 || a.field(t, "code") != "RESOURCE_NOT_EXISTS" {
		t.Errorf("public-key merchant: got %d %s, want 404", a.status, a.body)
	}
	cert := e.keysOf(certMchid)
	if a := get(cert, "?algorithm_type=DES"); a.status != 400 {
		t.Errorf("unknown algorithm: got %d, want 400", a.status)
	}
	a := get(cert, "?algorithm_type=RSA")
	var list struct {
		Data []struct {
			SerialNo           string `json:"serial_no"`
			EncryptCertificate struct {
				Nonce          string `json:"nonce"`
				AssociatedData string `json:"associated_data"`
				Ciphertext     string `json:"ciphertext"`
			} `json:"encrypt_certificate"`
		} `json:"data"`
	}
	if err := json.Unmarshal(a.body, &list); err != nil || len(list.Data) != 1 {
		t.Fatalf("certificates: %d %s", a.status, a.body)
	}
	sealed := list.Data[0].EncryptCertificate
	plain := openGCM(t, cert.APIv3Key, sealed.Nonce, sealed.AssociatedData, sealed.Ciphertext)
	if block, _ := pem.Decode(plain); block == nil || string(plain) != cert.PlatformCertificate || list.Data[0].SerialNo != cert.PlatformSerial {
		t.Errorf("decrypted certificate is not the merchant's")
	}
	if !verifies(t, string(plain), a.header, a.body) {
		t.Error("the list is not signed by the certificate it carries")
	}
}
