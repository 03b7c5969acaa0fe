package miniapi

import (
	"context"
	"net/http"
	"strconv"

	"galleria/commerce/card"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Cards shows what an order of virtual goods got; *card.Service is one.
type Cards interface {
	OfOrder(ctx context.Context, id tenant.ID, orderNo string, after int64) (list []card.Sold, next int64, err error)
}

// Card is a virtual card that the buyer got.
type Card struct {
	LineID int64  `json:"line_id" doc:"The order's line that it is of." example:"31"`
	SKUID  int64  `json:"sku_id" example:"17"`
	Number string `json:"number" doc:"Or the code, of cards that are one code." example:"8800123412345678"`
	Secret string `json:"secret" doc:"Empty for cards of one code." example:"4F7K-22QX"`
}

// CardPage is one page of an order's cards.
type CardPage struct {
	Items      []Card `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

type cardListInput struct {
	OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
	Cursor  string `query:"cursor" maxLength:"19" pattern:"^[0-9]*$" doc:"next_cursor of the page before."`
}

type cardPageOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         CardPage
}

func (a *API) cardRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/cards", id: "listCards", tag: tagOrder, member: true, class: classWrite,
		summary: "An order's virtual cards", description: "Numbers and secrets, once the order is paid; empty before that, and for other goods. Show them when the buyer asks for them, and keep them nowhere.",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.cards)
}

func (a *API) cards(ctx context.Context, in *cardListInput) (*cardPageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.d.Orders.Get(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &cardPageOutput{CacheControl: "no-store", Body: CardPage{Items: []Card{}}}
	if o.Delivery != order.Virtual || o.Status != order.Completed {
		return out, nil
	}
	after, _ := strconv.ParseInt(in.Cursor, 10, 64) // digits by the contract; too many are no page
	list, next, err := a.d.Cards.OfOrder(ctx, who.tenant, in.OrderNo, after)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		out.Body.Items = append(out.Body.Items, Card{LineID: c.LineID, SKUID: c.SKUID, Number: c.Number, Secret: c.Secret})
	}
	if next > 0 {
		out.Body.NextCursor = strconv.FormatInt(next, 10)
	}
	return out, nil
}
