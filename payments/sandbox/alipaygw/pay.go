package alipaygw

import (
	"net/url"
	"strings"
)

// PayInput says what a buyer opens, and that they pay. Exactly one of TradeNo, QRCode,
// OrderString and Form, or AppID with OutTradeNo, names the trade.
type PayInput struct {
	TradeNo     string            `json:"trade_no,omitempty"`     // my.tradePay
	QRCode      string            `json:"qr_code,omitempty"`      // the address that a code shows
	OrderString string            `json:"order_string,omitempty"` // of the app SDK, or an address of wap.pay and page.pay
	Form        map[string]string `json:"form,omitempty"`         // the fields of wap.pay's and page.pay's form
	AppID       string            `json:"app_id,omitempty"`
	OutTradeNo  string            `json:"out_trade_no,omitempty"`
	Buyer       string            `json:"buyer,omitempty"`     // "" is whom a trade of create names, else 小王
	OpenOnly    bool              `json:"open_only,omitempty"` // look at the cashier and do not pay
}

// Receipt is what the provider's app shows afterwards.
type Receipt struct {
	ResultCode string `json:"resultCode"` // 9000, or 6001 when only opened
	TradeNo    string `json:"trade_no"`
	OutTradeNo string `json:"out_trade_no"`
	Total      string `json:"total_amount"`
	ReturnURL  string `json:"return_url,omitempty"`
}

// Pay opens a trade and takes the buyer's money.
func (g *Gateway) Pay(in PayInput) (Receipt, error) {
	t, err := g.open(in)
	if err != nil {
		return Receipt{}, err
	}
	return g.take(t, in)
}

// open finds what the buyer brings, or registers it: the provider knows a page's trade
// only from then on.
func (g *Gateway) open(in PayInput) (Trade, error) {
	if in.OrderString != "" || in.Form != nil {
		values, err := brought(in)
		if err != nil {
			return Trade{}, err
		}
		c, r := g.admit(values)
		if r != nil {
			return Trade{}, r.control()
		}
		return g.openPage(c)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var key pair
	switch {
	case in.TradeNo != "":
		key = g.books.byTradeNo[in.TradeNo]
	case in.QRCode != "":
		key = g.books.byQRCode[in.QRCode[strings.LastIndexByte(in.QRCode, '/')+1:]]
	default:
		key = pair{g.books.apps[in.AppID].SellerID, in.OutTradeNo}
	}
	t, ok := g.books.trades[key]
	if !ok {
		return Trade{}, business("ACQ.TRADE_NOT_EXIST", "交易不存在").control()
	}
	return t, nil
}

func brought(in PayInput) (url.Values, error) {
	if in.Form != nil {
		values := url.Values{}
		for name, value := range in.Form {
			values.Set(name, value)
		}
		return values, nil
	}
	_, query, found := strings.Cut(in.OrderString, "?")
	if !found {
		query = in.OrderString
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, badControl("order_string: %s", err.Error())
	}
	return values, nil
}

// openPage registers the trade of a page or of an app's order string.
func (g *Gateway) openPage(c *call) (Trade, error) {
	if !c.method.page {
		return Trade{}, badControl("%s is not opened by buyers", c.name)
	}
	t, r := g.order(c)
	if r != nil {
		return t, r.control()
	}
	t.Opened = true
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, r = g.register(t); r != nil {
		return t, r.control()
	}
	return t, nil
}

// take checks that this buyer may pay this trade now, and takes the money.
func (g *Gateway) take(seen Trade, in PayInput) (Receipt, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.books.trades[seen.key()]
	switch {
	case t.State(g.now()) == StateClosed:
		return Receipt{}, business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭").control()
	case t.State(g.now()) != StateWait:
		return Receipt{}, business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付").control()
	case in.Buyer != "" && t.Buyer != "" && in.Buyer != t.Buyer:
		return Receipt{}, business("ACQ.TRADE_BUYER_NOT_MATCH", "交易买家不匹配").control()
	}
	t.Opened, t.Buyer = true, orElse(t.Buyer, orElse(in.Buyer, "小王"))
	e := entry{Buyer: newBuyer(t.AppID, t.Buyer), Trade: &t}
	receipt := Receipt{ResultCode: "6001", TradeNo: t.TradeNo, OutTradeNo: t.OutTradeNo, Total: yuan(t.TotalFen), ReturnURL: t.ReturnURL}
	if !in.OpenOnly {
		t.PaidAt, receipt.ResultCode = g.now().UTC(), "9000"
		e.Delivery = g.tradeNotice(t, StateSuccess)
	} else if t.Method != "alipay.trade.create" {
		t.Buyer = "" // whoever looked need not be who pays
	}
	if err := g.commit(e); err != nil {
		return Receipt{}, err
	}
	g.Nudge()
	return receipt, nil
}

// Finish ends the time in which a paid trade can be refunded, and says so.
func (g *Gateway) Finish(appID, outTradeNo string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.books.trades[pair{g.books.apps[appID].SellerID, outTradeNo}]
	if !ok || t.State(g.now()) != StateSuccess {
		return badControl("%q is no paid trade", outTradeNo)
	}
	t.FinishedAt = g.now().UTC()
	if err := g.commit(entry{Trade: &t, Delivery: g.tradeNotice(t, StateFinished)}); err != nil {
		return err
	}
	g.Nudge()
	return nil
}
