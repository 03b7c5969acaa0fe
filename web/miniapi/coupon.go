package miniapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/web/envelope"
)

// Coupons are given to buyers; *coupon.Service is one.
type Coupons interface {
	Hall(ctx context.Context, id tenant.ID, memberID, spuID int64) ([]coupon.Offer, error)
	Claim(ctx context.Context, id tenant.ID, memberID, couponID int64, key string) (grantID int64, err error)
	Redeem(ctx context.Context, id tenant.ID, memberID int64, code string) (grantID int64, err error)
	Mine(ctx context.Context, id tenant.ID, memberID int64, statuses []coupon.GrantStatus, before int64) ([]coupon.Held, coupon.Counts, int64, error)
}

// CouponTerms is what a coupon does.
type CouponTerms struct {
	Kind        string    `json:"kind" enum:"goods,shipping" doc:"What it makes cheaper."`
	Words       string    `json:"words" doc:"What it does, in the language of Accept-Language." example:"满100减20"`
	NeedFen     money.Fen `json:"need_fen" doc:"Of its goods, fen; 0: any." example:"10000"`
	NeedQty     int64     `json:"need_qty" doc:"Pieces of its goods; 0: any." example:"0"`
	OffFen      money.Fen `json:"off_fen" doc:"Fen off; 0 if it is a share, or free." example:"2000"`
	OffBPS      int64     `json:"off_bps" doc:"Share off, in hundredths of a percent: 1500 is 8.5 折." example:"0"`
	CapFen      money.Fen `json:"cap_fen" doc:"The most that a share takes off, fen; 0: no cap." example:"0"`
	Free        bool      `json:"free" doc:"The freight, whole."`
	ScopeOf     string    `json:"scope_of" enum:"all,categories,products"`
	ScopeIDs    []int64   `json:"scope_ids" nullable:"false" doc:"Categories (with those below them) or products."`
	ScopeExcept bool      `json:"scope_except" doc:"For all goods but these."`
	OnRefund    string    `json:"on_refund" enum:"restore,forfeit" doc:"Whether it comes back when its order is refunded whole. That of an order that was never paid always does."`
	AgainDays   int64     `json:"again_days" doc:"It is then valid for so many days at least." example:"3"`
}

// CouponOffer is a coupon that the shop gives.
type CouponOffer struct {
	CouponID   int64       `json:"coupon_id" example:"7"`
	Title      string      `json:"title" example:"新客立减"`
	State      string      `json:"state" enum:"claimable,claimed,used_up,not_yet,level" doc:"claimed: this buyer has had as many as one may have, in all or today. level: it is for members of a higher level."`
	Terms      CouponTerms `json:"terms"`
	Newcomers  bool        `json:"newcomers" doc:"Only for buyers who have never paid."`
	Level      string      `json:"level,omitempty" doc:"Only for members of this level or above; missing: for all." example:"金卡"`
	Taken      int64       `json:"taken" doc:"That this buyer has had." example:"0"`
	PerMember  int64       `json:"per_member" example:"1"`
	LeftBPS    *int64      `json:"left_bps,omitempty" nullable:"false" doc:"What is left, in hundredths of a percent; missing if there is no end." example:"3700"`
	ClaimFrom  *time.Time  `json:"claim_from,omitempty" nullable:"false"`
	ClaimUntil *time.Time  `json:"claim_until,omitempty" nullable:"false"`
	ValidFrom  *time.Time  `json:"valid_from,omitempty" nullable:"false" doc:"With valid_until: when it can be used."`
	ValidUntil *time.Time  `json:"valid_until,omitempty" nullable:"false" doc:"Exclusive."`
	ValidDays  int64       `json:"valid_days,omitempty" doc:"Or for so many days from when it is taken." example:"7"`
	NextDay    bool        `json:"next_day,omitempty" doc:"They begin at the next midnight of Beijing."`
}

// CouponOffers is the coupons that the shop gives, the newest first.
type CouponOffers struct {
	Items []CouponOffer `json:"items" nullable:"false"`
}

