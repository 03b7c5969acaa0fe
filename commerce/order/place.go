package order

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// PlaceInput is a buyer's order.
type PlaceInput struct {
	MemberID  int64
	AppID     tenant.AppID // the Mini Program it was placed in
	Lines     []LineInput  // 1 to 100 different SKUs; empty means the selected lines of the cart, which then leave it
	AddressID int64
	Remark    string // at most 200 characters
	Test      bool   // the shop is not open yet: the order proves its setup, see MarkTest
	// QuoteHash is the quote the buyer has seen. ExpectedPayableFen is its sum; it is
	// compared if it is not 0, or if there is no hash.
	QuoteHash          string
	ExpectedPayableFen money.Fen
	// Delivery is Express unless it is said, or Virtual or Voucher if all of it is; Pickup needs a store,
	// Local a slot, and only Express and Local an address.
	Delivery ParcelKind
	StoreID  int64
	Slot     delivery.LocalSlot
	Coupons  Choice
	Exchange int64 // as in QuoteInput
	Group    Group
	Key      idempotency.Key
	// With joins what is written, after the order's own row; nil: nothing does.
	With func(ctx context.Context, tx tenantdb.Tx, orderNo string) error
}

// Place makes an order: it prices the lines, compares with what the buyer has confirmed,
// and holds the goods until the shop's time to pay is over. An order that costs nothing is
// paid at once. A repeat with the same key returns the first answer, and replayed is true,
// whatever has become of prices, stock and address since.
//
// Faults: VALIDATION, NOT_FOUND (the address), SKU_UNAVAILABLE, OUT_OF_STOCK,
// PRICE_CHANGED, PURCHASE_LIMIT, LOCAL_DELIVERY, COUPON_UNAVAILABLE, COUPON_BUDGET, CAMPAIGN_BUDGET, GROUP_GONE, GROUP_FULL, GROUP_MINE, GROUP_LIMIT, POINTS_SHORT, MALL_GONE, MALL_LEVEL, MALL_LIMIT, NO_DELIVERY, DELIVERY_KIND, OPEN_ORDERS, MEMBER_BLOCKED, MEMBER_LEAVING, SHOP_NOT_TAKING_ORDERS, IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_MISMATCH,
// IDEMPOTENCY_IN_PROGRESS.
func (s *Service) Place(ctx context.Context, id tenant.ID, in PlaceInput) (placed Placed, replayed bool, err error) {
	if err := in.check(); err != nil {
		return Placed{}, false, fmt.Errorf("place order: %w", err)
	}
	if in.AddressID > 0 {
		if err := s.addresses.ReadyAddresses(ctx, id); err != nil {
			return Placed{}, false, fmt.Errorf("place order: %w", err)
		}
	}
	full := s.places.Take(ctx, id)
	if full != nil && !errors.Is(full, plan.ErrQuota) {
		return Placed{}, false, fmt.Errorf("place order: %w", full)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p := &placing{Service: s, id: id, in: in, now: tx.Now(), full: full, to: destination{kind: in.Delivery}, bid: bid{choice: in.Coupons, exchange: in.Exchange, group: in.Group, at: tx.Now()}}
		if err := p.run(ctx, tx); err != nil {
			return err
		}
		placed, replayed = p.placed, !p.fresh
		return nil
	})
	if full == nil && (replayed || notPlaced(err)) {
		s.places.GiveBack(id)
	}
	if err != nil {
		return Placed{}, false, fmt.Errorf("place order: %w", err)
	}
	return placed, replayed, nil
}

// notPlaced reports an error after which it is certain that no order was made; an answer of
// the database that was lost is none.
func notPlaced(err error) bool {
	if err == nil {
		return false
	}
	kind := fault.KindOf(err)
	return kind != fault.Unavailable && kind != fault.Internal
}

func (in PlaceInput) check() error {
	if in.Key.Value == "" {
		return idempotency.ErrMissing
	}
	if !utf8.ValidString(in.Remark) || strings.ContainsRune(in.Remark, 0) || utf8.RuneCountInString(in.Remark) > maxRemark {
		return fault.Invalidf("remark", "at most %d characters", maxRemark)
	}
	switch {
	case len(in.QuoteHash) > MaxQuoteHash:
		return fault.Invalidf("quote_hash", "at most %d characters", MaxQuoteHash)
	case in.Exchange != 0 && in.QuoteHash == "":
		return fault.Invalidf("quote_hash", "an exchange names its quote")
	case in.Delivery != "" && !slices.Contains(ParcelKinds(), in.Delivery):
		return fault.Invalidf("delivery.kind", "is not a kind of delivery")
	case (in.Delivery == Pickup) != (in.StoreID != 0):
		return fault.Invalidf("delivery.store_id", "goes with pickup, and only with it")
	case (in.Delivery == Local) != (in.Slot != delivery.LocalSlot{}):
		return fault.Invalidf("delivery.slot_id", "goes with local delivery, and only with it")
	}
	return cmp.Or(checkLines(in.Lines), checkExchange(in.Exchange, in.Lines), in.Group.check(in.Lines, in.Exchange))
}

