package alipaygw

import (
	"maps"
	"net/url"

	"galleria/payments/sandbox/internal/courier"
)

// tradeNotice is the notification about a trade's state; nil when nobody is to be told.
// g.mu must be held.
func (g *Gateway) tradeNotice(t Trade, status string) *Delivery {
	if t.NotifyURL == "" {
		return nil
	}
	fields := g.said(t, status)
	return &Delivery{
		NotifyID: fields["notify_id"], AppID: t.AppID, SellerID: t.SellerID, OutTradeNo: t.OutTradeNo, URL: t.NotifyURL, Fields: fields,
		Progress: courier.Owed(g.now().UTC()),
	}
}

// refundNotice repeats the trade's notification with what went back; a trade that was
// refunded whole is closed. g.mu must be held.
func (g *Gateway) refundNotice(t Trade, r Refund) *Delivery {
	d := g.tradeNotice(t, t.State(g.now()))
	if d != nil {
		maps.Copy(d.Fields, refundFields(t, r))
	}
	return d
}

func refundFields(t Trade, r Refund) map[string]string {
	return map[string]string{
		"refund_fee": yuan(t.RefundedFen), "send_back_fee": yuan(r.AmountFen), "out_biz_no": r.OutRequestNo,
		"gmt_refund": clockText(r.DoneAt) + ".000",
	}
}

// said is what a notification about a trade says, without what the signature adds. None of
// it is empty. g.mu must be held.
func (g *Gateway) said(t Trade, status string) map[string]string {
	keys := g.keysOf(t.AppID)
	now := g.now()
	fields := map[string]string{
		"notify_time": clockText(now), "notify_type": "trade_status_sync", "notify_id": now.In(beijing()).Format("20060102") + g.digits(26),
		"app_id": t.AppID, "auth_app_id": t.AppID, "charset": "utf-8", "version": "1.0",
		"trade_no": t.TradeNo, "out_trade_no": t.OutTradeNo, "seller_id": t.SellerID, "seller_email": "seller-" + t.SellerID[12:] + "@sandbox.example",
		"trade_status": status, "total_amount": yuan(t.TotalFen), "subject": t.Subject, "gmt_create": clockText(t.CreatedAt),
	}
	if !t.PaidAt.IsZero() {
		maps.Copy(fields, map[string]string{
			"receipt_amount": yuan(t.TotalFen), "invoice_amount": yuan(t.TotalFen), "buyer_pay_amount": yuan(t.TotalFen), "point_amount": "0.00",
			"gmt_payment":    clockText(t.PaidAt),
			"fund_bill_list": `[{"amount":"` + yuan(t.TotalFen) + `","fundChannel":"ALIPAYACCOUNT"}]`,
		})
	}
	for name, value := range map[string]string{"body": t.Body, "passback_params": t.Passback} {
		if value != "" {
			fields[name] = value
		}
	}
	if status == StateClosed {
		fields["gmt_close"] = clockText(now)
	}
	if t.Buyer != "" && keys != nil {
		openID, userID := g.callerID(keys, t.Buyer)
		fields["buyer_logon_id"] = masked(t.Buyer)
		if openID != "" {
			fields["buyer_open_id"] = openID
		} else {
			fields["buyer_id"] = userID
		}
	}
	return fields
}

// SignWith names whose signature a made message carries.
type SignWith string

// The signatures of made messages.
const (
	SignTruly    SignWith = ""         // the provider's own
	SignStranger SignWith = "stranger" // a key that belongs to nobody
	SignNothing  SignWith = "nothing"  // no sign at all
	SignOther    SignWith = "other"    // a true signature of something else
)

// NotificationInput makes one message about a trade, as it is or bent.
type NotificationInput struct {
	AppID      string
	OutTradeNo string
	Status     string                  // "" is the trade's state now
	Refund     string                  // an out_request_no: a message about this refund
	Mutate     func(map[string]string) // changes what is said before it is signed
	Late       func(url.Values)        // changes the form after it was signed
	SignWith   SignWith
}

// Notification is the body of a message as it would be posted, for tests that hand it over
// themselves.
func (g *Gateway) Notification(in NotificationInput) (contentType string, body []byte, err error) {
	g.mu.Lock()
	keys := g.keysOf(in.AppID)
	if keys == nil {
		g.mu.Unlock()
		return "", nil, badControl("there is no app %q", in.AppID)
	}
	t, ok := g.books.trades[pair{keys.SellerID, in.OutTradeNo}]
	if !ok {
		g.mu.Unlock()
		return "", nil, badControl("there is no trade %q", in.OutTradeNo)
	}
	fields := g.said(t, orElse(in.Status, t.State(g.now())))
	if in.Refund != "" {
		maps.Copy(fields, refundFields(t, g.books.refunds[pair{t.TradeNo, in.Refund}]))
	}
	g.mu.Unlock()
	if in.Mutate != nil {
		in.Mutate(fields)
	}
	form, err := g.form(keys, fields, in.SignWith)
	if err != nil {
		return "", nil, err
	}
	if in.Late != nil {
		in.Late(form)
	}
	return formType, []byte(form.Encode()), nil
}

const formType = "application/x-www-form-urlencoded; charset=utf-8"

// form signs what is said and puts it into a form.
func (g *Gateway) form(keys *appKeys, fields map[string]string, with SignWith) (url.Values, error) {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	key, text := keys.alipay, signText(fields)
	switch with {
	case SignStranger:
		key = g.stranger()
	case SignOther:
		text = "not this message"
	case SignTruly, SignNothing:
	}
	sign, err := signBase64(key, text)
	if err != nil {
		return nil, err
	}
	form.Set("sign_type", "RSA2")
	if keys.KeyMode == KeyModeCertificate {
		form.Set("alipay_cert_sn", keys.AlipayCertSN)
	}
	if with != SignNothing {
		form.Set("sign", sign)
	}
	return form, nil
}
