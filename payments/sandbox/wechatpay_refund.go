package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"galleria/commerce/money"
)

// Refund statuses, as the provider spells them.
const (
	refundProcessing = "PROCESSING"
	refundSuccess    = "SUCCESS"
	refundClosed     = "CLOSED"
	refundAbnormal   = "ABNORMAL"
)

const (
	refundPeriod  = 365 * 24 * time.Hour
	refundSpacing = time.Minute
	refundLimit   = 50
)

var outRefundNoPattern = regexp.MustCompile(`^[0-9A-Za-z_\-|*@]{1,64}$`)

func refundFields() []field {
	return []field{
		{name: "sub_mchid", kind: kindString, minimum: 1, maximum: 32},
		{name: "transaction_id", kind: kindString, maximum: 32},
		{name: "out_trade_no", kind: kindString, pattern: outTradeNoPattern},
		{name: "out_refund_no", kind: kindString, required: true, pattern: outRefundNoPattern},
		{name: "reason", kind: kindString, maximum: 80},
		{name: "notify_url", kind: kindString, maximum: 256},
		{name: "funds_account", kind: kindString, enum: []string{"AVAILABLE"}},
		{name: "amount", kind: kindObject, required: true, fields: []field{
			{name: "refund", kind: kindInteger, required: true, minimum: 1, maximum: largestTotal},
			{name: "total", kind: kindInteger, required: true, minimum: 1, maximum: largestTotal},
			{name: "currency", kind: kindString, required: true, enum: []string{"CNY"}},
			{name: "from", kind: kindArray, fields: []field{
				{name: "account", kind: kindString, required: true, enum: []string{"AVAILABLE", "UNAVAILABLE"}},
				{name: "amount", kind: kindInteger, required: true, minimum: 1},
			}},
		}},
		{name: "goods_detail", kind: kindArray, fields: []field{
			{name: "merchant_goods_id", kind: kindString, required: true, maximum: 32},
			{name: "wechatpay_goods_id", kind: kindString, maximum: 32},
			{name: "goods_name", kind: kindString, maximum: 256},
			{name: "unit_price", kind: kindInteger, required: true},
			{name: "refund_amount", kind: kindInteger, required: true},
			{name: "refund_quantity", kind: kindInteger, required: true, minimum: 1},
		}},
	}
}

type refundBody struct {
	SubMchID      string `json:"sub_mchid"`
	TransactionID string `json:"transaction_id"`
	OutTradeNo    string `json:"out_trade_no"`
	OutRefundNo   string `json:"out_refund_no"`
	Reason        string `json:"reason"`
	NotifyURL     string `json:"notify_url"`
	Amount        struct {
		Refund money.Fen `json:"refund"`
		Total  money.Fen `json:"total"`
	} `json:"amount"`
}

