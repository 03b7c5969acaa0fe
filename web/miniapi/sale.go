package miniapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/cart"
	"galleria/commerce/money"
	"galleria/tenant"
)

// Campaigns makes goods cheaper for a time; *campaign.Service is one.
type Campaigns interface {
	Windows(ctx context.Context, id tenant.ID, now time.Time) ([]campaign.Window, error)
	Sales(ctx context.Context, id tenant.ID, app string, memberID int64, skus []int64, now time.Time) (map[int64]campaign.Sale, error)
	Told(ctx context.Context, id tenant.ID, app string, now time.Time) ([]campaign.Campaign, error)
	FlashSessions(ctx context.Context, id tenant.ID, app string, now time.Time) ([]campaign.FlashSession, error)
	Remind(ctx context.Context, id tenant.ID, app string, memberID, campaignID, no int64) error
	Unremind(ctx context.Context, id tenant.ID, memberID, campaignID, no int64) error
	Reminders(ctx context.Context, id tenant.ID, memberID int64, now time.Time) ([]campaign.Reminder, error)
}

// Sale is a price that a campaign makes for a time.
type Sale struct {
	CampaignID      int64     `json:"campaign_id" example:"5"`
	Kind            string    `json:"kind" enum:"timed,flash"`
	Title           string    `json:"title" example:"周末限时"`
	RegularPriceFen money.Fen `json:"regular_price_fen" doc:"What it costs before and after, fen: the price to strike through." example:"6900"`
	Until           time.Time `json:"until" doc:"Exclusive."`
}

// CampaignTier is what a reduction gives from an amount or a number of pieces on.
type CampaignTier struct {
	NeedFen money.Fen  `json:"need_fen,omitempty" doc:"Of its goods after cheaper prices, fen." example:"10000"`
	NeedQty int64      `json:"need_qty,omitempty" doc:"Or pieces of its goods."`
	OffFen  money.Fen  `json:"off_fen,omitempty" example:"2000"`
	OffBPS  money.Rate `json:"off_bps,omitempty" doc:"Share off, in hundredths of a percent: 1500 is 8.5 折."`
	CapFen  money.Fen  `json:"cap_fen,omitempty" doc:"The most that is taken off; missing: no cap."`
	Each    bool       `json:"each,omitempty" doc:"off_fen for each full need_fen."`
	Free    bool       `json:"free,omitempty" doc:"Delivery is free."`
	GiftQty int64      `json:"gift_qty,omitempty" doc:"Pieces of a gift that come with it; which, the quote says."`
}

// Campaign is what buyers are told of a campaign.
type Campaign struct {
	ID          int64          `json:"id" example:"5"`
	Kind        string         `json:"kind" enum:"timed,reduction,flash,group" doc:"timed: prices of some goods. reduction: something off an order, free delivery or a gift. flash: prices in sessions, of so many pieces; see /flash-sessions. group: prices for buyers who come together; see /products/{id}/groups."`
	Title       string         `json:"title" example:"周末满减"`
	Words       string         `json:"words" doc:"What it does, in the language of Accept-Language." example:"满100减20"`
	State       string         `json:"state" enum:"running,coming"`
	StartsAt    time.Time      `json:"starts_at"`
	EndsAt      time.Time      `json:"ends_at" doc:"Exclusive."`
	ScopeOf     string         `json:"scope_of" enum:"all,categories,products" doc:"Of a reduction: by what its goods are named."`
	ScopeIDs    []int64        `json:"scope_ids" nullable:"false" doc:"Categories (with those below them) or products."`
	ScopeExcept bool           `json:"scope_except" doc:"For all goods but these."`
	Tiers       []CampaignTier `json:"tiers" nullable:"false" doc:"Of a reduction."`
}

// CampaignList is what is in force now and what comes within three days.
type CampaignList struct {
	Items []Campaign `json:"items" nullable:"false"`
}

type campaignListOutput struct{ Body CampaignList }

func (a *API) campaignRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/campaigns", id: "listCampaigns", tag: tagCatalog, summary: "The shop's campaigns, now and soon",
		description: "What is in force in this Mini Program and what comes within three days, by its beginning; at most 50. " + cachedNote,
	}, a.campaigns)
}

