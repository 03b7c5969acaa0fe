package contracttest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

const (
	appID = "wx8888888888888888"
	buyer = "小李"
)

// bench is a sandbox on the wire with one merchant and a callback endpoint.
type bench struct {
	url       string
	notifyURL string
	openid    string
	merchant  sandbox.Merchant
	server    *sandbox.Server
	callbacks chan *http.Request
}

func setup(t *testing.T, mode string) *bench {
	t.Helper()
	s, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	b := &bench{url: web.URL, server: s, callbacks: make(chan *http.Request, 16)}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		kept := r.Clone(t.Context())
		kept.Body = io.NopCloser(bytes.NewReader(raw))
		b.callbacks <- kept
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(shop.Close)
	b.notifyURL = shop.URL + "/notify/wechat/k1"
	if b.merchant, err = s.AddMerchant(sandbox.MerchantInput{MchID: "1900000109", KeyMode: mode}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddApp(sandbox.AppInput{AppID: appID, MchIDs: []string{b.merchant.MchID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Login(appID, buyer); err != nil {
		t.Fatal(err)
	}
	b.openid = sandbox.OpenID(appID, buyer)
	return b
}

func (b *bench) callback(t *testing.T) *http.Request {
	t.Helper()
	select {
	case r := <-b.callbacks:
		return r
	case <-time.After(20 * time.Second):
		t.Fatal("no callback arrived")
		return nil
	}
}

// pay hands the client parameters to the buyer's phone.
func (b *bench) pay(t *testing.T, params map[string]string) sandbox.Receipt {
	t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/_control/pay", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("pay: %d %s %v", resp.StatusCode, body, err)
	}
	var r sandbox.Receipt
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func requestOf(t *testing.T, h http.Header, body []byte) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/notify/wechat/k1", bytes.NewReader(body))
	r.Header = h
	return r
}
