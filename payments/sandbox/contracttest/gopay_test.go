package contracttest_test

import (
	"net/http"
	"testing"

	"github.com/go-pay/gopay"
	wechat "github.com/go-pay/gopay/wechat/v3"

	"galleria/payments/sandbox"
)

func newGopay(t *testing.T, b *bench, mode string) *wechat.ClientV3 {
	t.Helper()
	c, err := wechat.NewClientV3(b.merchant.MchID, b.merchant.CertificateSerial, b.merchant.APIv3Key, b.merchant.PrivateKeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	c.SetProxyHost(b.url)
	if mode != sandbox.KeyModePublicKey {
		// Downloads and decrypts the platform certificate through GET /v3/certificates.
		if err := c.AutoVerifySign(false); err != nil {
			t.Fatalf("platform certificates: %v", err)
		}
	}
	if mode != sandbox.KeyModeCertificate {
		if err := c.AutoVerifySignByPublicKey([]byte(b.merchant.PublicKeyPEM), b.merchant.PublicKeyID); err != nil {
			t.Fatalf("public key: %v", err)
		}
	}
	return c
}

func TestGopayBuysAndRefunds(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.KeyModePublicKey, sandbox.KeyModeCertificate, sandbox.KeyModeBoth} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t, mode)
			c := newGopay(t, b, mode)
			receipt := gopayBuys(t, b, c)
			gopayRefunds(t, b, c, receipt)
			gopayCloses(t, b, c)
		})
	}
}

func order(b *bench, outTradeNo string) gopay.BodyMap {
	bm := gopay.BodyMap{}
	bm.Set("appid", appID).Set("mchid", b.merchant.MchID).Set("description", "龙井茶 250g").
		Set("out_trade_no", outTradeNo).Set("notify_url", b.notifyURL).
		SetBodyMap("amount", func(bm gopay.BodyMap) { bm.Set("total", 8880).Set("currency", "CNY") }).
		SetBodyMap("payer", func(bm gopay.BodyMap) { bm.Set("openid", b.openid) })
	return bm
}

// Every call below also verifies the answer's signature: gopay returns an error otherwise.
func gopayBuys(t *testing.T, b *bench, c *wechat.ClientV3) sandbox.Receipt {
	t.Helper()
	prepay, err := c.V3TransactionJsapi(t.Context(), order(b, "GOPAY0001"))
	if err != nil || prepay.Code != wechat.Success || prepay.Response.PrepayId == "" {
		t.Fatalf("prepay: %+v, %v", prepay, err)
	}
	unpaid, err := c.V3TransactionQueryOrder(t.Context(), wechat.OutTradeNo, "GOPAY0001")
	if err != nil || unpaid.Response.TradeState != "NOTPAY" {
		t.Fatalf("query before paying: %+v, %v", unpaid, err)
	}
	params, err := c.PaySignOfApplet(appID, prepay.Response.PrepayId)
	if err != nil {
		t.Fatal(err)
	}
	receipt := b.pay(t, map[string]string{
		"timeStamp": params.TimeStamp, "nonceStr": params.NonceStr, "package": params.Package,
		"signType": params.SignType, "paySign": params.PaySign,
	})
	notice := parse(t, b.callback(t), c)
	paid, err := notice.DecryptPayCipherText(b.merchant.APIv3Key)
	if err != nil {
		t.Fatal(err)
	}
	if notice.EventType != "TRANSACTION.SUCCESS" || paid.TransactionId != receipt.TransactionID || paid.OutTradeNo != "GOPAY0001" ||
		paid.Amount.Total != 8880 || paid.Amount.Currency != "CNY" || paid.Appid != appID || paid.Mchid != b.merchant.MchID ||
		paid.Payer.Openid != b.openid || paid.TradeState != "SUCCESS" || paid.TradeType != "JSAPI" {
		t.Errorf("callback says %+v", paid)
	}
	byID, err := c.V3TransactionQueryOrder(t.Context(), wechat.TransactionId, receipt.TransactionID)
	if err != nil || byID.Response.TradeState != "SUCCESS" || byID.Response.SuccessTime == "" {
		t.Errorf("query by id: %+v, %v", byID, err)
	}
	return receipt
}

