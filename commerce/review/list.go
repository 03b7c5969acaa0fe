package review

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/review/internal/reviewdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Filter narrows a product's reviews.
type Filter string

// The filters.
const (
	All      Filter = ""
	Pictured Filter = "pictures"
	Good     Filter = "good"     // 4 and 5
	Middling Filter = "middling" // 3
	Bad      Filter = "bad"      // 1 and 2
	Followed Filter = "follow_up"
)

// Page is one page of reviews, the newest first.
type Page struct {
	Items []Review
	Next  string // cursor of the next page; empty on the last
}

// ListInput is one page of a list.
type ListInput struct {
	Filter Filter // of a product's reviews
	Limit  int    // 1 to 100; 0 is 20
	Cursor string // Next of the page before
}

type place struct {
	at time.Time
	id int64
}

// latest is after everything that was ever written.
const latest = 253402300799_000_000 // the end of the year 9999, microseconds

func (in ListInput) place() (place, error) {
	if in.Cursor == "" {
		return place{time.UnixMicro(latest), 1 << 62}, nil
	}
	const base = 36
	at, id, _ := strings.Cut(in.Cursor, ".")
	micros, err := strconv.ParseInt(at, base, 64)
	n, idErr := strconv.ParseInt(id, base, 64)
	if err != nil || idErr != nil || micros < 0 || micros > latest || n <= 0 {
		return place{}, fault.Invalidf("cursor", "is not a cursor of this list")
	}
	return place{time.UnixMicro(micros), n}, nil
}

func (in ListInput) limit() int {
	const most, usual = 100, 20
	if in.Limit < 1 || in.Limit > most {
		return usual
	}
	return in.Limit
}

func (s *Service) page(ctx context.Context, id tenant.ID, in ListInput, at func(Review) time.Time, query func(r *tenantdb.Reader, from place, limit int32) ([]reviewdb.Review, error)) (Page, error) {
	from, err := in.place()
	if err != nil {
		return Page{}, fmt.Errorf("list reviews: %w", err)
	}
	var rows []reviewdb.Review
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = query(r, from, int32(in.limit()+1))
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list reviews: %w", err)
	}
	more := len(rows) > in.limit()
	rows = rows[:min(len(rows), in.limit())]
	out := Page{Items: make([]Review, len(rows))}
	for i, row := range rows {
		out.Items[i] = fromRow(row)
	}
	if more {
		const base = 36
		last := out.Items[len(out.Items)-1]
		out.Next = strconv.FormatInt(at(last).UnixMicro(), base) + "." + strconv.FormatInt(last.ID, base)
	}
	return out, nil
}

func written(r Review) time.Time  { return *r.First.At }
func received(r Review) time.Time { return r.ReceivedAt }

// OfProduct lists what others see of a product's reviews. Faults: VALIDATION on filter and
// cursor.
func (s *Service) OfProduct(ctx context.Context, id tenant.ID, spuID int64, in ListInput) (Page, error) {
	low, high := worst, best
	switch in.Filter {
	case All, Pictured, Followed:
	case Good:
		low = goodLeast
	case Middling:
		low, high = middling, middling
	case Bad:
		high = badMost
	default:
		return Page{}, fmt.Errorf("list reviews: %w", fault.Invalidf("filter", "is not a filter"))
	}
	return s.page(ctx, id, in, written, func(r *tenantdb.Reader, from place, limit int32) ([]reviewdb.Review, error) {
		return s.q.Shown(ctx, r, reviewdb.ShownParams{
			SpuID: spuID, BeforeAt: from.at, BeforeID: from.id, Low: int16(low), High: int16(high), OnlyPictured: in.Filter == Pictured,
			OnlyFollowed: in.Filter == Followed, MaxRows: limit,
		})
	})
}

// Mine lists what a member has written, also what others do not see. Faults: VALIDATION on
// cursor.
func (s *Service) Mine(ctx context.Context, id tenant.ID, memberID int64, in ListInput) (Page, error) {
	return s.page(ctx, id, in, written, func(r *tenantdb.Reader, from place, limit int32) ([]reviewdb.Review, error) {
		return s.q.Mine(ctx, r, memberID, from.at, from.id, limit)
	})
}

// ToWrite lists what a member may still review. Faults: VALIDATION on cursor.
func (s *Service) ToWrite(ctx context.Context, id tenant.ID, memberID int64, in ListInput) (Page, error) {
	return s.page(ctx, id, in, received, func(r *tenantdb.Reader, from place, limit int32) ([]reviewdb.Review, error) {
		return s.q.ToWrite(ctx, r, memberID, from.at, from.id, limit)
	})
}

// Get returns a review as staff see it. Faults: NOT_FOUND, for one that was not written as for
// none.
func (s *Service) Get(ctx context.Context, id tenant.ID, reviewID int64) (out Review, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Find(ctx, r, reviewID)
		if tenantdb.NoRows(err) || (err == nil && row.Status == string(Open)) {
			return fault.ErrNotFound
		}
		out = fromRow(row)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("get review: %w", err)
	}
	return out, nil
}

// SummaryOf adds up a product's reviews; of one without, and of none, nothing.
func (s *Service) SummaryOf(ctx context.Context, id tenant.ID, spuID int64) (out Summary, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Summary(ctx, r, spuID)
		if tenantdb.NoRows(err) {
			out = Summary{SPUID: spuID}
			return nil
		}
		out = Summary{
			SPUID: row.SpuID, Total: row.Total, Scores: [5]int64{row.Score1, row.Score2, row.Score3, row.Score4, row.Score5},
			Pictured: row.Pictured, Followed: row.Followed,
		}
		return err
	})
	if err != nil {
		return Summary{}, fmt.Errorf("read summary of reviews: %w", err)
	}
	return out, nil
}
