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

// The line states. What is wrong with a line is told once, the worst first.
const (
	OK        State = "ok"
	Deleted   State = "deleted"    // the product is gone
	OffShelf  State = "off_shelf"  // the product may come back
	Withdrawn State = "withdrawn"  // this variant is no longer offered; another one may be
	SoldOut   State = "sold_out"   // none in stock
	NotEnough State = "not_enough" // some in stock, but fewer than Qty
	BelowMin  State = "below_min"  // fewer pieces of the product than an order must have
	OverLimit State = "over_limit" // more pieces of the product than an order, or a member, may have
)

// StateList lists the states.
func StateList() []State {
	return []State{OK, Deleted, OffShelf, Withdrawn, SoldOut, NotEnough, BelowMin, OverLimit}
}

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
	Limits      catalog.Limits // of the product, all its SKUs together
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
	chosen := map[int64]int64{} // pieces of a product in the selected lines
	for i, l := range lines {
		if l.Selected {
			chosen[facts[i].SPUID] += int64(l.Qty)
		}
	}
	for i, l := range lines {
		f := facts[i]
		subtotal, err := f.PriceFen.Mul(int64(l.Qty))
		if err != nil {
			return Cart{}, err
		}
		pieces := chosen[f.SPUID]
		if !l.Selected {
			pieces += int64(l.Qty) // what it would be with this line
		}
		item := Item{
			Line: l, SPUID: f.SPUID, Title: f.Title, Spec: f.Spec, Picture: f.Picture,
			PriceFen: f.PriceFen, SubtotalFen: subtotal, State: StateOf(int64(l.Qty), f, pieces), Limits: f.Limits,
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

// StateOf judges a line of qty pieces; pieces is what an order would have of its product in
// all variants.
func StateOf(qty int64, f catalog.Sellable, pieces int64) State {
	perOrder, lifetime := int64(f.Limits.MaxPerOrder), int64(f.Limits.MaxLifetime)
	switch {
	case f.Unsold == catalog.Deleted:
		return Deleted
	case f.Unsold == catalog.OffTheShelf:
		return OffShelf
	case f.Unsold == catalog.Withdrawn:
		return Withdrawn
	case f.Available <= 0:
		return SoldOut
	case f.Available < qty:
		return NotEnough
	case pieces < int64(f.Limits.MinQty):
		return BelowMin
	case perOrder > 0 && pieces > perOrder, lifetime > 0 && pieces > lifetime:
		return OverLimit
	}
	return OK
}
