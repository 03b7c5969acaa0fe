package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
)

// Shops tells what a shop says of itself; *miniprogram.Service is one.
type Shops interface {
	Profile(ctx context.Context, id tenant.ID) (miniprogram.Profile, error)
}

// Shop is what a shop says of itself.
type Shop struct {
	Name         string `json:"name" example:"云上咖啡"`
	Intro        string `json:"intro"`
	Logo         string `json:"logo" doc:"Address of a picture, or empty."`
	ServicePhone string `json:"service_phone" example:"400-800-1234"`
	Invoices     bool   `json:"invoices" doc:"Buyers may ask for invoices; else asking is refused with INVOICE_OFF."`
	Currency     string `json:"currency" enum:"CNY" doc:"Of every amount of this API."`
}

// Category is a node of the shop's tree.
type Category struct {
	ID       int64  `json:"id" example:"3"`
	ParentID int64  `json:"parent_id" doc:"0 at the top." example:"0"`
	Name     string `json:"name" example:"挂耳咖啡"`
	Picture  string `json:"picture"`
}

// Categories is the tree, parents before their children.
type Categories struct {
	Items []Category `json:"items" nullable:"false"`
}

type shopOutput struct{ Body Shop }

type categoriesOutput struct{ Body Categories }

func (a *API) shopRoutes() {
	add(a, route{method: http.MethodGet, path: "/shop", id: "getShop", tag: tagCatalog, summary: "The shop of this Mini Program", description: cachedNote}, a.shop)
	add(a, route{method: http.MethodGet, path: "/categories", id: "listCategories", tag: tagCatalog, summary: "The categories of the shop", description: cachedNote}, a.categories)
}

func (a *API) shop(ctx context.Context, _ *none) (*shopOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	p, err := a.d.Shops.Profile(ctx, who.tenant)
	if err != nil {
		return nil, err
	}
	return &shopOutput{Shop{Name: p.Name, Intro: p.Intro, Logo: p.Logo, ServicePhone: p.ServicePhone, Invoices: p.Invoices, Currency: "CNY"}}, nil
}

func (a *API) categories(ctx context.Context, _ *none) (*categoriesOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Catalog.Categories(ctx, who.tenant)
	if err != nil {
		return nil, err
	}
	out := &categoriesOutput{Categories{Items: make([]Category, len(list))}}
	for i, c := range list {
		out.Body.Items[i] = toCategory(c)
	}
	return out, nil
}

func toCategory(c catalog.Category) Category {
	return Category{ID: c.ID, ParentID: c.ParentID, Name: c.Name, Picture: c.Picture}
}
