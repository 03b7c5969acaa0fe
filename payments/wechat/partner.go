package wechat

import (
	"net/url"

	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// In service-provider mode the provider's number and key sign, and every call names the
// merchant it is about besides: other paths, other words for the same things.

const (
	payPath     = consts.WechatPayAPIServer + "/v3/pay/transactions/"
	partnerPath = consts.WechatPayAPIServer + "/v3/pay/partner/transactions/"
)

// payTarget is the path of a call about payments.
func payTarget(acc payments.Account, rest string) string {
	if acc.Config.Partner() {
		return partnerPath + rest
	}
	return payPath + rest
}

// queryTarget asks about a payment of the account's.
func queryTarget(acc payments.Account, outTradeNo string) string {
	q := url.Values{"mchid": {acc.MerchantNo}}
	if acc.Config.Partner() {
		q = url.Values{"sp_mchid": {acc.Config.SpMchID}, "sub_mchid": {acc.MerchantNo}}
	}
	return payTarget(acc, "out-trade-no/"+url.PathEscape(outTradeNo)) + "?" + q.Encode()
}

// ofMerchant adds, to a target that both modes share, which merchant it is about.
func ofMerchant(acc payments.Account, target, mark string) string {
	if !acc.Config.Partner() {
		return target
	}
	return target + mark + "sub_mchid=" + url.QueryEscape(acc.MerchantNo)
}

// merchantOf is the merchant that a body of both modes names; nil leaves it out.
func merchantOf(acc payments.Account) *string {
	if !acc.Config.Partner() {
		return nil
	}
	return &acc.MerchantNo
}

type partnerClose struct {
	SpMchID  string `json:"sp_mchid"`
	SubMchID string `json:"sub_mchid"`
}

// closeBody says whose payment is closed.
func closeBody(acc payments.Account) any {
	if acc.Config.Partner() {
		return partnerClose{acc.Config.SpMchID, acc.MerchantNo}
	}
	return jsapi.CloseRequest{Mchid: &acc.MerchantNo}
}

// partnerPrepay is the request of every product; what a product does not know is left out.
type partnerPrepay struct {
	SpAppID     string        `json:"sp_appid"`
	SpMchID     string        `json:"sp_mchid"`
	SubAppID    string        `json:"sub_appid,omitempty"`
	SubMchID    string        `json:"sub_mchid"`
	Description string        `json:"description"`
	OutTradeNo  string        `json:"out_trade_no"`
	TimeExpire  string        `json:"time_expire"`
	NotifyURL   string        `json:"notify_url"`
	Amount      partnerAmount `json:"amount"`
	Payer       *partnerPayer `json:"payer,omitempty"`
	SceneInfo   *partnerScene `json:"scene_info,omitempty"`
}

type partnerAmount struct {
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
}

type partnerPayer struct {
	SpOpenID  string `json:"sp_openid,omitempty"`
	SubOpenID string `json:"sub_openid,omitempty"`
}

type partnerScene struct {
	PayerClientIP string      `json:"payer_client_ip"`
	H5Info        partnerPage `json:"h5_info"`
}

type partnerPage struct {
	Type string `json:"type"`
}

// partnerBody names the buyer by the app in which they are: the service provider's own, or
// one of the merchant's.
func (p product) partnerBody(acc payments.Account, in payments.PrepayRequest) partnerPrepay {
	body := partnerPrepay{
		SpAppID: acc.Config.SpAppID, SpMchID: acc.Config.SpMchID, SubMchID: acc.MerchantNo, Description: wire.Cut(in.Title, mostTitle),
		OutTradeNo: in.OutTradeNo, TimeExpire: in.ExpiresAt.In(wire.Beijing()).Format(partnerTime), NotifyURL: in.NotifyURL,
		Amount: partnerAmount{int64(in.AmountFen), currency},
	}
	payer := partnerPayer{SpOpenID: in.Payer}
	if in.AppID != acc.Config.SpAppID {
		body.SubAppID, payer = in.AppID, partnerPayer{SubOpenID: in.Payer}
	}
	switch p.path {
	case "jsapi":
		body.Payer = &payer
	case "h5":
		body.SceneInfo = &partnerScene{in.ClientIP, partnerPage{"Wap"}}
	}
	return body
}

// partnerTime is RFC 3339 to the second.
const partnerTime = "2006-01-02T15:04:05Z07:00"

// identity is who a payment is of, in either mode.
func (t transaction) identity() payments.Identity {
	id := payments.Identity{AppID: t.AppID, MerchantNo: t.MchID, TradeType: t.TradeType, Currency: t.Amount.Currency}
	if t.SpMchID == "" && t.SubMchID == "" {
		return id
	}
	id.PartnerNo, id.PartnerAppID, id.MerchantNo, id.AppID = t.SpMchID, t.SpAppID, t.SubMchID, t.SpAppID
	if t.SubAppID != "" {
		id.AppID = t.SubAppID
	}
	return id
}

// payer is the buyer's openid within the app that the payment was made in.
func (t transaction) payer() string {
	switch {
	case t.Payer.SubOpenID != "":
		return t.Payer.SubOpenID
	case t.Payer.SpOpenID != "" && t.SubAppID == "":
		return t.Payer.SpOpenID
	}
	return t.Payer.OpenID
}
