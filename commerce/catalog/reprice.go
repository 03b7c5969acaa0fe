package catalog

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// PriceMode is how prices change.
type PriceMode string

// The modes.
const (
	PriceSet     PriceMode = "set"     // to an amount
	PriceAdd     PriceMode = "add"     // by an amount, which may be negative
	PricePercent PriceMode = "percent" // to a part of what they are, rounded half up to a fen
)

// PriceModes lists them.
func PriceModes() []PriceMode { return []PriceMode{PriceSet, PriceAdd, PricePercent} }

// PriceChange changes the prices of all SKUs of a product.
type PriceChange struct {
	Mode PriceMode
	Fen  money.Fen // of set and add
	Bps  int64     // of percent: 9000 is nine tenths of the price; 1 to 100000
}

// Check refuses a change that no price could take. Faults: VALIDATION on price.
func (c PriceChange) Check() error {
	const most = 100_000
	switch {
	case c.Mode == PriceSet && (c.Fen < 0 || c.Fen > MaxPriceFen),
		c.Mode == PriceAdd && (c.Fen == 0 || c.Fen < -MaxPriceFen || c.Fen > MaxPriceFen),
		c.Mode == PricePercent && (c.Bps < 1 || c.Bps > most),
		c.Mode != PriceSet && c.Mode != PriceAdd && c.Mode != PricePercent:
		return fault.Invalidf("price", "is no change of prices")
	}
	return nil
}

// of is what becomes of a price. Faults: VALIDATION on price where it would leave its bounds.
func (c PriceChange) of(price money.Fen) (to money.Fen, err error) {
	switch c.Mode {
	case PriceSet:
		to = c.Fen
	case PriceAdd:
		to = price + c.Fen
	case PricePercent:
		to, err = price.Part(c.Bps)
	}
	if err != nil || to < 0 || to > MaxPriceFen {
		return 0, ErrPriceBounds
	}
	return to, nil
}

// Repriced is a product's range of prices before and after a change.
type Repriced struct {
	Version                        int32 // after it
	LowFen, HighFen, ToLow, ToHigh money.Fen
}

// RepriceTx changes the prices of all SKUs of a product, or none, in the caller's transaction. With
// a version the product must still bear it; 0 takes any. It locks the product. Faults: VALIDATION,
// NOT_FOUND, PRODUCT_CHANGED, PRICE_BOUNDS.
func (s *Service) RepriceTx(ctx context.Context, tx tenantdb.Tx, productID int64, version int32, change PriceChange) (out Repriced, err error) {
	if err := change.Check(); err != nil {
		return out, err
	}
	now, err := s.q.LockForEdit(ctx, tx, productID)
	switch {
	case tenantdb.NoRows(err), err == nil && ShelfStatus(now.Status) == Purged:
		return out, fault.ErrNotFound
	case err != nil:
		return out, fmt.Errorf("reprice: %w", err)
	case version != 0 && now.Version != version:
		return out, ErrStale
	}
	skus, err := s.q.PricesOf(ctx, tx, productID)
	if err != nil {
		return out, fmt.Errorf("reprice: %w", err)
	}
	var ids, prices []int64
	var before, after ProductInput // the range is of what is for sale, as a form's is
	for _, k := range skus {
		to, err := change.of(k.PriceFen)
		if err != nil {
			return out, err
		}
		ids, prices = append(ids, k.ID), append(prices, int64(to))
		before.SKUs = append(before.SKUs, SKUInput{PriceFen: k.PriceFen, Disabled: !k.Enabled})
		after.SKUs = append(after.SKUs, SKUInput{PriceFen: to, Disabled: !k.Enabled})
	}
	if len(skus) == 0 {
		return out, fault.ErrNotFound
	}
	out.LowFen, out.HighFen = before.prices()
	out.ToLow, out.ToHigh = after.prices()
	out.Version = now.Version + 1
	if err := s.q.Reprice(ctx, tx, out.ToLow, out.ToHigh, tx.Now(), productID, ids, prices); err != nil {
		return out, fmt.Errorf("reprice: %w", err)
	}
	return out, s.tell(ctx, tx)
}
