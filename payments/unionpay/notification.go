package unionpay

import (
	"context"
	"errors"
	"fmt"
	"mime"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

const (
	typeConsume = "01"
	typeRefund  = "04"
	typeUndo    = "31"
	mostID      = 40
)

// ParseNotification implements payments.Channel. Only the body is read, never the query
// string of the address. UnionPay gives its messages no number: queryId, which every repeat
// has, is the event's.
func (c *Channel) ParseNotification(_ context.Context, acc payments.Account, n payments.Notice) (payments.Notification, error) {
	if kind, _, err := mime.ParseMediaType(n.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(errForm)
	}
	f, err := parseForm(string(n.Body))
	if err != nil {
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(err)
	}
	client, err := c.client(acc)
	if err != nil {
		return payments.Notification{}, err
	}
	at := n.At
	if at.IsZero() {
		at = c.d.Now()
	}
	if err := client.chain.verify(f, at); err != nil {
		return payments.Notification{}, payments.ErrNoticeSignature.Because(err)
	}
	for _, name := range []string{"queryId", "orderId", "merId", "txnTime", "txnType", "respCode"} {
		if f[name] == "" || len(f[name]) > mostID {
			return payments.Notification{}, payments.ErrNoticeMalformed.Because(fmt.Errorf("%s is missing", name))
		}
	}
	out := payments.Notification{EventID: f["queryId"], EventType: wire.Cut(f["txnType"]+"/"+f["txnSubType"], mostID), Payment: nil, Refund: nil}
	switch f["txnType"] {
	case typeConsume:
		result := paymentResult(f, f["respCode"])
		out.Payment = &result
	case typeRefund, typeUndo:
		result := refundResult(f, f["respCode"])
		if result.State == payments.RefundPending {
			return payments.Notification{}, payments.ErrNoticeMalformed.Because(errors.New("a refund that is not over"))
		}
		out.Refund = &result
	}
	return out, nil
}
