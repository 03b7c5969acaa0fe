package web_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// genuine is a signed notification of a payment of the shop's order.
func (h *house) genuine(t *testing.T, s *shop, mchid string) (header http.Header, body []byte) {
	t.Helper()
	c := h.login(t, s, "o-li")
	// The payer must be known to the provider: log in through it.
	code, err := h.provider.Login(c.app, "li")
	if err != nil {
		t.Fatal(err)
	}
	var login miniapi.Login
	c.must(t, http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code}).into(t, &login)
	c.token = login.AccessToken
	orderNo, _ := c.order(t, s)
	var params sandbox.PayInput
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+orderNo+"/pay", nil).into(t, &params)
	// Callbacks of the sandbox's own accord would race with the test's.
	if err := h.provider.Arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeDrop, Count: 10}); err != nil {
		t.Fatal(err)
	}
	receipt, err := h.provider.Pay(params)
	if err != nil {
		t.Fatal(err)
	}
	header, body, err = h.provider.Notification(sandbox.NotificationInput{MchID: mchid, OutTradeNo: receipt.OutTradeNo})
	if err != nil {
		t.Fatal(err)
	}
	return header, body
}

func (h *house) notice(t *testing.T, path string, header http.Header, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	return h.send(t, req)
}

func (h *house) succeeded(t *testing.T, s *shop) (n int) {
	t.Helper()
	h.in(t, s, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM payment_attempt WHERE status = 'succeeded'").Scan(&n)
	})
	return n
}

func TestT061GenuineNoticeAtAWrongAddressHasNoEffect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	h.merchant(t, a, "1900000201")
	h.merchant(t, b, "1900000202")
	header, body := h.genuine(t, a, "1900000201")
	for _, path := range []string{
		"/notify/wechat/" + b.account, "/notify/wechat/" + strings.Repeat("a", 26), "/notify/wechat", "/notify/wechat/", "/notify",
		"/notify/wechat/" + a.account + "/", "/notify/WeChat/" + a.account, "/Notify/wechat/" + a.account, "/notify/alipay/" + a.account,
		"/notify/wechat/" + strings.ToUpper(a.account), "/notify/wechat/" + a.account + "/x", "/notify/wechat/../wechat/" + b.account,
	} {
		if got := h.notice(t, path, header, body); got.status < 400 || got.status >= 500 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if n := h.succeeded(t, a) + h.succeeded(t, b); n != 0 {
		t.Errorf("%d payments succeeded at wrong addresses", n)
	}
	right := "/notify/wechat/" + a.account
	compressed := header.Clone()
	compressed.Set("Content-Encoding", "gzip")
	if got := h.notice(t, right, compressed, body); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("compressed notice: %d", got.status)
	}
	if got := h.notice(t, right, header, append(body, bytes.Repeat([]byte(" "), 70<<10)...)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("notice over 64 kB: %d", got.status)
	}
	if err := h.Registry.SetStatus(t.Context(), a.ID, tenant.Suspended, "欠费"); err != nil {
		t.Fatal(err)
	}
	if got := h.notice(t, right, header, body); got.status != http.StatusOK && got.status != http.StatusNoContent {
		t.Errorf("genuine notice to a suspended shop: %d %s", got.status, got.body)
	}
	if n := h.succeeded(t, a); n != 1 {
		t.Errorf("%d payments succeeded, want 1", n)
	}
}
