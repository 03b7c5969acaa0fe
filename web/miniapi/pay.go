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

// PayParams is exactly what wx.requestPayment takes.
type PayParams struct {
	TimeStamp string `json:"timeStamp" doc:"Unix seconds, as text." example:"1795290125"`
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package" example:"prepay_id=wx2119420512345678"`
	SignType  string `json:"signType" enum:"RSA"`
	PaySign   string `json:"paySign"`
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
