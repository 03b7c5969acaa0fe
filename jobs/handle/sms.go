package handle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	// TimerSMS begins a text message, when the Mini Program's own had its time.
	TimerSMS outbox.Topic = "notice.sms"
	// TimerSMSReceipt asks the vendor what became of one.
	TimerSMSReceipt outbox.Topic = "notice.sms_receipt"
)

// SMSReceiptV1 is the payload of TimerSMSReceipt.
type SMSReceiptV1 struct {
	EventID    uuid.UUID `json:"event_id"`
	MemberID   int64     `json:"member_id"`
	ProviderID string    `json:"provider_id"`
	KeyID      string    `json:"key_id"`
	SentAt     time.Time `json:"sent_at"`
	Asked      int       `json:"asked"`
}

// Carriers report within minutes, or after a phone was switched on again.
const (
	smsAskAfter = 2 * time.Minute
	smsAskAgain = 30 * time.Minute
	smsAskTimes = 6
)

// smsTimer has a text message begun, in the transaction that told the event.
func (h *Handlers) smsTimer(ctx context.Context, tx tenantdb.Tx, at time.Time, n news) error {
	if at.IsZero() {
		return nil
	}
	return h.Timers.Set(ctx, tx, TimerSMS, n.eventID.String(), at, TellV1{
		EventID: n.eventID, Event: n.event, OrderNo: n.orderNo, MemberID: n.memberID, AppID: n.appID, Facts: n.facts,
	})
}

// phoneOf opens a member's phone and its blind index; both are empty for who gave none.
func (h *Handlers) phoneOf(ctx context.Context, ev outbox.Event, memberID int64) (vault.Secret, []byte, error) {
	phone, err := h.Members.Phone(ctx, ev.TenantID, memberID)
	if errors.Is(err, fault.ErrNotFound) {
		return phone, nil, nil
	}
	if err != nil {
		return phone, nil, err
	}
	index, err := h.Members.PhoneIndex(ctx, ev.TenantID, string(phone.Reveal()))
	return phone, index, err
}

// smsDue sends a text message.
func (h *Handlers) smsDue(ctx context.Context, ev outbox.Event) error {
	const effect = "notice.sms"
	p, err := payload[TellV1](ev)
	if err != nil {
		return err
	}
	key, err := h.Notices.SMSKey(ctx, ev.TenantID)
	if errors.Is(err, fault.ErrNotFound) {
		return nil // switched off meanwhile
	}
	if err != nil {
		return err
	}
	phone, index, err := h.phoneOf(ctx, ev, p.MemberID)
	if err != nil {
		return err
	}
	begun, err := h.begin(ctx, ev, effect, func(tx tenantdb.Tx) (notice.Begun, error) {
		return h.Notices.BeginSMSTx(ctx, tx, key, notice.SMSBegin{EventID: p.EventID, Event: p.Event, MemberID: p.MemberID, PhoneIndex: index, Facts: p.Facts})
	})
	if err != nil || !begun.Ready {
		return err
	}
	m := begun.Message
	sentAt := h.Now()
	id, sendErr := h.Texter.SendText(ctx, key, notice.Text{Phone: phone, Template: m.TemplateID, Values: m.Data, OutID: m.EventID.String()})
	return h.finishSMS(context.WithoutCancel(ctx), ev, effect, m, SMSReceiptV1{EventID: m.EventID, MemberID: p.MemberID, ProviderID: id, KeyID: key.KeyID, SentAt: sentAt}, sendErr)
}

// finishSMS records what became of a text message, and has the vendor asked later.
func (h *Handlers) finishSMS(ctx context.Context, ev outbox.Event, effect string, m notice.Message, later SMSReceiptV1, sendErr error) error {
	if sendErr == nil {
		return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			if later.ProviderID != "" {
				if err := h.Timers.Set(ctx, tx, TimerSMSReceipt, m.EventID.String(), tx.Now().Add(smsAskAfter), later); err != nil {
					return err
				}
			}
			if _, err := h.Outbox.Receive(ctx, tx, ev, effect); err != nil {
				return err
			}
			return h.Notices.FinishTx(ctx, tx, m, notice.Outcome{State: notice.Sent, ProviderID: later.ProviderID})
		})
	}
	out := notice.Outcome{State: notice.Failed, Reason: sendErr.Error()}
	if refused, ok := errors.AsType[*notice.SMSError](sendErr); ok {
		if refused.Later {
			err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
				if err := h.Plans.GiveBackTx(ctx, tx, plan.Messages, 1); err != nil {
					return err
				}
				return h.Notices.RetryTx(ctx, tx, m)
			})
			return errors.Join(sendErr, err)
		}
		out.Code, out.Broken, out.Untaken = refused.Code, refused.Broken, true
	}
	h.Log.WarnContext(ctx, "text message not sent", "tenant_id", ev.TenantID.String(), "event_id", ev.ID.String(), "error", sendErr)
	return h.ended(ctx, ev, effect, m, out)
}

// smsReceiptDue asks the vendor what became of a text message, some times.
func (h *Handlers) smsReceiptDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[SMSReceiptV1](ev)
	if err != nil {
		return err
	}
	key, err := h.Notices.SMSKey(ctx, ev.TenantID)
	if errors.Is(err, fault.ErrNotFound) || (err == nil && key.KeyID != p.KeyID) {
		return nil // another account knows nothing of it
	}
	if err != nil {
		return err
	}
	phone, index, err := h.phoneOf(ctx, ev, p.MemberID)
	if err != nil || index == nil {
		return err
	}
	receipt, known, err := h.Texter.AskText(ctx, key, phone, p.ProviderID, p.SentAt)
	if err != nil {
		return fmt.Errorf("ask about a text message: %w", err)
	}
	if known {
		return h.Notices.HearReceipts(ctx, ev.TenantID, notice.SMS, p.KeyID, []notice.Receipt{receipt})
	}
	if p.Asked++; p.Asked >= smsAskTimes {
		return nil
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		return h.Timers.Set(ctx, tx, TimerSMSReceipt, p.EventID.String(), tx.Now().Add(smsAskAgain), p)
	})
}
