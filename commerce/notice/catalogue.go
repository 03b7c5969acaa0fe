package notice

import (
	"maps"
	"slices"
	"time"

	"galleria/commerce/money"
)

// Channel is a way by which a message comes.
type Channel string

// The channels. Inbox is the buyer's list in the Mini Program, or staff's in the console. Of
// the two by template, a buyer is told by the one of the Mini Program that the order is from.
const (
	Inbox           Channel = "inbox"
	WeChatSubscribe Channel = "wechat_subscribe"
	AlipayTemplate  Channel = "alipay_template"
	SMS             Channel = "sms" // costs money: off unless the shop says otherwise
	// Email comes to the address that the buyer gave for the invoice, and to who of the staff
	// wants the board's notices so, too.
	Email Channel = "email"
)

// Audience is whom a message is for.
type Audience string

// The audiences.
const (
	Buyer Audience = "buyer"
	Staff Audience = "staff"
)

// Facts is what an event tells. Words are made of it for each channel and language.
type Facts struct {
	OrderNo    string    `json:"order_no,omitempty"`
	CaseNo     string    `json:"case_no,omitempty"`
	Title      string    `json:"title,omitempty"` // of what was bought
	AmountFen  money.Fen `json:"amount_fen,omitempty"`
	Courier    string    `json:"courier,omitempty"`     // its code
	TrackingNo string    `json:"tracking_no,omitempty"` // of the parcel
	Status     string    `json:"status,omitempty"`      // of the case
	Reason     string    `json:"reason,omitempty"`      // a code of the event's own
	Points     int64     `json:"points,omitempty"`
	Count      int64     `json:"count,omitempty"` // of coupons
	Level      string    `json:"level,omitempty"` // its name; empty: none
	// WithdrawalNo is the withdrawal that staff are to look at.
	WithdrawalNo string `json:"withdrawal_no,omitempty"`
	// AppID and About are the Mini Program and the event of messages that its provider refuses.
	AppID string `json:"app_id,omitempty"`
	About string `json:"about,omitempty"`
	// CouponID is the coupon that staff are to look at.
	CouponID int64 `json:"coupon_id,omitempty"`
	// SKU is the number of what is scarce, Left its pieces that can be sold.
	SKU  int64     `json:"sku_id,omitempty"`
	Left int64     `json:"left,omitempty"`
	At   time.Time `json:"at"`
}

// Kind is an event that people are told of.
type Kind struct {
	Event string // the topic of its event
	// Buyers and Staffs are the channels by which each can be told, with whether they are
	// unless the shop says otherwise.
	Buyers map[Channel]bool
	Staffs map[Channel]bool
	// Urgent is not kept back in quiet hours: whoever is told has just done something, or waits.
	Urgent bool
	// Permission is the console's permission that a member of staff needs to see it.
	Permission string
	words      map[Audience]words
	values     []string // names of what a template can show, in the order of the form
}

// words are a title and a text in which {name} stands for a value, by language. A part in
// [brackets] is left out where its value is missing.
type words struct{ zhTitle, zh, enTitle, en string }

// The events of the catalogue. Each is the topic of the event that carries it.
const (
	OrderPaid      = "order.paid"
	OrderShipped   = "order.shipped"
	OrderClosed    = "order.closed"
	OrderRefunded  = "order.refunded"
	PaymentSurplus = "payments.surplus"
	CaseOpened     = "aftersale.opened"
	CaseArrived    = "aftersale.arrived"
	CaseMoved      = "aftersale.moved"
	PointsExpiring = "points.expiring"
	PointsExpired  = "points.expired"
	CouponExpiring = "coupon.expiring"
	Withdrawal     = "withdrawal.moved"
	LevelChanged   = "level.changed"
	SessionSoon    = "campaign.remind"
	InvoiceMoved   = "invoice.moved"
	MessageBroken  = "message.broken"
	StockScarce    = "stock.scarce"
	SMSBudget      = "sms.budget"
	CampaignBudget = "campaign.budget"
	CouponBudget   = "coupon.budget"
	GroupComplete  = "group.complete"
	GroupFailed    = "group.failed"
)

const (
	seesOrders = "order.read"
	seesCases  = "aftersale.read"
	seesPayout = "withdrawal.read"
	seesPapers = "invoice.read"
	seesWords  = "message.read"
	seesStock  = "stock.read"
	seesSales  = "campaign.read"
	seesOffers = "coupon.read"
)

// Catalogue lists every event that people are told of, in the order of a shop's day.
func Catalogue() []Kind {
	both := map[Channel]bool{Inbox: true, WeChatSubscribe: true, AlipayTemplate: true, SMS: false}
	board := map[Channel]bool{Inbox: true}
	return slices.Concat(trade(both, board), calm(), standing(both, board))
}

