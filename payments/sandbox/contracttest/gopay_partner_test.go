package contracttest_test

import (
	"testing"

	"github.com/go-pay/gopay"
	wechat "github.com/go-pay/gopay/wechat/v3"

	"galleria/payments/sandbox"
)

const (
	subMch = "1900000209"
	subApp = "wx7777777777777777"
)

func partnerOrder(b *bench, outTradeNo string) gopay.BodyMap {
	bm := gopay.BodyMap{}
	bm.Set("sp_appid", appID).Set("sp_mchid", b.merchant.MchID).Set("sub_appid", subApp).Set("sub_mchid", subMch).Set("description", "龙井茶 250g").
		Set("out_trade_no", outTradeNo).Set("notify_url", b.notifyURL).
		SetBodyMap("amount", func(bm gopay.BodyMap) { bm.Set("total", 8880).Set("currency", "CNY") }).
		SetBodyMap("payer", func(bm gopay.BodyMap) { bm.Set("sub_openid", sandbox.OpenID(subApp, buyer)) })
	return bm
}

func ofSub() gopay.BodyMap {
	bm := gopay.BodyMap{}
	bm.Set("sub_mchid", subMch)
	return bm
}

// A service provider signs for a merchant: prepay, query, callback, refund and close, each
// with the merchant's number in it and the service provider's signature under it.
func TestGopayBuysForASubMerchant(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.KeyModePublicKey, sandbox.KeyModeCertificate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t, mode)
			if _, err := b.server.AddRelation(sandbox.Relation{SpMchID: b.merchant.MchID, SubMchID: subMch}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.server.AddApp(sandbox.AppInput{AppID: subApp, MchIDs: []string{subMch}}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.server.Login(subApp, buyer); err != nil {
				t.Fatal(err)
			}
			c := newGopay(t, b, mode)
			partnerBuys(t, b, c)
			partnerRefunds(t, b, c)
			if _, err := c.V3PartnerTransactionJsapi(t.Context(), partnerOrder(b, "GOPAYP0002")); err != nil {
				t.Fatal(err)
			}
			closed, err := c.V3PartnerCloseOrder(t.Context(), "GOPAYP0002", func() gopay.BodyMap { return ofSub().Set("sp_mchid", b.merchant.MchID) }())
			if err != nil || closed.Code != wechat.Success {
				t.Errorf("close: %+v, %v", closed, err)
			}
			// A service provider says on whose behalf it asks, and only of those bound to it.
			strange := partnerOrder(b, "GOPAYP0003").Set("sub_mchid", "1900000999")
			if refused, err := c.V3PartnerTransactionJsapi(t.Context(), strange); err != nil || refused.Code == wechat.Success {
				t.Errorf("a merchant of another: %+v, %v", refused, err)
			}
			if refused, err := c.V3TransactionJsapi(t.Context(), order(b, "GOPAYP0004")); err != nil || refused.Code == wechat.Success {
				t.Errorf("a direct order of a service provider: %+v, %v", refused, err)
			}
		})
	}
}

func partnerBuys(t *testing.T, b *bench, c *wechat.ClientV3) {
	t.Helper()
	prepay, err := c.V3PartnerTransactionJsapi(t.Context(), partnerOrder(b, "GOPAYP0001"))
	if err != nil || prepay.Code != wechat.Success || prepay.Response.PrepayId == "" {
		t.Fatalf("prepay: %+v, %v", prepay, err)
	}
	params, err := c.PaySignOfApplet(subApp, prepay.Response.PrepayId)
	if err != nil {
		t.Fatal(err)
	}
	receipt := b.pay(t, map[string]string{
		"timeStamp": params.TimeStamp, "nonceStr": params.NonceStr, "package": params.Package, "signType": params.SignType, "paySign": params.PaySign,
	})
	notice := parse(t, b.callback(t), c)
	paid, err := notice.DecryptPartnerPayCipherText(b.merchant.APIv3Key)
	if err != nil || notice.EventType != "TRANSACTION.SUCCESS" || paid.SpMchid != b.merchant.MchID || paid.SubMchid != subMch || paid.SpAppid != appID || paid.SubAppid != subApp ||
		paid.TransactionId != receipt.TransactionID || paid.Amount.Total != 8880 || paid.TradeState != "SUCCESS" {
		t.Errorf("callback: %+v, %v", paid, err)
	}
	query, err := c.V3PartnerQueryOrder(t.Context(), wechat.OutTradeNo, "GOPAYP0001", ofSub().Set("sp_mchid", b.merchant.MchID))
	if err != nil || query.Code != wechat.Success || query.Response.TradeState != "SUCCESS" || query.Response.SubMchid != subMch {
		t.Errorf("query: %+v, %v", query, err)
	}
}

func partnerRefunds(t *testing.T, b *bench, c *wechat.ClientV3) {
	t.Helper()
	bm := ofSub()
	bm.Set("out_trade_no", "GOPAYP0001").Set("out_refund_no", "GOPAYPR001").Set("reason", "七天无理由").Set("notify_url", b.notifyURL).
		SetBodyMap("amount", func(bm gopay.BodyMap) { bm.Set("refund", 880).Set("total", 8880).Set("currency", "CNY") })
	refund, err := c.V3Refund(t.Context(), bm)
	if err != nil || refund.Code != wechat.Success || refund.Response.Status != "PROCESSING" {
		t.Fatalf("refund: %+v, %v", refund, err)
	}
	notice := parse(t, b.callback(t), c)
	done, err := notice.DecryptPartnerRefundCipherText(b.merchant.APIv3Key)
	if err != nil || notice.EventType != "REFUND.SUCCESS" || done.SubMchid != subMch || done.SpMchid != b.merchant.MchID || done.Amount.Refund != 880 {
		t.Errorf("refund callback: %+v, %v", done, err)
	}
	query, err := c.V3RefundQuery(t.Context(), "GOPAYPR001", ofSub())
	if err != nil || query.Code != wechat.Success || query.Response.Status != "SUCCESS" {
		t.Errorf("refund query: %+v, %v", query, err)
	}
}