func (a *API) campaigns(ctx context.Context, _ *none) (*campaignListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	now := a.d.Answers.now()
	if _, err := a.selling(ctx, who, now); err != nil { // when the answer changes is known from now on
		return nil, err
	}
	list, err := a.d.Campaigns.Told(ctx, who.tenant, who.app.String(), now)
	if err != nil {
		return nil, err
	}
	out := &campaignListOutput{CampaignList{Items: make([]Campaign, len(list))}}
	for i, c := range list {
		out.Body.Items[i] = Campaign{
			ID: c.ID, Kind: string(c.Kind), Title: c.Title, Words: c.Words(languageOf(ctx)), State: string(c.State(now)), StartsAt: c.StartsAt, EndsAt: c.EndsAt,
			ScopeOf: string(c.ScopeOf), ScopeIDs: orEmpty(c.ScopeIDs), ScopeExcept: c.ScopeExcept, Tiers: make([]CampaignTier, len(c.Tiers)),
		}
		for j, t := range c.Tiers {
			out.Body.Items[i].Tiers[j] = CampaignTier{NeedFen: t.NeedFen, NeedQty: t.NeedQty, OffFen: t.OffFen, OffBPS: t.OffBps, CapFen: t.CapFen, Each: t.Each, Free: t.Free, GiftQty: t.GiftQty}
		}
	}
	return out, nil
}

// selling reports whether campaigns make prices in the caller's Mini Program now. It costs a
// statement only if that is not known: a shop without campaigns is asked once a minute.
func (a *API) selling(ctx context.Context, who caller, now time.Time) (bool, error) {
	list, known := a.d.Answers.windowsOf(who.tenant, now)
	if !known {
		begun := a.d.Answers.begin(who.tenant)
		var err error
		if list, err = a.d.Campaigns.Windows(ctx, who.tenant, now); err != nil {
			return false, err
		}
		a.d.Answers.keepWindows(who.tenant, list, begun)
	}
	return slices.ContainsFunc(list, func(w campaign.Window) bool {
		return w.Prices && !now.Before(w.From) && now.Before(w.Until) && (len(w.Apps) == 0 || slices.Contains(w.Apps, who.app.String()))
	}), nil
}

// sales are the prices that campaigns make of SKUs now; one statement, and none where no campaign
// is running.
func (a *API) sales(ctx context.Context, who caller, skus []int64) (map[int64]campaign.Sale, error) {
	now := a.d.Answers.now()
	on, err := a.selling(ctx, who, now)
	if err != nil || !on || len(skus) == 0 {
		return nil, err
	}
	return a.d.Campaigns.Sales(ctx, who.tenant, who.app.String(), who.member, skus, now)
}

// onSale gives products the prices of campaigns.
func (a *API) onSale(ctx context.Context, who caller, items []ProductItem) error {
	var skus []int64
	for _, p := range items {
		for _, s := range p.SKUs {
			skus = append(skus, s.ID)
		}
	}
	sales, err := a.sales(ctx, who, skus)
	if err != nil || len(sales) == 0 {
		return err
	}
	for i := range items {
		items[i].lower(sales)
	}
	return nil
}

func (p *ProductItem) lower(sales map[int64]campaign.Sale) {
	for i := range p.SKUs {
		s := &p.SKUs[i]
		if price, told, ok := lowered(sales, s.ID, s.PriceFen); ok {
			s.PriceFen, s.MarketPriceFen, s.Sale = price, s.PriceFen, told
		}
		if i == 0 {
			p.MinPriceFen, p.MaxPriceFen = s.PriceFen, s.PriceFen
		}
		p.MinPriceFen, p.MaxPriceFen = min(p.MinPriceFen, s.PriceFen), max(p.MaxPriceFen, s.PriceFen)
	}
}

// lowered is what a SKU costs by a campaign; false if none makes it cheaper.
func lowered(sales map[int64]campaign.Sale, sku int64, regular money.Fen) (money.Fen, *Sale, bool) {
	sale, ok := sales[sku]
	price := sale.Price(regular)
	if !ok || price >= regular {
		return regular, nil, false
	}
	return price, &Sale{CampaignID: sale.CampaignID, Kind: string(sale.Kind), Title: sale.Title, RegularPriceFen: regular, Until: sale.Until}, true
}

// cartOf answers with a cart at the prices of now.
func (a *API) cartOf(ctx context.Context, who caller) func(c cart.Cart, err error) (*cartOutput, error) {
	return func(c cart.Cart, err error) (*cartOutput, error) {
		if err != nil {
			return nil, err
		}
		out := toCart(c)
		skus := make([]int64, len(c.Items))
		for i, l := range c.Items {
			skus[i] = l.SKUID
		}
		sales, err := a.sales(ctx, who, skus)
		if err != nil {
			return nil, err
		}
		for i := range out.Body.Lines {
			l := &out.Body.Lines[i]
			price, told, ok := lowered(sales, l.SKUID, l.PriceFen)
			if !ok || !sales[l.SKUID].Fits(int64(l.Qty)) { // then an order has none at the price
				continue
			}
			less := (l.PriceFen - price) * money.Fen(l.Qty) // a part of the subtotal, which fits
			l.PriceFen, l.Sale, l.SubtotalFen = price, told, l.SubtotalFen-less
			if l.Selected && l.State == string(cart.OK) {
				out.Body.SelectedFen -= less
			}
		}
		return out, nil
	}
}
