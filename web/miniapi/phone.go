package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/member"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
)

type phoneInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"4096" doc:"WeChat: the code of getPhoneNumber, good once. Alipay: the whole response text of my.getPhoneNumber." example:"e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144"`
	}
}

// Phone is the buyer's phone, as far as it is shown.
type Phone struct {
	Phone string `json:"phone" example:"138****8000" doc:"Masked."`
}

type phoneOutput struct{ Body Phone }

func (a *API) phoneRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/me/phone", id: "setPhone", tag: tagSession, member: true, class: classWrite,
		summary: "Keep the phone number that the buyer has allowed",
		description: "The server reads the number from the provider; what the Mini Program says is never believed. It replaces the number there was. " +
			"A number that another app's member of the shop has proved within 90 days shows that they are one person: they become one member. " +
			"Within one app a number that another member has is refused.",
		errors: []*fault.Error{
			miniprogram.ErrPhone, member.ErrPhoneTaken, fault.ErrNotFound, miniprogram.ErrConfiguration,
			miniprogram.ErrProviderBusy, miniprogram.ErrProviderTimeout, miniprogram.ErrBadResponse,
		},
	}, a.setPhone)
}

func (a *API) setPhone(ctx context.Context, in *phoneInput) (*phoneOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	number, err := a.d.Logins.PhoneNumber(ctx, who.tenant, who.app, in.Body.Code)
	if err != nil {
		return nil, err
	}
	hint, err := a.d.Members.SetPhone(ctx, who.tenant, who.member, number)
	if err != nil {
		return nil, err
	}
	return &phoneOutput{Phone{Phone: hint}}, nil
}
