package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
	"galleria/commerce/search"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TimerReindex is due when products are to be found by other words than before.
const TimerReindex outbox.Topic = "catalog.reindex"

const (
	// maxHistory is how many words of a member are remembered.
	maxHistory = 20
	// hotFrom is how many members must have looked for a word before others see it.
	hotFrom = 3
)

// found is a product with its rank among those that fit.
type found struct {
	listed
	rank int64
}

// searchRows returns what fits a question, ranked. A question that fits nothing at all
// answers with what comes nearest, if this is the first page of an unfiltered question: a
// second statement.
func (s *Service) searchRows(ctx context.Context, q tenantdb.Querier, in ListInput, asked search.Query, after place) (rows []found, near bool, err error) {
	like := pattern(asked.Text)
	hits, err := s.q.Search(ctx, q, catalogdb.SearchParams{
		CategoryID: in.CategoryID, By: string(in.Sort), Text: asked.Text, Prefix: like[1:], Pattern: like,
		Words: asked.Words, Initials: asked.Initials, Letters: asked.Letters, BrandID: in.BrandID, Tag: in.Tag,
		LowFen: int64(in.LowFen), HighFen: in.highest(), InStock: in.InStock, AfterRank: after.key, AfterID: after.id, MaxRows: int32(in.Limit + 1),
	})
	if rows, err = foundFrom(hits, err); err != nil || len(rows) > 0 || in.Cursor != "" || in.narrowed() {
		return rows, false, err
	}
	nearby, err := s.q.Near(ctx, q, asked.Any(), int32(in.Limit))
	if err != nil {
		return nil, false, err
	}
	same := make([]catalogdb.SearchRow, len(nearby))
	for i, r := range nearby {
		same[i] = catalogdb.SearchRow(r)
	}
	rows, err = foundFrom(same, nil)
	return rows, len(rows) > 0, err
}

// foundFrom makes an item of each row.
func foundFrom(rows []catalogdb.SearchRow, err error) ([]found, error) {
	if err != nil {
		return nil, err
	}
	plain := make([]catalogdb.ListByPlaceRow, len(rows))
	for i, r := range rows {
		plain[i] = catalogdb.ListByPlaceRow{
			ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover, Specs: r.Specs, Sort: r.Sort,
			MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales, Kind: r.Kind, BrandID: r.BrandID, Tags: r.Tags,
			SkuIds: r.SkuIds, SkuSpecs: r.SkuSpecs, SkuPricesFen: r.SkuPricesFen, SkuMarketsFen: r.SkuMarketsFen, SkuPictures: r.SkuPictures,
			Stocks: r.Stocks,
		}
	}
	items, err := gather(plain, nil)
	out := make([]found, len(items))
	for i, item := range items {
		out[i] = found{listed: item, rank: rows[i].Rank}
	}
	return out, err
}

// Facet is one value of a filter and how many products it would leave.
type Facet struct {
	ID   int64  `json:"id"` // of a category or brand
	Name string `json:"name"`
	N    int64  `json:"n"`
}

// PriceFacet is a range of prices: LowFen to below HighFen, 0 for no end.
type PriceFacet struct {
	LowFen, HighFen money.Fen
	N               int64
}

// Facets say how the products that fit are spread.
type Facets struct {
	Total      int64
	Categories []Facet
	Brands     []Facet
	Tags       []Facet
	Prices     []PriceFacet
}

// edges part prices, in fen.
func edges() []int64 { return []int64{2000, 5000, 10000, 20000, 50000, 100000} }

// Facets counts the products that a list with the same filters holds. One statement. Faults:
// VALIDATION.
func (s *Service) Facets(ctx context.Context, id tenant.ID, in ListInput) (Facets, error) {
	in, err := in.checked()
	if err != nil {
		return Facets{}, err
	}
	asked := search.Parse(in.Query)
	if in.Query != "" && asked.Empty() {
		return Facets{}, nil
	}
	var row catalogdb.FacetsRow
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.Facets(ctx, r, catalogdb.FacetsParams{
			Edges: edges(), CategoryID: in.CategoryID, Words: asked.Words, Initials: asked.Initials, Letters: asked.Letters,
			Pattern: pattern(asked.Text), BrandID: in.BrandID, Tag: in.Tag, LowFen: int64(in.LowFen), HighFen: in.highest(),
		})
		return err
	})
	if err != nil {
		return Facets{}, fmt.Errorf("facets: %w", err)
	}
	out := Facets{Total: row.Total}
	var prices []Facet
	for _, part := range []struct {
		body []byte
		into *[]Facet
	}{{row.Categories, &out.Categories}, {row.Brands, &out.Brands}, {row.Tags, &out.Tags}, {row.Prices, &prices}} {
		if err := json.Unmarshal(part.body, part.into); err != nil {
			return Facets{}, fmt.Errorf("facets: %w", err)
		}
	}
	for _, p := range prices {
		out.Prices = append(out.Prices, priceFacet(p))
	}
	return out, nil
}

