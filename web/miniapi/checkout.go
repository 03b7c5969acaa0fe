package miniapi

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"galleria/commerce/delivery"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Orders is the order service; *order.Service is one.
type Orders interface {
	Quote(ctx context.Context, id tenant.ID, memberID int64, in order.QuoteInput) (order.Quote, error)
	Place(ctx context.Context, id tenant.ID, in order.PlaceInput) (placed order.Placed, replayed bool, err error)
	List(ctx context.Context, id tenant.ID, memberID int64, in order.ListInput) (order.Page, error)
	Get(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (order.Order, error)
	Receive(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (order.Order, error)
	Delete(ctx context.Context, id tenant.ID, memberID int64, orderNo string) error
	BuyAgain(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (added int, missed []order.Missed, err error)
	Parcels(ctx context.Context, id tenant.ID, memberID int64, orderNo string) ([]order.Parcel, error)
	Cancel(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (order.Order, error)
}

// LineInput is a SKU and how many of it.
type LineInput struct {
	SKUID int64 `json:"sku_id" minimum:"1" example:"17"`
	Qty   int64 `json:"qty" minimum:"1" maximum:"999" example:"2"`
}

// OrderLine is one SKU of a quote or an order, with the amounts of that moment.
type OrderLine struct {
	LineID      int64     `json:"line_id,omitempty" doc:"Of an order; parcels name it." example:"31"`
	SPUID       int64     `json:"spu_id" example:"9"`
	SKUID       int64     `json:"sku_id" example:"17"`
	Title       string    `json:"title"`
	Spec        string    `json:"spec"`
	Picture     string    `json:"picture"`
	PriceFen    money.Fen `json:"price_fen" doc:"Fen, of one piece." example:"5900"`
	Qty         int64     `json:"qty" example:"2"`
	GoodsFen    money.Fen `json:"goods_fen" doc:"price_fen × qty." example:"11800"`
	DiscountFen money.Fen `json:"discount_fen" example:"0"`
	PayableFen  money.Fen `json:"payable_fen" doc:"goods_fen − discount_fen + adjust_fen." example:"11800"`
	Snapshot    string    `json:"snapshot" doc:"Names the product as it was sold, for /snapshots/{hash}; empty on old orders."`
	AdjustFen   money.Fen `json:"adjust_fen,omitempty" doc:"What the shop changed after the order was placed; negative is cheaper." example:"-200"`
	Sent        int64     `json:"sent,omitempty" doc:"Pieces that are in parcels." example:"1"`
	Offs        []Off     `json:"offs,omitempty" nullable:"false" doc:"Of a quote: discount_fen by rule."`
	Gift        bool      `json:"gift,omitempty" doc:"Of an order: it came with the others and costs nothing; see gifts."`
	Problem     string    `json:"problem,omitempty" doc:"Of a quote: why an order would be refused for this line: no_delivery (not to this address), pickup_only (fetch it), other_way (see deliveries)." example:"no_delivery"`
}

// FreightPart is what one freight template charges.
type FreightPart struct {
	Name       string    `json:"name" doc:"Of the template." example:"全国标准运费"`
	SKUIDs     []int64   `json:"sku_ids" nullable:"false" doc:"Its goods."`
	FreightFen money.Fen `json:"freight_fen" example:"800"`
	Free       bool      `json:"free" doc:"A rule for free shipping fits."`
	ToFreeFen  money.Fen `json:"to_free_fen" doc:"How much more goods would go free, fen; 0 if that is not to be had." example:"2100"`
}

// Quote is what an order would cost now.
type Quote struct {
	Lines       []OrderLine `json:"lines" nullable:"false"`
	GoodsFen    money.Fen   `json:"goods_fen" example:"11800"`
	DiscountFen money.Fen   `json:"discount_fen" example:"0"`
	FreightFen  money.Fen   `json:"freight_fen" doc:"What is left of it." example:"0"`
	PayableFen  money.Fen   `json:"payable_fen" doc:"goods_fen − discount_fen + freight_fen." example:"11800"`
	QuoteHash   string      `json:"quote_hash" doc:"Send it with the order, as it is: the order is placed at exactly these amounts or refused, with the difference."`

	FreightOffFen money.Fen `json:"freight_off_fen" doc:"What rules took off the freight." example:"0"`
	FreightOffs   []Off     `json:"freight_offs" nullable:"false" doc:"freight_off_fen by rule."`
	Offers        []Offer   `json:"offers" nullable:"false" doc:"What became of every coupon that the buyer holds, of points and of every campaign in force: used, or why not, and what is missing."`
	Refused       []int64   `json:"refused_coupon_ids" nullable:"false" doc:"Of coupon_ids: those that cannot be used; an order with them would be refused."`

	Points *QuotePoints `json:"points,omitempty" nullable:"false" doc:"How it may be paid with points; missing where it may not."`

	Exchange *QuoteExchange `json:"exchange,omitempty" nullable:"false" doc:"What of the points mall it is for; missing for any other order."`

	Gifts []Gift `json:"gifts" nullable:"false" doc:"What would come with it and cost nothing; not among lines. An offer of kind gift with reason gift_gone is one that cannot be had any more: the order goes on without it."`

	Freight      []FreightPart `json:"freight" nullable:"false" doc:"freight_fen and freight_off_fen by template."`
	FreightKnown bool          `json:"freight_known" doc:"false while an address is missing: freight may still come on top."`
	Local        *QuoteLocal   `json:"local,omitempty" nullable:"false" doc:"Whether the shop brings it itself; only of a quote for that."`
	Delivery     string        `json:"delivery" enum:"express,local,pickup,virtual,voucher" doc:"The kind that the quote is for."`
	Deliveries   []string      `json:"deliveries" nullable:"false" doc:"The kinds of delivery that all lines can have, local and pickup where the shop does that: see /local-delivery and /pickup-stores." example:"[\"express\",\"local\",\"pickup\"]"`
}

// QuoteLocal is what local delivery says of an order.
type QuoteLocal struct {
	Deliverable bool      `json:"deliverable" doc:"An order with this address and slot would be taken; false without an address."`
	Reason      string    `json:"reason,omitempty" enum:"off,no_position,out_of_area,below_minimum,no_slot,slot_closed,slot_full" doc:"Why not: the shop brings nothing now; the address has no position, which a radius needs; it is too far; need_fen of goods are missing; no slot was named; it is over or not open yet; it is full."`
	DistanceM   *int64    `json:"distance_m,omitempty" nullable:"false" doc:"From the store in a straight line, metres; missing if not known." example:"1840"`
	NeedFen     money.Fen `json:"need_fen" doc:"How much more goods would be enough." example:"0"`
}

// QuoteExchange is what of the points mall an order is for.
type QuoteExchange struct {
	ID      int64     `json:"id" doc:"exchange_id." example:"3"`
	Title   string    `json:"title" example:"龙井 50g"`
	Points  int64     `json:"points" doc:"Of all pieces; held when the order is placed." example:"2000"`
	CashFen money.Fen `json:"cash_fen" doc:"Of all pieces, fen, without delivery." example:"990"`
}

// QuotePoints is how an order may be paid with points.
type QuotePoints struct {
	Have    int64     `json:"have" doc:"The buyer has." example:"860"`
	Most    int64     `json:"most" doc:"This order takes, with what the buyer has." example:"500"`
	MostFen money.Fen `json:"most_fen" doc:"And what they would take off." example:"500"`
	Step    int64     `json:"step" doc:"They are paid in multiples of it." example:"100"`
	Least   int64     `json:"least" doc:"And not fewer." example:"0"`
	PerYuan int64     `json:"per_yuan" doc:"So many pay one yuan." example:"100"`
	Used    int64     `json:"used" doc:"By this quote; fewer than asked for if it takes fewer." example:"500"`
	UsedFen money.Fen `json:"used_fen" example:"500"`
}

type quoteInput struct {
	Body struct {
		Lines      []LineInput `json:"lines,omitempty" nullable:"false" maxItems:"100" doc:"Different SKUs; without them, the selected lines of the cart."`
		AddressID  *int64      `json:"address_id,omitempty" minimum:"1" doc:"Where it would go, once chosen."`
		Delivery   *Delivery   `json:"delivery,omitempty" nullable:"false" doc:"Without it express, or virtual if all lines are virtual cards, voucher if all are vouchers."`
		CouponIDs  *[]int64    `json:"coupon_ids,omitempty" nullable:"false" maxItems:"10" doc:"Which of the buyer's coupons to use: at most one on goods and one on freight. Without it, those that make the order cheapest; empty, none."`
		Points     int64       `json:"points,omitempty" minimum:"-1" maximum:"1000000000" doc:"How many points to pay with; -1: as many as are allowed." example:"500"`
		Group      *GroupBuy   `json:"group,omitempty" nullable:"false" doc:"The group that the order would open or join. It has one line; no coupon, points or reduction lowers its price further."`
		ExchangeID int64       `json:"exchange_id,omitempty" minimum:"1" doc:"An offer of the points mall that the order is for. It has one line, of the offer's SKU; nothing else makes it cheaper." example:"3"`
	}
}

type quoteOutput struct{ Body Quote }

func (a *API) checkoutRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/checkout/quote", id: "quote", tag: tagOrder, member: true,
		summary: "What an order would cost now", description: "Holds nothing and promises nothing. Lines that cannot be delivered are priced all the same and say so under `problem`; " +
			"lines that cannot be sold are refused, every one with its reason under `data.lines`.",
		errors: append([]*fault.Error{fault.ErrNotFound, order.ErrUnavailable, inventory.ErrShort, order.ErrPurchaseLimit}, append(mallFaults(), groupFaults()...)...),
	}, a.quote)
}

func (a *API) quote(ctx context.Context, in *quoteInput) (*quoteOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	kind, _, slot := fromDelivery(in.Body.Delivery)
	q, err := a.d.Orders.Quote(ctx, who.tenant, who.member, order.QuoteInput{AppID: who.app, Lines: fromLines(in.Body.Lines), AddressID: in.Body.AddressID, Delivery: kind, Slot: slot, Coupons: fromChoice(in.Body.CouponIDs, in.Body.Points), Exchange: in.Body.ExchangeID, Group: fromGroup(in.Body.Group)})
	if err != nil {
		return nil, err
	}
	return &quoteOutput{toQuote(ctx, q)}, nil
}

func toQuote(ctx context.Context, q order.Quote) Quote {
	out := Quote{
		Lines: toOrderLines(q.Lines), GoodsFen: q.GoodsFen, DiscountFen: q.DiscountFen, FreightFen: q.FreightFen,
		PayableFen: q.PayableFen, QuoteHash: q.QuoteHash, FreightKnown: q.FreightKnown, Delivery: string(q.Delivery),
		FreightOffFen: q.FreightOffFen, FreightOffs: toOffs(q.FreightOffs), Offers: toOffers(ctx, q.Offers), Refused: append([]int64{}, q.Refused...), Gifts: toGifts(ctx, q.Gifts),
		Freight: make([]FreightPart, len(q.Freight)), Deliveries: make([]string, len(q.Deliveries)),
	}
	if q.Points != nil {
		out.Points = new(QuotePoints(*q.Points))
	}
	if q.Exchange != nil {
		out.Exchange = new(QuoteExchange(*q.Exchange))
	}
	if fit := q.Local; fit != nil {
		out.Local = &QuoteLocal{
			Deliverable: fit.Reason == delivery.LocalFits && q.FreightKnown, Reason: string(fit.Reason), DistanceM: fit.DistanceM, NeedFen: fit.NeedFen,
		}
	}
	for i, part := range q.Freight {
		out.Freight[i] = FreightPart(part)
	}
	for i, kind := range q.Deliveries {
		out.Deliveries[i] = string(kind)
	}
	return out
}

// withQuote shows the quote that a refused order comes with as any quote is shown.
func withQuote(ctx context.Context, err error) error {
	refused, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	quote, ok := refused.Data()["quote"].(order.Quote)
	if !ok {
		return err
	}
	data := maps.Clone(refused.Data())
	data["quote"] = toQuote(ctx, quote)
	return refused.WithData(data)
}

func fromLines(lines []LineInput) []order.LineInput {
	out := make([]order.LineInput, len(lines))
	for i, l := range lines {
		out[i] = order.LineInput(l)
	}
	return out
}

func toOrderLines(lines []order.Line) []OrderLine {
	out := make([]OrderLine, len(lines))
	for i, l := range lines {
		out[i] = OrderLine{
			LineID: l.LineID, SPUID: l.SPUID, SKUID: l.SKUID, Title: l.Title, Spec: l.Spec, Picture: l.Picture, PriceFen: l.PriceFen, Qty: l.Qty,
			GoodsFen: l.GoodsFen, DiscountFen: l.DiscountFen, PayableFen: l.PayableFen, Snapshot: l.Snapshot, AdjustFen: l.AdjustFen, Sent: l.Sent,
			Problem: string(l.Problem), Gift: l.Gift,
		}
		if len(l.Offs) > 0 {
			out[i].Offs = toOffs(l.Offs)
		}
	}
	return out
}
