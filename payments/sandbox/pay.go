package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
)

// PayInput is what wx.requestPayment gets, or the app SDK (then Package is "Sign=WXPay"
// and PartnerID and PrepayID are given), plus who holds the phone.
type PayInput struct {
	TimeStamp string `json:"timeStamp"`
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"` // prepay_id=…
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
	PartnerID string `json:"partnerId,omitempty"` // app SDK: the merchant
	PrepayID  string `json:"prepayId,omitempty"`  // app SDK
	AppID     string `json:"app_id,omitempty"`    // optional: the Mini Program that runs
	Buyer     string `json:"buyer,omitempty"`     // optional: refused unless it is the prepay's payer
}

// Receipt is a payment made.
type Receipt struct {
	TransactionID string    `json:"transaction_id"`
	OutTradeNo    string    `json:"out_trade_no"`
	AmountFen     money.Fen `json:"amount_fen"`
	PaidAt        time.Time `json:"paid_at"`
}

const maxPayNonce = 32

// Pay does what the buyer's phone does after the password: it checks paySign with the
// merchant's key, takes the money and sends the callback soon after. The refusals are
// *Refusal: 409 ORDERPAID or ORDER_CLOSED, 403 SIGN_ERROR, 404 for an unknown prepay_id.
func (s *Server) Pay(in PayInput) (Receipt, error) {
	prepayID, refusal := in.prepay()
	if refusal != nil {
		return Receipt{}, refusal
	}
	if n := len(in.NonceStr); n == 0 || n > maxPayNonce {
		return Receipt{}, badControl(http.StatusBadRequest, "PARAM_ERROR", "nonceStr must have 1 to 32 characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	c, ok := s.books.charges[s.books.byPrepay[prepayID]]
	if !ok || (c.TradeType == "APP") != in.fromApp() || (c.TradeType != "APP" && c.TradeType != "JSAPI") {
		return Receipt{}, badControl(http.StatusNotFound, "NOT_FOUND", "no such prepay_id")
	}
	if refusal := s.checkPaySign(in, c, now); refusal != nil {
		return Receipt{}, refusal
	}
	if c.PrepayID != prepayID {
		return Receipt{}, badControl(http.StatusConflict, "PREPAY_EXPIRED", "a newer prepay_id exists")
	}
	if c.TradeType == "APP" {
		c.OpenID = s.payerOf(c, in.Buyer)
	}
	return s.take(c)
}

// fromApp says that an app of the merchant's own asks, and no Mini Program.
func (in PayInput) fromApp() bool { return in.PrepayID != "" }

// prepay finds the prepay_id in what the provider's app was handed.
func (in PayInput) prepay() (string, *Refusal) {
	if in.fromApp() {
		if in.Package != "Sign=WXPay" || in.SignType != "" {
			return "", badControl(http.StatusBadRequest, "PARAM_ERROR", "packageValue must be Sign=WXPay, and there is no signType")
		}
		return in.PrepayID, nil
	}
	prepayID, ok := strings.CutPrefix(in.Package, "prepay_id=")
	if !ok || prepayID == "" {
		return "", badControl(http.StatusBadRequest, "PARAM_ERROR", "package must be prepay_id=…")
	}
	if in.SignType != "RSA" {
		return "", badControl(http.StatusBadRequest, "PARAM_ERROR", "signType must be RSA")
	}
	return prepayID, nil
}

// payerOf is the openid of somebody who opened what anybody may pay.
func (*Server) payerOf(c Charge, buyer string) string {
	if buyer == "" {
		buyer = "passer-by"
	}
	return OpenID(c.AppID, buyer)
}

// OpenInput is an address that a person opened: the content of a QR code that WeChat
// scanned, or a page that sends a browser to WeChat.
type OpenInput struct {
	URL   string `json:"url"`
	Buyer string `json:"buyer,omitempty"`
}

// Open pays what an address that the provider handed out asks for. The refusals are those
// of Pay.
func (s *Server) Open(in OpenInput) (Receipt, error) {
	prepayID, tradeType := "", ""
	if code, ok := strings.CutPrefix(in.URL, codeURLPrefix); ok {
		prepayID, tradeType = "wx"+code, "NATIVE"
	} else if rest, ok := strings.CutPrefix(in.URL, h5URLPrefix); ok {
		prepayID, _, _ = strings.Cut(rest, "&")
		tradeType = "MWEB"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.books.charges[s.books.byPrepay[prepayID]]
	if !ok || c.TradeType != tradeType || c.PrepayID != prepayID {
		return Receipt{}, badControl(http.StatusNotFound, "NOT_FOUND", "no such address")
	}
	c.OpenID = s.payerOf(c, in.Buyer)
	return s.take(c)
}

// PayOrderInput names a charge.
type PayOrderInput struct {
	MchID      string `json:"mchid"`
	OutTradeNo string `json:"out_trade_no"`
}

// PayOrder pays a charge that a phone has already shown: the page's button, where no
// Mini Program runs that could hand over a paySign. The refusals are those of Pay.
func (s *Server) PayOrder(in PayOrderInput) (Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.books.charges[pair{in.MchID, in.OutTradeNo}]
	if !ok {
		return Receipt{}, badControl(http.StatusNotFound, "NOT_FOUND", "no such order")
	}
	return s.take(c)
}

// take moves the money and owes the callback. s.mu must be held.
func (s *Server) take(c Charge) (Receipt, error) {
	now := s.now()
	switch c.State(now) {
	case stateSuccess, stateRefund:
		return Receipt{}, badControl(http.StatusConflict, "ORDERPAID", textPaid)
	case stateClosed:
		return Receipt{}, badControl(http.StatusConflict, "ORDER_CLOSED", textClosed)
	}
	for _, p := range products() {
		if p.tradeType == c.TradeType && now.Sub(c.PrepayAt) >= p.life {
			return Receipt{}, badControl(http.StatusConflict, "PREPAY_EXPIRED", "what prepay answered is older than %s", p.life)
		}
	}
	if c.OpenID == "" { // the page's button, where nobody has opened anything
		c.OpenID = s.payerOf(c, "")
	}
	c.PaidAt, c.TransactionID = now.UTC(), s.transactionID()
	d, err := s.owe(c.NotifyURL, c.signer(), c.OutTradeNo, eventPaid, originalTx, textPaid, transactionOf(c, stateSuccess))
	if err != nil {
		return Receipt{}, err
	}
	if err := s.commit(entry{Charge: &c, Delivery: d}); err != nil {
		return Receipt{}, err
	}
	s.Nudge()
	return Receipt{TransactionID: c.TransactionID, OutTradeNo: c.OutTradeNo, AmountFen: c.TotalFen, PaidAt: c.PaidAt}, nil
}

// checkPaySign verifies over the appid of the prepay: that is the app that runs.
// s.mu must be held.
func (s *Server) checkPaySign(in PayInput, c Charge, now time.Time) *Refusal {
	if in.AppID != "" && in.AppID != c.AppID {
		return badControl(http.StatusForbidden, "APPID_MISMATCH", "the prepay belongs to app %s", c.AppID)
	}
	if in.fromApp() && in.PartnerID != c.MchID {
		return badControl(http.StatusForbidden, "MCHID_MISMATCH", "the prepay belongs to merchant %s", c.MchID)
	}
	if in.Buyer != "" && !in.fromApp() && OpenID(c.AppID, in.Buyer) != c.OpenID {
		return badControl(http.StatusForbidden, "PAYER_MISMATCH", "the prepay belongs to another buyer")
	}
	stamp, err := strconv.ParseInt(in.TimeStamp, 10, 64)
	if err != nil || now.Sub(time.Unix(stamp, 0)) > prepayLife || time.Unix(stamp, 0).Sub(now) > clockWindow {
		return badControl(http.StatusBadRequest, "PARAM_ERROR", "timeStamp is not a recent Unix time in seconds")
	}
	keys := s.keysOf(c.signer())
	last := in.Package
	if in.fromApp() {
		last = in.PrepayID
	}
	text := c.AppID + "\n" + in.TimeStamp + "\n" + in.NonceStr + "\n" + last + "\n"
	if keys == nil || !verifyBase64(keys.verify, text, in.PaySign) {
		return badControl(http.StatusForbidden, "SIGN_ERROR", "paySign does not verify with the merchant's key")
	}
	return nil
}
