package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/tenant"
)

// Levels are what buyers grow to; *level.Service is one.
type Levels interface {
	Standing(ctx context.Context, id tenant.ID, memberID int64) (level.Standing, error)
	MemberPrices(ctx context.Context, id tenant.ID, memberID, spuID int64) (name string, list []level.MemberPrice, err error)
}

// Level is a level and what it gives.
type Level struct {
	ID           int64      `json:"id" example:"2"`
	Name         string     `json:"name" example:"金卡"`
	Threshold    int64      `json:"threshold" doc:"Growth from which members have it." example:"3000"`
	OffBPS       money.Rate `json:"off_bps" doc:"Off each piece, in hundredths of a percent; single products may have member prices instead." example:"500"`
	FreeShipping bool       `json:"free_shipping"`
	PointsBPS    money.Rate `json:"points_bps" doc:"Of the points that orders earn: 20000 is twice as many." example:"15000"`
	ValidDays    int64      `json:"valid_days" doc:"Then it is reviewed; 0: for good." example:"365"`
	KeepGrowth   int64      `json:"keep_growth" doc:"Growth that the review takes off; the rest decides the level." example:"1000"`
}

// LevelChange is a line of the history of the buyer's level.
type LevelChange struct {
	At     time.Time  `json:"at"`
	From   string     `json:"from,omitempty" doc:"Missing: none." example:"银卡"`
	To     string     `json:"to,omitempty" doc:"Missing: none." example:"金卡"`
	Reason string     `json:"reason" enum:"upgrade,downgrade,kept,ended,merge,leave"`
	Until  *time.Time `json:"until,omitempty" doc:"When it was to be reviewed."`
}

// MyLevel is where the buyer stands.
type MyLevel struct {
	Enabled  bool          `json:"enabled" doc:"The shop has levels."`
	Growth   int64         `json:"growth" example:"1280"`
	Level    *Level        `json:"level,omitempty" nullable:"false" doc:"Missing: none."`
	Since    *time.Time    `json:"since,omitempty"`
	ReviewAt *time.Time    `json:"review_at,omitempty" doc:"Exclusive; missing: never."`
	Keep     int64         `json:"keep" doc:"Growth that is missing for the review to leave the level." example:"0"`
	Next     *Level        `json:"next,omitempty" nullable:"false" doc:"Missing: there is none above."`
	Missing  int64         `json:"missing" doc:"Growth to the next one." example:"1720"`
	Levels   []Level       `json:"levels" nullable:"false" doc:"All levels, the lowest first."`
	History  []LevelChange `json:"history" nullable:"false" doc:"The newest first; at most 20."`
	Terms    GrowthTerms   `json:"terms"`
}

// GrowthTerms is how buyers grow.
type GrowthTerms struct {
	EarnFen      money.Fen `json:"earn_fen" doc:"So much paid for goods, fen," example:"100"`
	EarnGrowth   int64     `json:"earn_growth" doc:"is so much growth, once the order's money is final." example:"1"`
	OrderGrowth  int64     `json:"order_growth" doc:"And so much more for each order." example:"0"`
	ReviewGrowth int64     `json:"review_growth" doc:"For a review that others see." example:"5"`
}

// MemberPrice is what a SKU costs the buyer by level.
type MemberPrice struct {
	SKUID    int64     `json:"sku_id" example:"31"`
	PriceFen money.Fen `json:"price_fen" doc:"By level." example:"8550"`
	ListFen  money.Fen `json:"list_fen" doc:"What it costs others." example:"9000"`
}

type (
	myLevelOutput     struct{ Body MyLevel }
	memberPricesInput struct {
		ID int64 `path:"id" minimum:"1" doc:"Of the product." example:"4"`
	}
	memberPricesOutput struct {
		Body struct {
			Level string        `json:"level" doc:"The buyer's; empty: none." example:"金卡"`
			Items []MemberPrice `json:"items" nullable:"false" doc:"Every SKU on offer; none without a level."`
		}
	}
)

func (a *API) levelRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/me/level", id: "getMyLevel", tag: tagLevel, member: true,
		summary: "The buyer's level", description: "Level and growth, what is missing to the next one, the rights of all levels, and how it came.",
	}, a.myLevel)
	add(a, route{
		method: http.MethodGet, path: "/products/{id}/member-prices", id: "getMemberPrices", tag: tagLevel, member: true,
		summary: "What a product costs the buyer by level", description: "Beside the product's detail, which is the same for everybody. A quote takes the cheaper of this and a timed discount.",
	}, a.memberPrices)
}

func fromLevel(l level.Level) Level {
	return Level{
		ID: l.ID, Name: l.Name, Threshold: l.Threshold, OffBPS: l.OffBps, FreeShipping: l.FreeShipping, PointsBPS: l.PointsBps, ValidDays: l.ValidDays, KeepGrowth: l.KeepGrowth,
	}
}

func (a *API) myLevel(ctx context.Context, _ *none) (*myLevelOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	st, err := a.d.Levels.Standing(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	t := st.Terms
	out := &myLevelOutput{MyLevel{
		Enabled: t.Enabled, Growth: st.Growth, Since: st.Since, ReviewAt: st.ReviewAt, Keep: st.Keep, Missing: st.Missing,
		Levels: make([]Level, len(st.Levels)), History: make([]LevelChange, len(st.Changes)),
		Terms: GrowthTerms{EarnFen: t.EarnFen, EarnGrowth: t.EarnGrowth, OrderGrowth: t.OrderGrowth, ReviewGrowth: t.ReviewGrowth},
	}}
	for i, l := range st.Levels {
		out.Body.Levels[i] = fromLevel(l)
	}
	if st.Level != nil {
		out.Body.Level = new(fromLevel(*st.Level))
	}
	if st.Next != nil {
		out.Body.Next = new(fromLevel(*st.Next))
	}
	for i, c := range st.Changes {
		out.Body.History[i] = LevelChange{At: c.At, From: c.From, To: c.To, Reason: string(c.Reason), Until: c.Until}
	}
	return out, nil
}

func (a *API) memberPrices(ctx context.Context, in *memberPricesInput) (*memberPricesOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name, list, err := a.d.Levels.MemberPrices(ctx, who.tenant, who.member, in.ID)
	if err != nil {
		return nil, err
	}
	out := &memberPricesOutput{}
	out.Body.Level, out.Body.Items = name, make([]MemberPrice, len(list))
	for i, p := range list {
		out.Body.Items[i] = MemberPrice{SKUID: p.SKUID, PriceFen: p.Fen, ListFen: p.ListFen}
	}
	return out, nil
}