// placing is one run of Place. Its steps share round trips: what they read is compared and
// priced when all of it is there.
type placing struct {
	*Service
	id    tenant.ID
	in    PlaceInput
	now   time.Time
	lines []LineInput
	full  error // the shop has no place for another order; a repeat is answered all the same

	facts      map[int64]catalog.Sellable
	address    member.Address
	addressErr error
	to         destination
	terms      orderdb.TermsRow
	unpaidTTL  time.Duration
	memberErr  error

	bid bid

	asking bool // the rooms have been asked for their rules, which takes a round trip
	fresh  bool // the key is new
	quote  Quote
	priced pricing.Breakdown
	placed Placed
}

// run: one round trip for what must be known and for the key, one for the rules of the rooms that
// have any, one for all that is written, the stock last, between BEGIN and COMMIT.
func (p *placing) run(ctx context.Context, tx tenantdb.Tx) error {
	pipe := tx.Pipeline()
	if p.in.AddressID != 0 && !p.in.Delivery.codes() {
		pipe.AddRead(func(q tenantdb.Querier) error { return p.readAddress(ctx, q) })
	}
	if p.in.Delivery == Pickup {
		pipe.AddRead(func(q tenantdb.Querier) error { return p.readStore(ctx, q) })
	}
	if p.in.Delivery == Local {
		p.to.now = p.now
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			p.to.terms, err = p.stores.LocalTerms(ctx, q, p.in.Slot)
			return err
		})
	}
	pipe.AddRead(func(q tenantdb.Querier) error { return p.readTerms(ctx, q) })
	asked := p.bid.askOf(p.in.MemberID, p.in.AppID, p.in.Lines)
	pipe.AddRead(func(q tenantdb.Querier) error { return p.idle(ctx, q, &asked) })
	pipe.AddRead(func(q tenantdb.Querier) (err error) {
		p.lines, p.facts, err = p.wanted(ctx, q, p.in.MemberID, p.in.Lines)
		return err
	})
	pipe.Add(func(tx tenantdb.Tx) (err error) {
		// Added last: when the key turns out to be new, the facts are there.
		p.placed, _, err = idempotency.Do(ctx, tx, p.in.Key, func() (Placed, error) {
			if !asked.Idle.All() {
				p.asking = true
				if err := p.ask(ctx, tx.Pipeline(), asked, &p.bid); err != nil {
					return Placed{}, err
				}
			}
			return p.decide()
		})
		return err
	})
	if err := pipe.Step(ctx); err != nil {
		return err
	}
	if p.asking {
		if err := pipe.Step(ctx); err != nil {
			return err
		}
	}
	if p.fresh {
		if err := p.write(ctx, pipe); err != nil {
			return err
		}
	}
	if err := pipe.Run(ctx); err != nil {
		return err
	}
	if p.fresh && p.quote.PayableFen == 0 {
		_, err := p.MarkPaidTx(ctx, tx, PaidInput{OrderNo: p.placed.OrderNo, PaidAt: p.now})
		return err
	}
	return nil
}

func (p *placing) fromCart() bool { return len(p.in.Lines) == 0 }

// readAddress keeps a missing address for decide: a repeat must be answered even if the
// address is gone by then.
func (p *placing) readAddress(ctx context.Context, q tenantdb.Querier) (err error) {
	p.address, err = p.addresses.Address(ctx, p.id, q, p.in.MemberID, p.in.AddressID)
	if errors.Is(err, fault.ErrNotFound) {
		p.addressErr, err = err, nil
	}
	p.to.place, p.to.at = p.locate(p.address), delivery.Position{Latitude: p.address.Latitude, Longitude: p.address.Longitude}
	return err
}

// readStore keeps a store that is gone for decide, as readAddress does.
func (p *placing) readStore(ctx context.Context, q tenantdb.Querier) error {
	err := p.stores.CheckOpen(ctx, q, p.in.StoreID)
	if f := fault.KindOf(err); err != nil && (f == fault.NotFound || f == fault.Conflict) {
		p.addressErr, err = err, nil
	}
	return err
}

func (p *placing) readTerms(ctx context.Context, q tenantdb.Querier) error {
	buyer := fmt.Sprintf("order:%s:%d", p.id, p.in.MemberID)
	var err error
	p.terms, err = p.q.Terms(ctx, q, p.in.MemberID, buyer)
	p.unpaidTTL = time.Duration(p.terms.UnpaidTtlSeconds) * time.Second
	p.memberErr = member.MayOrder(p.terms.MemberStatus)
	return err
}

