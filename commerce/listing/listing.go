package listing

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// Deps are what the service works with.
type Deps struct {
	DB        *tenantdb.DB
	Catalog   *catalog.Service
	Inventory *inventory.Service
	Audit     *audit.Log
}

// Service saves products. Safe for concurrent use.
type Service struct{ Deps }

// New returns the service.
func New(d Deps) *Service { return &Service{d} }

// SaveInput is a product as it shall be.
type SaveInput struct {
	ID      int64  // 0 for a new one
	Version int32  // of the product as the editor saw it
	Key     string // of the form, for a new one: sent twice, it makes one product
	catalog.ProductInput
	NewCategory string  // takes the place of CategoryID: this one, made if there is none
	NewBrand    string  // takes the place of BrandID in the same way
	Code        *string // the merchant's own number, "" for none; nil: as it is
	Stock       []Stock // of the SKUs, in their order
	OnShelf     bool    // for a new one: show it to buyers at once
	Actor       string  // "staff:7"
	// Approves says that the actor may put products on sale alone. What others do waits, in a shop
	// that asks for it.
	Approves bool
}

// Stock is what is on hand of a SKU, pieces: as the editor saw it, and as it shall be.
type Stock struct{ Was, Want int64 }

// MaxStock is the most pieces of one SKU.
const MaxStock = 9_999_999

// Save makes or changes a product and returns its id. Opens a transaction. Faults:
// VALIDATION, NOT_FOUND, PRODUCT_CHANGED, NOTHING_TO_SELL, CODE_TAKEN, STOCK_RESERVED, CARD_STOCK, KIND_STOCKED, QUOTA_EXCEEDED,
// IDEMPOTENCY_MISMATCH (the form was sent before with other contents), CHANGE_WAITS. With
// AWAITS_APPROVAL, and the id, it was taken and takes effect when somebody approves it.
func (s *Service) Save(ctx context.Context, id tenant.ID, in SaveInput) (productID int64, err error) {
	awaits := false
	err = s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		productID, awaits, err = s.SaveTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save product: %w", err)
	}
	return productID, waits(awaits)
}

// SaveTx is Save in the caller's transaction; awaits says that it waits to be approved.
func (s *Service) SaveTx(ctx context.Context, tx tenantdb.Tx, in SaveInput) (productID int64, awaits bool, err error) {
	if err := in.checkStock(); err != nil {
		return 0, false, err
	}
	if in.ID == 0 {
		return s.create(ctx, tx, in)
	}
	g, err := s.gate(ctx, tx, in.ID, in.Approves)
	if err != nil {
		return 0, false, err
	}
	if g.keeps() {
		return in.ID, true, s.propose(ctx, tx, g, in.ID, in.Actor, func(tx tenantdb.Tx) (SaveInput, error) { return in, s.edit(ctx, tx, in) })
	}
	in.Unapproved = g.Needed
	if err := s.edit(ctx, tx, in); err != nil {
		return 0, false, err
	}
	awaits = g.Needed && in.OnAt != nil
	return in.ID, awaits, s.changed(ctx, tx, g, in.ID, awaits, in.Actor)
}

// checkStock judges the stock beside the SKUs.
func (in SaveInput) checkStock() error {
	if len(in.Stock) != len(in.SKUs) {
		return fault.Invalidf("stock", "must be one for each SKU")
	}
	for i, n := range in.Stock {
		if in.ID == 0 && in.Kind == catalog.VirtualCard && n.Want != 0 {
			return inventory.ErrCardStock
		}
		if n.Want < 0 || n.Want > MaxStock || n.Was < 0 || n.Was > MaxStock {
			return fault.Invalidf(fmt.Sprintf("stock[%d]", i), "must be 0 to %d", MaxStock)
		}
	}
	return nil
}

func (s *Service) create(ctx context.Context, tx tenantdb.Tx, in SaveInput) (productID int64, awaits bool, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, false, err
	}
	if !in.Approves {
		if in.Unapproved, err = s.Catalog.ApprovalNeeded(ctx, tx); err != nil {
			return 0, false, err
		}
	}
	awaits = in.Unapproved && (in.OnShelf || in.OnAt != nil)
	key := idempotency.Key{Scope: in.Actor + ":product.create", Value: in.Key, Body: body}
	productID, _, err = idempotency.Do(ctx, tx, key, func() (int64, error) {
		if err := s.category(ctx, tx, &in); err != nil {
			return 0, err
		}
		product, err := s.Catalog.CreateTx(ctx, tx, in.ProductInput)
		if err != nil {
			return 0, err
		}
		ids := make([]int64, len(product.SKUs))
		for i, k := range product.SKUs {
			ids[i] = k.ID
		}
		if err := s.receive(ctx, tx, product.ID, ids, in); err != nil {
			return 0, err
		}
		if err := s.number(ctx, tx, product.ID, in.Code); err != nil {
			return 0, err
		}
		if err := s.offer(ctx, tx, product.ID, awaits, in); err != nil {
			return 0, err
		}
		return product.ID, s.tell(ctx, tx, "product.created", product.ID, in, map[string]any{"on_shelf": in.OnShelf && !awaits})
	})
	return productID, awaits, err
}

