package freight

import (
	"slices"

	"galleria/commerce/division"
	"galleria/commerce/money"
)

// Item is goods to be sent.
type Item struct {
	SKUID      int64
	TemplateID int64 // 0: goes free everywhere
	Qty        int64 // pieces, 1 at least
	WeightG    int64 // of one piece
	VolumeCM3  int64
	AmountFen  money.Fen // of all pieces, after discounts
}

// Part is what one template charges.
type Part struct {
	TemplateID int64
	Name       string
	SKUIDs     []int64 // of its goods, ascending
	FreightFen money.Fen
	Free       bool      // a free rule fits
	ToFreeFen  money.Fen // how much more goods would go free; 0 if none or not by an amount
}

// Charged is the freight of an order.
type Charged struct {
	FreightFen money.Fen
	Parts      []Part  // by template
	Refused    []int64 // SKUs that are not sent there, ascending; they are in no part
}

// Charge computes the freight of items to a place. All templates that items name are in
// templates. The error is money.ErrOverflow.
func Charge(items []Item, to division.Place, templates map[int64]Template) (Charged, error) {
	var out Charged
	sums := map[int64]*sum{}
	var order []int64
	for _, it := range items {
		if it.TemplateID == 0 {
			continue
		}
		s := sums[it.TemplateID]
		if s == nil {
			s = &sum{}
			sums[it.TemplateID] = s
			order = append(order, it.TemplateID)
		}
		if err := s.add(it, templates[it.TemplateID].Unit); err != nil {
			return Charged{}, err
		}
	}
	slices.Sort(order)
	for _, id := range order {
		t, s := templates[id], sums[id]
		slices.Sort(s.skus)
		price, ok := t.price(to)
		if !ok {
			out.Refused = append(out.Refused, s.skus...)
			continue
		}
		part := Part{TemplateID: id, Name: t.Name, SKUIDs: s.skus}
		var err error
		if part.Free, part.ToFreeFen = t.free(to, *s); !part.Free {
			if part.FreightFen, err = price.of(s.measure); err != nil {
				return Charged{}, err
			}
		}
		if part.FreightFen == 0 {
			part.ToFreeFen = 0
		}
		if out.FreightFen, err = out.FreightFen.Add(part.FreightFen); err != nil {
			return Charged{}, err
		}
		out.Parts = append(out.Parts, part)
	}
	slices.Sort(out.Refused)
	return out, nil
}

// sum is all goods of one template.
type sum struct {
	skus    []int64
	qty     int64
	measure int64
	amount  money.Fen
}

func (s *sum) add(it Item, unit Unit) (err error) {
	each := int64(1)
	switch unit {
	case ByPiece:
	case ByWeight:
		each = it.WeightG
	case ByVolume:
		each = it.VolumeCM3
	}
	whole, err := money.Fen(each).Mul(it.Qty) // no money, but the same care
	if err != nil {
		return err
	}
	if whole, err = whole.Add(money.Fen(s.measure)); err != nil {
		return err
	}
	s.measure = int64(whole)
	s.skus, s.qty = append(s.skus, it.SKUID), s.qty+it.Qty
	s.amount, err = s.amount.Add(it.AmountFen)
	return err
}

// price finds what the template charges at a place; false: it does not deliver there.
func (t Template) price(to division.Place) (Price, bool) {
	codes := to.Codes()
	for _, code := range codes {
		if slices.Contains(t.Refused, code) {
			return Price{}, false
		}
		for _, z := range t.Zones {
			if slices.Contains(z.Regions, code) {
				return z.Price, true
			}
		}
	}
	nowhere := len(codes) == 0 && (len(t.Refused) > 0 || len(t.Zones) > 0)
	if t.Elsewhere == nil || nowhere {
		return Price{}, false
	}
	return *t.Elsewhere, true
}

// of is the freight of a measure.
func (p Price) of(measure int64) (money.Fen, error) {
	if measure <= p.First {
		return p.FirstFen, nil
	}
	more := measure - p.First
	steps := more / p.Next
	if more%p.Next != 0 {
		steps++
	}
	next, err := p.NextFen.Mul(steps)
	if err != nil {
		return 0, err
	}
	return next.Add(p.FirstFen)
}

// free says whether goods go free, and if not, how much more of an amount would do.
func (t Template) free(to division.Place, s sum) (yes bool, missing money.Fen) {
	codes := to.Codes()
	for _, f := range t.Free {
		here := len(f.Regions) == 0 || slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(f.Regions, code) })
		if !here {
			continue
		}
		if s.amount >= f.FromFen && s.qty >= f.FromQty {
			return true, 0
		}
		if short := f.FromFen - s.amount; f.FromQty == 0 && (missing == 0 || short < missing) {
			missing = short
		}
	}
	return false, missing
}
