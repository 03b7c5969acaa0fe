package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/member/internal/memberdb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Bounds of what is kept of a member's taste.
const (
	MaxFavourites = 500
	MaxFootprints = 200
	MaxLookedAt   = 50 // products in one report
	tastePage     = 20
)

// Liked is a product that a member has kept or looked at.
type Liked struct {
	ProductID   int64
	Title       string
	Cover       string
	MinPriceFen money.Fen
	OnSale      bool
	At          time.Time
}

// TasteCursor is where a list of Liked goes on; the zero one is its beginning.
type TasteCursor struct {
	At time.Time
	ID int64
}

func (c TasteCursor) orStart() TasteCursor {
	if c.At.IsZero() {
		return TasteCursor{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	return c
}

// Favour keeps a product on the shelf among the member's favourites; repeating it changes
// nothing. Faults: NOT_FOUND, FAVOURITE_LIMIT.
func (s *Service) Favour(ctx context.Context, id tenant.ID, memberID, productID int64) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.FavouriteRoom(ctx, tx, productID, memberID)
		switch {
		case err != nil:
			return err
		case !row.Known:
			return fault.ErrNotFound
		case row.Others >= MaxFavourites:
			return ErrTooManyFavourites
		}
		return s.q.AddFavourite(ctx, tx, memberID, productID, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("favour: %w", err)
	}
	return nil
}

// Unfavour takes products off the member's favourites; those that are none are no error.
func (s *Service) Unfavour(ctx context.Context, id tenant.ID, memberID int64, productIDs []int64) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.RemoveFavourites(ctx, tx, memberID, productIDs) })
	if err != nil {
		return fmt.Errorf("unfavour: %w", err)
	}
	return nil
}

// Favourites returns a page of a member's favourites, the newest first; next is zero at the
// end. One statement.
func (s *Service) Favourites(ctx context.Context, id tenant.ID, memberID int64, after TasteCursor) (page []Liked, next TasteCursor, err error) {
	return s.tastes(ctx, id, after, func(r *tenantdb.Reader, from TasteCursor) ([]memberdb.FavouritesRow, error) {
		return s.q.Favourites(ctx, r, memberID, from.At, from.ID, tastePage+1)
	})
}

// tastes reads a page of a list of Liked.
func (s *Service) tastes(
	ctx context.Context, id tenant.ID, after TasteCursor, read func(r *tenantdb.Reader, from TasteCursor) ([]memberdb.FavouritesRow, error),
) (page []Liked, next TasteCursor, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := read(r, after.orStart())
		page = make([]Liked, len(rows))
		for i, row := range rows {
			page[i] = Liked{ProductID: row.ID, Title: row.Title, Cover: row.Cover, MinPriceFen: row.MinPriceFen, OnSale: row.OnSale, At: row.At}
		}
		return err
	})
	if err != nil {
		return nil, TasteCursor{}, fmt.Errorf("list tastes: %w", err)
	}
	page, next = cut(page)
	return page, next, nil
}

// LookedAt keeps which products a member has looked at, the last one last. It is told in a
// report of its own, so that showing a product writes nothing. Unknown products are left
// out. Faults: VALIDATION for more than MaxLookedAt.
func (s *Service) LookedAt(ctx context.Context, id tenant.ID, memberID int64, productIDs []int64) error {
	if len(productIDs) == 0 || len(productIDs) > MaxLookedAt {
		return fault.Invalidf("product_ids", "must be 1 to %d", MaxLookedAt)
	}
	// The last look at each; an upsert touches a row once.
	last, seen := make([]int64, 0, len(productIDs)), map[int64]bool{}
	for _, p := range slices.Backward(productIDs) {
		if !seen[p] {
			seen[p] = true
			last = append(last, p)
		}
	}
	slices.Reverse(last)
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		ats := make([]time.Time, len(last)) // one moment; the order inside it is kept by microseconds
		for i := range ats {
			ats[i] = tx.Now().Add(time.Duration(i-len(ats)) * time.Microsecond)
		}
		pipe := tx.Pipeline()
		pipe.Add(func(tx tenantdb.Tx) error { return s.q.AddFootprints(ctx, tx, memberID, last, ats) })
		pipe.Add(func(tx tenantdb.Tx) error { return s.q.TrimFootprints(ctx, tx, memberID, MaxFootprints) })
		return pipe.Run(ctx)
	})
	if err != nil {
		return fmt.Errorf("keep footprints: %w", err)
	}
	return nil
}

// Footprints returns a page of what a member has looked at, the newest first; next is zero
// at the end. One statement.
func (s *Service) Footprints(ctx context.Context, id tenant.ID, memberID int64, after TasteCursor) (page []Liked, next TasteCursor, err error) {
	return s.tastes(ctx, id, after, func(r *tenantdb.Reader, from TasteCursor) ([]memberdb.FavouritesRow, error) {
		rows, err := s.q.Footprints(ctx, r, memberID, from.At, from.ID, tastePage+1)
		out := make([]memberdb.FavouritesRow, len(rows))
		for i, row := range rows {
			out[i] = memberdb.FavouritesRow(row)
		}
		return out, err
	})
}

// ForgetFootprints forgets all that a member has looked at.
func (s *Service) ForgetFootprints(ctx context.Context, id tenant.ID, memberID int64) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.ClearFootprints(ctx, tx, memberID) })
	if err != nil {
		return fmt.Errorf("forget footprints: %w", err)
	}
	return nil
}

func cut(list []Liked) ([]Liked, TasteCursor) {
	if len(list) <= tastePage {
		return list, TasteCursor{}
	}
	list = list[:tastePage]
	return list, TasteCursor{At: list[tastePage-1].At, ID: list[tastePage-1].ProductID}
}
