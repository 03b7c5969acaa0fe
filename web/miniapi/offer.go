package miniapi

import (
	"context"
	"fmt"
	"strings"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
)

// Off is what one rule took off a line or the freight.
type Off struct {
	Kind   string    `json:"kind" enum:"mall,flash,group,timed,level,reduction,coupon,shipping,level_shipping,shipping_coupon,points"`
	ID     int64     `json:"id" doc:"Of its kind; of a coupon, the buyer's." example:"41"`
	Title  string    `json:"title" example:"满100减20"`
	LineID *int64    `json:"line_id,omitempty" nullable:"false" doc:"Of an order: the line; missing for the freight."`
	OffFen money.Fen `json:"off_fen" example:"1300"`
}

// Offer is what became of a rule in a quote.
type Offer struct {
	Kind     string     `json:"kind" enum:"mall,flash,group,timed,level,reduction,coupon,gift,shipping,level_shipping,shipping_coupon,points"`
	ID       int64      `json:"id" example:"41"`
	Title    string     `json:"title" example:"满100减20"`
	Usable   bool       `json:"usable" doc:"It is used, or could be chosen."`
	Applied  bool       `json:"applied"`
	OffFen   money.Fen  `json:"off_fen" doc:"What it takes off; 0 if it is not applied." example:"2000"`
	Reason   string     `json:"reason,omitempty" doc:"Why it is not: not_chosen, below, no_goods, not_with, less, not_yet, over, no_freight, nothing, budget, sold_out, limit, no_points, points_full, gift_gone, not_sent; others may come." example:"below"`
	Text     string     `json:"text,omitempty" doc:"The reason, or what is missing to the next tier, in the language of Accept-Language." example:"再买 ¥12.00 可用"`
	NeedFen  money.Fen  `json:"need_fen,omitempty" doc:"Of below: what is missing, fen. Of what is applied: to its next tier." example:"1200"`
	NeedQty  int64      `json:"need_qty,omitempty" doc:"Pieces that are missing, likewise."`
	WouldFen money.Fen  `json:"would_fen,omitempty" doc:"Of not_chosen: less to pay if it were chosen; may be negative."`
	Until    *time.Time `json:"until,omitempty" nullable:"false"`
}

func toOffs(offs []order.Off) []Off {
	out := make([]Off, len(offs))
	for i, o := range offs {
		out[i] = Off{Kind: string(o.Kind), ID: o.ID, Title: o.Title, LineID: o.LineID, OffFen: o.OffFen}
	}
	return out
}

func toOffers(ctx context.Context, offers []order.Offer) []Offer {
	out := make([]Offer, len(offers))
	for i, o := range offers {
		out[i] = Offer{
			Kind: string(o.Kind), ID: o.ID, Title: o.Title, Usable: o.Applied || o.Reason == pricing.ReasonNotChosen, Applied: o.Applied, OffFen: o.OffFen,
			Reason: string(o.Reason), Text: whyNot(o, languageOf(ctx)), NeedFen: o.NeedFen, NeedQty: o.NeedQty, WouldFen: o.WouldFen, Until: o.Until,
		}
	}
	return out
}

// whyNot tells people why a rule is not applied.
func whyNot(o order.Offer, lang string) string {
	zh, en := "", ""
	switch o.Reason {
	case "":
		if o.NeedFen > 0 || o.NeedQty > 0 {
			zh, en = belowText(o)
			zh, en = strings.TrimSuffix(zh, "可用")+"可享更多优惠", en+" for the next tier"
		}
	case pricing.ReasonBelow:
		zh, en = belowText(o)
	case pricing.ReasonNotWith:
		zh, en = fmt.Sprintf("不能与“%s”同享", o.By), fmt.Sprintf("Cannot be used together with “%s”", o.By)
	case pricing.ReasonLess:
		zh, en = fmt.Sprintf("“%s”更优惠", o.By), fmt.Sprintf("“%s” saves more", o.By)
	default:
		texts := map[pricing.Reason][2]string{
			pricing.ReasonNotChosen: {"可用，未选择", "Can be used, not chosen"},
			pricing.ReasonNoGoods:   {"不适用于所选商品", "Not for these goods"},
			pricing.ReasonNotYet:    {"未到使用时间", "Cannot be used yet"},
			pricing.ReasonOver:      {"已过期", "Has expired"},
			pricing.ReasonNoFreight: {"本单无运费", "Nothing is charged for delivery"},
			pricing.ReasonBudget:    {"活动预算已用完", "The shop's budget for it is spent"},
			campaign.ReasonSoldOut:  {"秒杀库存不足，按原价购买", "The flash sale has fewer left; the regular price counts"},
			campaign.ReasonLimit:    {"超过秒杀限购数量，按原价购买", "More than one buyer may have in the flash sale; the regular price counts"},

			pricing.ReasonGiftGone: {"赠品已送完，本单不含赠品", "The gift is gone; the order goes on without it"},
			order.ReasonNotSent:    {"本单无需配送，不含赠品", "Nothing is sent, so no gift comes with it"},

			pricing.ReasonNoPoints:   {"积分不足", "Too few points"},
			pricing.ReasonPointsFull: {"本单金额未达到积分抵扣门槛", "This order takes no points"},
		}
		text, known := texts[o.Reason]
		if !known {
			text = [2]string{"本单不可用", "Cannot be used for this order"}
		}
		zh, en = text[0], text[1]
	}
	if lang == "en" {
		return en
	}
	return zh
}

func belowText(o order.Offer) (zh, en string) {
	switch {
	case o.NeedFen > 0 && o.NeedQty > 0:
		return fmt.Sprintf("再买 ¥%s 且再加 %d 件可用", o.NeedFen.Yuan(), o.NeedQty), fmt.Sprintf("¥%s and %d more pieces are missing", o.NeedFen.Yuan(), o.NeedQty)
	case o.NeedQty > 0:
		return fmt.Sprintf("再加 %d 件可用", o.NeedQty), fmt.Sprintf("%d more pieces are missing", o.NeedQty)
	}
	return fmt.Sprintf("再买 ¥%s 可用", o.NeedFen.Yuan()), fmt.Sprintf("¥%s more is missing", o.NeedFen.Yuan())
}

// fromChoice reads which coupons the buyer uses, the best without a word, and how many points.
func fromChoice(ids *[]int64, points int64) order.Choice {
	if ids == nil {
		return order.Choice{Points: points}
	}
	return order.Choice{Own: true, IDs: *ids, Points: points}
}
