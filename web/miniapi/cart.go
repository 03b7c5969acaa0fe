package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/cart"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Carts is the cart service; *cart.Service is one.
type Carts interface {
	Get(ctx context.Context, id tenant.ID, memberID int64) (cart.Cart, error)
	Put(ctx context.Context, id tenant.ID, memberID int64, in cart.PutInput) (cart.Cart, error)
	Delete(ctx context.Context, id tenant.ID, memberID, skuID int64) (cart.Cart, error)
	Select(ctx context.Context, id tenant.ID, memberID int64, in cart.SelectInput) (cart.Cart, error)
	Switch(ctx context.Context, id tenant.ID, memberID int64, in cart.SwitchInput) (cart.Cart, error)
}

// CartLine is one SKU in the cart, with what it is now.
type CartLine struct {
	SKUID       int64     `json:"sku_id" example:"17"`
	SPUID       int64     `json:"spu_id" doc:"Its product." example:"9"`
	Title       string    `json:"title"`
	Spec        string    `json:"spec" example:"10 包"`
	Picture     string    `json:"picture"`
	PriceFen    money.Fen `json:"price_fen" doc:"Fen, of one piece now." example:"5900"`
	Sale        *Sale     `json:"sale,omitempty" nullable:"false" doc:"The campaign that makes the price; missing, and the price the regular one, of more pieces than the buyer may have at it."`
	Qty         int       `json:"qty" example:"2"`
	SubtotalFen money.Fen `json:"subtotal_fen" doc:"Fen." example:"11800"`
	Selected    bool      `json:"selected"`
	State       string    `json:"state" enum:"ok,deleted,off_shelf,withdrawn,sold_out,not_enough,below_min,over_limit" doc:"Whether it can be bought now: deleted (the product is gone), off_shelf (it may come back), withdrawn (only this variant is no longer offered), sold_out, not_enough (fewer in stock), below_min and over_limit (pieces of the product, all variants together)."`
	MinQty      int32     `json:"min_qty" doc:"Pieces of the product that an order must have." example:"1"`
	MaxQty      int32     `json:"max_qty" doc:"Pieces of the product that an order may have; 0 for no limit." example:"0"`
}

// Cart is the member's cart, newest line first.
type Cart struct {
	Lines       []CartLine `json:"lines" nullable:"false"`
	SelectedQty int64      `json:"selected_qty" doc:"Pieces in selected lines that can be bought now." example:"2"`
	SelectedFen money.Fen  `json:"selected_fen" doc:"Their goods amount, fen." example:"11800"`
}

type cartOutput struct{ Body Cart }

type cartLinePath struct {
	SKUID int64 `path:"sku_id" minimum:"1" doc:"SKU id."`
}

type cartPutInput struct {
	SKUID int64 `path:"sku_id" minimum:"1" doc:"SKU id."`
	Body  struct {
		Qty      int   `json:"qty" minimum:"1" maximum:"999" doc:"Pieces; replaces what was there." example:"2"`
		Selected *bool `json:"selected,omitempty" doc:"A new line is selected, an old one stays as it is, unless said here."`
	}
}

type cartSwitchInput struct {
	SKUID int64 `path:"sku_id" minimum:"1" doc:"The variant that is in the cart."`
	Body  struct {
		ToSKUID int64 `json:"to_sku_id" minimum:"1" doc:"The variant of the same product that takes its place." example:"18"`
		Qty     int   `json:"qty,omitempty" minimum:"1" maximum:"999" doc:"Pieces of the new one; as many as there were without it." example:"2"`
	}
}

type cartSelectInput struct {
	Body struct {
		SKUIDs   []int64 `json:"sku_ids,omitempty" nullable:"false" minItems:"1" maxItems:"200" doc:"The lines to mark; or all."`
		All      bool    `json:"all,omitempty" doc:"Mark every line."`
		Selected bool    `json:"selected"`
	}
}

func (a *API) cartRoutes() {
	add(a, route{method: http.MethodGet, path: "/cart", id: "getCart", tag: tagCart, member: true, summary: "The cart"}, a.cart)
	add(a, route{
		method: http.MethodPut, path: "/cart/lines/{sku_id}", id: "putCartLine", tag: tagCart, member: true, class: classWrite,
		summary: "Set the quantity of a SKU", errors: []*fault.Error{fault.ErrNotFound, cart.ErrSKUUnavailable, cart.ErrFull},
	}, a.cartPut)
	add(a, route{
		method: http.MethodDelete, path: "/cart/lines/{sku_id}", id: "deleteCartLine", tag: tagCart, member: true, class: classWrite,
		summary: "Remove a SKU", errors: []*fault.Error{fault.ErrNotFound},
	}, a.cartDelete)
	add(a, route{
		method: http.MethodPost, path: "/cart/lines/{sku_id}/switch", id: "switchCartLine", tag: tagCart, member: true, class: classWrite,
		summary: "Choose another variant", description: "If the new variant is in the cart already, its pieces are added to, at most to 999.",
		errors: []*fault.Error{fault.ErrNotFound, cart.ErrSKUUnavailable},
	}, a.cartSwitch)
	add(a, route{
		method: http.MethodPost, path: "/cart/select", id: "selectCartLines", tag: tagCart, member: true, class: classWrite,
		summary: "Select lines for checkout, or not", errors: []*fault.Error{fault.ErrNotFound},
	}, a.cartSelect)
}

func (a *API) cart(ctx context.Context, _ *none) (*cartOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.cartOf(ctx, who)(a.d.Carts.Get(ctx, who.tenant, who.member))
}

func (a *API) cartPut(ctx context.Context, in *cartPutInput) (*cartOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.cartOf(ctx, who)(a.d.Carts.Put(ctx, who.tenant, who.member, cart.PutInput{SKUID: in.SKUID, Qty: in.Body.Qty, Selected: in.Body.Selected}))
}

func (a *API) cartDelete(ctx context.Context, in *cartLinePath) (*cartOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.cartOf(ctx, who)(a.d.Carts.Delete(ctx, who.tenant, who.member, in.SKUID))
}

func (a *API) cartSwitch(ctx context.Context, in *cartSwitchInput) (*cartOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.cartOf(ctx, who)(a.d.Carts.Switch(ctx, who.tenant, who.member, cart.SwitchInput{From: in.SKUID, To: in.Body.ToSKUID, Qty: in.Body.Qty}))
}

func (a *API) cartSelect(ctx context.Context, in *cartSelectInput) (*cartOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.cartOf(ctx, who)(a.d.Carts.Select(ctx, who.tenant, who.member, cart.SelectInput{
		SKUIDs: in.Body.SKUIDs, All: in.Body.All, Selected: in.Body.Selected,
	}))
}

func toCart(c cart.Cart) *cartOutput {
	out := &cartOutput{Cart{Lines: make([]CartLine, len(c.Items)), SelectedQty: c.SelectedQty, SelectedFen: c.SelectedFen}}
	for i, l := range c.Items {
		out.Body.Lines[i] = CartLine{
			SKUID: l.SKUID, SPUID: l.SPUID, Title: l.Title, Spec: l.Spec, Picture: l.Picture, PriceFen: l.PriceFen,
			Qty: l.Qty, SubtotalFen: l.SubtotalFen, Selected: l.Selected, State: string(l.State),
			MinQty: l.Limits.MinQty, MaxQty: l.Limits.MaxPerOrder,
		}
	}
	return out
}
