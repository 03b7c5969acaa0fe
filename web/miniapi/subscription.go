package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/notice"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Subscriptions keeps what messages a buyer allows; *notice.Service is one.
type Subscriptions interface {
	Templates(ctx context.Context, id tenant.ID, appID string) ([]notice.Template, error)
	Report(ctx context.Context, id tenant.ID, appID, openID, templateID string, accepted bool) error
}

// SubscriptionTemplate is a message the Mini Program may ask its buyer to subscribe to.
type SubscriptionTemplate struct {
	Event      string `json:"event" example:"order.paid"`
	TemplateID string `json:"template_id" doc:"For wx.requestSubscribeMessage, or my.requestSubscribeMessage in an Alipay app."`
}

// SubscriptionTemplates lists them.
type SubscriptionTemplates struct {
	Items []SubscriptionTemplate `json:"items" nullable:"false"`
}

type subscriptionTemplatesOutput struct{ Body SubscriptionTemplates }

type subscriptionInput struct {
	Body struct {
		TemplateID string `json:"template_id" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z+/=_-]+$"`
		Result     string `json:"result" enum:"accept,reject" doc:"What wx.requestSubscribeMessage gave for this template; of my.requestSubscribeMessage, accept stands for subscribe and reject for cancel."`
	}
}

func (a *API) subscriptionRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/subscriptions", id: "listSubscriptionTemplates", tag: tagSubscription, member: true,
		summary: "The message templates of this Mini Program",
	}, a.subscriptions)
	add(a, route{
		method: http.MethodPost, path: "/subscriptions", id: "reportSubscription", tag: tagSubscription, member: true, class: classWrite,
		summary: "Report what the buyer answered to a subscription request", status: http.StatusNoContent,
		description: "Each `accept` allows one message of the template. A buyer who allowed none is not written to.",
		errors:      []*fault.Error{notice.ErrUnknownTemplate},
	}, a.subscriptionReport)
}

func (a *API) subscriptions(ctx context.Context, _ *none) (*subscriptionTemplatesOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Subscriptions.Templates(ctx, who.tenant, who.app.String())
	if err != nil {
		return nil, err
	}
	out := &subscriptionTemplatesOutput{SubscriptionTemplates{Items: make([]SubscriptionTemplate, len(list))}}
	for i, t := range list {
		out.Body.Items[i] = SubscriptionTemplate{Event: t.Event, TemplateID: t.TemplateID}
	}
	return out, nil
}

func (a *API) subscriptionReport(ctx context.Context, in *subscriptionInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Subscriptions.Report(ctx, who.tenant, who.app.String(), who.openID, in.Body.TemplateID, in.Body.Result == "accept")
}
