package contracttest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/alipay"

	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
)

const alipayApp = "2021000000000001"

// alipayBench is a sandbox on the wire with one of Alipay's apps.
func alipayBench(t *testing.T, mode string) (*alipaygw.Gateway, alipaygw.App, string) {
	t.Helper()
	s, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	app, err := s.Alipay().AddApp(alipaygw.AppInput{AppID: alipayApp, SellerID: "2088000000000001", KeyMode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return s.Alipay(), app, web.URL
}

func alipayModes(t *testing.T, run func(t *testing.T, mode string)) {
	t.Helper()
	t.Parallel()
	for _, mode := range []string{alipaygw.KeyModePublicKey, alipaygw.KeyModeCertificate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			run(t, mode)
		})
	}
}

type alipayNotice struct {
	Verified, Forged bool
	Content          map[string]string
}

type alipayReport struct {
	Session                 struct{ OpenID string }
	Create                  struct{ TradeNo, OutTradeNo string }
	Before, After, Unopened struct {
		Code, SubCode, TradeStatus, TotalAmount, SendPayDate string
	}
	Receipt, PaidPage, PaidString alipaygw.Receipt
	Payment, Refunded             alipayNotice
	Refund                        struct{ Code, FundChange, RefundFee, SendBackFee string }
	RefundQuery                   struct{ RefundStatus, RefundAmount string }
	Closed                        struct{ Code, OutTradeNo string }
	Phone                         struct{ Code, Mobile string }
	SN                            struct{ App, Alipay, Root string }
}

func TestAlipaySDKBuysAndRefunds(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(filepath.Join("node_modules", "alipay-sdk")); err != nil {
		t.Skip("run npm ci in payments/sandbox/contracttest first")
	}
	alipayModes(t, func(t *testing.T, mode string) {
		_, app, base := alipayBench(t, mode)
		got := runAlipaySDK(t, node, map[string]any{"baseURL": base, "app": app})
		if got.SN.App != app.AppCertSN || got.SN.Alipay != app.AlipayCertSN || got.SN.Root != app.RootCertSN {
			t.Errorf("serial numbers: the SDK has %+v, the sandbox %s %s %s", got.SN, app.AppCertSN, app.AlipayCertSN, app.RootCertSN)
		}
		if got.Session.OpenID != alipaygw.OpenID(alipayApp, "小李") || got.Create.OutTradeNo != "NODE0001" || got.Receipt.TradeNo != got.Create.TradeNo {
			t.Errorf("login and create: %+v %+v", got.Session, got.Create)
		}
		if got.Before.TradeStatus != "WAIT_BUYER_PAY" || got.After.TradeStatus != "TRADE_SUCCESS" || got.After.TotalAmount != "88.80" || got.After.SendPayDate == "" {
			t.Errorf("states: %+v %+v", got.Before, got.After)
		}
		if p := got.Payment; !p.Verified || p.Forged || p.Content["trade_status"] != "TRADE_SUCCESS" || p.Content["passback_params"] != "a%3D1%26b%3D%2B" {
			t.Errorf("notification: %+v", p)
		}
		if got.Refund.FundChange != "Y" || got.Refund.SendBackFee != "8.80" || got.RefundQuery.RefundStatus != "REFUND_SUCCESS" || got.RefundQuery.RefundAmount != "8.80" {
			t.Errorf("refund: %+v %+v", got.Refund, got.RefundQuery)
		}
		if r := got.Refunded; !r.Verified || r.Content["out_biz_no"] != "NODER0001" || r.Content["refund_fee"] != "8.80" || r.Content["gmt_refund"] == "" {
			t.Errorf("refund notification: %+v", r)
		}
		if got.Unopened.SubCode != "ACQ.TRADE_NOT_EXIST" || got.PaidPage.ResultCode != "9000" || got.PaidString.ResultCode != "9000" || got.Closed.Code != "10000" {
			t.Errorf("pages: %+v %+v %+v %+v", got.Unopened, got.PaidPage, got.PaidString, got.Closed)
		}
		if got.Phone.Code != "10000" || got.Phone.Mobile != "13800138000" {
			t.Errorf("phone: %+v", got.Phone)
		}
	})
}

func runAlipaySDK(t *testing.T, node string, settings map[string]any) alipayReport {
	t.Helper()
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "alipay.js")
	cmd.Env = append(os.Environ(), "TZ=Asia/Shanghai") // the SDK writes the machine's local time
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(raw), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("alipay.js: %v\n%s", err, errs.String())
	}
	var report alipayReport
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("alipay.js printed %q: %v", out.String(), err)
	}
	return report
}

// toSandbox sends gopay's calls, whose host is a constant, to the sandbox.
type toSandbox struct{ base string }

