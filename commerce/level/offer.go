package level

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// Rules returns what a member's level does for what is asked: prices, and the freight. None
// without a level. One statement, or none if there is none.
func (s *Service) Rules(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error) {
	if ask.Idle.Levels {
		return nil, nil
	}
	row, err := s.q.Standing(ctx, q, ask.SKUs, ask.MemberID)
	if tenantdb.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("level of a member: %w", err)
	}
	rule := func(k pricing.Kind) pricing.Rule {
		return pricing.Rule{Ref: pricing.Ref{Kind: k, ID: row.LevelID}, Version: row.Version, Title: row.Name, Funder: pricing.FunderShop}
	}
	var rules []pricing.Rule
	if row.OffBps > 0 || len(row.SkuIds) > 0 {
		r := rule(pricing.KindLevel)
		r.OffBps, r.Prices = money.Rate(row.OffBps), make(map[int64]money.Fen, len(row.SkuIds))
		for i, sku := range row.SkuIds {
			r.Prices[sku] = money.Fen(row.PricesFen[i])
		}
		rules = append(rules, r)
	}
	if row.FreeShipping {
		r := rule(pricing.KindLevelShipping)
		r.Tiers = []pricing.Tier{{Free: true}}
		rules = append(rules, r)
	}
	return rules, nil
}

// LockTx does nothing, as do UseTx, ReleaseTx and ReturnTx: a level is not used up.
func (s *Service) LockTx(context.Context, tenantdb.Tx, string, int64, []pricing.Answer) error {
	return nil
}

// UseTx does nothing.
func (s *Service) UseTx(context.Context, tenantdb.Tx, string, string) error { return nil }

// ReleaseTx does nothing.
func (s *Service) ReleaseTx(context.Context, tenantdb.Tx, string, string) error { return nil }

// ReturnTx does nothing.
func (s *Service) ReturnTx(context.Context, tenantdb.Tx, string, string) error { return nil }
