package order

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
)

// MaxQuoteHash is the length that a quote's hash can have, characters: 100 lines of numbers
// of at most ten bytes.
const MaxQuoteHash = 8000

// seal is a quote's hash with the amounts behind it: what makes the two comparable later,
// without a row for every quote. Whoever changes the amounts deceives nobody but himself: they
// are only ever shown to him, next to those that count.
func seal(b pricing.Breakdown) string {
	raw := binary.AppendUvarint(nil, uint64(len(b.Lines)))
	for _, l := range b.Lines {
		for _, n := range []int64{l.SKUID, l.Qty, int64(l.PriceFen), int64(l.DiscountFen)} {
			raw = binary.AppendUvarint(raw, uint64(n))
		}
	}
	raw = binary.AppendUvarint(raw, uint64(b.FreightFen))
	return b.Hash + "." + base64.RawURLEncoding.EncodeToString(raw)
}

// hashOf is the part of a sealed quote that is compared.
func hashOf(sealed string) string {
	hash, _, _ := strings.Cut(sealed, ".")
	return hash
}

// seen are the amounts that a buyer has confirmed.
type seen struct {
	lines               map[int64]LineAmounts
	order               []int64
	goods, freight, sum money.Fen
}

// unseal reads the amounts of a sealed quote; false if it holds none that can be.
func unseal(sealed string) (seen, bool) {
	hash, text, _ := strings.Cut(sealed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(hash) != pricing.HashLen || len(sealed) > MaxQuoteHash {
		return seen{}, false
	}
	ok := true
	next := func() int64 {
		n, size := binary.Uvarint(raw)
		if size <= 0 || n > uint64(1)<<62 {
			ok = false
			return 0
		}
		raw = raw[size:]
		return int64(n)
	}
	s := seen{lines: map[int64]LineAmounts{}}
	for n := next(); n > 0 && n <= maxLines && ok; n-- {
		id := next()
		l := LineAmounts{Qty: next(), PriceFen: money.Fen(next()), DiscountFen: money.Fen(next())}
		goods, err := l.PriceFen.Mul(l.Qty)
		if err != nil || goods > pricing.MaxPayable || l.DiscountFen > goods {
			return seen{}, false
		}
		l.PayableFen = goods - l.DiscountFen
		s.goods, s.sum = s.goods+goods, s.sum+l.PayableFen
		s.lines[id], s.order = l, append(s.order, id)
	}
	s.freight = money.Fen(next())
	s.sum += min(s.freight, pricing.MaxPayable)
	return s, ok && len(raw) == 0 && len(s.lines) > 0
}

// LineAmounts is a line of a quote.
type LineAmounts struct {
	Qty         int64     `json:"qty"`
	PriceFen    money.Fen `json:"price_fen"`
	DiscountFen money.Fen `json:"discount_fen"`
	PayableFen  money.Fen `json:"payable_fen"`
}

// LineChange is what became of a line since the buyer saw it; Before is nil for a new one,
// After for one that is no longer there.
type LineChange struct {
	SKUID  int64        `json:"sku_id"`
	Title  string       `json:"title"` // empty for one that is no longer there
	Before *LineAmounts `json:"before"`
	After  *LineAmounts `json:"after"`
}

// Changed is an amount that is not what the buyer saw.
type Changed struct {
	BeforeFen money.Fen `json:"before_fen"`
	AfterFen  money.Fen `json:"after_fen"`
}

// Changes is what became of the quote that a buyer saw. Without its hash only the sum is
// known.
type Changes struct {
	Lines   []LineChange `json:"lines"`
	Goods   *Changed     `json:"goods,omitempty"`
	Freight *Changed     `json:"freight,omitempty"`
	Payable *Changed     `json:"payable,omitempty"`
}

// changesTo compares what the buyer has confirmed with what it would cost now.
func (in PlaceInput) changesTo(now Quote, facts map[int64]catalog.Sellable) Changes {
	out := Changes{Lines: []LineChange{}}
	old, ok := unseal(in.QuoteHash)
	if !ok {
		if in.ExpectedPayableFen != 0 {
			out.Payable = changed(in.ExpectedPayableFen, now.PayableFen)
		}
		return out
	}
	there := map[int64]bool{}
	for _, l := range now.Lines {
		there[l.SKUID] = true
		after := LineAmounts{Qty: l.Qty, PriceFen: l.PriceFen, DiscountFen: l.DiscountFen, PayableFen: l.PayableFen}
		before, known := old.lines[l.SKUID]
		switch {
		case !known:
			out.Lines = append(out.Lines, LineChange{SKUID: l.SKUID, Title: l.Title, After: &after})
		case before != after:
			out.Lines = append(out.Lines, LineChange{SKUID: l.SKUID, Title: l.Title, Before: &before, After: &after})
		}
	}
	for _, id := range old.order {
		if before := old.lines[id]; !there[id] {
			out.Lines = append(out.Lines, LineChange{SKUID: id, Title: facts[id].Title, Before: &before})
		}
	}
	out.Goods, out.Freight, out.Payable = changed(old.goods, now.GoodsFen), changed(old.freight, now.FreightFen), changed(old.sum, now.PayableFen)
	return out
}

func changed(before, after money.Fen) *Changed {
	if before == after {
		return nil
	}
	return &Changed{BeforeFen: before, AfterFen: after}
}
