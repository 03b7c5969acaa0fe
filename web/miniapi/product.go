package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/review"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Catalog is the shelf; *catalog.Service is one.
type Catalog interface {
	Categories(ctx context.Context, id tenant.ID) ([]catalog.Category, error)
	List(ctx context.Context, id tenant.ID, in catalog.ListInput) (catalog.Page, error)
	Get(ctx context.Context, id tenant.ID, spuID int64) (catalog.Product, error)
	Brands(ctx context.Context, id tenant.ID) ([]catalog.Brand, error)
	Facets(ctx context.Context, id tenant.ID, in catalog.ListInput) (catalog.Facets, error)
	Suggest(ctx context.Context, id tenant.ID, q string, limit int) (catalog.Suggestions, error)
	KeepWord(ctx context.Context, id tenant.ID, memberID int64, q string) error
	Words(ctx context.Context, id tenant.ID, memberID int64) ([]string, error)
	ForgetWords(ctx context.Context, id tenant.ID, memberID int64, word string) error
	Snapshot(ctx context.Context, id tenant.ID, hash string) (catalog.Snapshot, error)
}

// ProductSpec is a dimension in which the variants of a product differ.
type ProductSpec struct {
	Name   string   `json:"name" example:"规格"`
	Values []string `json:"values" nullable:"false" example:"[\"10 包\",\"30 包\"]"`
}

// SKU is one variant that can be bought.
type SKU struct {
	ID             int64     `json:"id" example:"17"`
	SpecValues     []string  `json:"spec_values" nullable:"false" doc:"In the order of the product's specs."`
	PriceFen       money.Fen `json:"price_fen" doc:"Fen; 1 yuan is 100 fen." example:"5900"`
	MarketPriceFen money.Fen `json:"market_price_fen" doc:"Struck-through price, fen; 0 for none. During a sale, the regular price." example:"6900"`
	Sale           *Sale     `json:"sale,omitempty" nullable:"false" doc:"The campaign that makes the price."`
	Picture        string    `json:"picture"`
	StockState     string    `json:"stock_state" enum:"in_stock,low,sold_out"`
	Barcode        string    `json:"barcode,omitempty" doc:"Only on the product's own page, like weight and volume." example:"6901234567892"`
	WeightG        int64     `json:"weight_g,omitempty" doc:"Grams with the packing; absent if not known."`
	VolumeCM3      int64     `json:"volume_cm3,omitempty" doc:"Cubic centimetres with the packing; absent if not known."`
}

// ProductItem is a product as a list shows it.
type ProductItem struct {
	ID          int64         `json:"id" example:"9"`
	Title       string        `json:"title" example:"云南小粒挂耳咖啡"`
	Subtitle    string        `json:"subtitle"`
	Cover       string        `json:"cover" doc:"Address of a picture."`
	CategoryID  int64         `json:"category_id" example:"3"`
	MinPriceFen money.Fen     `json:"min_price_fen" doc:"Lowest price among the SKUs, fen." example:"5900"`
	MaxPriceFen money.Fen     `json:"max_price_fen" doc:"Highest price among the SKUs, fen." example:"15900"`
	Sales       int64         `json:"sales" doc:"Pieces sold." example:"320"`
	StockState  string        `json:"stock_state" enum:"in_stock,low,sold_out" doc:"The best of the SKUs; never an exact number."`
	Specs       []ProductSpec `json:"specs" nullable:"false"`
	SKUs        []SKU         `json:"skus" nullable:"false"`
	Kind        string        `json:"kind" enum:"physical,virtual_card,voucher,pickup" doc:"physical is sent; a virtual card is a code; a voucher is used in the shop, see voucher on its own page; pickup is fetched."`
	BrandID     int64         `json:"brand_id" doc:"0 for none."`
	Tags        []string      `json:"tags" nullable:"false"`
}

// Brand is whose make a product is.
type Brand struct {
	ID   int64  `json:"id" example:"2"`
	Name string `json:"name" example:"青禾"`
	Logo string `json:"logo" doc:"Address of a picture, or empty."`
}

// Product is a product's own page.
type Product struct {
	ProductItem
	Pictures []string `json:"pictures" nullable:"false"`
	Detail   string   `json:"detail" doc:"Description: harmless HTML (paragraphs, headings, lists, tables, links, the shop's own pictures), for rich-text."`
	Brand    string   `json:"brand" doc:"Name; empty for none."`
	Params   []Param  `json:"params" nullable:"false" doc:"The product's sheet: maker, licence, standard, material; in the merchant's order."`
	// The limits bound an order's pieces of the product, all its SKUs together.
	MinQty      int32         `json:"min_qty" minimum:"1" doc:"An order has at least so many pieces."`
	MaxPerOrder int32         `json:"max_per_order" doc:"An order has at most so many pieces; 0 for no limit."`
	MaxLifetime int32         `json:"max_lifetime" doc:"All orders of a member together have at most so many pieces; 0 for no limit."`
	Reviews     ReviewSummary `json:"reviews"`
	Voucher     *VoucherTerms `json:"voucher,omitempty" nullable:"false" doc:"Of kind voucher."`
}

// Param is a line of a product's sheet.
type Param struct {
	Name  string `json:"name" example:"生产许可证编号"`
	Value string `json:"value" example:"SC10653010000001"`
}

func toParams(list []catalog.Param) []Param {
	out := make([]Param, len(list))
	for i, p := range list {
		out[i] = Param(p)
	}
	return out
}

