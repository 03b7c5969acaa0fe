package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/tenant/fault"
)

// OrderRefund is money that comes back to the buyer.
type OrderRefund struct {
	OutRefundNo string     `json:"out_refund_no" example:"20261122053012R6V2M899PBDQ"`
	AmountFen   money.Fen  `json:"amount_fen" doc:"Fen." example:"3900"`
	Status      string     `json:"status" enum:"processing,succeeded" doc:"processing until the provider has sent the money."`
	Channel     string     `json:"channel" enum:"wechat,alipay,unionpay" doc:"How the order was paid; the money goes back the same way unless by_shop says otherwise."`
	ByShop      bool       `json:"by_shop" doc:"The shop gave the money back another way, because the provider could not."`
	Account     string     `json:"account,omitempty" doc:"Where the money goes, in the provider's words. Empty if it has not said: the account that paid." example:"招商银行信用卡0403"`
	Note        string     `json:"note,omitempty" doc:"Why, in the shop's words." example:"缺货"`
	RequestedAt time.Time  `json:"requested_at"`
	ExpectedAt  *time.Time `json:"expected_at,omitempty" doc:"Until when it usually has come: minutes to a wallet, up to five days to a bank card. Only while the provider is at it."`
	FinishedAt  *time.Time `json:"finished_at,omitempty" doc:"When it was sent."`
}

type refundsOutput struct {
	Body struct {
		Items []OrderRefund `json:"items" nullable:"false"`
	}
}

func (a *API) refundRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/refunds", id: "listOrderRefunds", tag: tagOrder, member: true,
		summary: "What comes back to the buyer", description: "Newest first, at most 100. Empty if nothing was refunded.",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.refunds)
}

func (a *API) refunds(ctx context.Context, in *orderPath) (*refundsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.d.Orders.Get(ctx, who.tenant, who.member, in.OrderNo); err != nil {
		return nil, err // somebody else's order has no refunds to tell of
	}
	list, err := a.d.Payments.BuyerRefunds(ctx, who.tenant, in.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &refundsOutput{}
	out.Body.Items = make([]OrderRefund, 0, len(list))
	for _, r := range list {
		out.Body.Items = append(out.Body.Items, toOrderRefund(r))
	}
	return out, nil
}

func toOrderRefund(r payments.BuyerRefund) OrderRefund {
	out := OrderRefund{
		OutRefundNo: r.OutRefundNo, AmountFen: r.AmountFen, Status: "processing", Channel: string(r.Channel), ByShop: r.ByHand, Account: r.Account, Note: r.Note, RequestedAt: r.RequestedAt,
	}
	if r.Done {
		out.Status = "succeeded"
	}
	if !r.ExpectedAt.IsZero() {
		out.ExpectedAt = &r.ExpectedAt
	}
	if !r.DoneAt.IsZero() {
		out.FinishedAt = &r.DoneAt
	}
	return out
}