// offer puts a new product on the shelf, if that is wished for, or lets it wait.
func (s *Service) offer(ctx context.Context, tx tenantdb.Tx, productID int64, awaits bool, in SaveInput) error {
	switch {
	case awaits:
		return s.ask(ctx, tx, catalog.Request{SPUID: productID, PutUp: in.OnShelf, AskedBy: in.Actor}, in.Title)
	case in.OnShelf && !in.Unapproved:
		_, err := s.Catalog.SetShelfTx(ctx, tx, productID, catalog.OnShelf)
		return err
	}
	return nil
}

// receive books the first stock of a new product.
func (s *Service) receive(ctx context.Context, tx tenantdb.Tx, productID int64, ids []int64, in SaveInput) error {
	var lines []inventory.Line
	for i, n := range in.Stock {
		if n.Want > 0 {
			lines = append(lines, inventory.Line{SKUID: ids[i], Qty: n.Want})
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return s.Inventory.ReceiveTx(ctx, tx, document(productID, 0), lines, in.Actor)
}

func (s *Service) edit(ctx context.Context, tx tenantdb.Tx, in SaveInput) error {
	if err := s.category(ctx, tx, &in); err != nil {
		return err
	}
	ids, err := s.Catalog.EditTx(ctx, tx, catalog.EditInput{ID: in.ID, Version: in.Version, ProductInput: in.ProductInput})
	if err != nil {
		return err
	}
	changes := make([]inventory.Change, len(ids))
	for i, n := range in.Stock {
		changes[i] = inventory.Change{SKUID: ids[i], Delta: n.Want - n.Was}
	}
	if err := s.Inventory.AdjustTx(ctx, tx, document(in.ID, in.Version), changes, in.Actor); err != nil {
		return err
	}
	if err := s.number(ctx, tx, in.ID, in.Code); err != nil {
		return err
	}
	return s.tell(ctx, tx, "product.updated", in.ID, in, map[string]any{"version": in.Version})
}

// number gives a product the merchant's own number, if one was said.
func (s *Service) number(ctx context.Context, tx tenantdb.Tx, productID int64, code *string) error {
	if code == nil {
		return nil
	}
	return s.Catalog.SetCodeTx(ctx, tx, productID, *code)
}

// category makes the category and the brand that the form names.
func (s *Service) category(ctx context.Context, tx tenantdb.Tx, in *SaveInput) (err error) {
	if in.NewCategory != "" {
		in.CategoryID, err = s.Catalog.EnsureCategoryTx(ctx, tx, in.NewCategory)
	}
	if err == nil && in.NewBrand != "" {
		in.BrandID, err = s.Catalog.EnsureBrandTx(ctx, tx, in.NewBrand)
	}
	return err
}

// document is the number of a correction: a version of a product is edited once.
func document(productID int64, version int32) string {
	return "product-" + strconv.FormatInt(productID, 10) + "-v" + strconv.FormatInt(int64(version), 10)
}

func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, action string, productID int64, in SaveInput, detail map[string]any) error {
	detail["title"], detail["skus"] = in.Title, len(in.SKUs)
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: action, Object: object(productID), Detail: detail})
}

func object(productID int64) string { return "product:" + strconv.FormatInt(productID, 10) }

// SetShelfTx is SetShelf in the caller's transaction; awaits says that it waits to be approved.
func (s *Service) SetShelfTx(ctx context.Context, tx tenantdb.Tx, productID int64, to catalog.ShelfStatus, by Editor) (awaits bool, err error) {
	if to == catalog.OnShelf {
		g, err := s.gate(ctx, tx, productID, by.Approves)
		if err != nil {
			return false, err
		}
		if g.Needed && !g.Approved && g.Status != catalog.OnShelf {
			return true, s.askToPutUp(ctx, tx, productID, by)
		}
	}
	from, err := s.Catalog.SetShelfTx(ctx, tx, productID, to)
	if err != nil || from == to {
		return false, err
	}
	return false, s.moved(ctx, tx, productID, from, to, by.Actor)
}

// SetShelf shows a product to buyers or takes it down; being there already is no error and
// leaves no entry. Opens a transaction. Faults: NOT_FOUND, SHELF_STATE, NOTHING_TO_SELL; with
// AWAITS_APPROVAL it was taken and comes on the shelf when somebody approves it.
func (s *Service) SetShelf(ctx context.Context, id tenant.ID, productID int64, to catalog.ShelfStatus, by Editor) error {
	awaits := false
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		awaits, err = s.SetShelfTx(ctx, tx, productID, to, by)
		return err
	})
	if err != nil {
		return fmt.Errorf("set shelf: %w", err)
	}
	return waits(awaits)
}

// moved writes the entry of a change of shelf state.
func (s *Service) moved(ctx context.Context, tx tenantdb.Tx, productID int64, from, to catalog.ShelfStatus, actor string) error {
	action := "product.taken_down"
	switch {
	case to == catalog.OnShelf:
		action = "product.put_up"
	case to == catalog.Recycled:
		action = "product.binned"
	case from == catalog.Recycled:
		action = "product.restored"
	}
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: actor, Action: action, Object: object(productID),
		Before: map[string]any{"status": string(from)}, After: map[string]any{"status": string(to)},
	})
}