func gopayRefunds(t *testing.T, b *bench, c *wechat.ClientV3, receipt sandbox.Receipt) {
	t.Helper()
	bm := gopay.BodyMap{}
	bm.Set("transaction_id", receipt.TransactionID).Set("out_refund_no", "GOPAYR0001").Set("reason", "七天无理由").
		Set("notify_url", b.notifyURL).SetBodyMap("amount", func(bm gopay.BodyMap) {
		bm.Set("refund", 880).Set("total", 8880).Set("currency", "CNY")
	})
	refund, err := c.V3Refund(t.Context(), bm)
	if err != nil || refund.Code != wechat.Success || refund.Response.Status != "PROCESSING" || refund.Response.Amount.Refund != 880 {
		t.Fatalf("refund: %+v, %v", refund, err)
	}
	notice := parse(t, b.callback(t), c)
	done, err := notice.DecryptRefundCipherText(b.merchant.APIv3Key)
	if err != nil || notice.EventType != "REFUND.SUCCESS" || done.RefundStatus != "SUCCESS" || done.RefundId != refund.Response.RefundId || done.Amount.Refund != 880 {
		t.Errorf("refund callback: %+v, %v", done, err)
	}
	query, err := c.V3RefundQuery(t.Context(), "GOPAYR0001", nil)
	if err != nil || query.Response.Status != "SUCCESS" {
		t.Errorf("refund query: %+v, %v", query, err)
	}
	after, err := c.V3TransactionQueryOrder(t.Context(), wechat.OutTradeNo, "GOPAY0001")
	if err != nil || after.Response.TradeState != "REFUND" {
		t.Errorf("a partial refund turns the state: %+v, %v", after, err)
	}
}

func gopayCloses(t *testing.T, b *bench, c *wechat.ClientV3) {
	t.Helper()
	if _, err := c.V3TransactionJsapi(t.Context(), order(b, "GOPAY0002")); err != nil {
		t.Fatal(err)
	}
	closed, err := c.V3TransactionCloseOrder(t.Context(), "GOPAY0002")
	if err != nil || closed.Code != wechat.Success {
		t.Errorf("close: %+v, %v", closed, err)
	}
	again, err := c.V3TransactionCloseOrder(t.Context(), "GOPAY0001")
	if err != nil || again.Code != http.StatusBadRequest || again.ErrResponse.Code != "ORDERPAID" {
		t.Errorf("close a paid order: %+v, %v", again, err)
	}
	missing, err := c.V3TransactionQueryOrder(t.Context(), wechat.OutTradeNo, "GOPAY0003")
	if err != nil || missing.Code != http.StatusNotFound || missing.ErrResponse.Code != "ORDER_NOT_EXIST" {
		t.Errorf("query an unknown order: %+v, %v", missing, err)
	}
}

func parse(t *testing.T, r *http.Request, c *wechat.ClientV3) *wechat.V3NotifyReq {
	t.Helper()
	notice, err := wechat.V3ParseNotify(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := notice.VerifySignByPKMap(c.WxPublicKeyMap()); err != nil {
		t.Fatalf("callback signature: %v", err)
	}
	return notice
}

func TestGopayRefusesForgeries(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.KeyModePublicKey)
	c := newGopay(t, b, sandbox.KeyModePublicKey)
	for name, with := range map[string]sandbox.SignWith{"probe": sandbox.SignProbe, "stranger": sandbox.SignStranger} {
		h, body, err := b.server.Notification(sandbox.NotificationInput{MchID: b.merchant.MchID, SignWith: with})
		if err != nil {
			t.Fatal(err)
		}
		notice, err := wechat.V3ParseNotify(requestOf(t, h, body))
		if err != nil {
			t.Fatal(err)
		}
		if notice.VerifySignByPKMap(c.WxPublicKeyMap()) == nil {
			t.Errorf("%s: the forged callback verified", name)
		}
	}
	for _, mode := range []string{sandbox.ModeCorruptBody, sandbox.ModeCorruptSignature, sandbox.ModeWrongKey, sandbox.ModeSignTest} {
		if err := b.server.Arm(sandbox.Fault{Target: sandbox.TargetPrepay, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.V3TransactionJsapi(t.Context(), order(b, "FORGED"+mode[:4])); err == nil {
			t.Errorf("%s: gopay took the answer", mode)
		}
	}
}
