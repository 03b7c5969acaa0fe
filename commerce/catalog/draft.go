package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxCode is the longest number that a merchant gives a product, in characters.
const MaxCode = 64

// Entered is a product as its merchant would enter it.
type Entered struct {
	ID      int64
	Code    string // the merchant's own number; may be empty
	Version int32
	Status  ShelfStatus
	ProductInput
}

// Drafts returns products by number, by code or by the code of a SKU. Two statements.
func (s *Service) Drafts(ctx context.Context, q tenantdb.Querier, ids []int64, codes, skuCodes []string) ([]Entered, error) {
	rows, err := s.q.DraftsByKey(ctx, q, ids, codes, skuCodes)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	list := make([]catalogdb.DraftsAfterRow, len(rows))
	for i, r := range rows {
		list[i] = catalogdb.DraftsAfterRow(r)
	}
	return s.drafts(ctx, q, list)
}

// DraftsAfter returns the next so many products behind a number, those in the bin left out. Two
// statements.
func (s *Service) DraftsAfter(ctx context.Context, q tenantdb.Querier, after int64, limit int32) ([]Entered, error) {
	rows, err := s.q.DraftsAfter(ctx, q, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	return s.drafts(ctx, q, rows)
}

func (s *Service) drafts(ctx context.Context, q tenantdb.Querier, rows []catalogdb.DraftsAfterRow) ([]Entered, error) {
	out := make([]Entered, len(rows))
	at, ids := make(map[int64]*Entered, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		out[i] = Entered{ID: r.ID, Code: r.Code, Version: r.Version, Status: ShelfStatus(r.Status), ProductInput: ProductInput{
			CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover, Pictures: r.Pictures, Detail: r.Detail, Sort: r.Sort,
			BrandID: r.BrandID, FreightID: r.FreightID, Tags: r.Tags, Kind: Kind(r.Kind),
			Limits: Limits{MinQty: r.MinQty, MaxPerOrder: r.MaxPerOrder, MaxLifetime: r.MaxLifetime}, OnAt: r.OnAt, OffAt: r.OffAt,
			Voucher: VoucherTerms{Uses: r.VoucherUses, Days: r.VoucherDays, Until: r.VoucherUntil, Refunds: r.VoucherRefunds},
		}}
		if err := json.Unmarshal(r.Specs, &out[i].Specs); err != nil {
			return nil, fmt.Errorf("specs of product %d: %w", r.ID, err)
		}
		var err error
		if out[i].Params, err = readParams(r.Params); err != nil {
			return nil, err
		}
		at[r.ID], ids[i] = &out[i], r.ID
	}
	if len(ids) == 0 {
		return out, nil
	}
	skus, err := s.q.DraftSKUs(ctx, q, ids)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	for _, k := range skus {
		d := at[k.SpuID]
		if !fits(k.SpecValues, d.Specs) {
			continue // out of use, under a name that no form shows
		}
		d.SKUs = append(d.SKUs, SKUInput{
			ID: k.ID, Code: k.Code, Barcode: k.Barcode, SpecValues: k.SpecValues, Picture: k.Picture, PriceFen: k.PriceFen,
			MarketPriceFen: k.MarketPriceFen, CostFen: k.CostFen, WeightG: k.WeightG, VolumeCM3: k.VolumeCm3, Disabled: !k.Enabled,
		})
	}
	return out, nil
}

// LockTx takes products until the transaction ends, in one order, and returns their versions.
func (s *Service) LockTx(ctx context.Context, tx tenantdb.Tx, ids []int64) (map[int64]int32, error) {
	rows, err := s.q.LockSPUs(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock products: %w", err)
	}
	out := make(map[int64]int32, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Version
	}
	return out, nil
}

// SetCodeTx gives a product the merchant's own number, "" for none. Faults: VALIDATION, CODE_TAKEN.
func (s *Service) SetCodeTx(ctx context.Context, tx tenantdb.Tx, id int64, code string) error {
	if !short(code, 0, MaxCode) {
		return fault.Invalidf("code", "must be at most %d characters", MaxCode)
	}
	err := s.q.SetCode(ctx, tx, code, id)
	if tenantdb.Violates(err, "spu_code") {
		return ErrCodeTaken
	}
	return err
}

// Node is a category as a path names it.
type Node struct {
	ID, ParentID int64
	Name         string
}

// Shelves lists all categories and all brands, by number. Two statements.
func (s *Service) Shelves(ctx context.Context, q tenantdb.Querier) (tree []Node, brands []Brand, err error) {
	nodes, err := s.q.AllCategories(ctx, q)
	if err != nil {
		return nil, nil, fmt.Errorf("list categories: %w", err)
	}
	for _, n := range nodes {
		tree = append(tree, Node(n))
	}
	rows, err := s.q.AllBrands(ctx, q)
	if err != nil {
		return nil, nil, fmt.Errorf("list brands: %w", err)
	}
	for _, b := range rows {
		brands = append(brands, Brand{ID: b.ID, Name: b.Name})
	}
	return tree, brands, nil
}