func (s toSandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	to, err := url.Parse(s.base + "/alipay/gateway.do?" + r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL, r.Host = to, ""
	return http.DefaultTransport.RoundTrip(r)
}

func TestGopayAlipayBuysAndRefunds(t *testing.T) {
	alipayModes(t, func(t *testing.T, mode string) {
		g, app, base := alipayBench(t, mode)
		c, err := alipay.NewClient(app.AppID, app.BareKey, true)
		if err != nil {
			t.Fatal(err)
		}
		c.SetLocation("Asia/Shanghai")
		c.GetHttpClient().HttpClient.Transport = toSandbox{base}
		if mode == alipaygw.KeyModeCertificate {
			if err := c.SetCertSnByContent([]byte(app.AppCert), []byte(app.RootCert), []byte(app.AlipayCert)); err != nil {
				t.Fatal(err)
			}
			c.AutoVerifySign([]byte(app.AlipayCert))
			if c.AppCertSN != app.AppCertSN || c.AliPayRootCertSN != app.RootCertSN || c.AliPayPublicCertSN != app.AlipayCertSN {
				t.Errorf("serial numbers: gopay has %s %s %s", c.AppCertSN, c.AliPayRootCertSN, c.AliPayPublicCertSN)
			}
		}
		notices := make(chan url.Values, 8)
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err == nil {
				notices <- r.PostForm
			}
			_, _ = io.WriteString(w, "success")
		}))
		t.Cleanup(shop.Close)
		c.SetNotifyUrl(shop.URL + "/notify/alipay/k1")

		checked := func(what string, signData, sign string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if mode == alipaygw.KeyModePublicKey {
				if ok, err := alipay.VerifySyncSign(bare(app.AlipayPublicKey), signData, sign); err != nil || !ok {
					t.Errorf("%s: the answer's signature: %v", what, err)
				}
			}
		}
		if _, err := g.Login(app.AppID, buyer); err != nil { // gopay's own login cannot be sent to another host
			t.Fatal(err)
		}
		created, err := c.TradeCreate(t.Context(), gopay.BodyMap{}.Set("out_trade_no", "GOPAYA0001").Set("total_amount", "88.80").
			Set("subject", "龙井茶 250g").Set("product_code", "JSAPI_PAY").Set("op_app_id", app.AppID).Set("buyer_open_id", alipaygw.OpenID(app.AppID, buyer)))
		if err != nil {
			t.Fatal(err)
		}
		checked("create", created.SignData, created.Sign, err)
		if _, err := g.Pay(alipaygw.PayInput{TradeNo: created.Response.TradeNo, Buyer: buyer}); err != nil {
			t.Fatal(err)
		}
		verifyWithGopay(t, app, <-notices, "TRADE_SUCCESS")
		paid, err := c.TradeQuery(t.Context(), gopay.BodyMap{}.Set("out_trade_no", "GOPAYA0001"))
		if err != nil {
			t.Fatal(err)
		}
		checked("query", paid.SignData, paid.Sign, err)
		if paid.Response.TradeStatus != "TRADE_SUCCESS" || paid.Response.TotalAmount != "88.80" {
			t.Errorf("query: %+v", paid.Response)
		}
		back, err := c.TradeRefund(t.Context(), gopay.BodyMap{}.Set("out_trade_no", "GOPAYA0001").Set("out_request_no", "GOPAYAR001").Set("refund_amount", "88.80"))
		if err != nil {
			t.Fatal(err)
		}
		checked("refund", back.SignData, back.Sign, err)
		if back.Response.FundChange != "Y" {
			t.Errorf("refund: %+v", back.Response)
		}
		verifyWithGopay(t, app, <-notices, "TRADE_CLOSED")
	})
}

// bare is a key without its armour, as gopay wants it.
func bare(pemText string) string {
	block, _ := pem.Decode([]byte(pemText))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

// verifyWithGopay takes a notification as its own documentation shows, and one altered byte
// not at all.
func verifyWithGopay(t *testing.T, app alipaygw.App, form url.Values, status string) {
	t.Helper()
	for _, amount := range []string{form.Get("total_amount"), "88.81"} {
		bm := gopay.BodyMap{}
		for name := range form {
			bm.Set(name, form.Get(name))
		}
		bm.Set("total_amount", amount).Remove("alipay_cert_sn")
		var ok bool
		var err error
		if app.KeyMode == alipaygw.KeyModeCertificate {
			ok, err = alipay.VerifySignWithCert([]byte(app.AlipayCert), bm)
		} else {
			ok, err = alipay.VerifySign(bare(app.AlipayPublicKey), bm)
		}
		if ok != (amount == form.Get("total_amount")) {
			t.Errorf("amount %s verifies: %v, %v", amount, ok, err)
		}
	}
	if form.Get("trade_status") != status {
		t.Errorf("the notification says %s, want %s", form.Get("trade_status"), status)
	}
}
