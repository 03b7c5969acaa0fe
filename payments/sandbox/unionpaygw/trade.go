package unionpaygw

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"galleria/commerce/money"
)

// app is appTransReq: a trade to be paid in the app, known by its tn.
func (g *Gateway) app(c *call) (map[string]string, error) {
	t, err := g.register(c)
	return map[string]string{"tn": t.TN}, err
}

// backTrans is every transaction of backTransReq.
func (g *Gateway) backTrans(c *call) (map[string]string, error) {
	switch c.fields["txnType"] {
	case typeRefund:
		return g.refund(c)
	case typeUndo:
		return g.undo(c)
	}
	t, err := g.register(c)
	return map[string]string{"qrCode": t.QRCode}, err
}

// register notes a consumption that a buyer may pay. The very same request again gives the
// same trade as long as nobody has paid it.
func (g *Gateway) register(c *call) (Trade, error) {
	if refused := checkBackURL(c.fields["backUrl"]); refused != nil {
		return Trade{}, refused
	}
	if c.fields["frontUrl"] != "" {
		if refused := checkFrontURL(c.fields["frontUrl"]); refused != nil {
			return Trade{}, refused
		}
	}
	t := g.newTrade(c)
	if text := c.fields["payTimeout"]; text != "" {
		end, err := time.ParseInLocation(timeLayout, text, beijing())
		if err != nil || !end.After(c.at) {
			return Trade{}, refuse(codeFormat, "payTimeout %s", text)
		}
		t.PayTimeout = end.UTC()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if old, known := g.books.trades[t.key()]; known {
		if old.Signed != t.Signed || old.done() || old.RespCode == codeUnderWay {
			return Trade{}, refuse(codeDuplicate, "%s", t.OrderID)
		}
		return old, nil
	}
	if refused := g.fresh(c); refused != nil {
		return Trade{}, refused
	}
	switch {
	case t.FrontURL != "":
		t.Page = g.digits(30)
	case t.TxnSubType == "07":
		t.QRCode = "https://qr.95516.com/00010000/62" + g.digits(30)
	default:
		t.TN = g.digits(21)
	}
	return t, g.commit(entry{Trade: &t})
}

// fresh refuses an orderId that the merchant has used on the same day. g.mu must be held.
func (g *Gateway) fresh(c *call) *refusal {
	if used, known := g.books.onDay[tradeKey{c.merID, c.orderID, c.txnTime[:8]}]; known {
		return refuse(codeDuplicate, "%s was used at %s", c.orderID, used)
	}
	return nil
}

func (g *Gateway) newTrade(c *call) Trade {
	fen, _ := strconv.ParseInt(c.fields["txnAmt"], 10, 64)
	f := c.fields
	return Trade{
		MerID: c.merID, OrderID: c.orderID, TxnTime: c.txnTime, TxnType: f["txnType"], TxnSubType: f["txnSubType"], BizType: f["bizType"],
		ChannelType: f["channelType"], AmountFen: money.Fen(fen), FrontURL: f["frontUrl"], BackURL: f["backUrl"], ReqReserved: f["reqReserved"],
		OrigQueryID: f["origQryId"], Signed: digest(f), CreatedAt: g.now().UTC(),
	}
}

// PayInput names a trade by whatever the buyer holds: the tn in the app, the QR code that
// was scanned, or the number as the front page shows it.
type PayInput struct {
	TN       string `json:"tn,omitempty"`
	QRCode   string `json:"qr_code,omitempty"`
	MerID    string `json:"mer_id,omitempty"`
	OrderID  string `json:"order_id,omitempty"`
	RespCode string `json:"resp_code,omitempty"` // "" is 00; A6, 05 (under way) or a failure
}

// Receipt is what became of a buyer's attempt to pay.
type Receipt struct {
	QueryID   string    `json:"query_id"`
	OrderID   string    `json:"order_id"`
	AmountFen money.Fen `json:"amount_fen"`
	RespCode  string    `json:"resp_code"`
}

// Pay does what the buyer does with a tn, a QR code or the front page. A success is
// notified soon after; a failure is silent, and the buyer may try again. The refusals are
// *Refused: 404, 409 PAID, 409 CLOSED after payTimeout.
func (g *Gateway) Pay(in PayInput) (Receipt, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, ok := g.find(in)
	if !ok {
		return Receipt{}, badControl(http.StatusNotFound, "NOT_FOUND", "no such tn, QR code or order")
	}
	return g.take(g.books.trades[key], orElse(in.RespCode, codeOK))
}

// find looks a trade up. g.mu must be held.
func (g *Gateway) find(in PayInput) (tradeKey, bool) {
	if key, ok := g.books.byTN[in.TN]; ok {
		return key, true
	}
	if key, ok := g.books.byQRCode[in.QRCode]; ok {
		return key, true
	}
	for _, key := range slices.Backward(g.books.tradeOrder) {
		if key.merID == in.MerID && key.orderID == in.OrderID {
			return key, true
		}
	}
	return tradeKey{}, false
}

// take moves the money, or does not. g.mu must be held.
func (g *Gateway) take(t Trade, code string) (Receipt, error) {
	now := g.now()
	switch {
	case t.TxnType != typeConsume:
		return Receipt{}, badControl(http.StatusBadRequest, "INVALID", "%s is no payment", t.OrderID)
	case t.done():
		return Receipt{}, badControl(http.StatusConflict, "PAID", "%s is paid", t.OrderID)
	case !t.PayTimeout.IsZero() && !now.Before(t.PayTimeout):
		return Receipt{}, badControl(http.StatusConflict, "CLOSED", "%s could be paid until %s", t.OrderID, stamp(t.PayTimeout))
	}
	t.RespCode, t.TracedAt, t.TraceNo = code, now.UTC(), g.digits(6)
	if t.QueryID == "" {
		t.QueryID = g.queryID(now)
	}
	e := entry{Trade: &t}
	if t.done() {
		e.Delivery = g.owe(t)
	}
	if err := g.commit(e); err != nil {
		return Receipt{}, err
	}
	g.Nudge()
	return Receipt{t.QueryID, t.OrderID, t.AmountFen, code}, nil
}

// queryID is 21 digits, the first fourteen of which are a time.
func (g *Gateway) queryID(now time.Time) string { return stamp(now) + g.digits(7) }

// query is queryTrans: the state of a trade by orderId and txnTime.
func (g *Gateway) query(c *call) (map[string]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.books.trades[tradeKey{c.merID, c.orderID, c.txnTime}]
	if id := c.fields["queryId"]; id != "" && t.QueryID != id {
		return nil, refuse(codeNoTrade, "queryId %s", id)
	}
	if !ok || t.RespCode == "" { // a trade begins when the buyer does something with it
		return nil, refuse(codeNoTrade, "%s at %s", c.orderID, c.txnTime)
	}
	out := g.facts(t)
	out["origRespCode"], out["origRespMsg"] = t.RespCode, message(t.RespCode)
	// What stands in braces holds separators that are none.
	out["reserved"] = "{discountId=&discountAmt=0}"
	return out, nil
}

// facts is what answers and notifications say of a trade.
func (g *Gateway) facts(t Trade) map[string]string {
	amount := strconv.FormatInt(int64(t.AmountFen), 10)
	out := map[string]string{
		"version": "5.1.0", "encoding": "UTF-8", "txnType": t.TxnType, "txnSubType": t.TxnSubType, "bizType": t.BizType, "accessType": "0",
		"merId": t.MerID, "orderId": t.OrderID, "txnTime": t.TxnTime, "txnAmt": amount, "currencyCode": "156", "queryId": t.QueryID,
		"settleAmt": amount, "settleCurrencyCode": "156", "settleDate": clearingDay(t.TracedAt).Format("0102"), "traceNo": t.TraceNo,
		"traceTime": stamp(t.TracedAt)[4:],
	}
	if t.ReqReserved != "" {
		out["reqReserved"] = t.ReqReserved
	}
	if t.OrigQueryID != "" {
		out["origQryId"] = t.OrigQueryID
	}
	if t.TxnType == typeConsume {
		out["accNo"], out["payCardType"], out["payType"] = "6216***********0018", "01", "0001"
	}
	return out
}
