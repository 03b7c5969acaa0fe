package catalog

import (
	"context"
	"fmt"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/richtext"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// NotifyChannel carries the id of a tenant whose catalogue or coarse stock has changed.
const NotifyChannel = "galleria_catalog"

// NotifyPrices ends a notification of NotifyChannel that says that campaigns have changed prices.
const NotifyPrices = " prices"

// Plans counts what a shop may have; *plan.Service is one.
type Plans interface {
	TakeTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
	GiveBackTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
}

// Deps are what the catalogue works with.
type Deps struct {
	DB     *tenantdb.DB
	Plans  Plans
	Timers *timer.Timers // of products that come and go by the clock
}

// Service reads and changes the catalogues of all tenants. Safe for concurrent use.
type Service struct {
	db     *tenantdb.DB
	plans  Plans
	timers *timer.Timers
	texts  *richtext.Cleaner
	q      *catalogdb.Queries
}

// New returns the catalogue.
func New(d Deps) *Service {
	return &Service{db: d.DB, plans: d.Plans, timers: d.Timers, texts: richtext.New(), q: catalogdb.New()}
}

// Categories returns the visible categories: parents before their children, siblings
// in the merchant's order. One statement.
func (s *Service) Categories(ctx context.Context, id tenant.ID) ([]Category, error) {
	var out []Category
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.VisibleCategories(ctx, r)
		if err != nil {
			return err
		}
		out = make([]Category, len(rows))
		for i, c := range rows {
			out[i] = Category{ID: c.ID, ParentID: c.ParentID, Name: c.Name, Picture: c.Picture, Sort: c.Sort}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	return out, nil
}

// Get returns a product that is on the shelf. One statement. Faults: NOT_FOUND, also
// for a product that exists but is not on the shelf.
func (s *Service) Get(ctx context.Context, id tenant.ID, spuID int64) (Product, error) {
	var row catalogdb.FindOnShelfRow
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.FindOnShelf(ctx, r, spuID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		return err
	})
	var out Product
	if err == nil { // decoded when the connection is somebody else's again
		out, err = s.productFromRow(row)
	}
	if err != nil {
		return Product{}, fmt.Errorf("get product: %w", err)
	}
	return out, nil
}

// Sellables returns the named SKUs in the order of their ids, whether on sale or not;
// unknown ids are absent. One statement, in the caller's transaction or reader.
func (s *Service) Sellables(ctx context.Context, q tenantdb.Querier, skuIDs []int64) ([]Sellable, error) {
	rows, err := s.q.Sellables(ctx, q, skuIDs)
	if err != nil {
		return nil, fmt.Errorf("load sellables: %w", err)
	}
	out := make([]Sellable, len(rows))
	for i, row := range rows {
		out[i] = sellableFromRow(row)
	}
	return out, nil
}

// AddSalesTx counts sold pieces (by SPU id) into the products' sales. It joins the
// caller's transaction and locks the products in id order; call it once per order, late.
func (s *Service) AddSalesTx(ctx context.Context, tx tenantdb.Tx, piecesBySPU map[int64]int64) error {
	ids, pieces := make([]int64, 0, len(piecesBySPU)), make([]int64, 0, len(piecesBySPU))
	for id, n := range piecesBySPU {
		ids, pieces = append(ids, id), append(pieces, n)
	}
	if err := s.q.AddSales(ctx, tx, ids, pieces); err != nil {
		return fmt.Errorf("add sales: %w", err)
	}
	return nil
}

// change runs fn in a transaction whose commit tells NotifyChannel.
func (s *Service) change(ctx context.Context, id tenant.ID, fn func(tx tenantdb.Tx) error) error {
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return s.tell(ctx, tx)
	})
}

// TellPricesTx has the commit of tx told on NotifyChannel as a change of prices that no product
// shows by itself.
func (s *Service) TellPricesTx(ctx context.Context, tx tenantdb.Tx) error {
	if err := s.q.NotifyChanged(ctx, tx, NotifyChannel, tx.TenantID().String()+NotifyPrices); err != nil {
		return fmt.Errorf("notify prices: %w", err)
	}
	return nil
}

// tell has the commit of tx told on NotifyChannel, once however often it is asked for.
func (s *Service) tell(ctx context.Context, tx tenantdb.Tx) error {
	if err := s.q.NotifyChanged(ctx, tx, NotifyChannel, tx.TenantID().String()); err != nil {
		return fmt.Errorf("notify catalogue: %w", err)
	}
	return nil
}
