package alipaygw

import (
	"net"
	"net/url"
	"strconv"
	"time"

	"galleria/commerce/money"
)

const (
	tradeLife    = 15 * 24 * time.Hour
	largestTotal = 100_000_000_00
)

// productCodes says which product each way of paying belongs to.
func productCodes() map[string][]string {
	return map[string][]string{
		"alipay.trade.create": {"JSAPI_PAY"}, "alipay.trade.precreate": {"QR_CODE_OFFLINE", "FACE_TO_FACE_PAYMENT"},
		"alipay.trade.wap.pay": {"QUICK_WAP_WAY"}, "alipay.trade.app.pay": {"QUICK_MSECURITY_PAY"},
		"alipay.trade.page.pay": {"FAST_INSTANT_TRADE_PAY"},
	}
}

// order reads what a way of paying asks for. It is not in the books yet.
func (g *Gateway) order(c *call) (Trade, *refusal) {
	now := g.now()
	t := Trade{
		SellerID: orElse(c.text("seller_id"), c.keys.SellerID), AppID: c.keys.AppID, OutTradeNo: c.text("out_trade_no"), Method: c.name,
		Subject: c.text("subject"), Body: c.text("body"), Passback: c.text("passback_params"),
		NotifyURL: c.params["notify_url"], ReturnURL: c.params["return_url"], TotalFen: fen(c.text("total_amount")),
		Digest: digestHex(c.name + "\n" + c.params["notify_url"] + "\n" + c.params["biz_content"]), CreatedAt: now.UTC(),
	}
	code := false
	for _, product := range productCodes()[c.name] {
		code = code || c.text("product_code") == product
	}
	switch {
	case !code:
		return t, business("ACQ.ACCESS_FORBIDDEN", "无权限使用接口")
	case t.SellerID != c.keys.SellerID:
		return t, business("ACQ.PARTNER_ERROR", "应用APP_ID填写错误")
	case t.TotalFen < 1:
		return t, business("ACQ.INVALID_PARAMETER", "参数无效：total_amount")
	case t.TotalFen > largestTotal:
		return t, business("ACQ.TOTAL_FEE_EXCEED", "订单总金额超过限额")
	case !goodAddress(t.NotifyURL) || !goodAddress(t.ReturnURL):
		return t, business("ACQ.INVALID_PARAMETER", "参数无效：notify_url 或 return_url")
	}
	expires, ok := expiry(c, now)
	if !ok {
		return t, business("ACQ.INVALID_PARAMETER", "参数无效：time_expire")
	}
	t.ExpiresAt = expires.UTC()
	return t, nil
}

// expiry reads time_expire or timeout_express; neither means fifteen days.
func expiry(c *call, now time.Time) (time.Time, bool) {
	if text := c.text("time_expire"); text != "" {
		at, err := time.ParseInLocation(timeFormat, text, beijing())
		return at, err == nil && at.After(now) && !at.After(now.Add(tradeLife))
	}
	text := c.text("timeout_express")
	if text == "" {
		return now.Add(tradeLife), true
	}
	if text == "1c" { // until the end of the day
		y, m, d := now.In(beijing()).Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, beijing()), true
	}
	n, _ := strconv.Atoi(text[:len(text)-1])
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[len(text)-1]]
	life := time.Duration(n) * unit
	return now.Add(life), life <= tradeLife
}

// goodAddress wants https, or plain http on this machine, and for a notification no query.
func goodAddress(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || len(text) > 256 {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || (u.Scheme == "http" && (u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())))
}

type createAnswer struct {
	OutTradeNo string `json:"out_trade_no"`
	TradeNo    string `json:"trade_no"`
}