// trade are the events of orders, their money and their cases.
func trade(both, board map[Channel]bool) []Kind {
	return []Kind{
		{
			Event: OrderPaid, Buyers: both, Staffs: board, Urgent: true, Permission: seesOrders, values: []string{"order_no", "title", "amount", "paid_at"},
			words: map[Audience]words{
				Buyer: {"付款成功", "您购买的{title}已付款{amount}，我们会尽快发货。", "Paid", "You paid {amount} for {title}. It will be sent soon."},
				Staff: {"新订单", "订单 {order_no} 已付款{amount}：{title}", "New order", "Order {order_no} was paid, {amount}: {title}"},
			},
		},
		{
			Event: OrderShipped, Buyers: both, values: []string{"order_no", "title", "courier", "tracking_no", "shipped_at"},
			words: map[Audience]words{
				Buyer: {"已发货", "您购买的{title}已发出[，运单号 {tracking_no}]。", "Sent", "{title} is on its way.[ Tracking number {tracking_no}.]"},
			},
		},
		{
			Event: OrderClosed, Buyers: map[Channel]bool{Inbox: true, WeChatSubscribe: false, AlipayTemplate: false, SMS: false}, values: []string{"order_no", "title", "closed_at"},
			words: map[Audience]words{
				Buyer: {"订单已关闭", "订单 {order_no}（{title}）没有付款，已关闭。", "Order closed", "Order {order_no} ({title}) was not paid and is closed."},
			},
		},
		{
			Event: OrderRefunded, Buyers: both, values: []string{"order_no", "title", "amount", "refunded_at"},
			words: map[Audience]words{
				Buyer: {"退款到账", "{title}的{amount}已原路退回。", "Refunded", "{amount} for {title} went back the way it was paid."},
			},
		},
		{
			Event: PaymentSurplus, Buyers: both, Urgent: true, values: []string{"order_no", "title", "amount", "reason", "paid_at"},
			words: map[Audience]words{
				Buyer: {"多付的钱正在退回", "{title}多收的{amount}正在退回：{reason}。", "Money on its way back", "{amount} too much for {title} is on its way back: {reason}."},
			},
		},
		{
			Event: CaseOpened, Staffs: board, Permission: seesCases, values: []string{"order_no", "case_no"},
			words: map[Audience]words{
				Staff: {"新的售后申请", "订单 {order_no} 有新的售后申请 {case_no}。", "New after-sales case", "Order {order_no} has a new after-sales case, {case_no}."},
			},
		},
		{
			Event: CaseArrived, Staffs: board, Permission: seesCases, values: []string{"order_no", "case_no"},
			words: map[Audience]words{
				Staff: {"退货已签收", "售后 {case_no}（订单 {order_no}）的退货已签收，请验货。", "Returned goods have arrived", "What comes back for case {case_no} of order {order_no} was signed for. Please inspect it."},
			},
		},
		{
			Event: CaseMoved, Buyers: both, values: []string{"order_no", "case_no", "status", "moved_at"},
			words: map[Audience]words{
				Buyer: {"售后有进展", "售后 {case_no}：{status}。", "After-sales news", "Case {case_no}: {status}."},
			},
		},
	}
}

// calm are events of members that nobody waits for: they disturb nobody, unless the shop says so.
func calm() []Kind {
	ways := map[Channel]bool{Inbox: true, WeChatSubscribe: false, AlipayTemplate: false, SMS: false, Email: false}
	return []Kind{
		{
			Event: PointsExpiring, Buyers: ways, values: []string{"points", "ends_at"},
			words: map[Audience]words{
				Buyer: {"积分即将到期", "您有 {points} 积分将在{ends_at}到期。", "Points end soon", "{points} of your points end at {ends_at}."},
			},
		},
		{
			Event: PointsExpired, Buyers: ways, values: []string{"points", "expired_at"},
			words: map[Audience]words{
				Buyer: {"积分已到期", "您有 {points} 积分已于{expired_at}到期。", "Points have ended", "{points} of your points ended at {expired_at}."},
			},
		},
		{
			Event: CouponExpiring, Buyers: ways, values: []string{"title", "more", "ends_at"},
			words: map[Audience]words{
				Buyer: {"优惠券即将到期", "您的优惠券“{title}”[等 {more} 张]将于{ends_at}到期。", "Coupons end soon", "Your coupon “{title}”[, {more} in all,] ends at {ends_at}."},
			},
		},
		{
			Event: LevelChanged, Buyers: ways, values: []string{"level", "reason", "changed_at"},
			words: map[Audience]words{
				Buyer: {"会员等级变化", "您现在的会员等级是{level}[（{reason}）]。", "Your level", "You are now {level}[ ({reason})]."},
			},
		},
	}
}

