package order

import (
	"errors"
	"slices"

	"galleria/commerce/catalog"
	"galleria/commerce/division"
	"galleria/commerce/freight"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
)

// destination is how an order is to reach its buyer, and where.
type destination struct {
	kind  ParcelKind      // Express if empty
	place *division.Place // nil: not chosen yet
}

func (d destination) pickup() bool { return d.kind == Pickup }

// known says whether the freight is final.
func (d destination) known() bool { return d.pickup() || d.place != nil }

// locate finds the division of an address.
func (s *Service) locate(a member.Address) *division.Place {
	place := s.divisions.Locate(division.Named{Code: a.DivisionCode, Province: a.Province, City: a.City, District: a.District})
	return &place
}

// charge computes the freight of priced lines: none for what is fetched, handed out as a code
// or has no address yet.
func (d destination) charge(priced pricing.Breakdown, facts map[int64]catalog.Sellable) (freight.Charged, error) {
	if d.pickup() || d.place == nil {
		return freight.Charged{}, nil
	}
	templates := map[int64]freight.Template{}
	items := make([]freight.Item, len(priced.Lines))
	for i, l := range priced.Lines {
		f := facts[l.SKUID]
		items[i] = freight.Item{SKUID: l.SKUID, TemplateID: f.FreightID, Qty: l.Qty, WeightG: f.WeightG, VolumeCM3: f.VolumeCM3, AmountFen: l.PayableFen}
		if f.Freight == "" {
			continue
		}
		t, err := freight.Parse(f.FreightID, f.Freight)
		if err != nil {
			return freight.Charged{}, err
		}
		templates[t.ID] = t
	}
	sent, err := freight.Charge(items, *d.place, templates)
	if errors.Is(err, money.ErrOverflow) {
		err = fault.Invalidf("lines", "the order costs too much")
	}
	return sent, err
}

// problem says why goods cannot be delivered so, or there.
func (d destination) problem(f catalog.Sellable, sent freight.Charged) Problem {
	switch {
	case d.pickup():
		return ""
	case f.Kind == catalog.PickupOnly:
		return ProblemKind
	case slices.Contains(sent.Refused, f.SKUID):
		return ProblemNoDelivery
	}
	return ""
}

// undeliverable refuses a quote with lines that cannot be delivered so, or there.
func (q Quote) undeliverable(facts map[int64]catalog.Sellable) error {
	var bad []BadLine
	var ids []int64
	refused := ErrNoDelivery
	for _, l := range q.Lines {
		if l.Problem == "" {
			continue
		}
		ids = append(ids, l.SKUID)
		bad = append(bad, BadLine{SKUID: l.SKUID, Title: l.Title, Spec: l.Spec, Problem: l.Problem})
		if l.Problem == ProblemKind {
			refused = ErrDeliveryKind
		}
	}
	if bad == nil {
		return nil
	}
	data := map[string]any{"sku_ids": ids, "lines": bad}
	if refused == ErrDeliveryKind {
		data["split"] = splitOf(q.Lines, facts)
	}
	return refused.WithData(data)
}

// splitOf says how the lines could be ordered apart: what a courier can bring, and what has to
// be fetched.
func splitOf(lines []Line, facts map[int64]catalog.Sellable) map[ParcelKind][]int64 {
	split := map[ParcelKind][]int64{}
	for _, l := range lines {
		kind := Express
		if facts[l.SKUID].Kind == catalog.PickupOnly {
			kind = Pickup
		}
		split[kind] = append(split[kind], l.SKUID)
	}
	return split
}

// deliveriesOf are the kinds of delivery that all lines can have: everything can be fetched.
func deliveriesOf(lines []LineInput, facts map[int64]catalog.Sellable) []ParcelKind {
	if slices.ContainsFunc(lines, func(l LineInput) bool { return facts[l.SKUID].Kind == catalog.PickupOnly }) {
		return []ParcelKind{Pickup}
	}
	return []ParcelKind{Express, Pickup}
}

func partsOf(sent freight.Charged) []FreightPart {
	parts := make([]FreightPart, len(sent.Parts))
	for i, p := range sent.Parts {
		parts[i] = FreightPart{Name: p.Name, SKUIDs: p.SKUIDs, FreightFen: p.FreightFen, Free: p.Free, ToFreeFen: p.ToFreeFen}
	}
	return parts
}
