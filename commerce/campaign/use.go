package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Rules returns what campaigns would do to an order, for pricing; the id of each is its
// campaign's. One statement, or none if there are none.
func (s *Service) Rules(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error) {
	if ask.Idle.Campaigns {
		return nil, nil
	}
	rows, err := s.q.Running(ctx, q, campaigndb.RunningParams{
		Now: ask.At, MemberID: ask.MemberID, GroupNo: ask.GroupNo, SkuIds: append([]int64{}, ask.SKUs...), OfCart: ask.SKUs == nil, GroupID: ask.Group, App: ask.App,
	})
	if err != nil {
		return nil, fmt.Errorf("campaigns in force: %w", err)
	}
	var rules []pricing.Rule
	for _, r := range rows {
		switch Kind(r.Kind) {
		case Timed:
			rules = append(rules, timedRule(r)...)
		case Flash:
			rules = append(rules, flashRule(r)...)
		case Reduction:
			more, err := reductionRules(r)
			if err != nil {
				return nil, fmt.Errorf("campaign %d: %w", r.ID, err)
			}
			rules = append(rules, more...)
		case Group:
			rules = append(rules, groupRule(r, ask.GroupNo)...)
		}
	}
	return rules, nil
}

func ruleOf(r campaigndb.RunningRow, kind pricing.Kind) pricing.Rule {
	rule := pricing.Rule{
		Ref: pricing.Ref{Kind: kind, ID: r.ID}, Version: r.Version, Title: r.Title, Funder: pricing.FunderShop, From: r.StartsAt, Until: r.EndsAt,
	}
	if r.BudgetLeft >= 0 {
		rule.Purse, rule.LeftFen = r.ID, money.Fen(r.BudgetLeft)
	}
	return rule
}

// timedRule is one rule, or none where no line is in the campaign.
func timedRule(r campaigndb.RunningRow) []pricing.Rule {
	if len(r.SkuIds) == 0 {
		return nil
	}
	rule := ruleOf(r, pricing.KindTimed)
	rule.Scope.SKUs = r.SkuIds
	if r.OffBps != nil {
		rule.OffBps = money.Rate(*r.OffBps)
		return []pricing.Rule{rule}
	}
	rule.Prices = make(map[int64]money.Fen, len(r.SkuIds))
	for i, sku := range r.SkuIds {
		rule.Prices[sku] = money.Fen(r.PricesFen[i])
	}
	return []pricing.Rule{rule}
}

// reductionRules are one rule on goods, one on gifts, one on their delivery, or several of these.
func reductionRules(r campaigndb.RunningRow) ([]pricing.Rule, error) {
	var tiers []Tier
	if err := json.Unmarshal(r.Tiers, &tiers); err != nil {
		return nil, err
	}
	goods, freight, gifts := ruleOf(r, pricing.KindReduction), ruleOf(r, pricing.KindShipping), ruleOf(r, pricing.KindGift)
	had, err := giftsOf(r.Gifts)
	if err != nil {
		return nil, err
	}
	scope := pricing.Scope{Except: r.ScopeExcept}
	switch ScopeOf(r.ScopeOf) {
	case ScopeCategories:
		if scope.Categories = r.Scope; len(r.Scope) == 0 { // all of them are gone
			scope.Categories = []int64{0}
		}
	case ScopeProducts:
		scope.Products = r.Scope
	case ScopeAll:
	}
	goods.Scope, freight.Scope, gifts.Scope, gifts.Stays = scope, scope, scope, r.GiftsStay
	for _, t := range tiers {
		if t.OffFen > 0 || t.OffBps > 0 {
			goods.Tiers = append(goods.Tiers, t.rule())
		}
		if t.GiftSKU > 0 {
			gifts.Tiers = append(gifts.Tiers, pricing.Tier{NeedFen: t.NeedFen, NeedQty: t.NeedQty, Gifts: t.gifts(had)})
		}
		if t.Free {
			freight.Tiers = append(freight.Tiers, pricing.Tier{NeedFen: t.NeedFen, NeedQty: t.NeedQty, Free: true})
		}
	}
	return slices.DeleteFunc([]pricing.Rule{goods, gifts, freight}, func(r pricing.Rule) bool { return len(r.Tiers) == 0 }), nil
}

// Window is a time in which a campaign is in force, and the Mini Programs that it is in (none
// named: all).
type Window struct {
	From, Until time.Time // Until is exclusive
	Apps        []string
	Prices      bool // false: of a reduction, which leaves the prices of pieces alone
}

// Windows lists when campaigns are in force from now on, by their beginnings. One statement. Whoever
// keeps prices lets them go at each beginning and end.
func (s *Service) Windows(ctx context.Context, id tenant.ID, now time.Time) (list []Window, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Windows(ctx, r, now)
		for _, w := range rows {
			list = append(list, Window{From: w.StartsAt, Until: w.EndsAt, Apps: w.Apps, Prices: Kind(w.Kind) != Reduction && Kind(w.Kind) != Group})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("windows of campaigns: %w", err)
	}
	return list, nil
}

// Sale is a price that a campaign makes.
type Sale struct {
	CampaignID int64
	Kind       Kind
	Title      string
	Until      time.Time // exclusive
	most       int64     // pieces; -1: any number
	own        money.Fen
	off        money.Rate
}

// Price is what a piece costs that costs this much by itself, never more.
func (s Sale) Price(regular money.Fen) money.Fen { return priceOf(regular, s.own, s.off) }

// Fits tells whether an order of so many pieces has them at the price: one of more than the
// member may have, or than are left, has none.
func (s Sale) Fits(qty int64) bool { return s.most < 0 || qty <= s.most }

// Sales are the prices that are made of SKUs in a Mini Program now, and for how many pieces of a
// member, who may be nobody (0). One statement.
func (s *Service) Sales(ctx context.Context, id tenant.ID, app string, memberID int64, skus []int64, now time.Time) (map[int64]Sale, error) {
	sales := map[int64]Sale{}
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Prices(ctx, r, memberID, now, skus, app)
		for _, p := range rows {
			sale := Sale{CampaignID: p.ID, Kind: Kind(p.Kind), Title: p.Title, Until: p.EndsAt, most: p.Most}
			if p.PriceFen != nil {
				sale.own = money.Fen(*p.PriceFen)
			}
			if p.OffBps != nil {
				sale.off = money.Rate(*p.OffBps)
			}
			sales[p.SkuID] = sale
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prices of campaigns: %w", err)
	}
	return sales, nil
}

// soon is how early buyers are told of what comes.
const soon = 3 * 24 * time.Hour

// Told lists what buyers of a Mini Program are told of: what is in force, and what comes within
// three days; at most 50. One statement.
func (s *Service) Told(ctx context.Context, id tenant.ID, app string, now time.Time) (list []Campaign, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Told(ctx, r, now, now.Add(soon), app)
		if err != nil {
			return err
		}
		list, err = campaignsOf(rows, func(r campaigndb.ToldRow) campaigndb.Campaign { return r.Campaign })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("campaigns told of: %w", err)
	}
	return list, nil
}
