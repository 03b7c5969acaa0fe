package cart

import (
	"context"
	"fmt"
	"slices"

	"galleria/commerce/cart/internal/cartdb"
	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Catalog tells what SKUs are now; *catalog.Service is one.
type Catalog interface {
	Sellables(ctx context.Context, q tenantdb.Querier, skuIDs []int64) ([]catalog.Sellable, error)
}

// Deps are what the cart works with.
type Deps struct {
	DB      *tenantdb.DB
	Catalog Catalog
}

// Service keeps the carts of all tenants' members. Safe for concurrent use.
type Service struct {
	db      *tenantdb.DB
	catalog Catalog
	q       *cartdb.Queries
}

// New returns the carts.
func New(d Deps) *Service { return &Service{db: d.DB, catalog: d.Catalog, q: cartdb.New()} }

// PutInput is a line to write.
type PutInput struct {
	SKUID    int64
	Qty      int   // 1 to MaxQty
	Add      bool  // Qty is added to what is there instead of replacing it
	Selected *bool // nil: a new line is selected, an old one stays as it is
}

// SelectInput marks lines for checkout: the named ones, or all.
type SelectInput struct {
	SKUIDs   []int64
	All      bool
	Selected bool
}

// Get returns the cart. Two statements.
func (s *Service) Get(ctx context.Context, id tenant.ID, memberID int64) (Cart, error) {
	var out Cart
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		out, err = s.load(ctx, r, memberID)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("get cart: %w", err)
	}
	return out, nil
}

// Put sets or adds a line and returns the cart. Opens a transaction of two statements.
// Setting may be repeated, adding may not. Faults: VALIDATION on qty, NOT_FOUND for an
// unknown SKU, SKU_UNAVAILABLE, CART_FULL.
func (s *Service) Put(ctx context.Context, id tenant.ID, memberID int64, in PutInput) (Cart, error) {
	if in.Qty < 1 || in.Qty > MaxQty {
		return Cart{}, errQty()
	}
	var out Cart
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.q.Put(ctx, tx, cartdb.PutParams{
			MemberID: memberID, SkuID: in.SKUID, Qty: int32(in.Qty), Add: in.Add,
			Selected: in.Selected == nil || *in.Selected, KeepSelected: in.Selected == nil, At: tx.Now(),
		})
		switch {
		case tenantdb.Violates(err, "cart_line_sku_id_fkey"), tenantdb.Violates(err, "cart_line_member_id_fkey"):
			return fault.ErrNotFound
		case tenantdb.Violates(err, "cart_qty"):
			return errQty() // the sum of an added line
		case err != nil:
			return err
		case len(rows) > MaxLines:
			return ErrFull
		}
		lines := make([]Line, len(rows))
		for i, r := range rows {
			lines[i] = lineFromRow(cartdb.LinesRow(r))
		}
		out, err = s.show(ctx, tx, lines)
		if err == nil && !onSale(out, in.SKUID) {
			err = ErrSKUUnavailable
		}
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("put cart line: %w", err)
	}
	return out, nil
}

// Delete removes a line and returns the cart. Opens a transaction of three statements.
// Faults: NOT_FOUND for a line that is not in this member's cart.
func (s *Service) Delete(ctx context.Context, id tenant.ID, memberID, skuID int64) (Cart, error) {
	var out Cart
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.Delete(ctx, tx, memberID, []int64{skuID})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		out, err = s.load(ctx, tx, memberID)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("delete cart line: %w", err)
	}
	return out, nil
}

// Select marks lines and returns the cart. Opens a transaction of three statements.
// Faults: VALIDATION if neither or both of SKUIDs and All are given; NOT_FOUND, with
// nothing changed, if one of the SKUs is not in this member's cart.
func (s *Service) Select(ctx context.Context, id tenant.ID, memberID int64, in SelectInput) (Cart, error) {
	if in.All == (len(in.SKUIDs) > 0) || len(in.SKUIDs) > MaxLines {
		return Cart{}, fault.Invalidf("sku_ids", "give 1 to %d SKUs, or all", MaxLines)
	}
	ids := slices.Compact(slices.Sorted(slices.Values(in.SKUIDs)))
	var out Cart
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if in.All {
			if err := s.q.SelectAll(ctx, tx, in.Selected, memberID); err != nil {
				return err
			}
		} else {
			n, err := s.q.SelectLines(ctx, tx, in.Selected, memberID, ids)
			if err != nil {
				return err
			}
			if int(n) != len(ids) {
				return fault.ErrNotFound
			}
		}
		var err error
		out, err = s.load(ctx, tx, memberID)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("select cart lines: %w", err)
	}
	return out, nil
}

// SelectedTx returns the selected lines, for an order. It runs in the caller's
// transaction or reader.
func (s *Service) SelectedTx(ctx context.Context, q tenantdb.Querier, memberID int64) ([]Line, error) {
	rows, err := s.q.SelectedLines(ctx, q, memberID)
	if err != nil {
		return nil, fmt.Errorf("selected cart lines: %w", err)
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = lineFromRow(cartdb.LinesRow(r))
	}
	return lines, nil
}

// RemoveTx removes what was ordered; SKUs that are not in the cart are no error. It
// joins the caller's transaction.
func (s *Service) RemoveTx(ctx context.Context, tx tenantdb.Tx, memberID int64, skuIDs []int64) error {
	if _, err := s.q.Delete(ctx, tx, memberID, skuIDs); err != nil {
		return fmt.Errorf("remove ordered cart lines: %w", err)
	}
	return nil
}

func (s *Service) load(ctx context.Context, q tenantdb.Querier, memberID int64) (Cart, error) {
	rows, err := s.q.Lines(ctx, q, memberID)
	if err != nil {
		return Cart{}, err
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = lineFromRow(r)
	}
	return s.show(ctx, q, lines)
}

func (s *Service) show(ctx context.Context, q tenantdb.Querier, lines []Line) (Cart, error) {
	if len(lines) == 0 {
		return Cart{Items: []Item{}}, nil
	}
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.SKUID
	}
	facts, err := s.catalog.Sellables(ctx, q, ids)
	if err != nil {
		return Cart{}, err
	}
	return assemble(lines, facts)
}

func onSale(c Cart, skuID int64) bool {
	return slices.ContainsFunc(c.Items, func(i Item) bool { return i.SKUID == skuID && i.State != OffShelf })
}

func lineFromRow(r cartdb.LinesRow) Line {
	return Line{SKUID: r.SkuID, Qty: int(r.Qty), Selected: r.Selected}
}

func errQty() error { return fault.Invalidf("qty", "must be 1 to %d", MaxQty) }
