package sandbox

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
)

const (
	prepayLife      = 2 * time.Hour
	chargeLife      = 7 * 24 * time.Hour
	chargeLifeLimit = 15 * 24 * time.Hour
	shortestExpiry  = time.Minute
	largestTotal    = 100_000_000_00
	largestDetail   = 6144
)

var outTradeNoPattern = regexp.MustCompile(`^[0-9A-Za-z_\-|*]{6,32}$`)

// product is one of the ways to begin a payment.
type product struct {
	path      string
	tradeType string
	life      time.Duration // of what is answered
}

func products() []product {
	const browser = 5 * time.Minute
	return []product{
		{"jsapi", "JSAPI", prepayLife}, {"native", "NATIVE", prepayLife}, {"h5", "MWEB", browser}, {"app", "APP", prepayLife},
	}
}

func prepayFields(p product) []field {
	fields := commonPrepayFields()
	scene := []field{
		{name: "payer_client_ip", kind: kindString, required: true, maximum: 45},
		{name: "device_id", kind: kindString, maximum: 32},
		{name: "store_info", kind: kindObject, fields: []field{
			{name: "id", kind: kindString, required: true, maximum: 32},
			{name: "name", kind: kindString, maximum: 256},
			{name: "area_code", kind: kindString, maximum: 32},
			{name: "address", kind: kindString, maximum: 512},
		}},
	}
	switch p.tradeType {
	case "JSAPI":
		fields = append(fields, field{name: "payer", kind: kindObject, required: true, fields: []field{
			{name: "openid", kind: kindString, required: true, maximum: 128},
		}})
	case "MWEB":
		scene = append(scene, field{name: "h5_info", kind: kindObject, required: true, fields: []field{
			{name: "type", kind: kindString, required: true, enum: []string{"iOS", "Android", "Wap"}},
			{name: "app_name", kind: kindString, maximum: 64},
			{name: "app_url", kind: kindString, maximum: 128},
			{name: "bundle_id", kind: kindString, maximum: 128},
			{name: "package_name", kind: kindString, maximum: 128},
		}})
	}
	return append(fields, field{name: "scene_info", kind: kindObject, required: p.tradeType == "MWEB", fields: scene})
}

func commonPrepayFields() []field {
	goods := []field{
		{name: "merchant_goods_id", kind: kindString, required: true, maximum: 32},
		{name: "wechatpay_goods_id", kind: kindString, maximum: 32},
		{name: "goods_name", kind: kindString, maximum: 256},
		{name: "quantity", kind: kindInteger, required: true, minimum: 1},
		{name: "unit_price", kind: kindInteger, required: true},
	}
	return []field{
		{name: "appid", kind: kindString, required: true, maximum: 32},
		{name: "mchid", kind: kindString, required: true, maximum: 32},
		{name: "description", kind: kindString, required: true, maximum: 127},
		{name: "out_trade_no", kind: kindString, required: true, pattern: outTradeNoPattern},
		{name: "time_expire", kind: kindString, maximum: 64},
		{name: "attach", kind: kindString, maximum: 128},
		{name: "notify_url", kind: kindString, required: true, maximum: 255},
		{name: "goods_tag", kind: kindString, maximum: 32},
		{name: "limit_pay", kind: kindArray, item: kindString},
		{name: "support_fapiao", kind: kindBool},
		{name: "amount", kind: kindObject, required: true, fields: []field{
			{name: "total", kind: kindInteger, required: true, minimum: 1, maximum: largestTotal},
			{name: "currency", kind: kindString, enum: []string{"CNY"}},
		}},
		{name: "detail", kind: kindObject, fields: []field{
			{name: "cost_price", kind: kindInteger},
			{name: "invoice_id", kind: kindString, maximum: 32},
			{name: "goods_detail", kind: kindArray, fields: goods, minimum: 1, maximum: 6000},
		}},
		{name: "settle_info", kind: kindObject, fields: []field{{name: "profit_sharing", kind: kindBool}}},
	}
}

type prepayBody struct {
	AppID       string `json:"appid"`
	MchID       string `json:"mchid"`
	SpAppID     string `json:"sp_appid"`
	SpMchID     string `json:"sp_mchid"`
	SubAppID    string `json:"sub_appid"`
	SubMchID    string `json:"sub_mchid"`
	Description string `json:"description"`
	OutTradeNo  string `json:"out_trade_no"`
	TimeExpire  string `json:"time_expire"`
	Attach      string `json:"attach"`
	NotifyURL   string `json:"notify_url"`
	Amount      struct {
		Total money.Fen `json:"total"`
	} `json:"amount"`
	Payer struct {
		OpenID    string `json:"openid"`
		SpOpenID  string `json:"sp_openid"`
		SubOpenID string `json:"sub_openid"`
	} `json:"payer"`
	Detail json.RawMessage `json:"detail"`
}

