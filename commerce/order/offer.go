package order

import (
	"context"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Offers make orders cheaper under conditions. They are held by an order from its placing to
// its end; *coupon.Service and *campaign.Service are some.
type Offers interface {
	// Rules are what may count for what is asked. One statement, or none if ask.Idle says that
	// there are none.
	Rules(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error)
	// LockTx holds those of the applied rules that are its own for an order that is being placed.
	LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, applied []pricing.Answer) error
	// UseTx, ReleaseTx and ReturnTx end that: the order was paid, was closed unpaid, or has had
	// all its money back. Repeating them changes nothing.
	UseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error
	ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error
	ReturnTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error
}

// Choice is which of their coupons buyers use, and how many points.
type Choice struct {
	Own bool    // they have chosen IDs, perhaps none; else the best are taken
	IDs []int64 // at most one on goods and one on freight can be used
	// Points is how many points to pay with, or pricing.AllPoints for as many as are allowed.
	Points int64
}

// bid is what may make an order cheaper, and what its buyer wants of it.
type bid struct {
	rules    []pricing.Rule
	choice   Choice
	exchange int64 // of the points mall; 0: none
	group    Group
	at       time.Time
}

// on has a basket priced with the rules.
func (b bid) on(basket *pricing.Basket) {
	basket.Rules, basket.At = slices.Clone(b.rules), b.at
	for i := range basket.Rules {
		basket.Rules[i].Points.Want = b.choice.Points
	}
	if !b.choice.Own {
		basket.Coupon, basket.ShippingCoupon = pricing.Choice{Best: true}, pricing.Choice{Best: true}
		return
	}
	for _, id := range b.choice.IDs {
		for _, r := range b.rules {
			switch {
			case r.ID != id:
			case r.Kind == pricing.KindCoupon && basket.Coupon.ID == 0:
				basket.Coupon.ID = id
			case r.Kind == pricing.KindShippingCoupon && basket.ShippingCoupon.ID == 0:
				basket.ShippingCoupon.ID = id
			}
		}
	}
}

// Off is what one rule took off a line, or off the freight.
type Off struct {
	Kind   pricing.Kind `json:"kind"`
	ID     int64        `json:"id"`
	Title  string       `json:"title"`
	LineID *int64       `json:"line_id"` // nil: the freight, or a line of a quote
	OffFen money.Fen    `json:"off_fen"`
}

// Offer is what became of a rule in a quote: applied, or why not; see pricing.Answer.
type Offer struct {
	Kind     pricing.Kind   `json:"kind"`
	ID       int64          `json:"id"`
	Title    string         `json:"title"`
	Applied  bool           `json:"applied"`
	OffFen   money.Fen      `json:"off_fen"`
	Reason   pricing.Reason `json:"reason,omitempty"`
	By       string         `json:"by,omitempty"` // the title of the rule that is in its way
	NeedFen  money.Fen      `json:"need_fen,omitempty"`
	NeedQty  int64          `json:"need_qty,omitempty"`
	WouldFen money.Fen      `json:"would_fen,omitempty"` // less to pay if it were chosen
	Until    *time.Time     `json:"until,omitempty"`     // exclusive; nil: without end
}

// offersOf tells what became of each rule.
func (b bid) offersOf(priced pricing.Breakdown) []Offer {
	offers := make([]Offer, len(priced.Answers))
	for i, a := range priced.Answers {
		offers[i] = Offer{
			Kind: a.Kind, ID: a.ID, Title: b.rules[i].Title, Applied: a.Applied, OffFen: a.OffFen, Reason: a.Reason,
			By: b.title(a.By), NeedFen: a.NeedFen, NeedQty: a.NeedQty, WouldFen: a.WouldFen,
		}
		if until := b.rules[i].Until; !until.IsZero() {
			offers[i].Until = &until
		}
	}
	return offers
}

func (b bid) title(r pricing.Ref) string {
	i := slices.IndexFunc(b.rules, func(rule pricing.Rule) bool { return rule.Ref == r })
	if i < 0 {
		return ""
	}
	return b.rules[i].Title
}

