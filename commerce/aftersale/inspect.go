package aftersale

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Found is what an inspection found of one line's pieces; it adds up to all of them.
type Found struct {
	Sellable, Damaged, Missing int64
	// Place is where the sellable ones go, 0 being the main one; nil for where they left from, if
	// that place is still open, and else the main one.
	Place *int64
}

// InspectInput is the end of an inspection.
type InspectInput struct {
	CaseNo    string
	Lines     map[int64]Found // by line id, all of them
	AmountFen *money.Fen      // less than was asked for, as agreed; nil leaves it
	Body      string
	Actor     string
}

// Inspect puts what is sellable back on the shelf and lets the case go on: to its money, or
// to a replacement, which is put aside. Opens a transaction. Faults: NOT_FOUND,
// AFTERSALE_STATE, AFTERSALE_AMOUNT, LOCATION_CLOSED, OUT_OF_STOCK, VALIDATION, those of the refund.
func (s *Service) Inspect(ctx context.Context, id tenant.ID, in InspectInput) (Case, error) {
	return s.staff(ctx, id, in.CaseNo, in.Actor, EventInspect, in.Body, func(a *acting) (map[string]any, error) {
		if err := a.found(ctx, in.Lines); err != nil {
			return nil, err
		}
		if Status(a.next.ToStatus) == Reshipping {
			return nil, a.putAside(ctx)
		}
		if in.AmountFen != nil {
			if err := withinAmount(*in.AmountFen, a.least(), a.row.ShareFen+a.row.FreightFen); err != nil {
				return nil, err
			}
			a.next.AmountFen = *in.AmountFen
		}
		return map[string]any{"amount_fen": int64(a.next.AmountFen)}, nil
	})
}

// found writes what an inspection found and shelves what is sellable.
func (a *acting) found(ctx context.Context, lines map[int64]Found) error {
	var ids, sellable, damaged, missing []int64
	for _, l := range a.lines {
		f := lines[l.LineID]
		if f.Sellable < 0 || f.Damaged < 0 || f.Missing < 0 || f.Sellable+f.Damaged+f.Missing != int64(l.Qty) {
			return fault.Invalidf(fmt.Sprintf("lines.%d", l.LineID), "must add up to %d", l.Qty)
		}
		ids = append(ids, l.LineID)
		sellable, damaged, missing = append(sellable, f.Sellable), append(damaged, f.Damaged), append(missing, f.Missing)
	}
	if err := a.q.Found(ctx, a.tx, a.row.ID, ids, sellable, damaged, missing); err != nil {
		return err
	}
	return a.shelve(ctx, lines)
}

// shelve books what is sellable where the inspection puts it.
func (a *acting) shelve(ctx context.Context, lines map[int64]Found) error {
	if a.row.Test { // a test order gave its goods back when it was paid
		return nil
	}
	homes, err := a.homes(ctx, lines)
	if err != nil {
		return err
	}
	back := map[int64][]inventory.Line{}
	for _, l := range a.lines {
		place := homes[l.SkuID]
		if p := lines[l.LineID].Place; p != nil {
			place = *p
		}
		back[place] = added(back[place], l.SkuID, lines[l.LineID].Sellable)
	}
	maps.DeleteFunc(back, func(_ int64, list []inventory.Line) bool { return len(list) == 0 })
	return a.d.Inventory.PutBackTx(ctx, a.tx, a.row.CaseNo+"-back", back, a.actor)
}

// homes are the places of the SKUs for which an inspection names none.
func (a *acting) homes(ctx context.Context, lines map[int64]Found) (map[int64]int64, error) {
	var ids []int64
	for _, l := range a.lines {
		if f := lines[l.LineID]; f.Place == nil && f.Sellable > 0 {
			ids = append(ids, l.SkuID)
		}
	}
	if len(ids) == 0 {
		return map[int64]int64{}, nil
	}
	return a.d.Inventory.LeftFrom(ctx, a.tx, a.row.OrderNo, ids)
}

// added adds pieces of a SKU, which may come twice: ordered, and as a gift.
func added(list []inventory.Line, skuID, qty int64) []inventory.Line {
	if qty <= 0 {
		return list
	}
	i := slices.IndexFunc(list, func(o inventory.Line) bool { return o.SKUID == skuID })
	if i < 0 {
		return append(list, inventory.Line{SKUID: skuID, Qty: qty})
	}
	list[i].Qty += qty
	return list
}

// Places are where the pieces of a case may go back to.
type Places struct {
	Open []inventory.Location // the main one first; one alone leaves nothing to choose
	Home map[int64]int64      // of each line: where its pieces left from, if that is open, else 0
}

// PlacesOf returns where the pieces of a case may go back to. Three statements, two in a shop with
// one place.
func (s *Service) PlacesOf(ctx context.Context, id tenant.ID, c Case) (out Places, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		out = Places{Home: map[int64]int64{}}
		all, err := s.d.Inventory.Locations(ctx, r)
		if err != nil {
			return err
		}
		out.Open = slices.DeleteFunc(all, func(l inventory.Location) bool { return l.Closed })
		if len(out.Open) < 2 {
			return nil
		}
		ids := make([]int64, len(c.Lines))
		for i, l := range c.Lines {
			ids[i] = l.SKUID
		}
		homes, err := s.d.Inventory.LeftFrom(ctx, r, c.OrderNo, ids)
		for _, l := range c.Lines {
			out.Home[l.LineID] = homes[l.SKUID]
		}
		return err
	})
	if err != nil {
		return Places{}, fmt.Errorf("places of case %s: %w", c.CaseNo, err)
	}
	return out, nil
}
