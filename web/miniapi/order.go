package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/inventory"
	"galleria/commerce/invoice"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/registry"
)

// OrderAddress is where an order goes, as it was when the order was placed.
type OrderAddress struct {
	Name         string `json:"name"`
	Phone        string `json:"phone"`
	Province     string `json:"province"`
	City         string `json:"city"`
	District     string `json:"district"`
	DivisionCode string `json:"division_code"`
	Detail       string `json:"detail"`
}

// Placed is the answer to placing an order.
type Placed struct {
	OrderNo    string    `json:"order_no" example:"261121194205K7Q2M9XT"`
	Status     string    `json:"status" enum:"pending_payment,paid" doc:"As it was then; paid if there was nothing to pay."`
	PayableFen money.Fen `json:"payable_fen" doc:"Fen." example:"11800"`
	PlacedAt   time.Time `json:"placed_at"`
	ExpiresAt  time.Time `json:"expires_at" doc:"Until when it can be paid."`
}

// Moment is one entry of an order's timeline.
type Moment struct {
	At    time.Time `json:"at"`
	Event string    `json:"event" example:"place"`
	From  string    `json:"from" doc:"Status before; empty for the first." example:""`
	To    string    `json:"to" doc:"Status after; empty for what changes none, such as part_refunded." example:"pending_payment"`
	By    string    `json:"by" enum:"member,staff,system,provider"`
}

// Order is an order as its buyer sees it.
type Order struct {
	OrderNo     string       `json:"order_no" example:"261121194205K7Q2M9XT"`
	Status      string       `json:"status" enum:"pending_payment,closing,paid,fulfilling,completed,closed"`
	CloseReason string       `json:"close_reason" doc:"buyer, timeout, merchant, all_refunded or group_failed; empty unless closing or closed."`
	GoodsFen    money.Fen    `json:"goods_fen" example:"11800"`
	DiscountFen money.Fen    `json:"discount_fen" example:"0"`
	FreightFen  money.Fen    `json:"freight_fen" example:"0"`
	AdjustFen   money.Fen    `json:"adjust_fen,omitempty" doc:"What the shop changed after the order was placed; in payable_fen." example:"-200"`
	PayableFen  money.Fen    `json:"payable_fen" example:"11800"`
	Delivery    string       `json:"delivery" enum:"express,local,pickup,virtual,voucher" doc:"local: brought by the shop between slot_from and slot_until. virtual: handed out as codes with its payment, see /orders/{order_no}/cards; it has no address. voucher: codes that are used in the shop, see /orders/{order_no}/vouchers; it has no address, either, and is completed when none of them can be used any more."`
	StoreID     int64        `json:"store_id,omitempty" doc:"Of the store where it is fetched, or from which it is brought."`
	SlotFrom    *time.Time   `json:"slot_from,omitempty" nullable:"false" doc:"When it is to be brought; local only."`
	SlotUntil   *time.Time   `json:"slot_until,omitempty" nullable:"false"`
	GroupState  string       `json:"group_state,omitempty" enum:"waits,complete,failed" doc:"Of an order of a group: waits, and is not sent, until the group is complete; see /me/groups. failed: it did not fill, what was paid goes back, and what was not is closed. Missing: of none."`
	PickupCode  string       `json:"pickup_code,omitempty" doc:"Shown to the store's staff, who then hand over the goods; there while they wait." example:"402913377015"`
	Settlement  string       `json:"settlement" enum:"open,window,settled" doc:"Of the money: open until receipt, window while the buyer may complain, then settled."`
	ShippedAt   *time.Time   `json:"shipped_at,omitempty" nullable:"false" doc:"When the last of it was sent."`
	ReceiveBy   *time.Time   `json:"receive_by,omitempty" nullable:"false" doc:"When it counts as received by itself."`
	ReceivedAt  *time.Time   `json:"received_at,omitempty" nullable:"false"`
	RefundedFen money.Fen    `json:"refunded_fen" doc:"What has gone back of it, fen." example:"0"`
	Address     OrderAddress `json:"address"`
	Remark      string       `json:"remark"`
	Lines       []OrderLine  `json:"lines" nullable:"false"`
	Offs        []Off        `json:"offs" nullable:"false" doc:"What rules took off, by line; empty in lists."`
	Gifts       []Gift       `json:"gifts" nullable:"false" doc:"Of which campaign lines are gifts, and when they go back; empty in lists."`
	PlacedAt    time.Time    `json:"placed_at"`
	ExpiresAt   time.Time    `json:"expires_at" doc:"Until when it can be paid."`
	PaidAt      *time.Time   `json:"paid_at,omitempty" nullable:"false" doc:"As the provider tells it."`
	ClosedAt    *time.Time   `json:"closed_at,omitempty" nullable:"false"`
	Actions     []string     `json:"actions" nullable:"false" doc:"What the buyer may do now: pay, cancel, receive, buy_again, delete; others may come." example:"[\"pay\",\"cancel\"]"`
	Timeline    []Moment     `json:"timeline" nullable:"false" doc:"Oldest first; empty in lists."`
	AfterSales  []OrderCase  `json:"after_sales" nullable:"false" doc:"The order's after-sales cases, newest first; empty in lists."`
}