// offsOf are what was taken off one line, or off the freight.
func (b bid) offsOf(priced pricing.Breakdown, line int) []Off {
	var offs []Off
	for _, a := range priced.Adjustments {
		if a.Line == line {
			offs = append(offs, Off{Kind: a.Kind, ID: a.ID, Title: b.title(a.Ref), OffFen: a.OffFen})
		}
	}
	return offs
}

// PointsOption is how an order may be paid with points.
type PointsOption struct {
	Have    int64     `json:"have"`     // the buyer has
	Most    int64     `json:"most"`     // this order takes
	MostFen money.Fen `json:"most_fen"` // and what they would take off
	Step    int64     `json:"step"`     // in multiples of it
	Least   int64     `json:"least"`    // and not fewer
	PerYuan int64     `json:"per_yuan"` // pay one yuan
	Used    int64     `json:"used"`     // by this quote
	UsedFen money.Fen `json:"used_fen"`
}

// pointsOf tells how points may pay, nil where they may not.
func (b bid) pointsOf(priced pricing.Breakdown) *PointsOption {
	i := slices.IndexFunc(b.rules, func(r pricing.Rule) bool { return r.Kind == pricing.KindPoints })
	if i < 0 {
		return nil
	}
	t, a := b.rules[i].Points, priced.Answers[i]
	return &PointsOption{
		Have: t.Have, Most: a.MostPoints, MostFen: a.MostFen, Step: max(t.Step, 1), Least: t.Least, PerYuan: t.PerYuan, Used: priced.Points, UsedFen: a.OffFen,
	}
}

// Exchange is what of the points mall an order is for.
type Exchange struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title"`
	Points  int64     `json:"points"` // of all pieces
	CashFen money.Fen `json:"cash_fen"`
}

// exchanged is the exchange that an order names, nil if it names none; one that cannot be is
// refused whole.
func (b bid) exchanged(priced pricing.Breakdown) (*Exchange, error) {
	if b.exchange == 0 {
		return nil, nil //nolint:nilnil // most orders are none
	}
	i := slices.IndexFunc(priced.Answers, func(a pricing.Answer) bool { return a.Kind == pricing.KindMall })
	switch {
	case i < 0:
		return nil, points.MallRefusal("")
	case !priced.Answers[i].Applied:
		return nil, points.MallRefusal(priced.Answers[i].Reason)
	}
	a := priced.Answers[i]
	return &Exchange{ID: a.ID, Title: b.title(a.Ref), Points: a.Points, CashFen: priced.Lines[0].PayableFen}, nil
}

// refused are the chosen coupons that cannot be used.
func (b bid) refused(priced pricing.Breakdown) (ids []int64) {
	for _, id := range b.choice.IDs {
		chosen := func(a pricing.Answer) bool {
			return a.ID == id && a.Applied && (a.Kind == pricing.KindCoupon || a.Kind == pricing.KindShippingCoupon)
		}
		if b.choice.Own && !slices.ContainsFunc(priced.Answers, chosen) {
			ids = append(ids, id)
		}
	}
	return ids
}

// askOf is what is wanted of the rooms for lines; none are those of the cart.
func (b bid) askOf(memberID int64, app tenant.AppID, lines []LineInput) pricing.Ask {
	what := pricing.Ask{MemberID: memberID, App: app.String(), At: b.at, Group: b.group.CampaignID, GroupNo: b.group.GroupNo}
	if len(lines) > 0 {
		what.SKUs = skuIDs(lines)
	}
	if b.exchange != 0 {
		what.Exchange, what.Qty = b.exchange, lines[0].Qty
	}
	return what
}

