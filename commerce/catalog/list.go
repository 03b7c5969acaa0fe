package catalog

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Sort is an order of the shelf.
type Sort string

// The orders. Each ends in the id, so that equal keys have a fixed order.
const (
	ByPlace     Sort = "default" // the merchant's own order
	ByNewest    Sort = "newest"
	ByPriceAsc  Sort = "price_asc"
	ByPriceDesc Sort = "price_desc"
	BySales     Sort = "sales"
)

// Bounds of a list request.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	maxQuery     = 32 // characters
)

// ListInput asks for a page of the shelf. Zero fields do not narrow.
type ListInput struct {
	CategoryID int64  // this category and those below it
	Query      string // part of title or subtitle, 1 to 32 characters
	InStock    bool   // only what can be bought now
	Sort       Sort   // ByPlace if empty
	Limit      int    // 1 to MaxLimit; DefaultLimit if 0
	Cursor     string // NextCursor of the page before
}

// Page is one page of the shelf. NextCursor is empty on the last one.
type Page struct {
	Items      []Item
	NextCursor string
}

// List returns a page of the products on the shelf. One statement. Faults: VALIDATION
// naming sort, limit, q, category_id or cursor.
func (s *Service) List(ctx context.Context, id tenant.ID, in ListInput) (Page, error) {
	in, err := in.checked()
	if err != nil {
		return Page{}, err
	}
	after, err := readCursor(id, in)
	if err != nil {
		return Page{}, err
	}
	var rows []listed
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err = s.listRows(ctx, r, in, after)
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list products: %w", err)
	}
	more := len(rows) > in.Limit
	if more {
		rows = rows[:in.Limit]
	}
	page := Page{Items: make([]Item, len(rows))}
	for i, row := range rows {
		page.Items[i] = row.item
	}
	if more {
		page.NextCursor = writeCursor(id, in, placeOf(in.Sort, rows[len(rows)-1]))
	}
	return page, nil
}

func (in ListInput) checked() (ListInput, error) {
	switch in.Sort {
	case "":
		in.Sort = ByPlace
	case ByPlace, ByNewest, ByPriceAsc, ByPriceDesc, BySales:
	default:
		return in, fault.Invalidf("sort", "must be one of default, newest, price_asc, price_desc, sales")
	}
	if in.Limit == 0 {
		in.Limit = DefaultLimit
	}
	if in.Limit < 1 || in.Limit > MaxLimit {
		return in, fault.Invalidf("limit", "must be 1 to %d", MaxLimit)
	}
	if in.CategoryID < 0 {
		return in, fault.Invalidf("category_id", "must be a category")
	}
	if in.Query != "" {
		in.Query = strings.TrimSpace(in.Query)
		if n := utf8.RuneCountInString(in.Query); n < 1 || n > maxQuery || !plain(in.Query) {
			return in, fault.Invalidf("q", "must be 1 to %d printable characters", maxQuery)
		}
	}
	return in, nil
}

// plain reports whether s is valid text without control characters.
func plain(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// pattern is the LIKE pattern that finds q literally; empty for no search.
func pattern(q string) string {
	if q == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}

// place is a position in a list: the sort key and the id of a row.
type place struct{ key, id int64 }

// start is the place before every row of an order.
func start(by Sort) place {
	switch by {
	case ByPlace:
		return place{math.MaxInt32, math.MaxInt64}
	case ByPriceAsc:
		return place{-1, 0}
	case ByNewest, ByPriceDesc, BySales:
	}
	return place{math.MaxInt64, math.MaxInt64}
}

func placeOf(by Sort, r listed) place {
	switch by {
	case ByPlace:
		return place{int64(r.sort), r.item.ID}
	case ByPriceAsc, ByPriceDesc:
		return place{int64(r.item.MinPriceFen), r.item.ID}
	case BySales:
		return place{r.item.Sales, r.item.ID}
	case ByNewest:
	}
	return place{r.item.ID, r.item.ID}
}

// listRows asks for one product more than the page holds, which tells whether another page
// follows.
func (s *Service) listRows(ctx context.Context, q tenantdb.Querier, in ListInput, after place) ([]listed, error) {
	like, limit := pattern(in.Query), int32(in.Limit+1)
	switch {
	case in.Sort == ByPlace && in.CategoryID == 0:
		return gather(s.q.ListByPlace(ctx, q, int32(after.key), after.id, like, in.InStock, limit))
	case in.Sort == ByPlace:
		return gather(s.q.ListBranchByPlace(ctx, q, in.CategoryID, int32(after.key), after.id, like, in.InStock, limit))
	case in.Sort == ByPriceAsc:
		return gather(s.q.ListByPriceAsc(ctx, q, in.CategoryID, after.key, after.id, like, in.InStock, limit))
	case in.Sort == ByPriceDesc:
		return gather(s.q.ListByPriceDesc(ctx, q, in.CategoryID, after.key, after.id, like, in.InStock, limit))
	case in.Sort == BySales:
		return gather(s.q.ListBySales(ctx, q, in.CategoryID, after.key, after.id, like, in.InStock, limit))
	}
	return gather(s.q.ListByNewest(ctx, q, in.CategoryID, after.id, like, in.InStock, limit))
}
