package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/points"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Points are earned and paid with; *points.Service is one.
type Points interface {
	Balance(ctx context.Context, id tenant.ID, memberID int64) (points.Balance, error)
	Entries(ctx context.Context, id tenant.ID, f points.EntryFilter) ([]points.Entry, int64, error)
	SignIn(ctx context.Context, id tenant.ID, memberID int64) (points.Signed, error)
	Mall(ctx context.Context, id tenant.ID, memberID, before int64) (list []points.ShownOffer, have, next int64, err error)
	MallOffer(ctx context.Context, id tenant.ID, memberID, offerID int64) (o points.ShownOffer, have int64, err error)
	ExchangeCoupon(ctx context.Context, id tenant.ID, memberID, offerID int64, key string) (grantID int64, err error)
	Exchanges(ctx context.Context, id tenant.ID, memberID, before int64) ([]points.Exchange, int64, error)
}

// PointsTerms is how points are earned and what they are good for.
type PointsTerms struct {
	Enabled      bool       `json:"enabled" doc:"Points are earned and paid with; what buyers have, they keep."`
	EarnFen      money.Fen  `json:"earn_fen" doc:"So much paid for goods, fen," example:"100"`
	EarnPoints   int64      `json:"earn_points" doc:"earns so many; products may differ." example:"1"`
	SignPoints   int64      `json:"sign_points" doc:"For signing in; 0: none." example:"5"`
	WeekPoints   int64      `json:"week_points" doc:"And more on each seventh day in a row." example:"20"`
	InvitePoints int64      `json:"invite_points" doc:"For a buyer whom the member brought, once the first order is final; 0: none." example:"0"`
	Redeem       bool       `json:"redeem" doc:"Orders may be paid with them."`
	PerYuan      int64      `json:"per_yuan" doc:"So many pay one yuan." example:"100"`
	CapBPS       money.Rate `json:"cap_bps" doc:"At most this share of the goods, in hundredths of a percent." example:"3000"`
	ValidDays    int64      `json:"valid_days" doc:"From when they can be used; 0: for good." example:"365"`
}

// PointsEnding is how many points end when.
type PointsEnding struct {
	At     time.Time `json:"at" doc:"Exclusive."`
	Points int64     `json:"points" example:"120"`
}

// MyPoints is what the buyer has.
type MyPoints struct {
	Available   int64          `json:"available" doc:"Can be used now." example:"860"`
	Frozen      int64          `json:"frozen" doc:"Earned by orders whose money is not final." example:"118"`
	Held        int64          `json:"held" doc:"By orders that are not paid." example:"0"`
	Debt        int64          `json:"debt" doc:"Taken back when nothing was left; the next points pay it." example:"0"`
	Ending      []PointsEnding `json:"ending" nullable:"false" doc:"What ends next, the soonest first; at most 12 dates."`
	SignedToday bool           `json:"signed_today"`
	Streak      int64          `json:"streak" doc:"Days in a row on which the buyer has signed in." example:"3"`
	Terms       PointsTerms    `json:"terms"`
}

// PointsEntry is a change of what the buyer has.
type PointsEntry struct {
	ID      int64     `json:"id" example:"93"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind" enum:"order,sign,invite,give,take,spend,release,return,reverse,expire,debt" doc:"release: an unpaid order was closed. return: its money went back. reverse: what such an order had earned. debt: pays what was owed."`
	Change  int64     `json:"change" doc:"Below zero: fewer." example:"118"`
	Debt    int64     `json:"debt" doc:"More that is owed, or less." example:"0"`
	Balance int64     `json:"balance" doc:"That could be used then." example:"978"`
	OrderNo string    `json:"order_no,omitempty"`
	Reason  string    `json:"reason,omitempty" doc:"Of give and take: the shop's word."`
}

// SignedIn is what the buyer got for signing in.
type SignedIn struct {
	Points  int64 `json:"points" example:"5"`
	Streak  int64 `json:"streak" doc:"Days in a row." example:"4"`
	Balance int64 `json:"balance" example:"865"`
}

type (
	pointsOutput        struct{ Body MyPoints }
	signedInOutput      struct{ Body SignedIn }
	pointsEntriesOutput struct {
		Body struct {
			Items      []PointsEntry `json:"items" nullable:"false"`
			NextCursor string        `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	pointsEntriesInput struct {
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
)

func (a *API) pointsRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/points", id: "getPoints", tag: tagPoints, member: true,
		summary: "The buyer's points", description: "What there is, what of it ends next, and how points are earned.",
	}, a.myPoints)
	add(a, route{
		method: http.MethodGet, path: "/points/entries", id: "listPointsEntries", tag: tagPoints, member: true, summary: "What became of the buyer's points, the newest first",
	}, a.pointsEntries)
	add(a, route{
		method: http.MethodPost, path: "/points/sign-in", id: "signIn", tag: tagPoints, member: true, class: classWrite,
		summary: "Sign in for today", description: "Once a day of Beijing. A repeat after a lost answer is refused with POINTS_SIGNED, and changes nothing.",
		errors: []*fault.Error{points.ErrOff, points.ErrSigned},
	}, a.signIn)
	a.mallRoutes()
}

func (a *API) myPoints(ctx context.Context, _ *none) (*pointsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	b, err := a.d.Points.Balance(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	t := b.Terms
	out := &pointsOutput{MyPoints{
		Available: b.Available, Frozen: b.Frozen, Held: b.Held, Debt: b.Debt, SignedToday: b.SignedToday, Streak: b.Streak, Ending: make([]PointsEnding, len(b.Ending)),
		Terms: PointsTerms{
			Enabled: t.Enabled, EarnFen: t.EarnFen, EarnPoints: t.EarnPoints, SignPoints: t.SignPoints, WeekPoints: t.WeekPoints, InvitePoints: t.InvitePoints,
			Redeem: t.Redeem, PerYuan: t.PerYuan, CapBPS: t.CapBps, ValidDays: t.ValidDays,
		},
	}}
	for i, e := range b.Ending {
		out.Body.Ending[i] = PointsEnding(e)
	}
	return out, nil
}

func (a *API) pointsEntries(ctx context.Context, in *pointsEntriesInput) (*pointsEntriesOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Points.Entries(ctx, who.tenant, points.EntryFilter{MemberID: who.member, Before: before})
	if err != nil {
		return nil, err
	}
	out := &pointsEntriesOutput{}
	out.Body.Items, out.Body.NextCursor = make([]PointsEntry, len(list)), toCursor(next)
	for i, e := range list {
		out.Body.Items[i] = PointsEntry{ID: e.ID, At: e.At, Kind: string(e.Kind), Change: e.Change, Debt: e.Debt, Balance: e.Balance, OrderNo: e.OrderNo, Reason: e.Reason}
	}
	return out, nil
}

func (a *API) signIn(ctx context.Context, _ *none) (*signedInOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	got, err := a.d.Points.SignIn(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	return &signedInOutput{SignedIn(got)}, nil
}
