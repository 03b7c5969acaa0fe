package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	maxLines  = 100
	maxQty    = 999
	maxRemark = 200
)

// LineInput is what a buyer wants of one SKU, in pieces. There is no price in it: prices
// come from the catalogue alone.
type LineInput struct {
	SKUID int64
	Qty   int64 // 1 to 999
}

// QuoteInput is what a buyer wants to know the price of.
type QuoteInput struct {
	AppID     tenant.AppID       // the Mini Program that asks
	Lines     []LineInput        // 1 to 100 different SKUs; empty means the selected lines of the cart
	AddressID *int64             // where it would go; nil if not chosen yet
	Delivery  ParcelKind         // empty: Express, or Virtual or Voucher if all of it is
	Slot      delivery.LocalSlot // of Local; zero: none chosen yet
	Coupons   Choice
	Group     Group // that it would join or open
	Exchange  int64 // the offer of the points mall that it is for, with one line of its SKU; 0: none
}

// Quote says what an order would cost now. It holds nothing and promises nothing.
// Goods that cannot be delivered so, or there, are priced all the same, and say it. Faults:
// VALIDATION, NOT_FOUND (the address), SKU_UNAVAILABLE, OUT_OF_STOCK, PURCHASE_LIMIT;
// of an exchange also POINTS_SHORT, MALL_GONE, MALL_LEVEL, MALL_LIMIT.
func (s *Service) Quote(ctx context.Context, id tenant.ID, memberID int64, in QuoteInput) (Quote, error) {
	if err := cmp.Or(checkLines(in.Lines), checkExchange(in.Exchange, in.Lines), in.Group.check(in.Lines, in.Exchange)); err != nil {
		return Quote{}, fmt.Errorf("quote: %w", err)
	}
	if in.Delivery != "" && !slices.Contains(ParcelKinds(), in.Delivery) {
		return Quote{}, fmt.Errorf("quote: %w", fault.Invalidf("delivery.kind", "is not a kind of delivery"))
	}
	if in.AddressID != nil {
		if err := s.addresses.ReadyAddresses(ctx, id); err != nil {
			return Quote{}, fmt.Errorf("quote: %w", err)
		}
	}
	var quote Quote
	to := destination{kind: in.Delivery}
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		pipe := r.Pipeline()
		offered := bid{choice: in.Coupons, exchange: in.Exchange, group: in.Group, at: r.Now()}
		asked := offered.askOf(memberID, in.AppID, in.Lines)
		pipe.AddRead(func(q tenantdb.Querier) error { return s.idle(ctx, q, &asked) })
		if in.AddressID != nil {
			pipe.AddRead(func(q tenantdb.Querier) error {
				a, err := s.addresses.Address(ctx, id, q, memberID, *in.AddressID)
				to.place, to.at = s.locate(a), delivery.Position{Latitude: a.Latitude, Longitude: a.Longitude}
				return err
			})
		}
		if in.Delivery == Local {
			to.now = r.Now()
			pipe.AddRead(func(q tenantdb.Querier) (err error) {
				to.terms, err = s.stores.LocalTerms(ctx, q, in.Slot)
				return err
			})
		}
		var lines []LineInput
		var facts map[int64]catalog.Sellable
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			lines, facts, err = s.wanted(ctx, q, memberID, in.Lines)
			return err
		})
		if err := pipe.Run(ctx); err != nil {
			return err
		}
		if err := s.ask(ctx, pipe, asked, &offered); err != nil {
			return err
		}
		quote, _, err = quoteOf(lines, facts, to.settled(lines, facts), offered)
		return err
	})
	if err != nil {
		return Quote{}, fmt.Errorf("quote: %w", err)
	}
	return quote, nil
}

// checkLines refuses lines that no cart and no stock could make right.
func checkLines(lines []LineInput) error {
	if len(lines) > maxLines {
		return fault.Invalidf("lines", "at most %d lines", maxLines)
	}
	seen := make(map[int64]bool, len(lines))
	for i, l := range lines {
		if l.SKUID < 1 {
			return fault.Invalidf(fmt.Sprintf("lines[%d].sku_id", i), "must be positive")
		}
		if l.Qty < 1 || l.Qty > maxQty {
			return fault.Invalidf(fmt.Sprintf("lines[%d].qty", i), "must be 1 to %d", maxQty)
		}
		if seen[l.SKUID] {
			return fault.Invalidf(fmt.Sprintf("lines[%d].sku_id", i), "is named twice")
		}
		seen[l.SKUID] = true
	}
	return nil
}

