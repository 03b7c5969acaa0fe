package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

// envelope is the body of a callback.
type envelope struct {
	ID        string `json:"id"`
	EventType string `json:"event_type"`
	Resource  *struct {
		Algorithm      string `json:"algorithm"`
		Ciphertext     string `json:"ciphertext"`
		AssociatedData string `json:"associated_data"`
		Nonce          string `json:"nonce"`
		OriginalType   string `json:"original_type"`
	} `json:"resource"`
}

const mostEventID = 64

// ParseNotification implements payments.Channel.
func (c *Channel) ParseNotification(ctx context.Context, acc payments.Account, n payments.Notice) (payments.Notification, error) {
	if isXML(n) {
		// Version 2 of the API, which nothing of ours asks for. It is not parsed at all.
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(errors.New("XML on the JSON route"))
	}
	client, err := c.client(ctx, acc)
	if err != nil {
		return payments.Notification{}, err
	}
	switch err := c.verifyNotice(ctx, client, n); {
	case errors.Is(err, errProbe):
		return payments.Notification{}, payments.ErrNoticeProbe
	case errors.Is(err, errSignature):
		return payments.Notification{}, payments.ErrNoticeSignature.Because(err)
	case err != nil:
		return payments.Notification{}, err // the certificates could not be fetched: nothing is known
	}
	out, err := decode(acc, n.Body)
	for _, old := range client.earlier {
		// The provider may have sealed it before the APIv3 key was replaced.
		if errors.Is(err, errSealed) && c.d.Now().Before(old.until) && !old.verifier.acc.APIv3Key.IsZero() {
			out, err = decode(old.verifier.acc, n.Body)
		}
	}
	if err != nil {
		return payments.Notification{}, payments.ErrNoticeMalformed.Because(err)
	}
	return out, nil
}

// verifyNotice verifies by the keys in use, and then by those replaced lately.
func (c *Channel) verifyNotice(ctx context.Context, client *client, n payments.Notice) error {
	at := n.At
	if at.IsZero() {
		at = c.d.Now()
	}
	err := client.verifier.verify(ctx, n.Header, n.Body, at)
	for _, old := range client.earlier {
		if errors.Is(err, errSignature) && c.d.Now().Before(old.until) {
			err = old.verifier.verify(ctx, n.Header, n.Body, at)
		}
	}
	return err
}

func isXML(n payments.Notice) bool {
	return strings.Contains(strings.ToLower(n.Header.Get("Content-Type")), "xml") || bytes.HasPrefix(bytes.TrimSpace(n.Body), []byte("<"))
}

// decode opens a body whose signature was verified. Which kind of message it is, is
// decided by its encrypted part and not by the outer event_type.
func decode(acc payments.Account, body []byte) (payments.Notification, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return payments.Notification{}, fmt.Errorf("body: %w", err)
	}
	if e.ID == "" || len(e.ID) > mostEventID || e.Resource == nil {
		return payments.Notification{}, errors.New("id or resource is missing")
	}
	plain, err := open(acc, e.Resource.Algorithm, e.Resource.Nonce, e.Resource.AssociatedData, e.Resource.Ciphertext)
	if err != nil {
		return payments.Notification{}, err
	}
	n := payments.Notification{EventID: e.ID, EventType: wire.Cut(e.EventType, mostEventID), Payment: nil, Refund: nil}
	switch e.Resource.OriginalType {
	case "transaction":
		var t transaction
		if err := json.Unmarshal([]byte(plain), &t); err != nil {
			return payments.Notification{}, fmt.Errorf("transaction: %w", err)
		}
		result := t.result()
		n.Payment = &result
	case "refund":
		var r refund
		if err := json.Unmarshal([]byte(plain), &r); err != nil {
			return payments.Notification{}, fmt.Errorf("refund: %w", err)
		}
		result, err := r.result(r.RefundStatus)
		if err != nil {
			return payments.Notification{}, err
		}
		n.Refund = &result
	default: // of transfers the name varies: what is inside tells
		var b transferBill
		if err := json.Unmarshal([]byte(plain), &b); err != nil || b.OutBillNo == "" {
			return n, nil //nolint:nilerr // of a kind that is not ours
		}
		result, err := b.result()
		if err != nil {
			return payments.Notification{}, err
		}
		n.Transfer = &result
	}
	return n, nil
}

// Ack implements payments.Channel: the status decides, the body is for people.
func (*Channel) Ack(err error) payments.Ack {
	if err == nil {
		return ack(http.StatusOK, "SUCCESS", "OK")
	}
	return ack(wire.AckStatus(err), "FAIL", fault.CodeOf(err))
}

func ack(status int, code, message string) payments.Ack {
	return payments.Ack{
		Status: status, ContentType: "application/json",
		Body: []byte(`{"code":"` + code + `","message":"` + message + `"}`),
	}
}
