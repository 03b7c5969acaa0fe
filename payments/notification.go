package payments

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// noticeLimit bounds the handling of one message; WeChat Pay waits five seconds.
const noticeLimit = 4 * time.Second

// HandleNotification takes a provider's callback: it verifies and decrypts it with the
// keys of the account in its path, compares it with what we know, and applies it once.
// Repeats are answered with ok and change nothing. The Ack is in the provider's form,
// also with an error; the error is for the log. Opens a transaction. Faults:
// UNKNOWN_ACCOUNT, SIGNATURE_INVALID, SIGNATURE_PROBE, NOTIFICATION_MALFORMED,
// PAYMENT_ANOMALY, BUSY.
func (s *Service) HandleNotification(ctx context.Context, id tenant.ID, accountKey string, n Notice) (Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, noticeLimit)
	defer cancel()
	acc, err := s.d.Accounts.Recent(ctx, id, accountKey)
	if errors.Is(err, fault.ErrNotFound) {
		return plainAck(ErrNoticeUnknownAccount), ErrNoticeUnknownAccount
	}
	if err != nil {
		return plainAck(err), fmt.Errorf("notification: %w", err)
	}
	ch, err := s.channel(acc.Channel)
	if err != nil {
		return plainAck(err), fmt.Errorf("notification: %w", err)
	}
	began := s.d.Now()
	err = s.receive(ctx, id, ch, acc, n, began)
	if errors.Is(err, errRecalled) {
		if acc, err = s.d.Accounts.ByKey(ctx, id, accountKey); err != nil {
			return plainAck(err), fmt.Errorf("notification: %w", err)
		}
		err = s.receive(ctx, id, ch, acc, n, began)
	}
	if err != nil {
		ack := ch.Ack(err)
		s.keepRefusal(ctx, id, acc, n, refusal{cause: err, answer: ack.Status, began: began})
		return ack, fmt.Errorf("notification to %s: %w", accountKey, err)
	}
	return ch.Ack(nil), nil
}

// plainAck answers where there is no account and so no dialect.
func plainAck(err error) Ack {
	status := http.StatusInternalServerError
	switch fault.KindOf(err) { //nolint:exhaustive // every other kind is ours
	case fault.NotFound:
		status = http.StatusNotFound
	case fault.Unavailable:
		status = http.StatusServiceUnavailable
	}
	return Ack{Status: status, ContentType: "application/json", Body: []byte(`{"code":"FAIL","message":"` + fault.CodeOf(err) + `"}`)}
}

// receive takes a message. With an account that is Recalled it does only what its
// transaction confirms, a payment; all else is errRecalled.
func (s *Service) receive(ctx context.Context, id tenant.ID, ch Channel, acc Account, n Notice, began time.Time) error {
	msg, err := ch.ParseNotification(ctx, acc, n)
	if acc.Recalled && (err != nil || msg.Payment == nil) {
		return errRecalled
	}
	if err != nil {
		s.countRefusal(err)
		return err
	}
	ev := evidence{
		eventID: msg.EventID, eventType: msg.EventType, outTradeNo: "", sealed: nil, hash: sha256.Sum256(n.Body),
		shopClosed: n.ShopClosed, began: began, answer: ch.Ack(nil).Status,
	}
	// Sealed before the transaction, because the tenant's key may have to be read.
	if ev.sealed, err = s.d.Vault.Seal(ctx, bodyField(id, acc.Key), vault.NewSecret(pack(n))); err != nil {
		return fmt.Errorf("keep notification: %w", err)
	}
	switch {
	case msg.Payment != nil:
		ev.outTradeNo = msg.Payment.OutTradeNo
		if !msg.Payment.PaidAt.IsZero() {
			s.lag.observe(s.d.Now().Sub(msg.Payment.PaidAt))
		}
		return s.settle(ctx, id, acc, *msg.Payment, ev)
	case msg.Refund != nil:
		ev.outTradeNo = msg.Refund.OutTradeNo
		return s.settleRefundNotice(ctx, id, acc, *msg.Refund, ev)
	}
	if msg.Transfer != nil {
		ev.outTradeNo = msg.Transfer.OutBillNo
		return s.transferNotice(ctx, id, acc, *msg.Transfer, ev)
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := s.insertEvent(ctx, tx, acc, ev, outcomeIgnored)
		return err
	})
}

func (s *Service) countRefusal(err error) {
	switch {
	case errors.Is(err, ErrNoticeProbe):
		s.stats.probes.Add(1)
	case errors.Is(err, ErrNoticeSignature):
		s.stats.badSignatures.Add(1)
	}
}
