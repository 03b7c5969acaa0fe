package cart

import (
	"galleria/commerce/catalog"
	"galleria/commerce/money"
)

// Bounds of a cart.
const (
	MaxQty   = 999 // pieces of one SKU
	MaxLines = 200
)

// State says whether a line can be bought now.
type State string

// The line states.
const (
	OK        State = "ok"
	OffShelf  State = "off_shelf"
	SoldOut   State = "sold_out"
	NotEnough State = "not_enough" // some in stock, but fewer than Qty
)

// Line is what the cart stores.
type Line struct {
	SKUID    int64
	Qty      int // pieces
	Selected bool
}

// Item is a line with what the catalogue says of it now.
type Item struct {
	Line
	SPUID       int64
	Title       string
	Spec        string
	Picture     string
	PriceFen    money.Fen
	SubtotalFen money.Fen // PriceFen × Qty
	State       State
}

// Cart is a member's cart, newest line first. The totals are over the selected lines
// in state OK: what a checkout of this moment would buy, before discounts and freight.
type Cart struct {
	Items       []Item
	SelectedQty int64
	SelectedFen money.Fen
}

// assemble joins the lines with the catalogue's facts, which come in the same order.
func assemble(lines []Line, facts []catalog.Sellable) (Cart, error) {
	c := Cart{Items: make([]Item, 0, len(lines))}
	for i, l := range lines {
		f := facts[i]
		subtotal, err := f.PriceFen.Mul(int64(l.Qty))
		if err != nil {
			return Cart{}, err
		}
		item := Item{
			Line: l, SPUID: f.SPUID, Title: f.Title, Spec: f.Spec, Picture: f.Picture,
			PriceFen: f.PriceFen, SubtotalFen: subtotal, State: stateOf(l, f),
		}
		c.Items = append(c.Items, item)
		if l.Selected && item.State == OK {
			c.SelectedQty += int64(l.Qty)
			if c.SelectedFen, err = c.SelectedFen.Add(subtotal); err != nil {
				return Cart{}, err
			}
		}
	}
	return c, nil
}

func stateOf(l Line, f catalog.Sellable) State {
	switch {
	case !f.OnSale:
		return OffShelf
	case f.Available <= 0:
		return SoldOut
	case f.Available < int64(l.Qty):
		return NotEnough
	}
	return OK
}