// OrderPage is one page of the member's orders, newest first.
type OrderPage struct {
	Items      []Order `json:"items" nullable:"false"`
	NextCursor string  `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

type placeInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per order, such as a UUID. Repeat the request with the same key and body after a lost answer: the order is placed once."`
	RawBody []byte
	Body    struct {
		Lines              []LineInput `json:"lines,omitempty" nullable:"false" maxItems:"100" doc:"Different SKUs; without them, the selected lines of the cart, which then leave it."`
		AddressID          int64       `json:"address_id,omitempty" minimum:"1" doc:"Where it goes; required if it is sent." example:"5"`
		Delivery           *Delivery   `json:"delivery,omitempty" nullable:"false" doc:"Without it express, or virtual if all lines are virtual cards, voucher if all are vouchers."`
		CouponIDs          *[]int64    `json:"coupon_ids,omitempty" nullable:"false" maxItems:"10" doc:"As in the quote."`
		Points             int64       `json:"points,omitempty" minimum:"-1" maximum:"1000000000" doc:"As in the quote." example:"500"`
		Group              *GroupBuy   `json:"group,omitempty" nullable:"false" doc:"As in the quote. The seat is the order's until it closes."`
		ExchangeID         int64       `json:"exchange_id,omitempty" minimum:"1" doc:"As in the quote, whose quote_hash is then required." example:"3"`
		Invoice            *InvoiceAsk `json:"invoice,omitempty" nullable:"false" doc:"Ask for an invoice with it; staff see it once it is paid. Where nothing is to be paid it is left out."`
		Remark             string      `json:"remark,omitempty" maxLength:"200" doc:"A word to the shop."`
		QuoteHash          string      `json:"quote_hash,omitempty" maxLength:"8000" pattern:"^([0-9a-f]{32}(\\.[0-9A-Za-z_-]+)?)?$" doc:"Of the quote the buyer has seen."`
		ExpectedPayableFen money.Fen   `json:"expected_payable_fen,omitempty" minimum:"0" doc:"Sum the buyer has seen, fen. Give the hash, the sum or both."`
	}
}

type placeOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true if this repeats an earlier answer."`
	Body     Placed
}

type orderListInput struct {
	Status string `query:"status" enum:"pending_payment,closing,paid,fulfilling,completed,closed"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"Default 20."`
	Cursor string `query:"cursor" maxLength:"512" doc:"next_cursor of the page before."`
}

type orderPageOutput struct{ Body OrderPage }

type orderPath struct {
	OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
}

type orderOutput struct{ Body Order }

func (a *API) orderRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/orders", id: "placeOrder", tag: tagOrder, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Place an order",
		description: "Goods are held until `expires_at`. Amounts are computed here; an order that would cost something else than the " +
			"buyer has seen is refused with the new quote, as `quote` gives it, under `data.quote` and the difference, by line and in sum, under `data.changes`. " +
			"Coupons that cannot be used are under `data.coupon_ids`, with what the order costs without them under `data.quote`.",
		errors: []*fault.Error{
			fault.ErrNotFound, registry.ErrClosing, order.ErrPriceChanged, order.ErrUnavailable, order.ErrNoDelivery, order.ErrDeliveryKind, order.ErrNotTaking, delivery.ErrStore, delivery.ErrLocal, inventory.ErrShort, order.ErrPurchaseLimit, campaign.ErrSoldOut, campaign.ErrLimit, campaign.ErrBudget, campaign.ErrGroupGone, campaign.ErrGroupFull, campaign.ErrGroupMine, campaign.ErrGroupLimit, coupon.ErrUnavailable, coupon.ErrBudget, points.ErrShort, points.ErrOfferGone, points.ErrOfferLimit, points.ErrOfferLevel, invoice.ErrTaxNumber, invoice.ErrOff, member.ErrBlocked, member.ErrLeaving, order.ErrOpenOrders,
			idempotency.ErrMissing, idempotency.ErrMismatch, idempotency.ErrInProgress,
		},
	}, a.place)
	add(a, route{method: http.MethodGet, path: "/orders", id: "listOrders", tag: tagOrder, member: true, summary: "The member's orders"}, a.orders)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}", id: "getOrder", tag: tagOrder, member: true,
		summary: "One order with its timeline", errors: []*fault.Error{fault.ErrNotFound},
	}, a.order)
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/cancel", id: "cancelOrder", tag: tagOrder, member: true, class: classWrite,
		summary: "Cancel an unpaid order", description: "Repeating it is no error. The order is `closing` until the provider has confirmed that no money came.",
		errors: []*fault.Error{fault.ErrNotFound, order.ErrState},
	}, a.cancel)
	a.fulfilRoutes()
	a.payRoutes()
}

