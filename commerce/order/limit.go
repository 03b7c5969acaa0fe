package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"galleria/commerce/catalog"
	"galleria/tenant/tenantdb"
)

// Limit is what an order breaks: the limits of one product, in pieces, and what was wanted.
type Limit struct {
	SPUID       int64  `json:"spu_id"`
	Qty         int64  `json:"qty"`           // of all its SKUs in this order
	MinQty      int64  `json:"min_qty"`       // of an order
	MaxPerOrder int64  `json:"max_per_order"` // 0 for no limit
	MaxLifetime int64  `json:"max_lifetime"`  // 0 for no limit
	Bought      *int64 `json:"bought,omitempty"`
}

// perProduct sums an order's pieces by product, in the order of the products' ids.
func perProduct[L any](lines []L, of func(L) (skuID, qty int64), facts map[int64]catalog.Sellable) []Limit {
	at := map[int64]int{}
	var out []Limit
	for _, l := range lines {
		skuID, qty := of(l)
		f := facts[skuID]
		i, known := at[f.SPUID]
		if !known {
			i = len(out)
			at[f.SPUID] = i
			out = append(out, Limit{
				SPUID: f.SPUID, MinQty: int64(f.Limits.MinQty), MaxPerOrder: int64(f.Limits.MaxPerOrder), MaxLifetime: int64(f.Limits.MaxLifetime),
			})
		}
		out[i].Qty += qty
	}
	slices.SortFunc(out, func(a, b Limit) int { return cmp.Compare(a.SPUID, b.SPUID) })
	return out
}

// broken are the limits that these lines break. What the member has bought before counts when
// the order is placed.
func broken(lines []LineInput, facts map[int64]catalog.Sellable) []Limit {
	all := perProduct(lines, func(l LineInput) (int64, int64) { return l.SKUID, l.Qty }, facts)
	return slices.DeleteFunc(all, func(l Limit) bool {
		return l.Qty >= l.MinQty && (l.MaxPerOrder == 0 || l.Qty <= l.MaxPerOrder) && (l.MaxLifetime == 0 || l.Qty <= l.MaxLifetime)
	})
}

// limitedLines are the products of an order that have a limit for a lifetime.
func limitedLines(lines []Line, facts map[int64]catalog.Sellable) []Limit {
	all := perProduct(lines, func(l Line) (int64, int64) { return l.SKUID, l.Qty }, facts)
	if all = slices.DeleteFunc(all, func(l Limit) bool { return l.MaxLifetime == 0 }); len(all) == 0 {
		return nil
	}
	return all
}

// count adds the order to what its buyer has bought, or refuses it. Two orders of a buyer at
// the same time wait for each other here, so that both together stay within the limit.
func (p *placing) count(ctx context.Context, tx tenantdb.Tx, limited []Limit) error {
	ids, qtys, mosts := make([]int64, len(limited)), make([]int64, len(limited)), make([]int64, len(limited))
	for i, l := range limited {
		ids[i], qtys[i], mosts[i] = l.SPUID, l.Qty, l.MaxLifetime
	}
	refused, err := p.q.CountPurchases(ctx, tx, p.in.MemberID, ids, qtys, mosts)
	if err != nil {
		return fmt.Errorf("count purchases: %w", err)
	}
	if len(refused) == 0 {
		return nil
	}
	var over []Limit
	for _, r := range refused {
		for _, l := range limited {
			if l.SPUID == r.SpuID {
				l.Bought = &r.Bought
				over = append(over, l)
			}
		}
	}
	return ErrPurchaseLimit.WithData(map[string]any{"limits": over})
}
