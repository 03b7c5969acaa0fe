package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// BrandList lists the brands of which something is on the shelf.
type BrandList struct {
	Items []Brand `json:"items" nullable:"false"`
}

type brandListOutput struct{ Body BrandList }

// Facet is one value of a filter.
type Facet struct {
	ID    int64  `json:"id,omitempty" doc:"Of a category or brand."`
	Name  string `json:"name"`
	Count int64  `json:"count" doc:"Products that it would leave."`
}

// PriceFacet is a range of prices.
type PriceFacet struct {
	MinPriceFen money.Fen `json:"min_price_fen" doc:"From."`
	MaxPriceFen money.Fen `json:"max_price_fen" doc:"To below; 0 for no end."`
	Count       int64     `json:"count"`
}

// Facets say how the products that fit are spread.
type Facets struct {
	Total      int64        `json:"total"`
	Categories []Facet      `json:"categories" nullable:"false"`
	Brands     []Facet      `json:"brands" nullable:"false"`
	Tags       []Facet      `json:"tags" nullable:"false"`
	Prices     []PriceFacet `json:"prices" nullable:"false"`
}

type facetsInput struct{ ProductFilter }

type facetsOutput struct{ Body Facets }

type suggestInput struct {
	Q     string `query:"q" maxLength:"32" doc:"What was typed so far; nothing for the hot words."`
	Limit int    `query:"limit" minimum:"1" maximum:"20" doc:"Default 10."`
}

// Suggestions are what may be meant.
type Suggestions struct {
	Titles []string `json:"titles" nullable:"false" doc:"Products that fit what was typed."`
	Hot    []string `json:"hot" nullable:"false" doc:"What many look for, and find; only without q."`
}

type suggestOutput struct{ Body Suggestions }

// SearchWords are what a member looked for.
type SearchWords struct {
	Items []string `json:"items" nullable:"false" doc:"The latest first, at most 20."`
}

type searchWordsOutput struct{ Body SearchWords }

type keepWordInput struct {
	Body struct {
		Q string `json:"q" minLength:"1" maxLength:"32"`
	}
}

type forgetWordInput struct {
	Q string `query:"q" maxLength:"64" doc:"The word to forget; without it, all of them."`
}

type snapshotInput struct {
	Hash string `path:"hash" minLength:"64" maxLength:"64" doc:"snapshot of an order's line."`
}

// ProductSnapshot is a product as it was when it was sold. The prices stand on the order's
// lines.
type ProductSnapshot struct {
	ProductID int64         `json:"product_id"`
	MadeAt    time.Time     `json:"made_at"`
	Title     string        `json:"title"`
	Subtitle  string        `json:"subtitle"`
	Cover     string        `json:"cover"`
	Pictures  []string      `json:"pictures" nullable:"false"`
	Detail    string        `json:"detail"`
	Kind      string        `json:"kind"`
	Brand     string        `json:"brand"`
	Category  string        `json:"category"`
	Specs     []ProductSpec `json:"specs" nullable:"false"`
	Params    []Param       `json:"params" nullable:"false"`
}

type snapshotOutput struct{ Body ProductSnapshot }

// suggestLimit is how many suggestions there are unless asked for.
const suggestLimit = 10