// create is alipay.trade.create: a trade that one buyer may pay in a Mini Program.
func (g *Gateway) create(c *call) (any, *refusal) {
	t, r := g.order(c)
	if r != nil {
		return nil, r
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.OpAppID, t.Buyer, r = g.payer(c); r != nil {
		return nil, r
	}
	t.Opened = true
	t, r = g.register(t)
	return createAnswer{t.OutTradeNo, t.TradeNo}, r
}

// payer finds who may pay, by exactly one of the three names. g.mu must be held.
func (g *Gateway) payer(c *call) (opAppID, buyer string, r *refusal) {
	opAppID = orElse(c.text("op_app_id"), c.keys.AppID)
	if !c.keys.bound(opAppID) {
		return "", "", &refusal{code: "40006", sub: "isv.insufficient-isv-permissions", text: "小程序未绑定支付产品", unsigned: true}
	}
	var ids []pair
	for name, appID := range map[string]string{"buyer_open_id": c.keys.AppID, "op_buyer_open_id": opAppID, "buyer_id": c.keys.AppID} {
		if id := c.text(name); id != "" {
			ids = append(ids, pair{appID, id})
			if isUserID := sellerPattern.MatchString(id); isUserID != (name == "buyer_id") {
				return "", "", business("ACQ.BUYER_NOT_EXIST", "买家不存在")
			}
		}
	}
	if len(ids) != 1 {
		return "", "", business("ACQ.INVALID_PARAMETER", "参数无效：买家信息应有且只有一个")
	}
	known, ok := g.books.buyers[ids[0]]
	if !ok {
		return "", "", business("ACQ.BUYER_NOT_EXIST", "买家不存在")
	}
	return opAppID, known.Name, nil
}

// precreate is alipay.trade.precreate: a code that anybody may scan. Until somebody does,
// the provider does not know the trade.
func (g *Gateway) precreate(c *call) (any, *refusal) {
	t, r := g.order(c)
	if r != nil {
		return nil, r
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t.QRCode = g.letters(24)
	t, r = g.register(t)
	if r != nil {
		return nil, r
	}
	return struct {
		OutTradeNo string `json:"out_trade_no"`
		QRCode     string `json:"qr_code"`
	}{t.OutTradeNo, "http://" + c.r.Host + "/alipay/qr/" + t.QRCode}, nil
}

// register puts an order into the books, or finds it there. g.mu must be held.
func (g *Gateway) register(t Trade) (Trade, *refusal) {
	if old, known := g.books.trades[t.key()]; known {
		switch old.State(g.now()) {
		case StateSuccess, StateFinished:
			return old, business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
		case StateClosed:
			return old, business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
		}
		if old.Digest != t.Digest {
			return old, business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
		}
		return old, nil
	}
	t.TradeNo = g.now().In(beijing()).Format("20060102") + "2200" + g.digits(16)
	if err := g.commit(entry{Trade: &t}); err != nil {
		g.log.Error("books cannot be written", "error", err)
		return t, errorOf("isp.unknow-error", false)
	}
	return t, nil
}

// find looks up the trade that a call names; trade_no wins. g.mu must be held.
func (g *Gateway) find(c *call) (Trade, *refusal) {
	key := pair{c.keys.SellerID, c.text("out_trade_no")}
	if no := c.text("trade_no"); no != "" {
		key = g.books.byTradeNo[no]
	} else if key.name == "" {
		return Trade{}, missing("isv.missing-parameter", "out_trade_no 和 trade_no 不能同时为空")
	}
	if c.fault.Is(ModeOtherAnswer) {
		key = pair{c.keys.SellerID, c.fault.Value}
	}
	t, ok := g.books.trades[key]
	if !ok || t.SellerID != c.keys.SellerID || !t.Opened {
		return Trade{}, business("ACQ.TRADE_NOT_EXIST", "交易不存在")
	}
	return t, nil
}

type fundBill struct {
	Amount  string `json:"amount"`
	Channel string `json:"fund_channel"`
}

type queryAnswer struct {
	TradeNo      string     `json:"trade_no"`
	OutTradeNo   string     `json:"out_trade_no"`
	BuyerLogonID string     `json:"buyer_logon_id,omitempty"`
	TradeStatus  string     `json:"trade_status"`
	Total        string     `json:"total_amount"`
	Receipt      string     `json:"receipt_amount"`
	BuyerPay     string     `json:"buyer_pay_amount"`
	Point        string     `json:"point_amount"`
	Invoice      string     `json:"invoice_amount"`
	SendPayDate  string     `json:"send_pay_date,omitempty"`
	BuyerOpenID  string     `json:"buyer_open_id,omitempty"`
	BuyerUserID  string     `json:"buyer_user_id,omitempty"`
	FundBillList []fundBill `json:"fund_bill_list,omitempty"`
}

// query is alipay.trade.query.
func (g *Gateway) query(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, r := g.find(c)
	if r != nil {
		return nil, r
	}
	paid := money.Fen(0)
	a := queryAnswer{TradeNo: t.TradeNo, OutTradeNo: t.OutTradeNo, TradeStatus: t.State(g.now()), Total: yuan(t.TotalFen), Point: "0.00"}
	if !t.PaidAt.IsZero() {
		paid = t.TotalFen
		a.SendPayDate, a.FundBillList = clockText(t.PaidAt), []fundBill{{yuan(t.TotalFen), "ALIPAYACCOUNT"}}
	}
	a.Receipt, a.BuyerPay, a.Invoice = yuan(paid), yuan(paid), yuan(paid)
	if t.Buyer != "" {
		a.BuyerLogonID = masked(t.Buyer)
		a.BuyerOpenID, a.BuyerUserID = g.callerID(c.keys, t.Buyer)
	}
	return a, nil
}

// callerID is what the provider calls a buyer towards an app: one of the two.
func (g *Gateway) callerID(k *appKeys, buyer string) (openID, userID string) {
	if k.IDType == IDUser {
		return "", UserID(buyer)
	}
	return OpenID(k.AppID, buyer), ""
}

// closeTrade is alipay.trade.close.
func (g *Gateway) closeTrade(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, r := g.find(c)
	if r != nil {
		return nil, r
	}
	if t.State(g.now()) != StateWait {
		return nil, business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
	}
	t.ClosedAt = g.now().UTC()
	return createAnswer{t.OutTradeNo, t.TradeNo}, g.keep(entry{Trade: &t})
}

// cancelTrade is alipay.trade.cancel: closes what is unpaid and gives back what is paid.
func (g *Gateway) cancelTrade(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, r := g.find(c)
	if r != nil {
		return nil, r
	}
	answer := struct {
		createAnswer
		RetryFlag string `json:"retry_flag"`
		Action    string `json:"action"`
	}{createAnswer{t.OutTradeNo, t.TradeNo}, "N", ""}
	switch t.State(g.now()) {
	case StateWait:
		answer.Action, t.ClosedAt = "close", g.now().UTC()
		return answer, g.keep(entry{Trade: &t})
	case StateSuccess:
		answer.Action = "refund"
		row := Refund{
			SellerID: t.SellerID, OutTradeNo: t.OutTradeNo, TradeNo: t.TradeNo, OutRequestNo: t.OutTradeNo, AmountFen: t.TotalFen - t.RefundedFen,
			Done: true, CreatedAt: g.now().UTC(), DoneAt: g.now().UTC(),
		}
		t.RefundedFen, t.LastRefundAt = t.TotalFen, g.now().UTC()
		return answer, g.keep(entry{Trade: &t, Refund: &row})
	}
	return answer, nil
}

// keep commits and turns a failure into the provider's word for it. g.mu must be held.
func (g *Gateway) keep(e entry) *refusal {
	if err := g.commit(e); err != nil {
		g.log.Error("books cannot be written", "error", err)
		return errorOf("isp.unknow-error", false)
	}
	return nil
}

func masked(buyer string) string {
	first := []rune(buyer)[:1]
	return string(first) + "***@sandbox.example"
}