func priceFacet(p Facet) PriceFacet {
	out := PriceFacet{N: p.N}
	if list := edges(); true {
		if p.ID > 0 {
			out.LowFen = money.Fen(list[p.ID-1])
		}
		if int(p.ID) < len(list) {
			out.HighFen = money.Fen(list[p.ID])
		}
	}
	return out
}

// Suggestions are what may be meant by what was typed so far.
type Suggestions struct {
	Titles []string
	Hot    []string
}

// Suggest completes what was typed; nothing typed gives the hot words alone. One statement.
// Faults: VALIDATION.
func (s *Service) Suggest(ctx context.Context, id tenant.ID, q string, limit int) (out Suggestions, err error) {
	in, err := ListInput{Query: q, Limit: limit}.checked()
	if err != nil {
		return Suggestions{}, err
	}
	asked := search.Parse(in.Query)
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		switch {
		case in.Query == "":
			out.Hot, err = s.q.HotWords(ctx, r, hotFrom, int32(in.Limit))
		case !asked.Empty():
			out.Titles, err = s.q.Suggest(ctx, r, asked.Words, asked.Initials, asked.Letters, pattern(asked.Text)[1:], int32(in.Limit))
		}
		return err
	})
	if err != nil {
		return Suggestions{}, fmt.Errorf("suggest: %w", err)
	}
	return out, nil
}

// KeepWord remembers that a member looked for something. One statement; safe to repeat.
// Faults: VALIDATION.
func (s *Service) KeepWord(ctx context.Context, id tenant.ID, memberID int64, q string) error {
	in, err := ListInput{Query: q}.checked()
	if err != nil {
		return err
	}
	asked := search.Parse(in.Query)
	if asked.Empty() {
		return fault.Invalidf("q", "must hold a letter, digit or character")
	}
	err = s.db.Write(ctx, id, func(w *tenantdb.Writer) error {
		return s.q.KeepWord(ctx, w.Last(), memberID, asked.Text, maxHistory, w.Now(), asked.Words)
	})
	if err != nil {
		return fmt.Errorf("keep word: %w", err)
	}
	return nil
}

// Words are what a member looked for, the latest first. One statement.
func (s *Service) Words(ctx context.Context, id tenant.ID, memberID int64) (out []string, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		out, err = s.q.Words(ctx, r, memberID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	return out, nil
}

// ForgetWords forgets one word of a member, or all if word is empty. One statement.
func (s *Service) ForgetWords(ctx context.Context, id tenant.ID, memberID int64, word string) error {
	if utf8.RuneCountInString(word) > 2*maxQuery || !plain(word) {
		return fault.Invalidf("q", "must be at most %d characters", 2*maxQuery)
	}
	err := s.db.Write(ctx, id, func(w *tenantdb.Writer) error {
		_, err := s.q.ForgetWords(ctx, w.Last(), memberID, word)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget words: %w", err)
	}
	return nil
}

// WaneTx lets the hot words sink that nobody asks for any more. Once a day, in the caller's
// transaction.
func (s *Service) WaneTx(ctx context.Context, tx tenantdb.Tx) error { return s.q.WaneWords(ctx, tx) }

// ReindexTx computes what products are found by that have changed by more than their own
// text, at most limit of them, and returns how many. It joins the caller's transaction.
func (s *Service) ReindexTx(ctx context.Context, tx tenantdb.Tx, limit int32) (int, error) {
	rows, err := s.q.Unindexed(ctx, tx, limit)
	if err != nil {
		return 0, fmt.Errorf("reindex: %w", err)
	}
	for _, r := range rows {
		tokens := search.Tokens(search.Doc{Title: r.Title, More: append([]string{r.Subtitle, r.Brand}, r.Tags...)})
		if err := s.q.SetSearchTokens(ctx, tx, tokens, r.ID); err != nil {
			return 0, fmt.Errorf("reindex: %w", err)
		}
		if err := s.q.KeepSnapshot(ctx, tx, r.ID, tx.Now()); err != nil {
			return 0, fmt.Errorf("reindex: %w", err)
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	return len(rows), s.tell(ctx, tx)
}

// ReindexDueTx does a part of the reindexing and sets its next turn while more is left.
func (s *Service) ReindexDueTx(ctx context.Context, tx tenantdb.Tx) error {
	const part = 200
	n, err := s.ReindexTx(ctx, tx, part)
	if err != nil || n < part {
		return err
	}
	return s.timers.Set(ctx, tx, TimerReindex, "", tx.Now().Add(time.Second), struct{}{})
}

// highest is the upper end of the prices asked for.
func (in ListInput) highest() int64 {
	if in.HighFen == 0 {
		return math.MaxInt64
	}
	return int64(in.HighFen)
}

// narrowed reports filters beside the words.
func (in ListInput) narrowed() bool {
	return in.CategoryID != 0 || in.BrandID != 0 || in.Tag != "" || in.LowFen != 0 || in.HighFen != 0 || in.InStock
}