func (a *API) searchRoutes() {
	add(a, route{method: http.MethodGet, path: "/brands", id: "listBrands", tag: tagCatalog, summary: "The brands on the shelf", description: cachedNote}, a.brands)
	add(a, route{
		method: http.MethodGet, path: "/search/facets", id: "searchFacets", tag: tagCatalog,
		summary: "How the products that fit are spread over categories, brands, tags and prices", description: cachedNote,
	}, a.facets)
	add(a, route{
		method: http.MethodGet, path: "/search/suggest", id: "searchSuggest", tag: tagCatalog,
		summary: "What may be meant, while it is typed; the hot words before", description: cachedNote,
	}, a.suggest)
	add(a, route{method: http.MethodGet, path: "/search/history", id: "searchHistory", tag: tagCatalog, member: true, summary: "What the buyer looked for"}, a.searchWords)
	add(a, route{
		method: http.MethodPost, path: "/search/history", id: "keepSearch", tag: tagCatalog, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Remember what the buyer looks for", description: "Send it when a search is submitted. May be repeated.",
	}, a.keepWord)
	add(a, route{
		method: http.MethodDelete, path: "/search/history", id: "forgetSearch", tag: tagCatalog, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Forget one word, or all",
	}, a.forgetWord)
	add(a, route{
		method: http.MethodGet, path: "/snapshots/{hash}", id: "getSnapshot", tag: tagCatalog, member: true,
		summary: "A product as it was sold", errors: []*fault.Error{fault.ErrNotFound},
	}, a.snapshot)
}

func (a *API) brands(ctx context.Context, _ *none) (*brandListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Catalog.Brands(ctx, who.tenant)
	if err != nil {
		return nil, err
	}
	out := &brandListOutput{BrandList{Items: make([]Brand, len(list))}}
	for i, b := range list {
		out.Body.Items[i] = Brand(b)
	}
	return out, nil
}

func (a *API) facets(ctx context.Context, in *facetsInput) (*facetsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	f, err := a.d.Catalog.Facets(ctx, who.tenant, in.list())
	if err != nil {
		return nil, err
	}
	out := &facetsOutput{Facets{
		Total: f.Total, Categories: toFacets(f.Categories), Brands: toFacets(f.Brands), Tags: toFacets(f.Tags), Prices: make([]PriceFacet, len(f.Prices)),
	}}
	for i, p := range f.Prices {
		out.Body.Prices[i] = PriceFacet{MinPriceFen: p.LowFen, MaxPriceFen: p.HighFen, Count: p.N}
	}
	return out, nil
}

func toFacets(list []catalog.Facet) []Facet {
	out := make([]Facet, len(list))
	for i, f := range list {
		out[i] = Facet{ID: f.ID, Name: f.Name, Count: f.N}
	}
	return out
}

func (a *API) suggest(ctx context.Context, in *suggestInput) (*suggestOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = suggestLimit
	}
	s, err := a.d.Catalog.Suggest(ctx, who.tenant, in.Q, limit)
	if err != nil {
		return nil, err
	}
	return &suggestOutput{Suggestions{Titles: orEmpty(s.Titles), Hot: orEmpty(s.Hot)}}, nil
}

func (a *API) searchWords(ctx context.Context, _ *none) (*searchWordsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	words, err := a.d.Catalog.Words(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	return &searchWordsOutput{SearchWords{Items: orEmpty(words)}}, nil
}

func (a *API) keepWord(ctx context.Context, in *keepWordInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Catalog.KeepWord(ctx, who.tenant, who.member, in.Body.Q)
}

func (a *API) forgetWord(ctx context.Context, in *forgetWordInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Catalog.ForgetWords(ctx, who.tenant, who.member, in.Q)
}

func (a *API) snapshot(ctx context.Context, in *snapshotInput) (*snapshotOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.d.Catalog.Snapshot(ctx, who.tenant, in.Hash)
	if err != nil {
		return nil, err
	}
	out := &snapshotOutput{ProductSnapshot{
		ProductID: s.SPUID, MadeAt: s.MadeAt, Title: s.Title, Subtitle: s.Subtitle, Cover: s.Cover, Pictures: orEmpty(s.Pictures), Detail: s.Detail,
		Kind: string(s.Kind), Brand: s.Brand, Category: s.Category, Params: toParams(s.Params), Specs: make([]ProductSpec, len(s.Specs)),
	}}
	for i, spec := range s.Specs {
		out.Body.Specs[i] = ProductSpec{Name: spec.Name, Values: orEmpty(spec.Values)}
	}
	return out, nil
}
