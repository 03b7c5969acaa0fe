package wechat

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// product is how the provider serves a scene.
type product struct {
	path      string
	tradeType string
	life      time.Duration // of what prepay answers
	anyPayer  bool
}

func productOf(scene payments.Scene) (product, bool) {
	const prepayLife, pageLife = 2 * time.Hour, 5 * time.Minute
	switch scene {
	case payments.MiniProgram:
		return product{"jsapi", "JSAPI", prepayLife, false}, true
	case payments.QR, payments.PC: // on a computer, too, the phone scans a code
		return product{"native", "NATIVE", prepayLife, true}, true
	case payments.Web:
		return product{"h5", "MWEB", pageLife, true}, true
	case payments.App:
		return product{"app", "APP", prepayLife, true}, true
	}
	return product{}, false
}

// Traits implements payments.Channel.
func (*Channel) Traits(scene payments.Scene) (payments.Traits, bool) {
	p, ok := productOf(scene)
	return payments.Traits{PrepayLife: p.life, AnyPayer: p.anyPayer, Refunds: refundLimits()}, ok
}

// refundLimits are what a merchant may give back: within a year, in fifty parts, one a
// minute.
func refundLimits() payments.RefundLimits {
	return payments.RefundLimits{Within: 365 * 24 * time.Hour, Count: 50, Spacing: time.Minute}
}

// Identity implements payments.Channel.
func (*Channel) Identity(acc payments.Account, scene payments.Scene, appID string) payments.Identity {
	p, _ := productOf(scene)
	return payments.Identity{
		AppID: appID, MerchantNo: acc.MerchantNo, PartnerNo: acc.Config.SpMchID, PartnerAppID: acc.Config.SpAppID, TradeType: p.tradeType, Currency: currency,
	}
}

// Prepay implements payments.Channel. What it returns is a prepay_id, a code_url or an
// h5_url, after the scene.
func (c *Channel) Prepay(ctx context.Context, acc payments.Account, in payments.PrepayRequest) (string, error) {
	p, ok := productOf(in.Scene)
	if !ok {
		return "", payments.ErrScene
	}
	var out struct {
		PrepayID string `json:"prepay_id"`
		CodeURL  string `json:"code_url"`
		H5URL    string `json:"h5_url"`
	}
	body := p.body(acc, in)
	err := c.call(ctx, acc, callTimeout, &out, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, payTarget(acc, p.path), body)
	})
	if err != nil {
		return "", err
	}
	answered := map[string]string{"jsapi": out.PrepayID, "app": out.PrepayID, "native": out.CodeURL, "h5": out.H5URL}[p.path]
	if answered == "" {
		return "", payments.ErrBadResponse.Because(fmt.Errorf("%s prepay without its answer", p.path))
	}
	return answered, nil
}

// body is the request in the SDK's words, which differ by product in their types only.
func (p product) body(acc payments.Account, in payments.PrepayRequest) any {
	if acc.Config.Partner() {
		return p.partnerBody(acc, in)
	}
	expires := in.ExpiresAt.In(wire.Beijing())
	title, total, yuan := wire.Cut(in.Title, mostTitle), int64(in.AmountFen), currency
	switch p.path {
	case "native":
		return native.PrepayRequest{
			Appid: &in.AppID, Mchid: &acc.MerchantNo, Description: &title, OutTradeNo: &in.OutTradeNo, TimeExpire: &expires, NotifyUrl: &in.NotifyURL,
			Amount: &native.Amount{Total: &total, Currency: &yuan},
		}
	case "h5":
		return h5.PrepayRequest{
			Appid: &in.AppID, Mchid: &acc.MerchantNo, Description: &title, OutTradeNo: &in.OutTradeNo, TimeExpire: &expires, NotifyUrl: &in.NotifyURL,
			Amount:    &h5.Amount{Total: &total, Currency: &yuan},
			SceneInfo: &h5.SceneInfo{PayerClientIp: &in.ClientIP, H5Info: &h5.H5Info{Type: new("Wap")}},
		}
	case "app":
		return app.PrepayRequest{
			Appid: &in.AppID, Mchid: &acc.MerchantNo, Description: &title, OutTradeNo: &in.OutTradeNo, TimeExpire: &expires, NotifyUrl: &in.NotifyURL,
			Amount: &app.Amount{Total: &total, Currency: &yuan},
		}
	}
	return jsapi.PrepayRequest{
		Appid: &in.AppID, Mchid: &acc.MerchantNo, Description: &title, OutTradeNo: &in.OutTradeNo, TimeExpire: &expires, NotifyUrl: &in.NotifyURL,
		Amount: &jsapi.Amount{Total: &total, Currency: &yuan},
		Payer:  &jsapi.Payer{Openid: &in.Payer},
	}
}

// ClientParams implements payments.Channel.
func (c *Channel) ClientParams(ctx context.Context, acc payments.Account, in payments.PrepayRequest, prepayID string) (payments.ClientParams, error) {
	p, ok := productOf(in.Scene)
	if !ok {
		return payments.ClientParams{}, payments.ErrScene
	}
	switch p.path {
	case "native":
		return payments.ClientParams{CodeURL: prepayID}, nil
	case "h5":
		if in.ReturnURL != "" { // the one thing that may be appended
			prepayID += "&redirect_url=" + url.QueryEscape(in.ReturnURL)
		}
		return payments.ClientParams{URL: prepayID}, nil
	}
	client, err := c.client(ctx, acc)
	if err != nil {
		return payments.ClientParams{}, err
	}
	out := payments.ClientParams{TimeStamp: strconv.FormatInt(c.d.Now().Unix(), 10), NonceStr: nonce()}
	last := prepayID // an app signs the bare id
	if p.path == "app" {
		out.Package, out.PartnerID, out.PrepayID = "Sign=WXPay", acc.MerchantNo, prepayID
	} else {
		out.Package, out.SignType = "prepay_id="+prepayID, "RSA"
		last = out.Package
	}
	signed, err := client.signer.Sign(ctx, in.AppID+"\n"+out.TimeStamp+"\n"+out.NonceStr+"\n"+last+"\n")
	if err != nil {
		return payments.ClientParams{}, classify(err)
	}
	out.PaySign = signed.Signature
	return out, nil
}
