package miniapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Tastes is what members keep, look at, and how they leave; *member.Service is one.
type Tastes interface {
	Favour(ctx context.Context, id tenant.ID, memberID, productID int64) error
	Unfavour(ctx context.Context, id tenant.ID, memberID int64, productIDs []int64) error
	Favourites(ctx context.Context, id tenant.ID, memberID int64, after member.TasteCursor) ([]member.Liked, member.TasteCursor, error)
	LookedAt(ctx context.Context, id tenant.ID, memberID int64, productIDs []int64) error
	Footprints(ctx context.Context, id tenant.ID, memberID int64, after member.TasteCursor) ([]member.Liked, member.TasteCursor, error)
	ForgetFootprints(ctx context.Context, id tenant.ID, memberID int64) error
	Leave(ctx context.Context, id tenant.ID, memberID int64) (time.Time, error)
	Stay(ctx context.Context, id tenant.ID, memberID int64) error
}

// LikedProduct is a product that the buyer has kept or looked at.
type LikedProduct struct {
	ProductID   int64     `json:"product_id" example:"12"`
	Title       string    `json:"title"`
	Cover       string    `json:"cover"`
	MinPriceFen money.Fen `json:"min_price_fen"`
	OnSale      bool      `json:"on_sale" doc:"False for one that is off the shelf now."`
	At          time.Time `json:"at"`
}

// LikedPage is a page of such products, the newest first.
type LikedPage struct {
	Items      []LikedProduct `json:"items" nullable:"false"`
	NextCursor string         `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// Leaving is when the account will be closed.
type Leaving struct {
	LeavingAt time.Time `json:"leaving_at" doc:"Until then it can be taken back."`
}

type (
	likedInput struct {
		Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before."`
	}
	likedOutput   struct{ Body LikedPage }
	leavingOutput struct{ Body Leaving }
	productPath   struct {
		ID int64 `path:"id" minimum:"1" doc:"Product id."`
	}
	lookedInput struct {
		Body struct {
			ProductIDs []int64 `json:"product_ids" minItems:"1" maxItems:"50" nullable:"false" doc:"In the order they were looked at."`
		}
	}
)

func (a *API) tasteRoutes() {
	add(a, route{method: http.MethodGet, path: "/me/favourites", id: "listFavourites", tag: tagSession, member: true, summary: "What the buyer has kept"}, a.favourites)
	add(a, route{
		method: http.MethodPut, path: "/me/favourites/{id}", id: "addFavourite", tag: tagSession, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Keep a product", description: "Repeating it is no error.", errors: []*fault.Error{fault.ErrNotFound, member.ErrTooManyFavourites},
	}, a.favour)
	add(a, route{
		method: http.MethodDelete, path: "/me/favourites/{id}", id: "removeFavourite", tag: tagSession, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Keep a product no longer", description: "Repeating it is no error.",
	}, a.unfavour)
	add(a, route{method: http.MethodGet, path: "/me/footprints", id: "listFootprints", tag: tagSession, member: true, summary: "What the buyer has looked at lately"}, a.footprints)
	add(a, route{
		method: http.MethodPost, path: "/me/footprints", id: "addFootprints", tag: tagSession, member: true, class: classWrite, status: http.StatusNoContent,
		summary:     "Report what the buyer has looked at",
		description: "Gather them in the Mini Program and send them together, when a page is left or hidden. The last 200 products are kept.",
	}, a.lookedAt)
	add(a, route{
		method: http.MethodDelete, path: "/me/footprints", id: "clearFootprints", tag: tagSession, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Forget what the buyer has looked at",
	}, a.forgetFootprints)
	add(a, route{
		method: http.MethodPost, path: "/me/leave", id: "leave", tag: tagSession, member: true, class: classWrite,
		summary: "Close the account",
		description: "After a time to think better of it the account is emptied: name, phone, addresses and log-ins are erased; orders keep their amounts. " +
			"Until then nothing can be ordered. Asking again keeps the first date.",
		errors: []*fault.Error{fault.ErrNotFound, member.ErrOpenOrders},
	}, a.leave)
	add(a, route{
		method: http.MethodDelete, path: "/me/leave", id: "stay", tag: tagSession, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Take back that the account is to be closed", errors: []*fault.Error{fault.ErrNotFound},
	}, a.stay)
}

func (a *API) favourites(ctx context.Context, in *likedInput) (*likedOutput, error) {
	return a.liked(ctx, in, a.d.Tastes.Favourites)
}

func (a *API) footprints(ctx context.Context, in *likedInput) (*likedOutput, error) {
	return a.liked(ctx, in, a.d.Tastes.Footprints)
}

func (a *API) liked(
	ctx context.Context, in *likedInput, list func(context.Context, tenant.ID, int64, member.TasteCursor) ([]member.Liked, member.TasteCursor, error),
) (*likedOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	after, err := tasteCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, next, err := list(ctx, who.tenant, who.member, after)
	if err != nil {
		return nil, err
	}
	out := &likedOutput{LikedPage{Items: make([]LikedProduct, len(page))}}
	for i, l := range page {
		out.Body.Items[i] = LikedProduct(l)
	}
	if next.ID != 0 {
		out.Body.NextCursor = strconv.FormatInt(next.At.UnixMicro(), 36) + "." + strconv.FormatInt(next.ID, 36)
	}
	return out, nil
}

// tasteCursor reads where a list goes on. Faults: VALIDATION.
func tasteCursor(text string) (member.TasteCursor, error) {
	if text == "" {
		return member.TasteCursor{}, nil
	}
	at, id, _ := strings.Cut(text, ".")
	const base = 36
	micros, err := strconv.ParseInt(at, base, 64)
	product, idErr := strconv.ParseInt(id, base, 64)
	const latest = 253402300799_000_000 // the end of the year 9999
	if err != nil || idErr != nil || micros < 0 || micros > latest {
		return member.TasteCursor{}, fault.Invalidf("cursor", "is not a cursor of this list")
	}
	return member.TasteCursor{At: time.UnixMicro(micros), ID: product}, nil
}

func (a *API) favour(ctx context.Context, in *productPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Tastes.Favour(ctx, who.tenant, who.member, in.ID)
}

func (a *API) unfavour(ctx context.Context, in *productPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Tastes.Unfavour(ctx, who.tenant, who.member, []int64{in.ID})
}

func (a *API) lookedAt(ctx context.Context, in *lookedInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Tastes.LookedAt(ctx, who.tenant, who.member, in.Body.ProductIDs)
}

func (a *API) forgetFootprints(ctx context.Context, _ *none) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Tastes.ForgetFootprints(ctx, who.tenant, who.member)
}

func (a *API) leave(ctx context.Context, _ *none) (*leavingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	at, err := a.d.Tastes.Leave(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	return &leavingOutput{Leaving{LeavingAt: at}}, nil
}

func (a *API) stay(ctx context.Context, _ *none) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Tastes.Stay(ctx, who.tenant, who.member)
}
