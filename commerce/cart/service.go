package cart

import (
	"context"
	"fmt"
	"slices"
	"time"

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
		lines, err := s.lines(ctx, r, memberID)
		if err != nil {
			return err
		}
		out, err = s.show(ctx, r, lines)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("get cart: %w", err)
	}
	return out, nil
}

// Put sets or adds a line and returns the cart. Opens a transaction of three statements in
// two round trips. Setting may be repeated, adding may not. Faults: VALIDATION on qty,
// NOT_FOUND for an unknown SKU, SKU_UNAVAILABLE, CART_FULL.
func (s *Service) Put(ctx context.Context, id tenant.ID, memberID int64, in PutInput) (Cart, error) {
	if in.Qty < 1 || in.Qty > MaxQty {
		return Cart{}, errQty()
	}
	var out Cart
	err := s.db.Write(ctx, id, func(w *tenantdb.Writer) error {
		var known []catalog.Sellable
		var lines []Line
		err := w.Together(ctx,
			func(q tenantdb.Querier) (err error) { known, err = s.onSale(ctx, q, in.SKUID); return err },
			func(q tenantdb.Querier) (err error) { lines, err = s.write(ctx, q, memberID, in, w.Now()); return err },
		)
		if err != nil {
			return err
		}
		out, err = s.show(ctx, w.Last(), lines, known...)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("put cart line: %w", err)
	}
	return out, nil
}

// onSale returns the one SKU if it can be put into a cart.
func (s *Service) onSale(ctx context.Context, q tenantdb.Querier, skuID int64) ([]catalog.Sellable, error) {
	found, err := s.catalog.Sellables(ctx, q, []int64{skuID})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fault.ErrNotFound
	case !found[0].OnSale:
		return nil, ErrSKUUnavailable
	}
	return found, nil
}

// write writes the line and returns all lines of the cart.
func (s *Service) write(ctx context.Context, q tenantdb.Querier, memberID int64, in PutInput, at time.Time) ([]Line, error) {
	rows, err := s.q.Put(ctx, q, cartdb.PutParams{
		MemberID: memberID, SkuID: in.SKUID, Qty: int32(in.Qty), Add: in.Add,
		Selected: in.Selected == nil || *in.Selected, KeepSelected: in.Selected == nil, At: at,
	})
	switch {
	case tenantdb.Violates(err, "cart_line_member_id_fkey"):
		return nil, fault.ErrNotFound
	case tenantdb.Violates(err, "cart_qty"):
		return nil, errQty() // the sum of an added line
	case err != nil:
		return nil, err
	case len(rows) > MaxLines:
		return nil, ErrFull
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = lineFromRow(cartdb.LinesRow(r))
	}
	return lines, nil
}

// Delete removes a line and returns the cart. Opens a transaction of three statements in
// two round trips. Faults: NOT_FOUND for a line that is not in this member's cart.
func (s *Service) Delete(ctx context.Context, id tenant.ID, memberID, skuID int64) (Cart, error) {
	out, err := s.change(ctx, id, memberID, func(q tenantdb.Querier) error {
		n, err := s.q.Delete(ctx, q, memberID, []int64{skuID})
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("delete cart line: %w", err)
	}
	return out, nil
}

// Select marks lines and returns the cart. Opens a transaction of three statements in two
// round trips. Faults: VALIDATION if neither or both of SKUIDs and All are given;
// NOT_FOUND, with nothing changed, if one of the SKUs is not in this member's cart.
func (s *Service) Select(ctx context.Context, id tenant.ID, memberID int64, in SelectInput) (Cart, error) {
	if in.All == (len(in.SKUIDs) > 0) || len(in.SKUIDs) > MaxLines {
		return Cart{}, fault.Invalidf("sku_ids", "give 1 to %d SKUs, or all", MaxLines)
	}
	ids := slices.Compact(slices.Sorted(slices.Values(in.SKUIDs)))
	out, err := s.change(ctx, id, memberID, func(q tenantdb.Querier) error {
		if in.All {
			return s.q.SelectAll(ctx, q, in.Selected, memberID)
		}
		n, err := s.q.SelectLines(ctx, q, in.Selected, memberID, ids)
		if err == nil && int(n) != len(ids) {
			err = fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("select cart lines: %w", err)
	}
	return out, nil
}

// change runs one statement on the cart and returns the cart as it is then.
func (s *Service) change(ctx context.Context, id tenant.ID, memberID int64, statement func(q tenantdb.Querier) error) (Cart, error) {
	var out Cart
	err := s.db.Write(ctx, id, func(w *tenantdb.Writer) error {
		var lines []Line
		err := w.Together(ctx, statement,
			func(q tenantdb.Querier) (err error) { lines, err = s.lines(ctx, q, memberID); return err })
		if err != nil {
			return err
		}
		out, err = s.show(ctx, w.Last(), lines)
		return err
	})
	return out, err
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

func (s *Service) lines(ctx context.Context, q tenantdb.Querier, memberID int64) ([]Line, error) {
	rows, err := s.q.Lines(ctx, q, memberID)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = lineFromRow(r)
	}
	return lines, nil
}

// show asks the catalogue for what is not known of the lines yet: one statement or none.
func (s *Service) show(ctx context.Context, q tenantdb.Querier, lines []Line, known ...catalog.Sellable) (Cart, error) {
	ids := make([]int64, 0, len(lines))
	for _, l := range lines {
		if !slices.ContainsFunc(known, func(f catalog.Sellable) bool { return f.SKUID == l.SKUID }) {
			ids = append(ids, l.SKUID)
		}
	}
	if len(ids) > 0 {
		facts, err := s.catalog.Sellables(ctx, q, ids)
		if err != nil {
			return Cart{}, err
		}
		known = append(known, facts...)
	}
	return assemble(lines, known)
}

func lineFromRow(r cartdb.LinesRow) Line {
	return Line{SKUID: r.SkuID, Qty: int(r.Qty), Selected: r.Selected}
}

func errQty() error { return fault.Invalidf("qty", "must be 1 to %d", MaxQty) }