// idle learns which rooms need not be asked. One statement.
func (s *Service) idle(ctx context.Context, q tenantdb.Querier, ask *pricing.Ask) error {
	row, err := s.q.IdleOffers(ctx, q, ask.At, ask.MemberID)
	if err != nil {
		return fmt.Errorf("rooms with offers: %w", err)
	}
	ask.Idle = pricing.Idle{Campaigns: row.Campaigns, Coupons: row.Coupons, Levels: row.Levels, Points: row.Points && ask.Exchange == 0}
	return nil
}

// ask learns what the rooms that are not idle offer. One round trip, or none.
func (s *Service) ask(ctx context.Context, pipe *tenantdb.Pipeline, what pricing.Ask, b *bid) error {
	for _, room := range s.offers {
		pipe.AddRead(func(q tenantdb.Querier) error {
			rules, err := room.Rules(ctx, q, what)
			b.rules = append(b.rules, rules...)
			return err
		})
	}
	return pipe.Run(ctx)
}

// hold adds the steps that hold what the order uses; false if it uses nothing.
func (p *placing) hold(ctx context.Context, pipe *tenantdb.Pipeline) bool {
	if len(p.priced.Adjustments) == 0 && len(p.priced.Gifts) == 0 {
		return false
	}
	if len(p.priced.Adjustments) > 0 {
		pipe.Add(func(tx tenantdb.Tx) error { return p.q.Adjust(ctx, tx, p.adjustments()) })
	}
	if len(p.priced.Gifts) > 0 {
		pipe.Add(func(tx tenantdb.Tx) error { return p.give(ctx, tx) })
	}
	if p.in.Group.CampaignID != 0 {
		pipe.Add(func(tx tenantdb.Tx) error { return p.seat(ctx, tx) })
	}
	applied := slices.DeleteFunc(slices.Clone(p.priced.Answers), func(a pricing.Answer) bool { return !a.Applied })
	for _, room := range p.offers {
		pipe.Add(func(tx tenantdb.Tx) error { return room.LockTx(ctx, tx, p.placed.OrderNo, p.in.MemberID, applied) })
	}
	return true
}

func (p *placing) adjustments() orderdb.AdjustParams {
	row := orderdb.AdjustParams{OrderNo: p.placed.OrderNo}
	for _, a := range p.priced.Adjustments {
		sku := int64(0)
		if a.Line != pricing.OfFreight {
			sku = p.priced.Lines[a.Line].SKUID
		}
		row.SkuIds, row.Kinds, row.RuleIds = append(row.SkuIds, sku), append(row.Kinds, string(a.Kind)), append(row.RuleIds, a.ID)
		row.Versions, row.Titles = append(row.Versions, a.Version), append(row.Titles, p.bid.title(a.Ref))
		row.Funders, row.OffsFen = append(row.Funders, string(a.Funder)), append(row.OffsFen, int64(a.OffFen))
	}
	return row
}

// ends adds steps that end what an order holds; none if it holds nothing.
func (s *Service) ends(pipe *tenantdb.Pipeline, offered bool, end func(room Offers, tx tenantdb.Tx) error) {
	if !offered {
		return
	}
	for _, room := range s.offers {
		pipe.Add(func(tx tenantdb.Tx) error { return end(room, tx) })
	}
}

// giveBack returns what an order has used, whose money all went back.
func (s *Service) giveBack(ctx context.Context, tx tenantdb.Tx, orderNo string, offered bool) error {
	pipe := tx.Pipeline()
	s.ends(pipe, offered, func(room Offers, tx tenantdb.Tx) error { return room.ReturnTx(ctx, tx, orderNo, string(System)) })
	return pipe.Run(ctx)
}

// itemsOf is a basket of lines at the catalogue's prices. A rule for a category names those
// below it, so that a product's own is enough.
func itemsOf(lines []LineInput, facts map[int64]catalog.Sellable) []pricing.Item {
	items := make([]pricing.Item, len(lines))
	for i, l := range lines {
		f := facts[l.SKUID]
		items[i] = pricing.Item{SKUID: l.SKUID, SPUID: f.SPUID, Categories: []int64{f.Category}, PriceFen: f.PriceFen, Qty: l.Qty}
	}
	return items
}