// MyCoupon is a coupon in the buyer's hands.
type MyCoupon struct {
	ID         int64       `json:"id" doc:"Goes into coupon_ids of a quote or an order." example:"41"`
	Title      string      `json:"title" example:"新客立减"`
	Status     string      `json:"status" enum:"granted,active,locked,used,expired" doc:"granted: valid later. locked: held by an unpaid order."`
	Terms      CouponTerms `json:"terms"`
	ValidFrom  time.Time   `json:"valid_from"`
	ValidUntil time.Time   `json:"valid_until" doc:"Exclusive."`
	OrderNo    string      `json:"order_no,omitempty" doc:"That holds or has used it."`
	OffFen     money.Fen   `json:"off_fen,omitempty" doc:"That it takes off there, fen."`
}

// CouponCounts is how many coupons the buyer has, by state.
type CouponCounts struct {
	Usable  int64 `json:"usable" doc:"Now or later." example:"3"`
	Locked  int64 `json:"locked" example:"0"`
	Used    int64 `json:"used" example:"12"`
	Expired int64 `json:"expired" example:"4"`
}

// MyCoupons is one page of the buyer's coupons, the newest first.
type MyCoupons struct {
	Items      []MyCoupon   `json:"items" nullable:"false"`
	Counts     CouponCounts `json:"counts"`
	NextCursor string       `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// GivenCoupon is a coupon that the buyer has got.
type GivenCoupon struct {
	ID int64 `json:"id" doc:"As in the list of the buyer's coupons." example:"41"`
}

type (
	hallOutput         struct{ Body CouponOffers }
	productCouponInput struct {
		ID int64 `path:"id" minimum:"1" doc:"Product id."`
	}
	claimCouponInput struct {
		Key string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per claim. Repeated, it finds the coupon that it gave."`
		ID  int64  `path:"id" minimum:"1" doc:"coupon_id."`
	}
	redeemCouponInput struct {
		Body struct {
			Code string `json:"code" minLength:"1" maxLength:"40" doc:"Letters may be small; spaces and hyphens do not count." example:"7KQ2-M9XT-4HWD"`
		}
	}
	givenCouponOutput struct{ Body GivenCoupon }
	myCouponsInput    struct {
		State  string `query:"state" enum:"usable,locked,used,expired" doc:"usable without it."`
		Cursor string `query:"cursor" maxLength:"20" pattern:"^[0-9]*$" doc:"next_cursor of the page before, with the same state."`
	}
	myCouponsOutput struct{ Body MyCoupons }
)

func (a *API) couponRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/coupons", id: "listCouponOffers", tag: tagCoupon, member: true, summary: "The coupons that the shop gives",
		description: "At most 100: those that can be taken, and those that cannot, with the reason as `state`.",
	}, a.couponHall)
	add(a, route{
		method: http.MethodGet, path: "/products/{id}/coupons", id: "listProductCoupons", tag: tagCoupon, member: true,
		summary: "The coupons that the shop gives for a product", description: "Empty for a product that is not there.",
	}, a.productCoupons)
	add(a, route{
		method: http.MethodPost, path: "/coupons/{id}/claim", id: "claimCoupon", tag: tagCoupon, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Take a coupon", errors: []*fault.Error{coupon.ErrGone, coupon.ErrLimit, coupon.ErrNewcomers, coupon.ErrLevel, idempotency.ErrMissing},
	}, a.claimCoupon)
	add(a, route{
		method: http.MethodPost, path: "/coupons/redeem", id: "redeemCoupon", tag: tagCoupon, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Get the coupon of a code", description: "Repeating it is no error.",
		errors: []*fault.Error{coupon.ErrCode, coupon.ErrGone, coupon.ErrLimit, coupon.ErrNewcomers, coupon.ErrLevel},
	}, a.redeemCoupon)
	add(a, route{method: http.MethodGet, path: "/me/coupons", id: "listMyCoupons", tag: tagCoupon, member: true, summary: "The buyer's coupons"}, a.myCoupons)
}

func (a *API) couponHall(ctx context.Context, _ *none) (*hallOutput, error) { return a.hall(ctx, 0) }

