package pricing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/money"
)

// MaxPayable is the most one order may cost: 100,000,000 yuan. It is far above a provider's
// limit and far below what could overflow anywhere downstream.
const MaxPayable money.Fen = 10_000_000_000

// HashLen is the length of a breakdown's hash.
const HashLen = 32

var (
	// ErrEmpty is a basket without items.
	ErrEmpty = errors.New("pricing: empty basket")
	// ErrItem is an item with a quantity below 1 or a price below 0, or a freight below 0.
	ErrItem = errors.New("pricing: quantity must be positive, price and freight not negative")
	// ErrTooMuch is a basket that costs more than MaxPayable.
	ErrTooMuch = errors.New("pricing: amount too large")
)

// Item is a quantity of one SKU at its present price.
type Item struct {
	SKUID      int64
	SPUID      int64
	Categories []int64 // of the product: its own and those above
	PriceFen   money.Fen
	Qty        int64
}

// Basket is what is to be priced.
type Basket struct {
	Items      []Item
	FreightFen money.Fen // of all of it, before rules; not negative

	Rules          []Rule    // those that may count; each one is answered
	At             time.Time // now
	Matrix         Matrix    // nil: DefaultMatrix
	Coupon         Choice
	ShippingCoupon Choice
}

// Line is one item with its amounts; GoodsFen = PriceFen × Qty, PayableFen = GoodsFen −
// DiscountFen.
type Line struct {
	SKUID       int64
	PriceFen    money.Fen
	Qty         int64
	GoodsFen    money.Fen
	DiscountFen money.Fen
	PayableFen  money.Fen
}

// Breakdown is a priced basket, its lines in the basket's order.
type Breakdown struct {
	Lines       []Line
	GoodsFen    money.Fen
	DiscountFen money.Fen
	FreightFen  money.Fen // charged
	PayableFen  money.Fen

	// Adjustments is what each rule took off each line and off the freight. Those of a line add
	// up to its discount, those of the freight to FreightOffFen.
	Adjustments   []Adjustment
	FreightOffFen money.Fen
	Points        int64    // that pay for a part
	Exchanged     int64    // that prices of the mall cost
	Answers       []Answer // what became of each rule, in the basket's order
	Gifts         []Given  // that come with it; they cost nothing
	// Hash names this breakdown: HashLen hex digits, equal if and only if all SKUs, quantities,
	// amounts and adjustments are equal and in the same order.
	Hash string
}

// Quote prices a basket: what the items cost, then the order, then the delivery, then what
// points pay. Errors: ErrEmpty, ErrItem, ErrTooMuch (also for amounts that no int64 could
// hold).
func Quote(b Basket) (Breakdown, error) {
	if len(b.Items) == 0 {
		return Breakdown{}, ErrEmpty
	}
	if b.FreightFen < 0 {
		return Breakdown{}, ErrItem
	}
	if b.FreightFen > MaxPayable {
		return Breakdown{}, ErrTooMuch
	}
	q := Breakdown{Lines: make([]Line, len(b.Items)), FreightFen: b.FreightFen}
	for i, it := range b.Items {
		line, err := priceLine(it)
		if err != nil {
			return Breakdown{}, fmt.Errorf("item %d: %w", i, err)
		}
		q.Lines[i] = line
		q.GoodsFen += line.GoodsFen // both are at most MaxPayable, so this cannot overflow
		if q.GoodsFen > MaxPayable {
			return Breakdown{}, ErrTooMuch
		}
	}
	q.apply(b)
	q.PayableFen = q.GoodsFen - q.DiscountFen + q.FreightFen
	if q.PayableFen > MaxPayable {
		return Breakdown{}, ErrTooMuch
	}
	q.Hash = q.hash()
	return q, nil
}

// apply goes through the stages.
func (q *Breakdown) apply(b Basket) {
	if len(b.Rules) == 0 {
		return
	}
	e := newEngine(b)
	s := state{left: make([]money.Fen, len(q.Lines)), marks: make([][]Ref, len(q.Lines)), freight: b.FreightFen}
	for i, l := range q.Lines {
		s.left[i] = l.GoodsFen
	}
	var c course
	e.items(&s)
	c.items = s.clone()
	s, c.coupons = e.order(s)
	e.gifts(&s, c.items)
	c.goods = s.clone()
	c.freight = e.delivery(&s)
	c.sent = s.clone()
	e.pay(&s)
	c.final = s
	q.Adjustments, q.Points, q.Exchanged, q.Answers, q.Gifts = s.adjustments, s.points, s.exchanged, e.answers(c), s.gifts
	q.FreightFen, q.FreightOffFen = s.freight, b.FreightFen-s.freight
	for i := range q.Lines {
		l := &q.Lines[i]
		l.PayableFen = s.left[i]
		l.DiscountFen = l.GoodsFen - l.PayableFen
		q.DiscountFen += l.DiscountFen
	}
}

func priceLine(it Item) (Line, error) {
	if it.Qty < 1 || it.PriceFen < 0 {
		return Line{}, ErrItem
	}
	goods, err := it.PriceFen.Mul(it.Qty)
	if err != nil || goods > MaxPayable {
		return Line{}, ErrTooMuch
	}
	return Line{SKUID: it.SKUID, PriceFen: it.PriceFen, Qty: it.Qty, GoodsFen: goods, PayableFen: goods}, nil
}

func (q Breakdown) hash() string {
	text := []byte("quote/2")
	number := func(n int64) { text = strconv.AppendInt(append(text, ' '), n, 10) }
	for _, l := range q.Lines {
		number(l.SKUID)
		number(l.Qty)
		number(int64(l.PriceFen))
		number(int64(l.DiscountFen))
	}
	number(int64(q.FreightFen))
	number(int64(q.PayableFen))
	number(q.Points)
	if q.Exchanged > 0 { // other quotes keep the hash that they had
		number(q.Exchanged)
	}
	for _, g := range q.Gifts {
		text = append(text, " gift"...)
		number(g.ID)
		number(g.Version)
		number(g.SKUID)
		number(g.Qty)
	}
	for _, a := range q.Adjustments {
		text = append(append(text, ' '), a.Kind...)
		number(a.ID)
		number(a.Version)
		number(int64(a.Line))
		number(int64(a.OffFen))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:HashLen/2])
}
