package listing

import (
	"context"
	"fmt"
	"strconv"

	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// SaveCategory adds a category (id 0) as the last of its siblings, or changes one, and
// returns its id. Opens a transaction. Faults: VALIDATION, NOT_FOUND.
func (s *Service) SaveCategory(ctx context.Context, shop tenant.ID, id int64, in catalog.CategoryInput, actor string) (int64, error) {
	action := "category.updated"
	err := s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		var err error
		if id == 0 {
			action = "category.created"
			id, err = s.Catalog.AddCategoryTx(ctx, tx, in)
		} else {
			err = s.Catalog.EditCategoryTx(ctx, tx, id, in)
		}
		return audit.Entry{Action: action, Object: categoryObject(id), After: map[string]any{"name": in.Name, "parent_id": in.ParentID, "hidden": in.Hidden}}, err
	})
	return id, err
}

// MoveCategory lets a category change places with its neighbour. Opens a transaction.
// Faults: NOT_FOUND.
func (s *Service) MoveCategory(ctx context.Context, shop tenant.ID, id int64, step catalog.Step, actor string) error {
	return s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		return audit.Entry{Action: "category.arranged", Object: categoryObject(id)}, s.Catalog.MoveCategoryTx(ctx, tx, id, step)
	})
}

// DeleteCategory removes a category that holds nothing. Opens a transaction. Faults:
// NOT_FOUND, CATEGORY_IN_USE.
func (s *Service) DeleteCategory(ctx context.Context, shop tenant.ID, id int64, actor string) error {
	return s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		return audit.Entry{Action: "category.deleted", Object: categoryObject(id)}, s.Catalog.DeleteCategoryTx(ctx, tx, id)
	})
}

// SaveBrand adds a brand (id 0) as the last one, or changes one, and returns its id; a logo of
// nil is none, or the one that is there. Opens a transaction. Faults: VALIDATION, NOT_FOUND,
// NAME_TAKEN.
func (s *Service) SaveBrand(ctx context.Context, shop tenant.ID, id int64, name string, logo *string, actor string) (int64, error) {
	err := s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		action := "brand.updated"
		var err error
		if id == 0 {
			action = "brand.created"
			address := ""
			if logo != nil {
				address = *logo
			}
			id, err = s.Catalog.AddBrandTx(ctx, tx, name, address)
		} else {
			err = s.Catalog.EditBrandTx(ctx, tx, id, name, logo)
		}
		return audit.Entry{Action: action, Object: brandObject(id), After: map[string]any{"name": name}}, err
	})
	return id, err
}

// MoveBrand lets a brand change places with its neighbour. Opens a transaction. Faults:
// NOT_FOUND.
func (s *Service) MoveBrand(ctx context.Context, shop tenant.ID, id int64, step catalog.Step, actor string) error {
	return s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		return audit.Entry{Action: "brand.arranged", Object: brandObject(id)}, s.Catalog.MoveBrandTx(ctx, tx, id, step)
	})
}

// DeleteBrand removes a brand; its products stay. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) DeleteBrand(ctx context.Context, shop tenant.ID, id int64, actor string) error {
	return s.arranged(ctx, shop, actor, func(tx tenantdb.Tx) (audit.Entry, error) {
		return audit.Entry{Action: "brand.deleted", Object: brandObject(id)}, s.Catalog.DeleteBrandTx(ctx, tx, id)
	})
}

// arranged runs a change and writes its entry, in one transaction.
func (s *Service) arranged(ctx context.Context, shop tenant.ID, actor string, change func(tx tenantdb.Tx) (audit.Entry, error)) error {
	err := s.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) error {
		entry, err := change(tx)
		if err != nil {
			return err
		}
		entry.Actor = actor
		return s.Audit.RecordTx(ctx, tx, entry)
	})
	if err != nil {
		return fmt.Errorf("arrange the shelf: %w", err)
	}
	return nil
}

func categoryObject(id int64) string { return "category:" + strconv.FormatInt(id, 10) }

func brandObject(id int64) string { return "brand:" + strconv.FormatInt(id, 10) }
