package miniapi

import (
	"context"
	"net/http"
	"strconv"

	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Payments begins payments; *payments.Service is one.
type Payments interface {
	Pay(ctx context.Context, id tenant.ID, in payments.PayInput) (payments.ClientParams, error)
}

// PayParams is what the buyer's side needs. Which members are there depends on channel
// and scene; each has the name under which the provider's client takes it.
type PayParams struct {
	TimeStamp string `json:"timeStamp,omitempty" doc:"wx.requestPayment: Unix seconds, as text." example:"1795290125"`
	NonceStr  string `json:"nonceStr,omitempty" doc:"wx.requestPayment."`
	Package   string `json:"package,omitempty" doc:"wx.requestPayment; for WeChat Pay's app SDK it is packageValue." example:"prepay_id=wx2119420512345678"`
	SignType  string `json:"signType,omitempty" enum:"RSA" doc:"wx.requestPayment."`
	PaySign   string `json:"paySign,omitempty" doc:"wx.requestPayment; for WeChat Pay's app SDK it is sign."`
	PartnerID string `json:"partnerId,omitempty" doc:"WeChat Pay's app SDK."`
	PrepayID  string `json:"prepayId,omitempty" doc:"WeChat Pay's app SDK."`

	TradeNO     string               `json:"tradeNO,omitempty" doc:"my.tradePay."`
	OrderString string               `json:"orderString,omitempty" doc:"Alipay's app SDK."`
	TN          string               `json:"tn,omitempty" doc:"UnionPay's app SDK and upsdk.pay."`
	CodeURL     string               `json:"codeUrl,omitempty" doc:"To be shown as a QR code."`
	URL         string               `json:"url,omitempty" doc:"The buyer's browser is to open it."`
	Form        *payments.ClientForm `json:"form,omitempty" doc:"The buyer's browser is to post it, in UTF-8."`
}

type payOutput struct{ Body PayParams }

func (a *API) payRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/pay", id: "payOrder", tag: tagOrder, member: true, class: classPay,
		summary: "Begin paying an order",
		description: "Pass the answer to `wx.requestPayment` as it is. Safe to repeat. Do not trust the success callback: " +
			"read the order until it is paid. `fail cancel` is no error.",
		errors: []*fault.Error{
			fault.ErrNotFound, order.ErrState, payments.ErrNoAccount, payments.ErrShopNotOpen, payments.ErrAlreadyPaid, payments.ErrBillExpired, payments.ErrState,
			payments.ErrRefused, payments.ErrProviderBusy, payments.ErrBadResponse, payments.ErrTimeout,
		},
	}, a.pay)
}

func (a *API) pay(ctx context.Context, in *orderPath) (*payOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	params, err := a.d.Payments.Pay(ctx, who.tenant, payments.PayInput{
		BusinessNo: in.OrderNo, AppID: who.app.String(), Payer: who.openID, MemberID: who.member, Trial: who.shop.Policy().Storefront == tenant.StorefrontTrial,
	})
	if err != nil {
		return nil, err
	}
	return &payOutput{PayParams(params)}, nil
}

// keyScope binds an idempotency key to the member and the operation.
func keyScope(who caller, operation string) string {
	return "member:" + strconv.FormatInt(who.member, 10) + ":" + operation
}
