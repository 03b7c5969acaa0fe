package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// BinDays is how long a product stays in the bin.
const BinDays = 30

// PurgeOldTx removes products that have been in the bin for longer than BinDays, at most
// limit of them, and returns their ids. It joins the caller's transaction.
func (s *Service) PurgeOldTx(ctx context.Context, tx tenantdb.Tx, limit int32) ([]int64, error) {
	ids, err := s.q.LockRecycled(ctx, tx, BinDays, limit)
	if err != nil {
		return nil, fmt.Errorf("purge products: %w", err)
	}
	return ids, s.purge(ctx, tx, ids)
}

// PurgeTx removes one product from the bin for good. Faults: NOT_FOUND, SHELF_STATE.
func (s *Service) PurgeTx(ctx context.Context, tx tenantdb.Tx, spuID int64) error {
	now, err := s.q.LockSPU(ctx, tx, spuID)
	switch {
	case tenantdb.NoRows(err) || ShelfStatus(now) == Purged:
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("purge product: %w", err)
	case ShelfStatus(now) != Recycled:
		return ErrShelfState
	}
	return s.purge(ctx, tx, []int64{spuID})
}

func (s *Service) purge(ctx context.Context, tx tenantdb.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.q.Purge(ctx, tx, tx.Now(), ids); err != nil {
		return fmt.Errorf("purge products: %w", err)
	}
	n, err := s.q.RetireAll(ctx, tx, ids)
	if err != nil {
		return fmt.Errorf("purge products: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.plans.GiveBackTx(ctx, tx, plan.SKUs, n)
}

// CopyTx makes a draft like a product, named with suffix, without its stock, schedule and
// codes that name one thing only (barcodes stay: they name the good, not the offer). It joins
// the caller's transaction. Faults: NOT_FOUND, QUOTA_EXCEEDED.
func (s *Service) CopyTx(ctx context.Context, tx tenantdb.Tx, spuID int64, suffix string) (Product, error) {
	row, err := s.q.LockForCopy(ctx, tx, spuID)
	if tenantdb.NoRows(err) {
		return Product{}, fault.ErrNotFound
	}
	if err != nil {
		return Product{}, fmt.Errorf("copy product: %w", err)
	}
	skus, err := s.q.SKUsForCopy(ctx, tx, spuID)
	if err != nil {
		return Product{}, fmt.Errorf("copy product: %w", err)
	}
	in := ProductInput{
		CategoryID: row.CategoryID, Title: suffixed(row.Title, suffix), Subtitle: row.Subtitle, Cover: row.Cover, Pictures: row.Pictures,
		Detail: row.Detail, Sort: row.Sort, BrandID: row.BrandID, FreightID: row.FreightID, Tags: row.Tags, Kind: Kind(row.Kind),
		Limits:  Limits{MinQty: row.MinQty, MaxPerOrder: row.MaxPerOrder, MaxLifetime: row.MaxLifetime},
		Voucher: VoucherTerms{Uses: row.VoucherUses, Days: row.VoucherDays, Until: row.VoucherUntil, Refunds: row.VoucherRefunds},
	}
	if err := json.Unmarshal(row.Specs, &in.Specs); err != nil {
		return Product{}, fmt.Errorf("specs of product %d: %w", spuID, err)
	}
	if in.Params, err = readParams(row.Params); err != nil {
		return Product{}, err
	}
	for _, k := range skus {
		in.SKUs = append(in.SKUs, SKUInput{
			Barcode: k.Barcode, SpecValues: k.SpecValues, Picture: k.Picture, PriceFen: k.PriceFen, MarketPriceFen: k.MarketPriceFen,
			CostFen: k.CostFen, WeightG: k.WeightG, VolumeCM3: k.VolumeCm3,
		})
	}
	if len(in.SKUs) == 0 {
		return Product{}, ErrNothingToSell
	}
	return s.CreateTx(ctx, tx, in)
}

// suffixed is a title with a suffix, cut so that both fit.
func suffixed(title, suffix string) string {
	if room := MaxTitle - utf8.RuneCountInString(suffix); utf8.RuneCountInString(title) > room {
		title = string([]rune(title)[:room])
	}
	return title + suffix
}

// SetCategoryTx moves a product to another category; being there already is no error. It
// joins the caller's transaction. Faults: NOT_FOUND, VALIDATION.
func (s *Service) SetCategoryTx(ctx context.Context, tx tenantdb.Tx, spuID, categoryID int64) error {
	now, err := s.q.LockSPU(ctx, tx, spuID)
	if tenantdb.NoRows(err) || (err == nil && ShelfStatus(now) == Purged) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set category: %w", err)
	}
	n, err := s.q.SetCategory(ctx, tx, categoryID, tx.Now(), spuID)
	if tenantdb.Violates(err, "spu_category_id_fkey") {
		return fault.Invalidf("category_id", "no such category")
	}
	if err != nil || n == 0 {
		return err
	}
	if err := s.q.KeepSnapshot(ctx, tx, spuID, tx.Now()); err != nil {
		return err
	}
	return s.tell(ctx, tx)
}
