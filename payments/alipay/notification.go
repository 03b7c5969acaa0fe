package alipay

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

const mostEventID = 64

// ParseNotification implements payments.Channel. Only the body counts: the address may have
// a query that nobody signed.
func (c *Channel) ParseNotification(ctx context.Context, acc payments.Account, n payments.Notice) (payments.Notification, error) {
	said, err := readForm(n)
	if err != nil {
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(err)
	}
	cl, err := c.client(acc)
	if err != nil {
		return payments.Notification{}, err
	}
	if err := c.verifyNotice(cl, said); err != nil {
		return payments.Notification{}, payments.ErrNoticeSignature.Because(err)
	}
	id := said["notify_id"]
	if id == "" || len(id) > mostEventID {
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(errors.New("notify_id is missing or too long"))
	}
	out := payments.Notification{EventID: id, EventType: wire.Cut(said["trade_status"], mostEventID)}
	if said["notify_type"] != "trade_status_sync" {
		return out, nil
	}
	// Payments and refunds come to one address under one type: a refund repeats the
	// payment's message with what went back.
	if said["refund_fee"] != "" || said["gmt_refund"] != "" {
		out.EventType = "REFUND"
		out.Refund, err = c.refundSaid(ctx, acc, said)
		return out, err
	}
	switch state := stateOf(said["trade_status"], ""); state {
	case payments.PaymentUnpaid, payments.PaymentClosed:
		// Nothing has happened, or nothing will: whether it is over, a query tells.
	case payments.PaymentPaid, payments.PaymentOdd:
		out.Payment = &payments.PaymentResult{
			OutTradeNo: said["out_trade_no"], TransactionID: said["trade_no"], State: state, ProviderState: wire.Cut(said["trade_status"], 40),
			Amount:   amount(said["total_amount"]),
			Identity: payments.Identity{AppID: said["app_id"], MerchantNo: said["seller_id"], TradeType: "", Currency: currency},
			Payer:    said["buyer_open_id"], PaidAt: moment(said["gmt_payment"]),
		}
		if out.Payment.Payer == "" {
			out.Payment.Payer = said["buyer_id"]
		}
	}
	return out, nil
}

// refundSaid reads a refund's message. Its refund_fee is of all refunds of the trade; the
// part of this one is send_back_fee, and where that is missing the provider is asked.
func (c *Channel) refundSaid(ctx context.Context, acc payments.Account, said map[string]string) (*payments.RefundResult, error) {
	r := &payments.RefundResult{
		OutRefundNo: said["out_biz_no"], OutTradeNo: said["out_trade_no"], RefundID: said["trade_no"], MerchantNo: said["seller_id"],
		State: payments.RefundDone, Amount: amount(said["send_back_fee"]), DoneAt: moment(said["gmt_refund"]),
	}
	if said["app_id"] != acc.Config.SignAppID {
		r.MerchantNo = "app " + wire.Cut(said["app_id"], 32) // fits no merchant: an anomaly
		return r, nil
	}
	if said["send_back_fee"] != "" || r.OutRefundNo == "" {
		return r, nil
	}
	asked, err := c.QueryRefund(ctx, acc, r.OutTradeNo, r.OutRefundNo)
	if err != nil {
		return nil, err // not ok: it will be sent again
	}
	r.State, r.Amount = asked.State, asked.Amount
	return r, nil
}

// readForm reads the body as a form of single values in UTF-8.
func readForm(n payments.Notice) (map[string]string, error) {
	kind, attributes, err := mime.ParseMediaType(n.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errors.New("not a form")
	}
	if set := attributes["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		return nil, fmt.Errorf("charset %.20q", set)
	}
	form, err := url.ParseQuery(string(n.Body))
	if err != nil || len(form) == 0 {
		return nil, errors.New("the form cannot be read")
	}
	said := make(map[string]string, len(form))
	for name, values := range form {
		if len(values) != 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return nil, fmt.Errorf("%.40q is there twice or not UTF-8", name)
		}
		said[name] = values[0]
	}
	return said, nil
}

// verifyNotice verifies by the keys in use, and then by those replaced lately.
func (c *Channel) verifyNotice(cl *client, said map[string]string) error {
	if said["sign_type"] != "RSA2" {
		return fmt.Errorf("%w: sign_type %.20q", errSignature, said["sign_type"])
	}
	cl.acc.Used(vault.Verify)
	err := cl.keys.verifyForm(said)
	for _, old := range cl.earlier {
		if err != nil && c.d.Now().Before(old.until) {
			err = old.keys.verifyForm(said)
		}
	}
	return err
}

// verifyForm takes the form as it was received, and then without empty values: the
// provider sends none, but somebody on the way may. Of the number of its certificate the
// provider's own libraries disagree whether it is signed with the rest.
func (r keyring) verifyForm(said map[string]string) (err error) {
	for _, leave := range [][]string{{"sign", "sign_type", "alipay_cert_sn"}, {"sign", "sign_type"}} {
		for _, empty := range []bool{true, false} {
			if err = r.verify(said["alipay_cert_sn"], signText(said, empty, leave), said["sign"]); err == nil {
				return nil
			}
		}
	}
	return err
}

// signText joins what is signed: all but the names left out, sorted.
func signText(said map[string]string, empty bool, leave []string) string {
	names := make([]string, 0, len(said))
	for name, value := range said {
		if !slices.Contains(leave, name) && (empty || value != "") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + said[name]
	}
	return strings.Join(names, "&")
}

// Ack implements payments.Channel: the body decides. The status is for people and
// proxies.
func (*Channel) Ack(err error) payments.Ack {
	if err == nil {
		return payments.Ack{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte("success")}
	}
	return payments.Ack{Status: wire.AckStatus(err), ContentType: "text/plain; charset=utf-8", Body: []byte("fail")}
}
