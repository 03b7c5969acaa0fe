package miniapi

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/commerce/order"
)

// Gift is what comes with an order and costs nothing.
type Gift struct {
	CampaignID int64     `json:"campaign_id" example:"5"`
	Title      string    `json:"title" doc:"Of the campaign." example:"满199送茶杯"`
	LineID     int64     `json:"line_id,omitempty" doc:"Of an order: the gift's line." example:"32"`
	SKUID      int64     `json:"sku_id,omitempty" doc:"Of a quote, as product, spec, picture and qty." example:"18"`
	SPUID      int64     `json:"spu_id,omitempty" example:"9"`
	Product    string    `json:"product,omitempty"`
	Spec       string    `json:"spec,omitempty"`
	Picture    string    `json:"picture,omitempty"`
	Qty        int64     `json:"qty,omitempty" example:"1"`
	ValueFen   money.Fen `json:"value_fen" doc:"Of all pieces, at the regular price, fen." example:"2900"`
	NeedFen    money.Fen `json:"need_fen" doc:"What its goods come to at least, fen; 0 if pieces count." example:"19900"`
	NeedQty    int64     `json:"need_qty" doc:"Or of how many pieces they are." example:"0"`
	GoesBack   bool      `json:"goes_back" doc:"If goods go back and the rest does not reach need_fen or need_qty any more, what there is of the gift goes back in the same case, at no money. The rest of the money is not touched by it."`
	Text       string    `json:"text" doc:"That rule for people, in the language of Accept-Language." example:"退货后剩余商品不足 ¥199.00 时，赠品需一并退回"`
}

func toGifts(ctx context.Context, gifts []order.Gift) []Gift {
	out := make([]Gift, len(gifts))
	for i, g := range gifts {
		out[i] = Gift{
			CampaignID: g.CampaignID, Title: g.Title, LineID: g.LineID, SKUID: g.SKUID, SPUID: g.SPUID, Product: g.Product, Spec: g.Spec, Picture: g.Picture, Qty: g.Qty,
			ValueFen: g.ValueFen, NeedFen: g.NeedFen, NeedQty: g.NeedQty, GoesBack: !g.Stays, Text: giftText(g, languageOf(ctx)),
		}
	}
	return out
}

// giftText tells people when a gift goes back.
func giftText(g order.Gift, lang string) string {
	need, zh := "¥"+g.NeedFen.Yuan(), " ¥"+g.NeedFen.Yuan()
	if g.NeedQty > 0 {
		need, zh = fmt.Sprintf("%d pieces", g.NeedQty), fmt.Sprintf(" %d 件", g.NeedQty)
	}
	switch {
	case g.Stays && lang == "en":
		return "The gift stays with you if you return goods"
	case g.Stays:
		return "退货时赠品无需退回"
	case lang == "en":
		return "If you return goods and the rest is below " + need + ", the gift goes back with them"
	}
	return "退货后剩余商品不足" + zh + "时，赠品需一并退回"
}
