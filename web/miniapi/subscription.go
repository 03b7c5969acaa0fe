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
	HandInForm(ctx context.Context, id tenant.ID, appID, openID, formID string) error
}

// SubscriptionTemplate is a message the Mini Program may ask its buyer to subscribe to.
type SubscriptionTemplate struct {
	Event      string `json:"event" example:"order.paid"`
	TemplateID string `json:"template_id" doc:"For wx.requestSubscribeMessage, or my.requestSubscribeMessage in an Alipay app."`
}

// SubscriptionTemplates lists them.
type SubscriptionTemplates struct {
	Items []SubscriptionTemplate `json:"items" nullable:"false"`
	Forms bool                   `json:"forms" doc:"An Alipay app that should set report-submit on its forms, and hand in their numbers."`
}

type subscriptionTemplatesOutput struct{ Body SubscriptionTemplates }

type subscriptionInput struct {
	Body struct {
		TemplateID string `json:"template_id" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z+/=_-]+$"`
		Result     string `json:"result" enum:"accept,reject" doc:"What wx.requestSubscribeMessage gave for this template; of my.requestSubscribeMessage, accept stands for subscribe and reject for cancel."`
	}
}

type formInput struct {
	Body struct {
		FormID string `json:"form_id" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z+/=_-]+$" doc:"formId of the event that a form with report-submit gives when it is submitted, on a real phone."`
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
	add(a, route{
		method: http.MethodPost, path: "/subscriptions/forms", id: "handInForm", tag: tagSubscription, member: true, class: classWrite,
		summary: "Hand in the number of a submitted form", status: http.StatusNoContent,
		description: "For Alipay apps where `forms` is true: a number allows three messages of templates for forms within seven days. Handing it in again changes nothing.",
		errors:      []*fault.Error{notice.ErrForm},
	}, a.formHandIn)
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
	out := &subscriptionTemplatesOutput{SubscriptionTemplates{Items: make([]SubscriptionTemplate, 0, len(list))}}
	for _, t := range list {
		switch t.Kind {
		case notice.BySubscription:
			out.Body.Items = append(out.Body.Items, SubscriptionTemplate{Event: t.Event, TemplateID: t.TemplateID})
		case notice.ByForm:
			out.Body.Forms = true
		case notice.ByTrade: // what is paid through us is known
		}
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

func (a *API) formHandIn(ctx context.Context, in *formInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Subscriptions.HandInForm(ctx, who.tenant, who.app.String(), who.openID, in.Body.FormID)
}
