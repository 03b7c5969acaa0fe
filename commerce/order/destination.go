package order

import (
	"errors"
	"slices"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/division"
	"galleria/commerce/freight"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
)

// destination is how an order is to reach its buyer, and where.
type destination struct {
	kind  ParcelKind      // empty: not said, see settled
	place *division.Place // nil: not chosen yet

	// Of local delivery: where on the map it is, and what the shop asks.
	at    delivery.Position
	terms delivery.LocalTerms
	now   time.Time
}

// sent says whether a courier brings it, so that there has to be an address.
func (d destination) sent() bool { return d.kind == Express || d.kind == Local }

// known says whether the freight is final.
func (d destination) known() bool { return !d.sent() || d.place != nil }

// settled says how goods go of which nobody said it: by courier, but what can only be had as
// codes is had so.
func (d destination) settled(lines []LineInput, facts map[int64]catalog.Sellable) destination {
	if d.kind == "" {
		d.kind = Express
		if ways := deliveriesOf(lines, facts); len(ways) == 1 && ways[0].codes() {
			d.kind = ways[0]
		}
	}
	return d
}

// locate finds the division of an address.
func (s *Service) locate(a member.Address) *division.Place {
	place := s.divisions.Locate(division.Named{Code: a.DivisionCode, Province: a.Province, City: a.City, District: a.District})
	return &place
}

// fit is what the shop's terms say of bringing priced lines; nil for any other way, and while
// there is no address.
func (d destination) fit(priced pricing.Breakdown) *delivery.LocalFit {
	switch {
	case d.kind != Local:
		return nil
	case d.place == nil && d.terms.Active:
		return new(delivery.LocalFit)
	case d.place == nil:
		return &delivery.LocalFit{Reason: delivery.LocalOff}
	}
	var goods money.Fen
	for _, l := range priced.Lines {
		goods += l.PayableFen
	}
	return new(d.terms.Fit(*d.place, d.at, goods, d.now))
}

// charge computes the freight of priced lines: none for what is fetched, handed out as a code
// or has no address yet. What the shop brings itself has a fee of its own.
func (d destination) charge(priced pricing.Breakdown, facts map[int64]catalog.Sellable) (freight.Charged, error) {
	if !d.sent() || d.place == nil {
		return freight.Charged{}, nil
	}
	if fit := d.fit(priced); fit != nil {
		part := freight.Part{Name: delivery.LocalName, FreightFen: fit.FeeFen, Free: fit.Free, ToFreeFen: fit.ToFreeFen}
		for _, l := range priced.Lines {
			part.SKUIDs = append(part.SKUIDs, l.SKUID)
		}
		return freight.Charged{FreightFen: fit.FeeFen, Parts: []freight.Part{part}}, nil
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
	case slices.Contains(waysOf(f.Kind), d.kind):
	case waysOf(f.Kind)[0] == Pickup:
		return ProblemKind
	default:
		return ProblemWay
	}
	if slices.Contains(sent.Refused, f.SKUID) {
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
		if l.Problem != ProblemNoDelivery {
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

// splitOf says how the lines could be ordered apart: what a courier can bring, what has to be
// fetched, and what is handed out as codes of either kind.
func splitOf(lines []Line, facts map[int64]catalog.Sellable) map[ParcelKind][]int64 {
	split := map[ParcelKind][]int64{}
	for _, l := range lines {
		kind := waysOf(facts[l.SKUID].Kind)[0]
		split[kind] = append(split[kind], l.SKUID)
	}
	return split
}

// waysOf are the ways in which goods of a kind can be had, the usual one first: what is sent
// can be brought or fetched, too, where the shop does that; codes are neither. Vouchers and
// cards are two ways, because an order of cards has ended with its payment.
func waysOf(kind catalog.Kind) []ParcelKind {
	switch kind {
	case catalog.VirtualCard:
		return []ParcelKind{Virtual}
	case catalog.Voucher:
		return []ParcelKind{Voucher}
	case catalog.PickupOnly:
		return []ParcelKind{Pickup}
	case catalog.Physical:
	}
	return []ParcelKind{Express, Local, Pickup}
}

// deliveriesOf are the ways in which all lines can be had together; it is never nil.
func deliveriesOf(lines []LineInput, facts map[int64]catalog.Sellable) []ParcelKind {
	return slices.DeleteFunc(ParcelKinds(), func(k ParcelKind) bool {
		return slices.ContainsFunc(lines, func(l LineInput) bool { return !slices.Contains(waysOf(facts[l.SKUID].Kind), k) })
	})
}

func partsOf(sent freight.Charged) []FreightPart {
	parts := make([]FreightPart, len(sent.Parts))
	for i, p := range sent.Parts {
		parts[i] = FreightPart{Name: p.Name, SKUIDs: p.SKUIDs, FreightFen: p.FreightFen, Free: p.Free, ToFreeFen: p.ToFreeFen}
	}
	return parts
}
