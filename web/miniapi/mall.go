package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/points"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// mallFaults are why something of the points mall is not given.
func mallFaults() []*fault.Error {
	return []*fault.Error{points.ErrShort, points.ErrOfferGone, points.ErrOfferLimit, points.ErrOfferLevel}
}

// MallOffer is something that is given for points.
type MallOffer struct {
	ID         int64      `json:"id" doc:"Goes into exchange_id of a quote and an order." example:"3"`
	Kind       string     `json:"kind" enum:"product,coupon" doc:"product: through an order. coupon: at once, by /mall/{id}/exchange."`
	Title      string     `json:"title" example:"龙井 50g"`
	SPUID      int64      `json:"spu_id,omitempty" example:"9"`
	SKUID      int64      `json:"sku_id,omitempty" doc:"The line of the order." example:"17"`
	CouponID   int64      `json:"coupon_id,omitempty" example:"7"`
	Gives      string     `json:"gives" doc:"The product or the coupon." example:"西湖龙井"`
	Spec       string     `json:"spec" example:"50g"`
	Picture    string     `json:"picture"`
	Points     int64      `json:"points" doc:"For one piece," example:"2000"`
	CashFen    money.Fen  `json:"cash_fen" doc:"and so much money, fen." example:"990"`
	RegularFen money.Fen  `json:"regular_fen" doc:"What a piece costs without points, fen; 0 of a coupon." example:"5900"`
	Left       int64      `json:"left" doc:"Pieces." example:"37"`
	PerMember  int64      `json:"per_member" doc:"0: no limit." example:"1"`
	Mine       int64      `json:"mine" doc:"Pieces that the buyer has had, those of unpaid orders included." example:"0"`
	Level      string     `json:"level" doc:"Only for buyers of this level or above; empty: for all." example:"金卡"`
	State      string     `json:"state" enum:"open,gone,limit,level,short" doc:"What stands in the buyer's way: nothing; nothing is left; the buyer has had as many as one may have; the level; the points."`
	EndsAt     *time.Time `json:"ends_at,omitempty" nullable:"false" doc:"Exclusive."`
}

// Mall is one page of what is given for points, the newest first.
type Mall struct {
	Items      []MallOffer `json:"items" nullable:"false"`
	Points     int64       `json:"points" doc:"That the buyer can pay with." example:"860"`
	NextCursor string      `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// Exchange is what the buyer was given for points.
type Exchange struct {
	ID      int64     `json:"id" example:"12"`
	OfferID int64     `json:"offer_id" example:"3"`
	Title   string    `json:"title" example:"龙井 50g"`
	Qty     int64     `json:"qty" example:"1"`
	Points  int64     `json:"points" doc:"Of all pieces." example:"2000"`
	CashFen money.Fen `json:"cash_fen" doc:"Of one piece, fen." example:"990"`
	State   string    `json:"state" enum:"held,done,released,returned" doc:"held: its order is not paid. released: its order was closed unpaid. returned: all of its order's money went back."`
	OrderNo string    `json:"order_no,omitempty"`
	Coupon  int64     `json:"my_coupon_id,omitempty" doc:"As in the list of the buyer's coupons." example:"41"`
	At      time.Time `json:"at"`
}

type (
	mallInput struct {
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
	mallOutput    struct{ Body Mall }
	mallOfferPath struct {
		ID int64 `path:"id" minimum:"1"`
	}
	mallOfferOutput     struct{ Body MallOffer }
	exchangeCouponInput struct {
		Key string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per exchange. Repeated, it finds the coupon that it gave."`
		ID  int64  `path:"id" minimum:"1"`
	}
	exchangesOutput struct {
		Body struct {
			Items      []Exchange `json:"items" nullable:"false"`
			NextCursor string     `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
)

func (a *API) mallRoutes() {
	add(a, route{method: http.MethodGet, path: "/mall", id: "listMall", tag: tagPoints, member: true, summary: "What the shop gives for points"}, a.mall)
	add(a, route{
		method: http.MethodGet, path: "/mall/{id}", id: "getMallOffer", tag: tagPoints, member: true, summary: "One thing that the shop gives for points",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.mallOffer)
	add(a, route{
		method: http.MethodPost, path: "/mall/{id}/exchange", id: "exchangeCoupon", tag: tagPoints, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Get a coupon for points", description: "Goods are ordered instead, with `exchange_id`. Points that a coupon cost do not come back.",
		errors: append(mallFaults(), coupon.ErrGone, idempotency.ErrMissing, idempotency.ErrMismatch),
	}, a.exchangeCoupon)
	add(a, route{method: http.MethodGet, path: "/me/exchanges", id: "listMyExchanges", tag: tagPoints, member: true, summary: "What the buyer was given for points, the newest first"}, a.exchanges)
}

func (a *API) mall(ctx context.Context, in *mallInput) (*mallOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, have, next, err := a.d.Points.Mall(ctx, who.tenant, who.member, before)
	if err != nil {
		return nil, err
	}
	out := &mallOutput{Mall{Items: make([]MallOffer, len(list)), Points: have, NextCursor: toCursor(next)}}
	for i, o := range list {
		out.Body.Items[i] = toMallOffer(o, have)
	}
	return out, nil
}

func (a *API) mallOffer(ctx context.Context, in *mallOfferPath) (*mallOfferOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, have, err := a.d.Points.MallOffer(ctx, who.tenant, who.member, in.ID)
	if err != nil {
		return nil, err
	}
	return &mallOfferOutput{toMallOffer(o, have)}, nil
}

func toMallOffer(o points.ShownOffer, have int64) MallOffer {
	out := MallOffer{
		ID: o.ID, Kind: "product", Title: o.Title, SPUID: o.SPUID, SKUID: o.SKUID, CouponID: o.CouponID, Gives: o.Gives, Spec: o.Spec, Picture: o.Picture, Points: o.Points,
		CashFen: o.CashFen, RegularFen: o.RegularFen, Left: o.Left(), PerMember: o.PerMember, Mine: o.Mine, Level: o.LevelName, State: "open", EndsAt: o.EndsAt,
	}
	if o.CouponID != 0 {
		out.Kind = "coupon"
	}
	switch {
	case o.Left() < 1:
		out.State = "gone"
	case !o.May:
		out.State = "level"
	case o.PerMember > 0 && o.Mine >= o.PerMember:
		out.State = "limit"
	case have < o.Points:
		out.State = "short"
	}
	return out
}

func (a *API) exchangeCoupon(ctx context.Context, in *exchangeCouponInput) (*givenCouponOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if in.Key == "" {
		return nil, idempotency.ErrMissing
	}
	grant, err := a.d.Points.ExchangeCoupon(ctx, who.tenant, who.member, in.ID, in.Key)
	if err != nil {
		return nil, err
	}
	return &givenCouponOutput{GivenCoupon{ID: grant}}, nil
}

func (a *API) exchanges(ctx context.Context, in *mallInput) (*exchangesOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Points.Exchanges(ctx, who.tenant, who.member, before)
	if err != nil {
		return nil, err
	}
	out := &exchangesOutput{}
	out.Body.Items, out.Body.NextCursor = make([]Exchange, len(list)), toCursor(next)
	for i, x := range list {
		out.Body.Items[i] = Exchange{
			ID: x.ID, OfferID: x.OfferID, Title: x.Title, Qty: x.Qty, Points: x.Points, CashFen: x.CashFen, State: string(x.State), OrderNo: x.OrderNo, Coupon: x.GrantID, At: x.At,
		}
	}
	return out, nil
}