func (a *API) productCoupons(ctx context.Context, in *productCouponInput) (*hallOutput, error) {
	return a.hall(ctx, in.ID)
}

func (a *API) hall(ctx context.Context, spuID int64) (*hallOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Coupons.Hall(ctx, who.tenant, who.member, spuID)
	if err != nil {
		return nil, err
	}
	out := &hallOutput{CouponOffers{Items: make([]CouponOffer, len(list))}}
	for i, o := range list {
		item := CouponOffer{
			CouponID: o.ID, Title: o.Title, State: string(o.State), Terms: toTerms(ctx, o.Kind, o.Terms), Newcomers: o.Newcomers, Level: o.LevelName, Taken: o.Taken, PerMember: o.PerMember,
			ClaimFrom: o.ClaimFrom, ClaimUntil: o.ClaimUntil, ValidFrom: o.Terms.ValidFrom, ValidUntil: o.Terms.ValidUntil, ValidDays: o.Terms.ValidDays, NextDay: o.Terms.NextDay,
		}
		if o.Total != nil {
			left := (*o.Total - o.Issued) * 10_000 / *o.Total
			item.LeftBPS = &left
		}
		out.Body.Items[i] = item
	}
	return out, nil
}

func (a *API) claimCoupon(ctx context.Context, in *claimCouponInput) (*givenCouponOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if in.Key == "" {
		return nil, idempotency.ErrMissing
	}
	grant, err := a.d.Coupons.Claim(ctx, who.tenant, who.member, in.ID, in.Key)
	if err != nil {
		return nil, err
	}
	return &givenCouponOutput{GivenCoupon{ID: grant}}, nil
}

func (a *API) redeemCoupon(ctx context.Context, in *redeemCouponInput) (*givenCouponOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	grant, err := a.d.Coupons.Redeem(ctx, who.tenant, who.member, in.Body.Code)
	if err != nil {
		return nil, err
	}
	return &givenCouponOutput{GivenCoupon{ID: grant}}, nil
}

func (a *API) myCoupons(ctx context.Context, in *myCouponsInput) (*myCouponsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	statuses := map[string][]coupon.GrantStatus{
		"": {coupon.Granted, coupon.Active}, "usable": {coupon.Granted, coupon.Active}, "locked": {coupon.Locked}, "used": {coupon.Used}, "expired": {coupon.Expired},
	}[in.State]
	before, _ := strconv.ParseInt(in.Cursor, 10, 64) // one that is none begins at the beginning
	list, counts, next, err := a.d.Coupons.Mine(ctx, who.tenant, who.member, statuses, before)
	if err != nil {
		return nil, err
	}
	out := &myCouponsOutput{MyCoupons{Items: make([]MyCoupon, len(list)), Counts: CouponCounts(counts)}}
	for i, h := range list {
		out.Body.Items[i] = MyCoupon{
			ID: h.ID, Title: h.Title, Status: string(h.Status), Terms: toTerms(ctx, h.Kind, h.Terms), ValidFrom: h.ValidFrom, ValidUntil: h.ValidUntil,
			OrderNo: h.OrderNo, OffFen: h.OffFen,
		}
	}
	if next > 0 {
		out.Body.NextCursor = strconv.FormatInt(next, 10)
	}
	return out, nil
}

func toTerms(ctx context.Context, kind coupon.Kind, t coupon.Terms) CouponTerms {
	return CouponTerms{
		Kind: string(kind), Words: t.Words(kind, languageOf(ctx)), NeedFen: t.NeedFen, NeedQty: t.NeedQty, OffFen: t.OffFen, OffBPS: int64(t.OffBps), CapFen: t.CapFen, Free: t.Free,
		ScopeOf: string(t.ScopeOf), ScopeIDs: append([]int64{}, t.ScopeIDs...), ScopeExcept: t.ScopeExcept, OnRefund: string(t.OnRefund), AgainDays: t.AgainDays,
	}
}

func languageOf(ctx context.Context) string {
	if r := envelope.RecordOf(ctx); r != nil {
		return r.Lang
	}
	return ""
}