// checkExchange: who takes something of the points mall orders that alone.
func checkExchange(offer int64, lines []LineInput) error {
	switch {
	case offer == 0:
		return nil
	case offer < 0:
		return fault.Invalidf("exchange_id", "must be positive")
	case len(lines) != 1:
		return fault.Invalidf("lines", "an exchange has one line, of its SKU")
	}
	return nil
}

// wanted is the given lines, or the selected ones of the cart if there are none, with what
// the catalogue says of them. One statement.
func (s *Service) wanted(ctx context.Context, q tenantdb.Querier, memberID int64, given []LineInput) ([]LineInput, map[int64]catalog.Sellable, error) {
	if len(given) > 0 {
		found, err := s.catalog.Sellables(ctx, q, skuIDs(given))
		return given, byID(found), err
	}
	selected, found, err := s.carts.SelectedTx(ctx, q, memberID)
	lines := make([]LineInput, len(selected))
	for i, l := range selected {
		lines[i] = LineInput{SKUID: l.SKUID, Qty: int64(l.Qty)}
	}
	return lines, byID(found), err
}

func byID(found []catalog.Sellable) map[int64]catalog.Sellable {
	facts := make(map[int64]catalog.Sellable, len(found))
	for _, f := range found {
		facts[f.SKUID] = f
	}
	return facts
}

// quoteOf prices lines by the catalogue's facts. It refuses what cannot be sold: whole,
// naming all of it. What only cannot be delivered is said at its line.
func quoteOf(lines []LineInput, facts map[int64]catalog.Sellable, to destination, offered bid) (Quote, pricing.Breakdown, error) {
	if len(lines) == 0 {
		return Quote{}, pricing.Breakdown{}, fault.Invalidf("lines", "nothing is selected in the cart")
	}
	if len(lines) > maxLines {
		return Quote{}, pricing.Breakdown{}, fault.Invalidf("lines", "at most %d lines", maxLines)
	}
	if err := sellable(lines, facts); err != nil {
		return Quote{}, pricing.Breakdown{}, err
	}
	basket := pricing.Basket{Items: itemsOf(lines, facts)}
	offered.on(&basket)
	if to.kind.codes() {
		for i, r := range basket.Rules {
			if r.Kind == pricing.KindGift && r.Unfit == "" {
				basket.Rules[i].Unfit = ReasonNotSent
			}
		}
	}
	priced, err := price(basket)
	if err != nil {
		return Quote{}, priced, err
	}
	exchange, err := offered.exchanged(priced)
	if err != nil {
		return Quote{}, priced, err
	}
	if err := offered.grouped(priced, to); err != nil {
		return Quote{}, priced, err
	}
	sent, err := to.charge(priced, facts)
	if err != nil {
		return Quote{}, priced, err
	}
	basket.FreightFen = sent.FreightFen
	if priced, err = price(basket); err != nil {
		return Quote{}, priced, err
	}
	quote := Quote{
		Local: to.fit(priced),
		Lines: make([]Line, len(lines)), GoodsFen: priced.GoodsFen, DiscountFen: priced.DiscountFen,
		FreightFen: priced.FreightFen, PayableFen: priced.PayableFen, QuoteHash: seal(priced),
		Freight: partsOf(sent), FreightKnown: to.known(), Delivery: to.kind, Deliveries: deliveriesOf(lines, facts),
		FreightOffs: offered.offsOf(priced, pricing.OfFreight), FreightOffFen: priced.FreightOffFen, Offers: offered.offersOf(priced), Refused: offered.refused(priced), Points: offered.pointsOf(priced), Exchange: exchange, Gifts: offered.giftsOf(priced),
	}
	for i, p := range priced.Lines {
		f := facts[p.SKUID]
		quote.Lines[i] = Line{
			SPUID: f.SPUID, SKUID: f.SKUID, Title: f.Title, Spec: f.Spec, Picture: f.Picture, PriceFen: p.PriceFen,
			Qty: p.Qty, GoodsFen: p.GoodsFen, DiscountFen: p.DiscountFen, PayableFen: p.PayableFen, Snapshot: f.Snapshot,
			Problem: to.problem(f, sent), Offs: offered.offsOf(priced, i),
		}
	}
	return quote, priced, nil
}

func price(basket pricing.Basket) (pricing.Breakdown, error) {
	priced, err := pricing.Quote(basket)
	if errors.Is(err, pricing.ErrTooMuch) {
		err = fault.Invalidf("lines", "the order costs too much")
	}
	return priced, err
}