// refund is POST /v3/refund/domestic/refunds: accepted at once, settled a little later.
func (s *Server) refund(call *payCall) (int, any, error) {
	if refusal := checkBody(call.body, refundFields()); refusal != nil {
		return 0, nil, refusal
	}
	var in refundBody
	if err := json.Unmarshal(call.body, &in); err != nil {
		return 0, nil, badField("body", "/", "", err.Error())
	}
	if (in.TransactionID == "") == (in.OutTradeNo == "") {
		return 0, nil, badField("body", "/out_trade_no", "", "exactly one of transaction_id and out_trade_no")
	}
	if in.NotifyURL != "" {
		if refusal := checkNotifyURL(in.NotifyURL); refusal != nil {
			return 0, nil, refusal
		}
	}
	who, refusal := s.either(call, "body", in.SubMchID)
	if refusal != nil {
		return 0, nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	digest := digestHex(call.body)
	if old, ok := s.books.refunds[pair{who.mchid, in.OutRefundNo}]; ok {
		if old.BodyDigest != digest || !who.owns(old.SpMchID, old.MchID) {
			return 0, nil, payError("INVALID_REQUEST", textSameNoOther)
		}
		return http.StatusOK, refundViewOf(old), nil
	}
	key := pair{who.mchid, in.OutTradeNo}
	if in.TransactionID != "" {
		key = s.books.byTransaction[in.TransactionID]
	}
	c, ok := s.books.charges[key]
	if !ok || !who.owns(c.SpMchID, c.MchID) {
		return 0, nil, payError("RESOURCE_NOT_EXISTS", textNoSuchOrder)
	}
	now := s.now()
	if refusal := refundable(c, in, now); refusal != nil {
		return 0, nil, refusal
	}
	r := s.newRefund(c, in, digest, call.fault)
	c.RefundedFen, c.Refunds, c.LastRefundAt = c.RefundedFen+in.Amount.Refund, c.Refunds+1, now.UTC()
	if err := s.commit(entry{Charge: &c, Refund: &r}); err != nil {
		return 0, nil, err
	}
	s.Nudge()
	return http.StatusOK, refundViewOf(r), nil
}

// refundable checks the business rules of a refund against its charge.
func refundable(c Charge, in refundBody, now time.Time) *Refusal {
	switch {
	case c.PaidAt.IsZero():
		return payError("INVALID_REQUEST", textNotPaid)
	case in.Amount.Total != c.TotalFen:
		return payError("INVALID_REQUEST", textTotalMismatch)
	case in.Amount.Refund > c.TotalFen-c.RefundedFen:
		return payError("INVALID_REQUEST", textRefundOver)
	case now.Sub(c.PaidAt) > refundPeriod:
		return payError("INVALID_REQUEST", textRefundOld)
	case c.Refunds >= refundLimit:
		return payError("INVALID_REQUEST", textRefundCount)
	case !c.LastRefundAt.IsZero() && now.Sub(c.LastRefundAt) < refundSpacing:
		return payError("FREQUENCY_LIMITED", textTooSoon)
	}
	return nil
}

func (s *Server) newRefund(c Charge, in refundBody, digest string, f *Fault) Refund {
	ends := refundSuccess
	switch {
	case f.Is(ModeRefundAbnormal):
		ends = refundAbnormal
	case f.Is(ModeRefundClosed):
		ends = refundClosed
	}
	now := s.now().UTC()
	return Refund{
		MchID: c.MchID, SpMchID: c.SpMchID, OutTradeNo: c.OutTradeNo, TransactionID: c.TransactionID, OutRefundNo: in.OutRefundNo,
		RefundID:  "5030" + s.digits(6) + now.In(chinaTime()).Format("20060102") + s.digits(10),
		NotifyURL: in.NotifyURL, Reason: in.Reason, RefundFen: in.Amount.Refund, TotalFen: c.TotalFen, BodyDigest: digest,
		Status: refundProcessing, EndsWith: ends, DueAt: now.Add(s.refundDelay), CreatedAt: now, SuccessAt: time.Time{},
	}
}

// settleRefund ends a refund and owes its callback. s.mu must be held.
func (s *Server) settleRefund(key pair) error {
	r := s.books.refunds[key]
	c := s.books.charges[pair{r.MchID, r.OutTradeNo}]
	r.Status = r.EndsWith
	e := entry{Refund: &r}
	summary := textRefundOK
	switch r.Status {
	case refundSuccess:
		r.SuccessAt = s.now().UTC()
	case refundAbnormal:
		summary = textRefundOdd // the money has left the merchant and has not arrived
	case refundClosed:
		summary = textRefundShut
		c.RefundedFen -= r.RefundFen // nothing moved: the sum can be refunded under a new number
		e.Charge = &c
	}
	if r.NotifyURL != "" {
		d, err := s.owe(r.NotifyURL, c.signer(), r.OutTradeNo, "REFUND."+r.Status, originalRef, summary, refundNoticeOf(r))
		if err != nil {
			return err
		}
		e.Delivery = d
	}
	return s.commit(e)
}

// queryRefund is GET /v3/refund/domestic/refunds/{out_refund_no}.
func (s *Server) queryRefund(call *payCall) (int, any, error) {
	q := call.r.URL.Query()
	for name := range q {
		if name != "sub_mchid" || q.Get(name) == "" {
			return 0, nil, badField("query", name, "", "unknown parameter")
		}
	}
	who, refusal := s.either(call, "query", q.Get("sub_mchid"))
	if refusal != nil {
		return 0, nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.books.refunds[pair{who.mchid, call.r.PathValue("out_refund_no")}]
	if !ok || !who.owns(r.SpMchID, r.MchID) {
		return 0, nil, payError("RESOURCE_NOT_EXISTS", textNoSuchRefund)
	}
	return http.StatusOK, refundViewOf(r), nil
}

type refundView struct {
	RefundID            string       `json:"refund_id"`
	OutRefundNo         string       `json:"out_refund_no"`
	TransactionID       string       `json:"transaction_id"`
	OutTradeNo          string       `json:"out_trade_no"`
	Channel             string       `json:"channel"`
	UserReceivedAccount string       `json:"user_received_account"`
	SuccessTime         string       `json:"success_time,omitempty"`
	CreateTime          string       `json:"create_time"`
	Status              string       `json:"status"`
	FundsAccount        string       `json:"funds_account"`
	Amount              refundAmount `json:"amount"`
	PromotionDetail     []struct{}   `json:"promotion_detail"`
}

type refundAmount struct {
	Total            money.Fen  `json:"total"`
	Refund           money.Fen  `json:"refund"`
	From             []struct{} `json:"from"`
	PayerTotal       money.Fen  `json:"payer_total"`
	PayerRefund      money.Fen  `json:"payer_refund"`
	SettlementRefund money.Fen  `json:"settlement_refund"`
	SettlementTotal  money.Fen  `json:"settlement_total"`
	DiscountRefund   money.Fen  `json:"discount_refund"`
	Currency         string     `json:"currency"`
	RefundFee        money.Fen  `json:"refund_fee"`
}

func refundViewOf(r Refund) refundView {
	v := refundView{
		RefundID: r.RefundID, OutRefundNo: r.OutRefundNo, TransactionID: r.TransactionID, OutTradeNo: r.OutTradeNo,
		Channel: "ORIGINAL", UserReceivedAccount: orElse(r.ReceivedBy, textWallet), SuccessTime: "", CreateTime: rfc3339(r.CreatedAt),
		Status: r.Status, FundsAccount: "UNSETTLED", PromotionDetail: []struct{}{},
		Amount: refundAmount{
			Total: r.TotalFen, Refund: r.RefundFen, From: []struct{}{}, PayerTotal: r.TotalFen, PayerRefund: r.RefundFen,
			SettlementRefund: r.RefundFen, SettlementTotal: r.TotalFen, DiscountRefund: 0, Currency: "CNY", RefundFee: 0,
		},
	}
	if !r.SuccessAt.IsZero() {
		v.SuccessTime = rfc3339(r.SuccessAt)
	}
	return v
}

// refundNotice says refund_status where the query says status.
type refundNotice struct {
	MchID               string             `json:"mchid,omitempty"`
	SpMchID             string             `json:"sp_mchid,omitempty"`
	SubMchID            string             `json:"sub_mchid,omitempty"`
	OutTradeNo          string             `json:"out_trade_no"`
	TransactionID       string             `json:"transaction_id"`
	OutRefundNo         string             `json:"out_refund_no"`
	RefundID            string             `json:"refund_id"`
	RefundStatus        string             `json:"refund_status"`
	SuccessTime         string             `json:"success_time,omitempty"`
	UserReceivedAccount string             `json:"user_received_account"`
	Amount              refundNoticeAmount `json:"amount"`
}

type refundNoticeAmount struct {
	Total       money.Fen `json:"total"`
	Refund      money.Fen `json:"refund"`
	PayerTotal  money.Fen `json:"payer_total"`
	PayerRefund money.Fen `json:"payer_refund"`
}

func refundNoticeOf(r Refund) refundNotice {
	n := refundNotice{
		MchID: r.MchID, OutTradeNo: r.OutTradeNo, TransactionID: r.TransactionID, OutRefundNo: r.OutRefundNo,
		RefundID: r.RefundID, RefundStatus: r.Status, SuccessTime: "", UserReceivedAccount: orElse(r.ReceivedBy, textWallet),
		Amount: refundNoticeAmount{Total: r.TotalFen, Refund: r.RefundFen, PayerTotal: r.TotalFen, PayerRefund: r.RefundFen},
	}
	if r.SpMchID != "" {
		n.MchID, n.SpMchID, n.SubMchID = "", r.SpMchID, r.MchID
	}
	if !r.SuccessAt.IsZero() {
		n.SuccessTime = rfc3339(r.SuccessAt)
	}
	return n
}
