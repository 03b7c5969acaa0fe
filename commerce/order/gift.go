package order

import (
	"context"
	"maps"

	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// ReasonNotSent is why no gift comes with an order: nothing is sent, it is handed out as codes.
const ReasonNotSent pricing.Reason = "not_sent"

// Gift is what comes with an order and costs nothing. Unless it stays, it goes back with the
// goods: a return or a refund that leaves less than NeedFen or NeedQty of what it was given for
// takes what there is of the gift with it.
type Gift struct {
	CampaignID int64     `json:"campaign_id"`
	Title      string    `json:"title"` // of the campaign
	LineID     int64     `json:"line_id,omitempty"`
	SKUID      int64     `json:"sku_id,omitempty"` // of a quote, as the following
	SPUID      int64     `json:"spu_id,omitempty"`
	Product    string    `json:"product,omitempty"`
	Spec       string    `json:"spec,omitempty"`
	Picture    string    `json:"picture,omitempty"`
	Qty        int64     `json:"qty,omitempty"`
	ValueFen   money.Fen `json:"value_fen"` // of all pieces, regularly
	NeedFen    money.Fen `json:"need_fen"`
	NeedQty    int64     `json:"need_qty"`
	Stays      bool      `json:"stays"`
}

// worth is an amount for so many pieces; a gift is never worth more than an order may cost.
func worth(piece money.Fen, qty int64) money.Fen {
	all, err := piece.Mul(qty)
	if err != nil {
		return pricing.MaxPayable
	}
	return min(all, pricing.MaxPayable)
}

// giftsOf are what comes with a quote.
func (b bid) giftsOf(priced pricing.Breakdown) []Gift {
	var gifts []Gift
	for _, g := range priced.Gifts {
		gifts = append(gifts, Gift{
			CampaignID: g.ID, Title: b.title(g.Ref), SKUID: g.SKUID, SPUID: g.SPUID, Product: g.Title, Spec: g.Spec, Picture: g.Picture, Qty: g.Qty,
			ValueFen: worth(g.ValueFen, g.Qty), NeedFen: g.NeedFen, NeedQty: g.NeedQty, Stays: g.Stays,
		})
	}
	return gifts
}

// give adds what an order's gifts are for to its lines.
func (p *placing) give(ctx context.Context, tx tenantdb.Tx) error {
	row := orderdb.GiveParams{OrderNo: p.placed.OrderNo}
	for _, g := range p.priced.Gifts {
		row.SkuIds, row.CampaignIds, row.Versions = append(row.SkuIds, g.SKUID), append(row.CampaignIds, g.ID), append(row.Versions, g.Version)
		row.Titles, row.Funders = append(row.Titles, p.bid.title(g.Ref)), append(row.Funders, string(g.Funder))
		row.ValuesFen, row.CostsFen = append(row.ValuesFen, int64(worth(g.ValueFen, g.Qty))), append(row.CostsFen, int64(worth(g.CostFen, g.Qty)))
		row.NeedsFen, row.NeedsQty, row.Stays = append(row.NeedsFen, int64(g.NeedFen)), append(row.NeedsQty, g.NeedQty), append(row.Stays, g.Stays)
		for _, c := range g.Counted {
			row.GiftSkus, row.ForSkus = append(row.GiftSkus, g.SKUID), append(row.ForSkus, p.priced.Lines[c.Line].SKUID)
			row.CountedFen = append(row.CountedFen, int64(c.Fen))
		}
	}
	return p.q.Give(ctx, tx, row)
}

// held are the pieces that an order holds of each SKU, its gifts included.
func (p *placing) held() []inventory.Line {
	held := make([]inventory.Line, len(p.lines), len(p.lines)+len(p.priced.Gifts))
	at := make(map[int64]int, len(p.lines))
	for i, l := range p.lines {
		held[i], at[l.SKUID] = inventory.Line{SKUID: l.SKUID, Qty: l.Qty}, i
	}
	for _, g := range p.priced.Gifts {
		if i, ordered := at[g.SKUID]; ordered {
			held[i].Qty += g.Qty
			continue
		}
		held = append(held, inventory.Line{SKUID: g.SKUID, Qty: g.Qty})
	}
	return held
}

// withGifts adds to a claim what there is of those gifts that go back with its goods: a gift does
// when what is left of the goods it was given for would not bring it any more. What stays open
// stays open: pieces of a gift that are in the shop while goods come back from their buyer.
func (s *Service) withGifts(ctx context.Context, tx tenantdb.Tx, in ClaimInput, rows []orderdb.LockWholeRow) (ClaimInput, error) {
	byLine, any := map[int64]orderdb.LockWholeRow{}, false
	for _, r := range rows {
		byLine[r.LineID] = r
		any = any || r.Gift
	}
	if !any || in.Swap {
		return in, nil
	}
	parts, err := s.q.GiftsFor(ctx, tx, rows[0].ID)
	if err != nil {
		return in, err
	}
	type left struct {
		fen money.Fen
		qty int64
	}
	rest := map[int64]left{}
	for _, part := range parts {
		line := byLine[part.ForLine]
		qty := int64(line.Qty-line.Claimed) - in.Lines[part.ForLine]
		of := rest[part.LineID]
		rest[part.LineID] = left{of.fen + part.CountedFen/money.Fen(line.Qty)*money.Fen(max(qty, 0)), of.qty + qty}
	}
	lines := maps.Clone(in.Lines)
	for _, part := range parts {
		gift, of := byLine[part.LineID], rest[part.LineID]
		free := int64(gift.Qty - gift.Claimed)
		if in.SentOnly {
			free = int64(gift.Sent - (gift.Claimed - gift.Dropped))
		}
		if goes := !part.Stays && (of.fen < part.NeedFen || of.qty < part.NeedQty); goes && free > 0 {
			lines[part.LineID] = free
		}
	}
	in.Lines = lines
	return in, nil
}