func (a *API) place(ctx context.Context, in *placeInput) (*placeOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := registry.NewOrders(who.shop); err != nil {
		return nil, err
	}
	with, err := a.withInvoice(ctx, who, in.Body.Invoice)
	if err != nil {
		return nil, err
	}
	kind, storeID, slot := fromDelivery(in.Body.Delivery)
	placed, replayed, err := a.d.Orders.Place(ctx, who.tenant, order.PlaceInput{
		Delivery: kind, StoreID: storeID, Slot: slot, Coupons: fromChoice(in.Body.CouponIDs, in.Body.Points), Exchange: in.Body.ExchangeID, Group: fromGroup(in.Body.Group),
		MemberID: who.member, AppID: who.app, Lines: fromLines(in.Body.Lines), AddressID: in.Body.AddressID, Remark: in.Body.Remark,
		QuoteHash: in.Body.QuoteHash, ExpectedPayableFen: in.Body.ExpectedPayableFen,
		Test: who.shop.Policy().Storefront == tenant.StorefrontTrial,
		Key:  idempotency.Key{Scope: keyScope(who, "order.place"), Value: in.Key, Body: in.RawBody},
		With: with,
	})
	if err != nil {
		return nil, withQuote(ctx, err)
	}
	out := &placeOutput{Body: Placed{
		OrderNo: placed.OrderNo, Status: string(placed.Status), PayableFen: placed.PayableFen, PlacedAt: placed.PlacedAt, ExpiresAt: placed.ExpiresAt,
	}}
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

func (a *API) orders(ctx context.Context, in *orderListInput) (*orderPageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.d.Orders.List(ctx, who.tenant, who.member, order.ListInput{Status: order.Status(in.Status), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &orderPageOutput{OrderPage{Items: make([]Order, len(page.Orders)), NextCursor: page.Next}}
	for i, o := range page.Orders {
		out.Body.Items[i] = toOrder(ctx, o)
	}
	return out, nil
}

func (a *API) order(ctx context.Context, in *orderPath) (*orderOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.d.Orders.Get(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &orderOutput{toOrder(ctx, o)}
	if o.PaidAt == nil { // nobody complains about what was not paid
		return out, nil
	}
	cases, err := a.d.Cases.OfOrder(ctx, who.tenant, who.member, o.OrderNo)
	if err != nil {
		return nil, err
	}
	out.Body.AfterSales = toOrderCases(cases)
	return out, nil
}

func (a *API) cancel(ctx context.Context, in *orderPath) (*orderOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.d.Orders.Cancel(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	return &orderOutput{toOrder(ctx, o)}, nil
}

func toOrder(ctx context.Context, o order.Order) Order {
	out := Order{
		OrderNo: o.OrderNo, Status: string(o.Status), CloseReason: string(o.CloseReason),
		GoodsFen: o.GoodsFen, DiscountFen: o.DiscountFen, FreightFen: o.FreightFen, PayableFen: o.PayableFen, RefundedFen: o.RefundedFen,
		AdjustFen: o.AdjustFen, Delivery: string(o.Delivery), StoreID: o.StoreID, PickupCode: o.PickupCode, SlotFrom: o.SlotFrom, SlotUntil: o.SlotUntil, GroupState: o.GroupState, Settlement: string(o.Settlement),
		ShippedAt: o.ShippedAt, ReceiveBy: o.ReceiveBy, ReceivedAt: o.ReceivedAt,
		Address: OrderAddress(o.Address), Remark: o.Remark, Lines: toOrderLines(o.Lines), Offs: toOffs(o.Offs), Gifts: toGifts(ctx, o.Gifts),
		PlacedAt: o.PlacedAt, ExpiresAt: o.ExpiresAt, PaidAt: o.PaidAt, ClosedAt: o.ClosedAt,
		Actions: make([]string, len(o.Actions)), Timeline: make([]Moment, len(o.Timeline)), AfterSales: []OrderCase{},
	}
	for i, e := range o.Actions {
		out.Actions[i] = string(e)
	}
	for i, m := range o.Timeline {
		out.Timeline[i] = Moment{At: m.At, Event: string(m.Event), From: string(m.From), To: string(m.To), By: string(m.By)}
	}
	return out
}