// decide says what the order will be. It runs once per key and touches no row; write does,
// while the key's result is still on its way.
func (p *placing) decide() (Placed, error) {
	p.fresh = true
	if p.memberErr != nil {
		return Placed{}, p.memberErr
	}
	if p.full != nil {
		return Placed{}, ErrNotTaking.Because(p.full)
	}
	p.to = p.to.settled(p.lines, p.facts)
	switch {
	case p.to.sent() && p.in.AddressID == 0:
		return Placed{}, fault.Invalidf("address_id", "is required for what is sent")
	case p.addressErr != nil && !p.to.kind.codes():
		return Placed{}, p.addressErr
	}
	var err error
	if p.quote, p.priced, err = quoteOf(p.lines, p.facts, p.to, p.bid); err != nil {
		return Placed{}, err
	}
	if len(p.quote.Refused) > 0 {
		return Placed{}, coupon.ErrUnavailable.WithData(map[string]any{"coupon_ids": p.quote.Refused, "quote": p.quote})
	}
	if err := p.quote.undeliverable(p.facts); err != nil {
		return Placed{}, err
	}
	if fit := p.quote.Local; fit != nil && fit.Reason != delivery.LocalFits {
		return Placed{}, delivery.ErrLocal.WithData(map[string]any{"reason": fit.Reason, "need_fen": fit.NeedFen})
	}
	if !p.in.confirms(p.quote) {
		return Placed{}, ErrPriceChanged.WithData(map[string]any{"quote": p.quote, "changes": p.in.changesTo(p.quote, p.facts)})
	}
	to, err := Next(None, EventPlace, Member)
	if err == nil && p.quote.PayableFen == 0 {
		to, err = Next(to, EventPay, System)
	}
	p.placed = Placed{
		OrderNo: newOrderNo(p.now), Status: to, PayableFen: p.quote.PayableFen, PlacedAt: p.now, ExpiresAt: p.now.Add(p.unpaidTTL),
	}
	return p.placed, err
}

func (in PlaceInput) confirms(q Quote) bool {
	if in.QuoteHash != "" && hashOf(in.QuoteHash) != hashOf(q.QuoteHash) {
		return false
	}
	return in.ExpectedPayableFen == q.PayableFen || (in.ExpectedPayableFen == 0 && in.QuoteHash != "")
}

// write adds the steps of the second round trip, the stock last: its rows are what other
// buyers wait for. What an order uses to be cheaper takes a round trip before that.
func (p *placing) write(ctx context.Context, pipe *tenantdb.Pipeline) error {
	no, actor := p.placed.OrderNo, actorOf(Member, p.in.MemberID)
	pipe.Add(func(tx tenantdb.Tx) error { return p.insert(ctx, tx, actor) })
	pipe.Add(func(tx tenantdb.Tx) error {
		write := p.outbox.Record // a fact that nobody waits for
		if p.terms.Followed {
			write = p.outbox.Append
		}
		return write(ctx, tx, TopicPlaced, no, PlacedEvent{OrderNo: no, MemberID: p.in.MemberID, PayableFen: p.quote.PayableFen})
	})
	pipe.Add(func(tx tenantdb.Tx) error { return p.figures.NoteOrderTx(ctx, tx, no) })
	if p.in.With != nil {
		pipe.Add(func(tx tenantdb.Tx) error { return p.in.With(ctx, tx, no) })
	}
	if p.quote.PayableFen > 0 {
		pipe.Add(func(tx tenantdb.Tx) error {
			return p.timers.Set(ctx, tx, TopicExpire, no, p.placed.ExpiresAt, ClosingEvent{OrderNo: no})
		})
	}
	if limited := limitedLines(p.quote.Lines, p.facts); limited != nil {
		pipe.Add(func(tx tenantdb.Tx) error { return p.count(ctx, tx, limited) })
	}
	if p.fromCart() {
		pipe.Add(func(tx tenantdb.Tx) error { return p.carts.RemoveTx(ctx, tx, p.in.MemberID, skuIDs(p.lines)) })
	}
	if p.to.kind == Local {
		pipe.Add(func(tx tenantdb.Tx) error { return p.stores.BookTx(ctx, tx, no, p.in.Slot) })
	}
	if p.hold(ctx, pipe) {
		if err := pipe.Step(ctx); err != nil {
			return err
		}
	}
	pipe.Add(func(tx tenantdb.Tx) error {
		return p.inventory.ReserveTx(ctx, tx, no, p.held(), actor)
	})
	return nil
}

