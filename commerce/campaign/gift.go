package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// giftSKUs are the SKUs that the tiers give, each once.
func (in Input) giftSKUs() (ids []int64) {
	for _, t := range in.Tiers {
		for _, id := range []int64{t.GiftSKU, t.SpareSKU} {
			if id > 0 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// giftsExist refuses gifts that cannot be sent with an order.
func (s *Service) giftsExist(ctx context.Context, tx tenantdb.Tx, in Input) error {
	ids := in.giftSKUs()
	if in.Kind != Reduction || len(ids) == 0 {
		return nil
	}
	found, err := s.q.GiftsNamed(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i, t := range in.Tiers {
		if t.GiftSKU > 0 && !slices.Contains(found, t.GiftSKU) {
			return fault.Invalidf(fmt.Sprintf("tier_%d_gift", i), "cannot be sent with an order")
		}
		if t.SpareSKU > 0 && !slices.Contains(found, t.SpareSKU) {
			return fault.Invalidf(fmt.Sprintf("tier_%d_spare", i), "cannot be sent with an order")
		}
	}
	return nil
}

// giftRow is a SKU that can be given, as the query builds it.
type giftRow struct {
	SKUID    int64     `json:"sku_id"`
	SPUID    int64     `json:"spu_id"`
	Left     int64     `json:"left"`
	PriceFen money.Fen `json:"price_fen"`
	CostFen  money.Fen `json:"cost_fen"`
	Title    string    `json:"title"`
	Spec     string    `json:"spec"`
	Picture  string    `json:"picture"`
	Snapshot string    `json:"snapshot"`
}

func giftsOf(rows json.RawMessage) (map[int64]pricing.Gift, error) {
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // most campaigns give nothing
	}
	var list []giftRow
	if err := json.Unmarshal(rows, &list); err != nil {
		return nil, fmt.Errorf("gifts: %w", err)
	}
	had := make(map[int64]pricing.Gift, len(list))
	for _, g := range list {
		cost := g.CostFen
		if cost == 0 { // nobody has said what it costs
			cost = g.PriceFen
		}
		had[g.SKUID] = pricing.Gift{
			SKUID: g.SKUID, SPUID: g.SPUID, Left: g.Left, ValueFen: g.PriceFen, CostFen: cost, Title: g.Title, Spec: g.Spec, Picture: g.Picture, Snapshot: g.Snapshot,
		}
	}
	return had, nil
}

// gifts are what a tier gives, the spare one last, as far as it can be given at all.
func (t Tier) gifts(had map[int64]pricing.Gift) (list []pricing.Gift) {
	for _, id := range []int64{t.GiftSKU, t.SpareSKU} {
		if g, ok := had[id]; ok {
			g.Qty = t.GiftQty
			list = append(list, g)
		}
	}
	return list
}

// GiftSKU is a SKU that a campaign gives.
type GiftSKU struct {
	SKUID, SPUID int64
	Product      string
	Spec         string
	RegularFen   money.Fen
	CostFen      money.Fen // 0: not known
	Available    int64     // pieces in stock that are free
	Given        int64     // pieces, with orders that were paid and are no test
}
