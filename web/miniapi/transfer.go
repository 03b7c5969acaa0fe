package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/money"
	"galleria/payments/transfer"
	"galleria/tenant"
)

// Transfers shows buyers what the shop pays them; *transfer.Service is one.
type Transfers interface {
	Incoming(ctx context.Context, id tenant.ID, memberID int64, appID string) ([]transfer.Incoming, error)
}

// Incoming is money that the shop pays to the buyer.
type Incoming struct {
	OutBillNo  string     `json:"out_bill_no" example:"20261122053012C6V2M899PBDQ"`
	AmountFen  money.Fen  `json:"amount_fen" doc:"Fen." example:"8800"`
	Title      string     `json:"title" example:"推广佣金"`
	Status     string     `json:"status" enum:"created,submitted,accepted,processing,wait_user_confirm,cancelling,succeeded,failed,cancelled"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	MchID      string     `json:"mch_id" doc:"wx.requestMerchantTransfer: mchId." example:"1900000001"`
	Package    string     `json:"package,omitempty" doc:"wx.requestMerchantTransfer: package; there while the buyer has to confirm."`
}

type incomingOutput struct {
	Body struct {
		Items []Incoming `json:"items" nullable:"false"`
	}
}

func (a *API) transferRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/me/transfers", id: "listTransfers", tag: tagSession, member: true,
		summary: "What the shop pays to the buyer",
		description: "Newest first, at most 50. One that is `wait_user_confirm` is confirmed by " +
			"`wx.requestMerchantTransfer({ mchId, appId, package })` within a day.",
	}, a.incoming)
}

func (a *API) incoming(ctx context.Context, _ *none) (*incomingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Transfers.Incoming(ctx, who.tenant, who.member, who.app.String())
	if err != nil {
		return nil, err
	}
	out := &incomingOutput{}
	out.Body.Items = make([]Incoming, 0, len(list))
	for _, t := range list {
		item := Incoming{
			OutBillNo: t.OutBillNo, AmountFen: t.AmountFen, Title: t.Title, Status: string(t.Status), CreatedAt: t.CreatedAt, MchID: t.MerchantNo, Package: t.PackageInfo,
		}
		if !t.FinishedAt.IsZero() {
			item.FinishedAt = &t.FinishedAt
		}
		out.Body.Items = append(out.Body.Items, item)
	}
	return out, nil
}