func (p *placing) insert(ctx context.Context, tx tenantdb.Tx, actor string) error {
	a := p.address
	if p.to.kind.codes() {
		a = member.Address{} // it goes nowhere: what the order need not know, it does not keep
	}
	where, err := p.keep(ctx, p.id, p.placed.OrderNo, Address{
		Name: a.Name, Phone: a.Phone, Province: a.Province, City: a.City,
		District: a.District, DivisionCode: a.DivisionCode, Detail: a.Detail,
	})
	if err != nil {
		return fmt.Errorf("keep the address: %w", err)
	}
	row := orderdb.PlaceParams{
		OrderNo: p.placed.OrderNo, MemberID: p.in.MemberID, AppID: p.in.AppID.String(), Status: string(PendingPayment),
		GoodsFen: p.quote.GoodsFen, DiscountFen: p.quote.DiscountFen, FreightFen: p.quote.FreightFen, PayableFen: p.quote.PayableFen,
		Delivery: string(p.to.kind), Address: where.address, Receiver: where.receiver, ReceiverIndex: where.index, Remark: p.in.Remark, ExpiresAt: p.placed.ExpiresAt, PlacedAt: p.placed.PlacedAt, Test: p.in.Test,
		Event: string(EventPlace), Actor: actor, MaxOpenOrders: p.terms.MaxOpenOrders, MaxOpenPieces: p.terms.MaxOpenPieces,
	}
	if p.in.Delivery == Pickup {
		code, err := newPickupCode()
		if err != nil {
			return fmt.Errorf("make a pickup code: %w", err)
		}
		row.StoreID, row.PickupCode = &p.in.StoreID, &code
	}
	if p.in.Group.CampaignID != 0 {
		row.GroupState = new(groupWaits)
	}
	if p.to.kind == Local {
		row.StoreID, row.SlotFrom, row.SlotUntil = &p.to.terms.StoreID, &p.to.terms.From, &p.to.terms.Until
	}
	for _, l := range p.quote.Lines {
		row.SpuIds, row.SkuIds = append(row.SpuIds, l.SPUID), append(row.SkuIds, l.SKUID)
		row.Titles, row.Specs, row.Pictures = append(row.Titles, l.Title), append(row.Specs, l.Spec), append(row.Pictures, l.Picture)
		row.PricesFen, row.Qtys = append(row.PricesFen, int64(l.PriceFen)), append(row.Qtys, l.Qty)
		row.Pieces += l.Qty
		row.LinesGoodsFen = append(row.LinesGoodsFen, int64(l.GoodsFen))
		row.LinesDiscountFen = append(row.LinesDiscountFen, int64(l.DiscountFen))
		row.LinesPayableFen = append(row.LinesPayableFen, int64(l.PayableFen))
		row.Snapshots, row.Counted = append(row.Snapshots, l.Snapshot), append(row.Counted, p.facts[l.SKUID].Limits.MaxLifetime > 0)
		row.Gifts = append(row.Gifts, false)
	}
	for _, g := range p.priced.Gifts {
		row.SpuIds, row.SkuIds = append(row.SpuIds, g.SPUID), append(row.SkuIds, g.SKUID)
		row.Titles, row.Specs, row.Pictures = append(row.Titles, g.Title), append(row.Specs, g.Spec), append(row.Pictures, g.Picture)
		row.PricesFen, row.Qtys, row.Gifts = append(row.PricesFen, 0), append(row.Qtys, g.Qty), append(row.Gifts, true)
		row.LinesGoodsFen, row.LinesDiscountFen, row.LinesPayableFen = append(row.LinesGoodsFen, 0), append(row.LinesDiscountFen, 0), append(row.LinesPayableFen, 0)
		row.Snapshots, row.Counted = append(row.Snapshots, g.Snapshot), append(row.Counted, false)
	}
	n, err := p.q.Place(ctx, tx, row)
	if err == nil && n == 0 {
		return ErrOpenOrders.WithData(map[string]any{"max_orders": row.MaxOpenOrders, "max_pieces": row.MaxOpenPieces})
	}
	return err
}

func skuIDs(lines []LineInput) []int64 {
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.SKUID
	}
	return ids
}

// newOrderNo is the second in Beijing and 50 random bits: it sorts by time, tells nobody
// how much a shop sells, cannot be guessed, and needs no counter that could be lost.
func newOrderNo(now time.Time) string {
	const beijing = 8 * 60 * 60
	return now.In(time.FixedZone("Asia/Shanghai", beijing)).Format("060102150405") + rand.Text()[:10]
}

// actorOf is how a person stands in the timeline and in stock movements.
func actorOf(kind Actor, id int64) string { return fmt.Sprintf("%s:%d", kind, id) }
