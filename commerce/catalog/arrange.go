package catalog

import (
	"context"
	"fmt"
	"slices"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxDepth is how many levels of categories there are.
const MaxDepth = 3

// Step is a move among siblings.
type Step int

// The steps.
const (
	Up   Step = -1
	Down Step = 1
)

// EditCategoryTx renames, hides or moves a category with all below it. It joins the caller's
// transaction. Faults: VALIDATION (also for a place under itself or too deep), NOT_FOUND.
func (s *Service) EditCategoryTx(ctx context.Context, tx tenantdb.Tx, id int64, in CategoryInput) error {
	if !short(in.Name, 1, MaxTitle) {
		return fault.Invalidf("name", "must be 1 to %d characters", MaxTitle)
	}
	now, err := s.q.LockCategory(ctx, tx, id)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	if in.ParentID != 0 && in.ParentID != now.ParentID {
		under, err := s.q.CategoryIsUnder(ctx, tx, in.ParentID, id)
		if err != nil {
			return err
		}
		if under {
			return fault.Invalidf("parent_id", "must not be the category itself or one below it")
		}
		height, err := s.q.CategoryHeight(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.fitsUnder(ctx, tx, in.ParentID, height); err != nil {
			return err
		}
	}
	if in.KeepPicture {
		in.Picture = now.Picture
	}
	if !fitsAddress(in.Picture) {
		return fault.Invalidf("picture", "must be an address of at most %d characters", maxAddress)
	}
	params, ok := validParamNames(in.Params)
	if !ok {
		return fault.Invalidf("params", "must be at most %d names of at most %d characters", MaxParams, MaxParamName)
	}
	_, err = s.q.EditCategory(ctx, tx, orNull(in.ParentID), in.Name, in.Picture, !in.Hidden, params, id)
	if tenantdb.Violates(err, "category_parent_id_fkey") {
		return fault.Invalidf("parent_id", "no such category")
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, tx)
}

// fitsUnder refuses a branch of so many levels where it would reach too deep.
func (s *Service) fitsUnder(ctx context.Context, tx tenantdb.Tx, parentID int64, levels int32) error {
	depth, err := s.q.CategoryDepth(ctx, tx, parentID)
	if err != nil {
		return err
	}
	if depth+levels > MaxDepth {
		return fault.Invalidf("parent_id", "at most %d levels", MaxDepth)
	}
	return nil
}

// AddCategoryTx adds a category as the last of its siblings. Faults: VALIDATION.
func (s *Service) AddCategoryTx(ctx context.Context, tx tenantdb.Tx, in CategoryInput) (int64, error) {
	if in.ParentID != 0 {
		if err := s.fitsUnder(ctx, tx, in.ParentID, 1); err != nil {
			return 0, err
		}
	}
	id, err := s.CreateCategoryTx(ctx, tx, in)
	if err != nil {
		return 0, err
	}
	ids, err := s.q.LockSiblings(ctx, tx, orNull(in.ParentID))
	if err != nil {
		return 0, err
	}
	ids = append(slices.DeleteFunc(ids, func(other int64) bool { return other == id }), id)
	return id, s.q.SetCategorySort(ctx, tx, ids, descending(len(ids)))
}

// MoveCategoryTx lets a category change places with its neighbour; at the end it stays where
// it is. Faults: NOT_FOUND.
func (s *Service) MoveCategoryTx(ctx context.Context, tx tenantdb.Tx, id int64, step Step) error {
	now, err := s.q.LockCategory(ctx, tx, id)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	ids, err := s.q.LockSiblings(ctx, tx, orNull(now.ParentID))
	if err != nil {
		return err
	}
	stepped(ids, id, step)
	if err := s.q.SetCategorySort(ctx, tx, ids, descending(len(ids))); err != nil {
		return err
	}
	return s.tell(ctx, tx)
}

// DeleteCategoryTx removes a category that holds nothing. Faults: NOT_FOUND, CATEGORY_IN_USE.
func (s *Service) DeleteCategoryTx(ctx context.Context, tx tenantdb.Tx, id int64) error {
	if err := s.q.MovePurged(ctx, tx, id); err != nil {
		return err
	}
	n, err := s.q.DeleteCategory(ctx, tx, id)
	if tenantdb.Violates(err, "spu_category_id_fkey") || tenantdb.Violates(err, "category_parent_id_fkey") {
		return ErrCategoryUsed
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	return s.tell(ctx, tx)
}

// Brand is whose make a product is.
type Brand struct {
	ID   int64
	Name string
	Logo string
}

// Brands returns the brands of which something is on the shelf, in the merchant's order. One
// statement.
func (s *Service) Brands(ctx context.Context, id tenant.ID) (out []Brand, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.VisibleBrands(ctx, r)
		out = make([]Brand, len(rows))
		for i, b := range rows {
			out[i] = Brand(b)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list brands: %w", err)
	}
	return out, nil
}

// EnsureBrandTx returns the brand of a name, making it if there is none. Faults: VALIDATION.
func (s *Service) EnsureBrandTx(ctx context.Context, tx tenantdb.Tx, name string) (int64, error) {
	if !short(name, 1, MaxTitle) {
		return 0, fault.Invalidf("name", "must be 1 to %d characters", MaxTitle)
	}
	id, err := s.q.BrandByName(ctx, tx, name)
	if !tenantdb.NoRows(err) {
		return id, err
	}
	return s.AddBrandTx(ctx, tx, name, "")
}

// AddBrandTx adds a brand as the last one. Faults: VALIDATION, NAME_TAKEN.
func (s *Service) AddBrandTx(ctx context.Context, tx tenantdb.Tx, name, logo string) (int64, error) {
	if !short(name, 1, MaxTitle) {
		return 0, fault.Invalidf("name", "must be 1 to %d characters", MaxTitle)
	}
	if !fitsAddress(logo) {
		return 0, fault.Invalidf("logo", "must be an address of at most %d characters", maxAddress)
	}
	id, err := s.q.InsertBrand(ctx, tx, name, logo)
	if tenantdb.Violates(err, "brand_name") {
		return 0, ErrTaken
	}
	return id, err
}

// EditBrandTx renames a brand and changes its logo; nil leaves the logo. Its products are found
// by the new name once the upkeep has been there. Faults: VALIDATION, NOT_FOUND, NAME_TAKEN.
func (s *Service) EditBrandTx(ctx context.Context, tx tenantdb.Tx, id int64, name string, logo *string) error {
	if !short(name, 1, MaxTitle) {
		return fault.Invalidf("name", "must be 1 to %d characters", MaxTitle)
	}
	now, err := s.q.LockBrand(ctx, tx, id)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	if logo == nil {
		logo = &now.Logo
	}
	if !fitsAddress(*logo) {
		return fault.Invalidf("logo", "must be an address of at most %d characters", maxAddress)
	}
	if _, err := s.q.EditBrand(ctx, tx, name, *logo, id); tenantdb.Violates(err, "brand_name") {
		return ErrTaken
	} else if err != nil {
		return err
	}
	if now.Name != name {
		if err := s.reindexBrand(ctx, tx, id); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx)
}

func (s *Service) reindexBrand(ctx context.Context, tx tenantdb.Tx, id int64) error {
	n, err := s.q.StaleBrand(ctx, tx, id)
	if err != nil || n == 0 {
		return err
	}
	return s.timers.Set(ctx, tx, TimerReindex, "", tx.Now(), struct{}{})
}

// MoveBrandTx lets a brand change places with its neighbour. Faults: NOT_FOUND.
func (s *Service) MoveBrandTx(ctx context.Context, tx tenantdb.Tx, id int64, step Step) error {
	ids, err := s.q.LockBrands(ctx, tx)
	if err != nil {
		return err
	}
	if !slices.Contains(ids, id) {
		return fault.ErrNotFound
	}
	stepped(ids, id, step)
	if err := s.q.SetBrandSort(ctx, tx, ids, descending(len(ids))); err != nil {
		return err
	}
	return s.tell(ctx, tx)
}

// DeleteBrandTx removes a brand; its products stay, without one. Faults: NOT_FOUND.
func (s *Service) DeleteBrandTx(ctx context.Context, tx tenantdb.Tx, id int64) error {
	if err := s.q.DropBrand(ctx, tx, tx.Now(), id); err != nil {
		return err
	}
	n, err := s.q.DeleteBrand(ctx, tx, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	if err := s.timers.Set(ctx, tx, TimerReindex, "", tx.Now(), struct{}{}); err != nil {
		return err
	}
	return s.tell(ctx, tx)
}

// fitsAddress reports an address of a picture, or none.
func fitsAddress(address string) bool { return len(address) <= maxAddress }

// stepped moves one of ids by a step, if there is room.
func stepped(ids []int64, id int64, step Step) {
	at := slices.Index(ids, id)
	if to := at + int(step); at >= 0 && to >= 0 && to < len(ids) {
		ids[at], ids[to] = ids[to], ids[at]
	}
}

// descending are n sort keys, the largest first.
func descending(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(n - i)
	}
	return out
}
