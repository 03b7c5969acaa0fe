package order

import (
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
)

// Problem says why an order is refused for one of its lines: a state of a line in the cart,
// or one of these.
type Problem string

// The problems that no cart shows.
const (
	ProblemUnknown    Problem = "unknown"     // there is no such SKU
	ProblemNoDelivery Problem = "no_delivery" // it is not sent to this address
	ProblemKind       Problem = "pickup_only" // it can only be fetched
	ProblemWay        Problem = "other_way"   // it can be had, but not in this way
)

// ProblemList lists all problems that a line can have.
func ProblemList() []Problem {
	list := []Problem{ProblemUnknown, ProblemNoDelivery, ProblemKind, ProblemWay}
	for _, state := range cart.StateList() {
		if state != cart.OK {
			list = append(list, Problem(state))
		}
	}
	return list
}

// BadLine is a line that is in the way of an order.
type BadLine struct {
	SKUID   int64   `json:"sku_id"`
	Title   string  `json:"title"`
	Spec    string  `json:"spec"`
	Problem Problem `json:"problem"`
}

// sellable refuses lines that cannot be sold now: whole, naming all of them with their
// reasons, under the code of the worst. Looking at the stock here spares a sold-out order its
// transaction; what counts is the reservation.
func sellable(lines []LineInput, facts map[int64]catalog.Sellable) error {
	pieces := map[int64]int64{}
	for _, l := range lines {
		pieces[facts[l.SKUID].SPUID] += l.Qty
	}
	var unavailable []int64
	var short []inventory.Short
	var bad []BadLine
	for _, l := range lines {
		f, known := facts[l.SKUID]
		problem := ProblemUnknown
		if known {
			problem = Problem(cart.StateOf(l.Qty, f, pieces[f.SPUID]))
		}
		if problem == Problem(cart.OK) {
			continue
		}
		bad = append(bad, BadLine{SKUID: l.SKUID, Title: f.Title, Spec: f.Spec, Problem: problem})
		switch {
		case !known || !f.OnSale:
			unavailable = append(unavailable, l.SKUID)
		case f.Available < l.Qty:
			short = append(short, inventory.Short{SKUID: l.SKUID, State: inventory.ShortState(f.Available)})
		}
	}
	switch {
	case unavailable != nil:
		return ErrUnavailable.WithData(map[string]any{"sku_ids": unavailable, "lines": bad})
	case short != nil:
		return inventory.ErrShort.WithData(map[string]any{"short": short, "lines": bad})
	case bad != nil:
		return ErrPurchaseLimit.WithData(map[string]any{"limits": broken(lines, facts), "lines": bad})
	}
	return nil
}