// VoucherTerms are what a piece of a product of kind voucher is good for.
type VoucherTerms struct {
	Uses    int32      `json:"uses" minimum:"1" doc:"Of one piece." example:"10"`
	Days    int32      `json:"days" doc:"Valid to the end of the day so many days after the payment; 0: until says it." example:"365"`
	Until   *time.Time `json:"until,omitempty" nullable:"false" doc:"From then on it cannot be used, nor bought."`
	Refunds bool       `json:"refunds" doc:"What was not used in time is paid back by itself."`
}

// ProductPage is one page of the shelf.
type ProductPage struct {
	Items      []ProductItem `json:"items" nullable:"false"`
	NextCursor string        `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
	Near       bool          `json:"near" doc:"Nothing fits q: these products come nearest to it."`
}

// ProductFilter is what narrows a list.
type ProductFilter struct {
	CategoryID  int64     `query:"category_id" minimum:"1" doc:"This category and those below it."`
	Q           string    `query:"q" minLength:"1" maxLength:"32" doc:"Words of title, subtitle, brand or tags; pinyin and initials do, too." example:"咖啡"`
	BrandID     int64     `query:"brand_id" minimum:"1"`
	Tag         string    `query:"tag" maxLength:"20"`
	MinPriceFen money.Fen `query:"min_price_fen" minimum:"0" doc:"Some variant costs at least this."`
	MaxPriceFen money.Fen `query:"max_price_fen" minimum:"0" doc:"Some variant costs at most this; 0 for no end."`
}

func (f ProductFilter) list() catalog.ListInput {
	return catalog.ListInput{CategoryID: f.CategoryID, Query: f.Q, BrandID: f.BrandID, Tag: f.Tag, LowFen: f.MinPriceFen, HighFen: f.MaxPriceFen}
}

type productListInput struct {
	ProductFilter
	Sort    string `query:"sort" enum:"default,relevance,newest,price_asc,price_desc,sales" doc:"Default: the merchant's own order; with q, relevance."`
	InStock bool   `query:"in_stock" doc:"Only what can be bought now."`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" doc:"Default 20."`
	Cursor  string `query:"cursor" maxLength:"512" doc:"next_cursor of the page before, with all other parameters the same."`
}

type productPageOutput struct{ Body ProductPage }

type productInput struct {
	ID int64 `path:"id" minimum:"1" doc:"Product id."`
}

type productOutput struct{ Body Product }

func (a *API) productRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/products", id: "listProducts", tag: tagCatalog,
		summary: "Products on the shelf", description: cachedNote,
	}, a.products)
	add(a, route{
		method: http.MethodGet, path: "/products/{id}", id: "getProduct", tag: tagCatalog,
		summary: "One product with its SKUs", description: cachedNote, errors: []*fault.Error{fault.ErrNotFound},
	}, a.product)
}

func (a *API) products(ctx context.Context, in *productListInput) (*productPageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	asked := in.list()
	asked.InStock, asked.Sort, asked.Limit, asked.Cursor = in.InStock, catalog.Sort(in.Sort), in.Limit, in.Cursor
	page, err := a.d.Catalog.List(ctx, who.tenant, asked)
	if err != nil {
		return nil, err
	}
	out := &productPageOutput{ProductPage{Items: make([]ProductItem, len(page.Items)), NextCursor: page.NextCursor, Near: page.Near}}
	for i, item := range page.Items {
		out.Body.Items[i] = toProductItem(item)
	}
	return out, a.onSale(ctx, who, out.Body.Items)
}

func (a *API) product(ctx context.Context, in *productInput) (*productOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	p, err := a.d.Catalog.Get(ctx, who.tenant, in.ID)
	if err != nil {
		return nil, err
	}
	item := []ProductItem{toProductItem(p.Item)}
	if err := a.onSale(ctx, who, item); err != nil {
		return nil, err
	}
	said := review.Summary{SPUID: p.ID, Total: p.Reviews.Total, Scores: p.Reviews.Scores, Pictured: p.Reviews.Pictured, Followed: p.Reviews.Followed}
	out := &productOutput{Product{
		ProductItem: item[0], Pictures: orEmpty(p.Pictures), Detail: p.Detail, Brand: p.Brand, Params: toParams(p.Params),
		MinQty: p.Limits.MinQty, MaxPerOrder: p.Limits.MaxPerOrder, MaxLifetime: p.Limits.MaxLifetime, Reviews: toReviewSummary(said),
	}}
	if p.Kind == catalog.Voucher {
		out.Body.Voucher = &VoucherTerms{Uses: p.Voucher.Uses, Days: p.Voucher.Days, Until: p.Voucher.Until, Refunds: p.Voucher.Refunds}
	}
	return out, nil
}

func toProductItem(p catalog.Item) ProductItem {
	out := ProductItem{
		ID: p.ID, Title: p.Title, Subtitle: p.Subtitle, Cover: p.Cover, CategoryID: p.CategoryID,
		MinPriceFen: p.MinPriceFen, MaxPriceFen: p.MaxPriceFen, Sales: p.Sales, StockState: string(p.StockState),
		Specs: make([]ProductSpec, len(p.Specs)), SKUs: make([]SKU, len(p.SKUs)),
		Kind: string(p.Kind), BrandID: p.BrandID, Tags: orEmpty(p.Tags),
	}
	for i, s := range p.Specs {
		out.Specs[i] = ProductSpec{Name: s.Name, Values: orEmpty(s.Values)}
	}
	for i, s := range p.SKUs {
		out.SKUs[i] = SKU{
			ID: s.ID, SpecValues: orEmpty(s.SpecValues), PriceFen: s.PriceFen, MarketPriceFen: s.MarketPriceFen,
			Picture: s.Picture, StockState: string(s.StockState), Barcode: s.Barcode, WeightG: s.WeightG, VolumeCM3: s.VolumeCM3,
		}
	}
	return out
}

// orEmpty gives clients [] where Go has nil.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
