package campaign

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicBudget announces that the budgets of campaigns are used up. Payload BudgetEvent.
const TopicBudget outbox.Topic = "campaign.budget"

// BudgetEvent is the payload of TopicBudget.
type BudgetEvent struct {
	CampaignIDs []int64 `json:"campaign_ids"`
}

// Budget is what a campaign may give away in all, and what orders that are not closed had of it.
type Budget struct {
	LimitFen money.Fen // 0: no limit
	SpentFen money.Fen
	LeastFen money.Fen // the least that it gives
}

// LeftFen is what is left of it.
func (b Budget) LeftFen() money.Fen { return max(0, b.LimitFen-b.SpentFen) }

// UsedUp reports whether nothing is given any more.
func (b Budget) UsedUp() bool { return b.LimitFen > 0 && b.LeftFen() < b.LeastFen }

// least is the least that the campaign gives to an order, fen.
func (in Input) least(skus []campaigndb.SKUsNamedRow) money.Fen {
	least := pricing.MaxPayable
	for _, t := range in.Tiers {
		if t.OffFen == 0 || t.Free || t.GiftSKU > 0 {
			return 1 // freight, a share or a gift: nobody knows how little
		}
		least = min(least, t.OffFen)
	}
	for _, p := range in.Prices {
		for _, k := range skus {
			if k.ID == p.SKUID {
				least = min(least, k.PriceFen-p.PriceFen)
			}
		}
	}
	if in.OffBps > 0 {
		return 1
	}
	return max(1, least)
}

// putBudget writes the budget of a campaign that has one, or had.
func (s *Service) putBudget(ctx context.Context, tx tenantdb.Tx, campaignID int64, in Input, fresh bool) error {
	if in.BudgetFen == 0 && fresh {
		return nil
	}
	if !fresh {
		had, err := s.q.Budget(ctx, tx, campaignID)
		switch {
		case tenantdb.NoRows(err) && in.BudgetFen == 0:
			return nil
		case err != nil && !tenantdb.NoRows(err):
			return err
		case in.BudgetFen > 0 && money.Fen(had.SpentFen) > in.BudgetFen:
			return fault.Invalidf("budget_fen", "%s yuan were spent already", money.Fen(had.SpentFen).Yuan())
		}
	}
	var skus []campaigndb.SKUsNamedRow
	if len(in.Prices) > 0 {
		ids := make([]int64, len(in.Prices))
		for i, p := range in.Prices {
			ids[i] = p.SKUID
		}
		var err error
		if skus, err = s.q.SKUsNamed(ctx, tx, ids); err != nil {
			return err
		}
	}
	return s.q.PutBudget(ctx, tx, campaignID, orNil(int64(in.BudgetFen)), int64(in.least(skus)))
}

// spend takes what an order is given of campaigns with a budget, all of it or nothing. Faults:
// CAMPAIGN_BUDGET.
func (s *Service) spend(ctx context.Context, tx tenantdb.Tx, orderNo string, applied []pricing.Answer) error {
	var ids, fens []int64
	for _, a := range applied {
		if a.Purse == 0 || a.CostFen == 0 {
			continue
		}
		i := slices.Index(ids, a.Purse)
		if i < 0 {
			i, ids, fens = len(ids), append(ids, a.Purse), append(fens, 0)
		}
		fens[i] += int64(a.CostFen)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.q.Spend(ctx, tx, ids, fens, tx.Now(), orderNo)
	if err != nil {
		return fmt.Errorf("spend on %s: %w", orderNo, err)
	}
	var out []int64
	for _, r := range rows {
		if !r.Enough {
			return ErrBudget.WithData(map[string]any{"campaign_id": r.CampaignID})
		}
		if r.Out {
			out = append(out, r.CampaignID)
		}
	}
	if len(out) == 0 {
		return nil
	}
	if err := s.d.Tell(ctx, tx); err != nil { // its prices are shown no longer
		return err
	}
	if s.d.Outbox == nil {
		return nil
	}
	return s.d.Outbox.Append(ctx, tx, TopicBudget, strconv.FormatInt(out[0], 10), BudgetEvent{CampaignIDs: out})
}

// Broke is a campaign whose budget is used up.
type Broke struct {
	CampaignID int64
	Title      string
	BudgetFen  money.Fen
}

// Broke returns those of the campaigns that are live and used up. One statement.
func (s *Service) Broke(ctx context.Context, q tenantdb.Querier, ids []int64) (list []Broke, err error) {
	rows, err := s.q.Broke(ctx, q, ids)
	if err != nil {
		return nil, fmt.Errorf("campaigns that are used up: %w", err)
	}
	for _, r := range rows {
		b := Broke{CampaignID: r.ID, Title: r.Title}
		if r.BudgetFen != nil {
			b.BudgetFen = money.Fen(*r.BudgetFen)
		}
		list = append(list, b)
	}
	return list, nil
}