// standing are the events of members beside their orders, and those of staff alone.
func standing(both, board map[Channel]bool) []Kind {
	mailed := maps.Clone(both)
	mailed[Email] = true
	return []Kind{
		{
			Event: SessionSoon, Buyers: both, Urgent: true, values: []string{"title", "starts_at"},
			words: map[Audience]words{
				Buyer: {"秒杀即将开始", "您关注的“{title}”将于{starts_at}开始。", "A flash sale begins soon", "“{title}” begins at {starts_at}."},
			},
		},
		{
			Event: InvoiceMoved, Buyers: mailed, Staffs: board, Permission: seesPapers, values: []string{"order_no", "status", "moved_at"},
			words: map[Audience]words{
				Buyer: {"发票有进展", "订单 {order_no} 的发票：{status}。", "Your invoice", "The invoice of order {order_no}: {status}."},
				Staff: {"发票待处理", "订单 {order_no} 的发票：{status}。", "An invoice to see to", "The invoice of order {order_no}: {status}."},
			},
		},
		{
			Event: Withdrawal, Buyers: both, Urgent: true, Staffs: board, Permission: seesPayout, values: []string{"amount", "status"},
			words: map[Audience]words{
				Buyer: {"佣金提现", "您提现的{amount}：{status}。", "Your withdrawal", "{amount}: {status}."},
				Staff: {"有人申请提现", "{amount}：{status}", "Somebody asks for commission", "{amount}: {status}"},
			},
		},
		{
			Event: StockScarce, Staffs: board, Permission: seesStock, values: []string{"title", "left"},
			words: map[Audience]words{
				Staff: {"库存不足", "{title} 仅剩 {left} 件可售。", "Low stock", "{left} of {title} are left to sell."},
			},
		},
		{
			Event: SMSBudget, Staffs: board, Permission: seesWords, values: []string{"amount", "reason"},
			words: map[Audience]words{
				Staff: {"短信预算", "本月短信预算（{amount}）{reason}。", "Budget of text messages", "This month's budget of text messages, {amount}: {reason}."},
			},
		},
		{
			Event: GroupComplete, Buyers: both, Urgent: true, values: []string{"order_no", "title"},
			words: map[Audience]words{
				Buyer: {"拼团成功", "您参加的“{title}”已成团，我们会尽快发货。", "Your group is complete", "The group for “{title}” is complete. It will be sent soon."},
			},
		},
		{
			Event: GroupFailed, Buyers: both, Urgent: true, values: []string{"order_no", "title"},
			words: map[Audience]words{
				Buyer: {"拼团未成功", "您参加的“{title}”未能成团，已付款项会原路退回。", "Your group did not fill", "The group for “{title}” did not fill. What you paid goes back the way it came."},
			},
		},
		{
			Event: CampaignBudget, Staffs: board, Permission: seesSales, values: []string{"title", "amount"},
			words: map[Audience]words{
				Staff: {"活动预算已用完", "“{title}”的预算{amount}已用完，不再优惠。", "A campaign's budget is used up", "The budget of “{title}”, {amount}, is used up. It gives nothing any more."},
			},
		},
		{
			Event: CouponBudget, Staffs: board, Permission: seesOffers, values: []string{"title", "reason"},
			words: map[Audience]words{
				Staff: {"优惠券快用完或已停", "“{title}”{reason}。", "A coupon comes to its end", "“{title}”: {reason}."},
			},
		},
		{
			Event: MessageBroken, Staffs: board, Permission: seesWords, values: []string{"about", "code"},
			words: map[Audience]words{
				Staff: {"消息发不出去", "“{about}”的消息被平台拒绝：{code}", "Messages are refused", "“{about}” is refused by the provider: {code}"},
			},
		},
	}
}

// KindOf finds an event in the catalogue.
func KindOf(event string) (Kind, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Event == event })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// Values are the names of what the kind's template can show.
func (k Kind) Values() []string { return slices.Clone(k.values) }

// told are the channels of an audience, with what holds unless the shop says otherwise.
func (k Kind) told(a Audience) map[Channel]bool {
	if a == Staff {
		return k.Staffs
	}
	return k.Buyers
}

// Channels are those by which an audience can be told, in a fixed order.
func (k Kind) Channels(a Audience) []Channel {
	var out []Channel
	for _, c := range []Channel{Inbox, WeChatSubscribe, AlipayTemplate, SMS, Email} {
		if _, ok := k.told(a)[c]; ok {
			out = append(out, c)
		}
	}
	return out
}
