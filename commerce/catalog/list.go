package catalog

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
	"galleria/commerce/search"
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
	ByRelevance Sort = "relevance" // of what was searched for; what the default is then
)

// Bounds of a list request.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	maxQuery     = search.MaxQuery // characters
)

// ListInput asks for a page of the shelf. Zero fields do not narrow.
type ListInput struct {
	CategoryID int64  // this category and those below it
	Query      string // words, pinyin or initials of title, subtitle, brand or tags, 1 to 32 characters
	BrandID    int64
	Tag        string
	LowFen     money.Fen // products that cost at least this much in some variant
	HighFen    money.Fen // and at most this much in some variant; 0 for no end
	InStock    bool      // only what can be bought now
	Sort       Sort      // ByPlace if empty
	Limit      int       // 1 to MaxLimit; DefaultLimit if 0
	Cursor     string    // NextCursor of the page before
}

// Page is one page of the shelf. NextCursor is empty on the last one.
type Page struct {
	Items      []Item
	NextCursor string
	Near       bool // nothing fits what was searched for: this is what comes nearest
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
	var rows []found
	var page Page
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		if asked := search.Parse(in.Query); in.Query != "" {
			if asked.Empty() {
				return nil
			}
			rows, page.Near, err = s.searchRows(ctx, r, in, asked, after)
			return err
		}
		var plain []listed
		plain, err = s.listRows(ctx, r, in, after)
		for _, row := range plain {
			rows = append(rows, found{listed: row})
		}
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list products: %w", err)
	}
	more := len(rows) > in.Limit
	if more {
		rows = rows[:in.Limit]
	}
	page.Items = make([]Item, len(rows))
	for i, row := range rows {
		page.Items[i] = row.item
	}
	if last := len(rows) - 1; more && in.Query != "" {
		page.NextCursor = writeCursor(id, in, place{key: rows[last].rank, id: rows[last].item.ID})
	} else if more {
		page.NextCursor = writeCursor(id, in, placeOf(in.Sort, rows[last].listed))
	}
	return page, nil
}

// checked returns the request with its defaults filled in.
func (in ListInput) checked() (ListInput, error) {
	by, err := in.order()
	if err != nil {
		return in, err
	}
	in.Sort = by
	if in.Limit == 0 {
		in.Limit = DefaultLimit
	}
	if in.Limit < 1 || in.Limit > MaxLimit {
		return in, fault.Invalidf("limit", "must be 1 to %d", MaxLimit)
	}
	if err := in.checkFilters(); err != nil {
		return in, err
	}
	if in.Query != "" {
		in.Query = strings.TrimSpace(in.Query)
		if n := utf8.RuneCountInString(in.Query); n < 1 || n > maxQuery || !plain(in.Query) {
			return in, fault.Invalidf("q", "must be 1 to %d printable characters", maxQuery)
		}
	}
	return in, nil
}

// order is the order that is asked for, or else what is the default for the question.
func (in ListInput) order() (Sort, error) {
	switch in.Sort {
	case "":
		if in.Query != "" {
			return ByRelevance, nil
		}
		return ByPlace, nil
	case ByPlace, ByNewest, ByPriceAsc, ByPriceDesc, BySales:
	case ByRelevance:
		if in.Query == "" {
			return "", fault.Invalidf("sort", "relevance needs q")
		}
	default:
		return "", fault.Invalidf("sort", "must be one of default, relevance, newest, price_asc, price_desc, sales")
	}
	return in.Sort, nil
}

// checkFilters refuses what no product could be narrowed by.
func (in ListInput) checkFilters() error {
	if in.CategoryID < 0 {
		return fault.Invalidf("category_id", "must be a category")
	}
	if in.BrandID < 0 {
		return fault.Invalidf("brand_id", "must be a brand")
	}
	if in.LowFen < 0 || in.HighFen < 0 || (in.HighFen > 0 && in.HighFen < in.LowFen) {
		return fault.Invalidf("max_price_fen", "must not be below min_price_fen")
	}
	if utf8.RuneCountInString(in.Tag) > MaxTag || !plain(in.Tag) {
		return fault.Invalidf("tag", "must be at most %d characters", MaxTag)
	}
	return nil
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
	case ByNewest, ByPriceDesc, BySales, ByRelevance:
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
	case ByNewest, ByRelevance:
	}
	return place{r.item.ID, r.item.ID}
}

// listRows asks for one product more than the page holds, which tells whether another page
// follows.
func (s *Service) listRows(ctx context.Context, q tenantdb.Querier, in ListInput, after place) ([]listed, error) {
	low, high, limit := int64(in.LowFen), in.highest(), int32(in.Limit+1)
	switch {
	case in.Sort == ByPlace && in.CategoryID == 0:
		return gather(s.q.ListByPlace(ctx, q, catalogdb.ListByPlaceParams{
			AfterPlace: int32(after.key), AfterID: after.id, BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
		}))
	case in.Sort == ByPlace:
		return gather(s.q.ListBranchByPlace(ctx, q, catalogdb.ListBranchByPlaceParams{
			CategoryID: in.CategoryID, AfterPlace: int32(after.key), AfterID: after.id,
			BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
		}))
	case in.Sort == ByPriceAsc:
		return gather(s.q.ListByPriceAsc(ctx, q, catalogdb.ListByPriceAscParams{
			CategoryID: in.CategoryID, AfterPrice: after.key, AfterID: after.id,
			BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
		}))
	case in.Sort == ByPriceDesc:
		return gather(s.q.ListByPriceDesc(ctx, q, catalogdb.ListByPriceDescParams{
			CategoryID: in.CategoryID, AfterPrice: after.key, AfterID: after.id,
			BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
		}))
	case in.Sort == BySales:
		return gather(s.q.ListBySales(ctx, q, catalogdb.ListBySalesParams{
			CategoryID: in.CategoryID, AfterSales: after.key, AfterID: after.id,
			BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
		}))
	}
	return gather(s.q.ListByNewest(ctx, q, catalogdb.ListByNewestParams{
		CategoryID: in.CategoryID, AfterID: after.id, BrandID: in.BrandID, Tag: in.Tag, LowFen: low, HighFen: high, InStock: in.InStock, MaxRows: limit,
	}))
}
