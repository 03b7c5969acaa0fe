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

// Deps are what the cart works with.
type Deps struct {
	DB *tenantdb.DB
}

// Service keeps the carts of all tenants' members. Safe for concurrent use.
type Service struct {
	db *tenantdb.DB
	q  *cartdb.Queries
}

// New returns the carts.
func New(d Deps) *Service { return &Service{db: d.DB, q: cartdb.New()} }

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

// Get returns the cart. One statement.
func (s *Service) Get(ctx context.Context, id tenant.ID, memberID int64) (Cart, error) {
	var out Cart
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		out, err = s.show(ctx, r, memberID)
		return err
	})
	if err != nil {
		return Cart{}, fmt.Errorf("get cart: %w", err)
	}
	return out, nil
}

// Put sets or adds a line and returns the cart: one statement, which is a transaction by
// itself. Setting may be repeated, adding may not. Faults: VALIDATION on qty, NOT_FOUND for
// an unknown SKU, SKU_UNAVAILABLE, CART_FULL.
func (s *Service) Put(ctx context.Context, id tenant.ID, memberID int64, in PutInput) (Cart, error) {
	if in.Qty < 1 || in.Qty > MaxQty {
		return Cart{}, errQty()
	}
	var rows []cartdb.PutRow
	err := s.db.Write(ctx, id, func(w *tenantdb.Writer) (err error) {
		rows, err = s.q.Put(ctx, w.Last(), cartdb.PutParams{
			MemberID: memberID, SkuID: in.SKUID, Qty: int32(in.Qty), Add: in.Add, MaxLines: MaxLines,
			Selected: in.Selected == nil || *in.Selected, KeepSelected: in.Selected == nil, At: w.Now(),
		})
		switch {
		case tenantdb.Violates(err, "cart_line_member_id_fkey"):
			return fault.ErrNotFound
		case tenantdb.Violates(err, "cart_qty"):
			return errQty() // the sum of an added line
		}
		return err
	})
	if err == nil {
		err = refusal(rows, in.SKUID)
	}
	if err != nil {
		return Cart{}, fmt.Errorf("put cart line: %w", err)
	}
	lines, facts := make([]Line, len(rows)), make([]catalog.Sellable, len(rows))
	for i, r := range rows {
		lines[i], facts[i] = fromRow(cartdb.LinesRow(r))
	}
	return assemble(lines, facts)
}

// refusal says why a line was not written, from the row that stands in its place.
func refusal(rows []cartdb.PutRow, skuID int64) error {
	i := slices.IndexFunc(rows, func(r cartdb.PutRow) bool { return r.SkuID == skuID })
	switch {
	case i < 0:
		return fault.ErrNotFound
	case rows[i].Qty > 0:
		return nil
	case catalog.WhyUnsold(catalog.ShelfStatus(rows[i].Status), rows[i].Enabled) != "":
		return ErrSKUUnavailable
	}
	return ErrFull
}

// Delete removes a line and returns the cart. Opens a transaction of two statements in two
// round trips. Faults: NOT_FOUND for a line that is not in this member's cart.
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

// Select marks lines and returns the cart. Opens a transaction of two statements in two
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
	err := s.db.Write(ctx, id, func(w *tenantdb.Writer) (err error) {
		if err := statement(w); err != nil {
			return err
		}
		out, err = s.show(ctx, w.Last(), memberID)
		return err
	})
	return out, err
}

// SelectedTx returns the selected lines, and in the same order what the catalogue says of
// them, for an order. One statement, in the caller's transaction or reader.
func (s *Service) SelectedTx(ctx context.Context, q tenantdb.Querier, memberID int64) ([]Line, []catalog.Sellable, error) {
	lines, facts, err := s.lines(ctx, q, memberID, true)
	if err != nil {
		return nil, nil, fmt.Errorf("selected cart lines: %w", err)
	}
	return lines, facts, nil
}

// RemoveTx removes what was ordered; SKUs that are not in the cart are no error. It
// joins the caller's transaction.
func (s *Service) RemoveTx(ctx context.Context, tx tenantdb.Tx, memberID int64, skuIDs []int64) error {
	if _, err := s.q.Delete(ctx, tx, memberID, skuIDs); err != nil {
		return fmt.Errorf("remove ordered cart lines: %w", err)
	}
	return nil
}

func (s *Service) lines(ctx context.Context, q tenantdb.Querier, memberID int64, onlySelected bool) ([]Line, []catalog.Sellable, error) {
	rows, err := s.q.Lines(ctx, q, onlySelected, memberID)
	if err != nil {
		return nil, nil, err
	}
	lines, facts := make([]Line, len(rows)), make([]catalog.Sellable, len(rows))
	for i, r := range rows {
		lines[i], facts[i] = fromRow(r)
	}
	return lines, facts, nil
}

func (s *Service) show(ctx context.Context, q tenantdb.Querier, memberID int64) (Cart, error) {
	lines, facts, err := s.lines(ctx, q, memberID, false)
	if err != nil {
		return Cart{}, err
	}
	return assemble(lines, facts)
}

func fromRow(r cartdb.LinesRow) (Line, catalog.Sellable) {
	unsold := catalog.WhyUnsold(catalog.ShelfStatus(r.Status), r.Enabled)
	if unsold == "" && r.Over {
		unsold = catalog.OffTheShelf
	}
	return Line{SKUID: r.SkuID, Qty: int(r.Qty), Selected: r.Selected}, catalog.Sellable{
		SKUID: r.SkuID, SPUID: r.SpuID, Category: r.CategoryID, Title: r.Title, Spec: r.Spec, Picture: r.Picture, PriceFen: r.PriceFen,
		OnSale: unsold == "", Unsold: unsold, Available: r.Available, Kind: catalog.Kind(r.Kind), Snapshot: r.Snapshot,
		Limits:  catalog.Limits{MinQty: r.MinQty, MaxPerOrder: r.MaxPerOrder, MaxLifetime: r.MaxLifetime},
		WeightG: int64(r.WeightG), VolumeCM3: int64(r.VolumeCm3), FreightID: r.FreightID, Freight: string(r.Freight),
	}
}

func errQty() error { return fault.Invalidf("qty", "must be 1 to %d", MaxQty) }
