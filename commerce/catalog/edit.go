package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// EditInput is a product as it shall be. A SKU keeps its id, whatever it is called from
// now on; a new one with the values of one that was taken out of use is that one again;
// what is not named goes out of use and stays for the orders and carts that mention it.
type EditInput struct {
	ID      int64
	Version int32 // of the product as the editor has seen it
	ProductInput
}

// EditTx changes a product, in the caller's transaction, and returns the ids of in.SKUs in
// their order. Sort and shelf state stay. It locks the product. Faults: VALIDATION,
// NOT_FOUND, PRODUCT_CHANGED, KIND_STOCKED, NOTHING_TO_SELL (the product is on the shelf), QUOTA_EXCEEDED.
func (s *Service) EditTx(ctx context.Context, tx tenantdb.Tx, in EditInput) ([]int64, error) {
	in.ProductInput = in.settled(s)
	if err := in.validate(); err != nil {
		return nil, err
	}
	now, err := s.q.LockForEdit(ctx, tx, in.ID)
	switch {
	case tenantdb.NoRows(err):
		return nil, fault.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("edit product: %w", err)
	case now.Version != in.Version:
		return nil, ErrStale
	case ShelfStatus(now.Status) == Purged:
		return nil, fault.ErrNotFound
	case ShelfStatus(now.Status) == OnShelf && forSale(in.SKUs) == 0:
		return nil, ErrNothingToSell
	case (Kind(now.Kind) == VirtualCard) != (in.Kind == VirtualCard) && now.Stocked:
		return nil, ErrKindStocked
	}
	before, err := s.q.SKUsOf(ctx, tx, in.ID)
	if err != nil {
		return nil, fmt.Errorf("edit product: %w", err)
	}
	if err := s.editSPU(ctx, tx, in); err != nil {
		return nil, fmt.Errorf("edit product: %w", err)
	}
	ids, err := s.editSKUs(ctx, tx, in, before)
	if err != nil {
		return nil, fmt.Errorf("edit product: %w", err)
	}
	if err := s.after(ctx, tx, in.ID, in.ProductInput, true); err != nil {
		return nil, fmt.Errorf("edit product: %w", err)
	}
	if err := s.tell(ctx, tx); err != nil {
		return nil, err
	}
	return ids, s.settleQuota(ctx, tx, before, in.SKUs)
}

func (s *Service) editSPU(ctx context.Context, tx tenantdb.Tx, in EditInput) error {
	specs, err := json.Marshal(append([]Spec{}, in.Specs...))
	if err != nil {
		return err
	}
	tokens, _, err := s.tokensOf(ctx, tx, in.ProductInput)
	if err != nil {
		return err
	}
	params, err := json.Marshal(trimmedParams(in.Params))
	if err != nil {
		return err
	}
	low, high := in.prices()
	n, err := s.q.EditSPU(ctx, tx, catalogdb.EditSPUParams{
		CategoryID: in.CategoryID, Title: in.Title, Subtitle: in.Subtitle, Cover: in.Cover, Pictures: append([]string{}, in.Pictures...),
		Detail: in.Detail, Specs: specs, MinPriceFen: low, MaxPriceFen: high,
		BrandID: orNull(in.BrandID), FreightID: orNull(in.FreightID), Tags: in.Tags, Kind: string(in.Kind), MinQty: in.Limits.MinQty, MaxPerOrder: in.Limits.MaxPerOrder,
		MaxLifetime: in.Limits.MaxLifetime, OnAt: in.OnAt, OffAt: in.OffAt, Tokens: tokens, At: tx.Now(), ID: in.ID, Version: in.Version,
		VoucherUses: in.Voucher.Uses, VoucherDays: in.Voucher.Days, VoucherUntil: in.Voucher.Until, VoucherRefunds: in.Voucher.Refunds, Params: params, Approved: !in.Unapproved,
	})
	if err == nil && n == 0 {
		return ErrStale
	}
	return unknown(err)
}

