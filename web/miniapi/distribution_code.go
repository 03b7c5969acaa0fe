package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/distribution"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
)

type (
	posterInput struct {
		ProductID int64 `query:"product_id" minimum:"1" doc:"The product that the code opens; without one, the page of the shop's choice."`
	}
	drawnOutput struct {
		ContentType string `header:"Content-Type"`
		Sniff       string `header:"X-Content-Type-Options"`
		Cache       string `header:"Cache-Control"`
		Body        []byte
	}
)

func (a *API) posterRoutes() {
	faults := []*fault.Error{
		distribution.ErrOff, distribution.ErrNotDistributor, miniprogram.ErrCodePage, miniprogram.ErrConfiguration, miniprogram.ErrProviderBusy,
		miniprogram.ErrProviderTimeout, miniprogram.ErrBadResponse, distribution.ErrPoster,
	}
	add(a, route{
		method: http.MethodGet, path: "/distribution/code", id: "getDistributionCode", tag: tagDistribution, member: true, class: classPay, file: []string{"image/png", "image/jpeg"},
		summary: "The picture of the distributor's Mini Program code",
		description: "Of the app that asks, WeChat's or Alipay's. What it opens reads `query.scene`, decoded (decodeURIComponent may always be applied: a scene has no `%`): `c` is the distributor's code and `p`, if there is one, the product, " +
			"such as `c=K7Q2M9XT&p=12`; pass both to bindToDistributor with `how` poster. In WeChat the query is that of the page's onLoad; in Alipay that of the app's onLaunch or, if it was open already, onShow. " +
			"A code opens the page of the shop's choice, without one the app's first page, which in Alipay has to be `pages/index/index`; Alipay's codes always open the released version. The provider makes it once, so the first call takes a moment; after UNAVAILABLE, PROVIDER_TIMEOUT or RATE_LIMITED it may be repeated.",
		errors: faults,
	}, a.distributionCode)
	add(a, route{
		method: http.MethodGet, path: "/distribution/poster", id: "getDistributionPoster", tag: tagDistribution, member: true, class: classPay, file: []string{"image/png"},
		summary: "A poster to show to others",
		description: "750 × 1100 pixels: with a product, its picture above and its price (left, from y 800 on) beside the code; otherwise, or where the picture cannot be put in, the code in the upper part. " +
			"It has no words: below the price, x 40 to 430 from y 870 on is free for the Mini Program to write in.",
		errors: append(faults, fault.ErrNotFound),
	}, a.distributionPoster)
}

func (a *API) distributionCode(ctx context.Context, in *posterInput) (*drawnOutput, error) {
	return drawnFor(ctx, in, a.d.Distribution.CodePicture)
}

func (a *API) distributionPoster(ctx context.Context, in *posterInput) (*drawnOutput, error) {
	return drawnFor(ctx, in, a.d.Distribution.Poster)
}

func drawnFor(ctx context.Context, in *posterInput, draw func(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, productID int64) ([]byte, error)) (*drawnOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	body, err := draw(ctx, who.tenant, who.member, who.app, in.ProductID)
	if err != nil {
		return nil, err
	}
	return &drawnOutput{ContentType: http.DetectContentType(body), Sniff: "nosniff", Cache: "private, max-age=300", Body: body}, nil
}