// prepayAnswer has one member, which depends on the product.
type prepayAnswer struct {
	PrepayID string `json:"prepay_id,omitempty"`
	CodeURL  string `json:"code_url,omitempty"`
	H5URL    string `json:"h5_url,omitempty"`
}

const (
	codeURLPrefix = "weixin://wxpay/bizpayurl?pr="
	h5URLPrefix   = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id="
)

func prepayAnswerOf(c Charge) prepayAnswer {
	switch c.TradeType {
	case "NATIVE":
		return prepayAnswer{CodeURL: codeURLPrefix + strings.TrimPrefix(c.PrepayID, "wx")}
	case "MWEB":
		return prepayAnswer{H5URL: h5URLPrefix + c.PrepayID + "&package=" + strings.TrimPrefix(c.PrepayID, "wx")[:10]}
	}
	return prepayAnswer{PrepayID: c.PrepayID}
}

// prepay is POST /v3/pay/transactions/jsapi, native, h5 or app, or the same under
// /v3/pay/partner.
func (s *Server) prepay(p product, isPartner bool) payHandler {
	return func(call *payCall) (int, any, error) { return s.begin(p, call, isPartner) }
}

func (s *Server) begin(p product, call *payCall, isPartner bool) (int, any, error) {
	fields := prepayFields(p)
	if isPartner {
		fields = partnerFields(p)
	}
	if refusal := checkBody(call.body, fields); refusal != nil {
		return 0, nil, refusal
	}
	var in prepayBody
	if err := json.Unmarshal(call.body, &in); err != nil {
		return 0, nil, badField("body", "/", "", err.Error())
	}
	if refusal := checkNotifyURL(in.NotifyURL); refusal != nil {
		return 0, nil, refusal
	}
	if len(in.Detail) > largestDetail {
		return 0, nil, badField("body", "/detail", "", "longer than 6144 bytes")
	}
	now := s.now()
	expires, refusal := expiry(in.TimeExpire, now)
	if refusal != nil {
		return 0, nil, refusal
	}
	who, refusal := s.partyOf(call, in, isPartner)
	if refusal != nil {
		return 0, nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	appID, openID, refusal := s.checkApps(p, in, isPartner)
	if refusal != nil {
		return 0, nil, refusal
	}
	c, known := s.books.charges[pair{who.mchid, in.OutTradeNo}]
	if known && !who.owns(c.SpMchID, c.MchID) {
		return 0, nil, payError("OUT_TRADE_NO_USED")
	}
	digest := digestOf(p, call.body)
	if known {
		if refusal := repeatable(c, digest, now); refusal != nil {
			return 0, nil, refusal
		}
		if now.Sub(c.PrepayAt) < p.life {
			return http.StatusOK, prepayAnswerOf(c), nil
		}
	} else {
		c = Charge{
			MchID: who.mchid, SpMchID: who.spMchID, SpAppID: in.SpAppID, SubAppID: in.SubAppID, AppID: appID, TradeType: p.tradeType,
			OutTradeNo: in.OutTradeNo, OpenID: openID,
			Description: in.Description, Attach: in.Attach, NotifyURL: in.NotifyURL, TotalFen: in.Amount.Total,
			BodyDigest: digest, CreatedAt: now.UTC(), ExpiresAt: expires.UTC(),
		}
	}
	c.PrepayID, c.PrepayAt = "wx"+now.In(chinaTime()).Format("20060102150405")+s.hexLower(20), now.UTC()
	if err := s.commit(entry{Charge: &c}); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, prepayAnswerOf(c), nil
}

// digestOf tells one prepay's body from another's.
func digestOf(p product, body []byte) string {
	if p.tradeType == "JSAPI" {
		return digestHex(body)
	}
	return digestHex(append([]byte(p.path+"\n"), body...)) // their bodies may be equal
}

// checkApps returns the app and the payer that a prepay is for. s.mu must be held.
func (s *Server) checkApps(p product, in prepayBody, isPartner bool) (appID, openID string, refusal *Refusal) {
	if isPartner {
		return s.checkPartnerApps(p, in)
	}
	return in.AppID, in.Payer.OpenID, s.checkPayer(p, in)
}

// checkPayer asks through which app who pays. s.mu must be held.
func (s *Server) checkPayer(p product, in prepayBody) *Refusal {
	app, ok := s.books.apps[in.AppID]
	if !ok || !slices.Contains(app.MchIDs, in.MchID) {
		return payError("APPID_MCHID_NOT_MATCH")
	}
	if p.tradeType != "JSAPI" {
		return nil // nobody knows yet who will pay
	}
	buyer, ok := s.books.buyers[in.Payer.OpenID]
	if !ok {
		return badField("body", "/payer/openid", in.Payer.OpenID, "unknown openid")
	}
	if buyer.AppID != in.AppID {
		return payError("OPENID_MISMATCH")
	}
	return nil
}

// repeatable lets the same prepay be asked for again while it can still be paid.
func repeatable(c Charge, digest string, now time.Time) *Refusal {
	switch c.State(now) {
	case stateSuccess, stateRefund:
		return payError("ORDERPAID")
	case stateClosed:
		return payError("ORDER_CLOSED")
	}
	if c.BodyDigest != digest {
		return payError("OUT_TRADE_NO_USED")
	}
	return nil
}

// expiry reads time_expire. Less than a minute ahead is raised to a minute; a charge
// without it closes after seven days.
func expiry(text string, now time.Time) (time.Time, *Refusal) {
	if text == "" {
		return now.Add(chargeLife), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, badField("body", "/time_expire", text, "not RFC 3339 with offset")
	}
	if at.Before(now) || at.After(now.Add(chargeLifeLimit)) {
		return time.Time{}, badField("body", "/time_expire", text, "in the past or more than 15 days ahead")
	}
	if soonest := now.Add(shortestExpiry); at.Before(soonest) {
		return soonest, nil
	}
	return at, nil
}

// checkNotifyURL demands https without a query, or plain http to this very machine.
func checkNotifyURL(text string) *Refusal {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return badField("body", "/notify_url", text, "not an absolute URL")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#") {
		return badField("body", "/notify_url", text, "must not carry a query string")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return badField("body", "/notify_url", text, "must be https")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (s *Server) queryByOutTradeNo(isPartner bool) payHandler {
	return func(call *payCall) (int, any, error) {
		who, refusal := s.queryParty(call, isPartner)
		if refusal != nil {
			return 0, nil, refusal
		}
		return s.transactionAt(who, pair{who.mchid, call.r.PathValue("out_trade_no")})
	}
}

func (s *Server) queryByTransactionID(isPartner bool) payHandler {
	return func(call *payCall) (int, any, error) {
		who, refusal := s.queryParty(call, isPartner)
		if refusal != nil {
			return 0, nil, refusal
		}
		s.mu.Lock()
		key := s.books.byTransaction[call.r.PathValue("transaction_id")] // zero, which no charge has, if there is none
		s.mu.Unlock()
		return s.transactionAt(who, key)
	}
}

// transactionAt is the answer about a charge to the party that asks.
func (s *Server) transactionAt(who party, key pair) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.books.charges[key]
	if !known || !who.owns(c.SpMchID, c.MchID) {
		return 0, nil, payError("ORDER_NOT_EXIST")
	}
	return http.StatusOK, transactionOf(c, c.State(s.now())), nil
}

// otherAnswer is the truth about another charge of the merchant that signed.
func (s *Server) otherAnswer(call *payCall) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.books.chargeOrder {
		if c := s.books.charges[key]; c.signer() == call.keys.MchID && c.OutTradeNo == call.fault.Value {
			return http.StatusOK, transactionOf(c, c.State(s.now())), nil
		}
	}
	return 0, nil, payError("ORDER_NOT_EXIST")
}

// closeCharge is POST …/close: 204, and 204 again.
func (s *Server) closeCharge(isPartner bool) payHandler {
	return func(call *payCall) (int, any, error) {
		who, refusal := s.bodyParty(call, isPartner)
		if refusal != nil {
			return 0, nil, refusal
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		c, ok := s.books.charges[pair{who.mchid, call.r.PathValue("out_trade_no")}]
		if !ok || !who.owns(c.SpMchID, c.MchID) {
			return 0, nil, payError("ORDER_NOT_EXIST")
		}
		switch c.State(s.now()) {
		case stateSuccess, stateRefund:
			return 0, nil, payError("ORDERPAID")
		case stateNotPay:
			c.ClosedAt = s.now().UTC()
			if err := s.commit(entry{Charge: &c}); err != nil {
				return 0, nil, err
			}
		}
		return http.StatusNoContent, nil, nil
	}
}