// editSKUs writes the SKUs of in over those of before.
func (s *Service) editSKUs(ctx context.Context, tx tenantdb.Tx, in EditInput, before []catalogdb.SKUsOfRow) ([]int64, error) {
	ids, left, err := match(in.SKUs, before)
	if err != nil {
		return nil, err
	}
	if err := s.q.VacateSpecs(ctx, tx, in.ID); err != nil {
		return nil, err
	}
	kept := []skuRow{} // never nil: the statement reads an array
	var fresh []SKUInput
	for i, k := range in.SKUs {
		if ids[i] == 0 {
			fresh = append(fresh, k)
		} else {
			kept = append(kept, rowOf(ids[i], k))
		}
	}
	body, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	if err := s.q.EditSKUs(ctx, tx, in.ID, body); err != nil {
		return nil, err
	}
	for _, row := range left {
		if err := s.q.RetireSKU(ctx, tx, retired(row, in.SKUs, left), row.ID, in.ID); err != nil {
			return nil, err
		}
	}
	added, err := s.insertSKUs(ctx, tx, in.ID, fresh)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if id == 0 {
			ids[i], added = added[0], added[1:]
		}
	}
	return ids, nil
}

// match finds for each wanted SKU the one it is already, 0 for a new one, and those that
// nobody wants any more.
func match(want []SKUInput, have []catalogdb.SKUsOfRow) (ids []int64, left []catalogdb.SKUsOfRow, err error) {
	ids = make([]int64, len(want))
	left = slices.Clone(have)
	claim := func(fits func(row catalogdb.SKUsOfRow) bool) int64 {
		i := slices.IndexFunc(left, fits)
		if i < 0 {
			return 0
		}
		id := left[i].ID
		left = slices.Delete(left, i, i+1)
		return id
	}
	for i, k := range want {
		if k.ID == 0 {
			continue
		}
		if ids[i] = claim(func(row catalogdb.SKUsOfRow) bool { return row.ID == k.ID }); ids[i] == 0 {
			return nil, nil, fault.Invalidf(fmt.Sprintf("skus[%d].id", i), "no such SKU of this product")
		}
	}
	for i, k := range want {
		if k.ID == 0 {
			ids[i] = claim(func(row catalogdb.SKUsOfRow) bool { return !row.Enabled && slices.Equal(row.SpecValues, k.SpecValues) })
		}
	}
	return ids, left, nil
}

// retired is what a SKU out of use is called: what it was, unless another has that name now.
func retired(row catalogdb.SKUsOfRow, live []SKUInput, left []catalogdb.SKUsOfRow) []string {
	values := append([]string{}, row.SpecValues...)
	taken := slices.ContainsFunc(live, func(k SKUInput) bool { return slices.Equal(k.SpecValues, values) }) ||
		slices.ContainsFunc(left, func(o catalogdb.SKUsOfRow) bool { return o.ID < row.ID && slices.Equal(o.SpecValues, values) })
	if !taken {
		return values
	}
	mark := "#" + strconv.FormatInt(row.ID, 10)
	if len(values) == 0 {
		return []string{mark}
	}
	values[len(values)-1] += " " + mark
	return values
}

// settleQuota takes or gives back what the edit changed in the number of SKUs for sale.
func (s *Service) settleQuota(ctx context.Context, tx tenantdb.Tx, before []catalogdb.SKUsOfRow, after []SKUInput) error {
	change := forSale(after)
	for _, row := range before {
		if row.Enabled {
			change--
		}
	}
	switch {
	case change > 0:
		return s.plans.TakeTx(ctx, tx, plan.SKUs, change)
	case change < 0:
		return s.plans.GiveBackTx(ctx, tx, plan.SKUs, -change)
	}
	return nil
}

// EnsureCategoryTx returns the top category of a name, making it if there is none. It joins
// the caller's transaction. Faults: VALIDATION.
func (s *Service) EnsureCategoryTx(ctx context.Context, tx tenantdb.Tx, name string) (int64, error) {
	id, err := s.q.CategoryByName(ctx, tx, name)
	if tenantdb.NoRows(err) {
		return s.CreateCategoryTx(ctx, tx, CategoryInput{Name: name})
	}
	if err != nil {
		return 0, fmt.Errorf("find category: %w", err)
	}
	return id, nil
}
