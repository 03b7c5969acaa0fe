package handle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/notice"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// mailTimer has a mail sent at a time.
func (h *Handlers) mailTimer(ctx context.Context, tx tenantdb.Tx, at time.Time, p notice.MailV1) error {
	return h.Timers.Set(ctx, tx, notice.TimerMail, p.EventID.String(), at, p)
}

// mailOut has an event of the board sent to everybody who wants it by mail.
func (h *Handlers) mailOut(ctx context.Context, ev outbox.Event) error {
	p, err := payload[notice.MailOutV1](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "notice.mail_out", func(tx tenantdb.Tx) error {
		list, err := h.Notices.MailReaders(ctx, tx, p)
		if err != nil {
			return err
		}
		for _, m := range list { // as many as the shop has staff who asked for it
			if err := h.mailTimer(ctx, tx, tx.Now(), m); err != nil {
				return err
			}
		}
		return nil
	})
}

// mailAddress is where a mail goes, and what stands below its text.
func (h *Handlers) mailAddress(ctx context.Context, id tenant.ID, p notice.MailV1) (to, foot string, err error) {
	if p.Audience == notice.Buyer {
		if p.Facts.OrderNo == "" {
			to, err = h.Invoices.EmailOfMember(ctx, id, p.MemberID)
		} else {
			to, err = h.Invoices.EmailOf(ctx, id, p.Facts.OrderNo)
		}
		return to, "", err
	}
	kind, _ := notice.KindOf(p.Event)
	return h.People.MailOf(ctx, id, p.AccountID, kind.Permission)
}

// mailDue sends a mail.
func (h *Handlers) mailDue(ctx context.Context, ev outbox.Event) error {
	const effect = "notice.mail"
	p, err := payload[notice.MailV1](ev)
	if err != nil {
		return err
	}
	key, err := h.Notices.MailKey(ctx, ev.TenantID)
	if errors.Is(err, fault.ErrNotFound) {
		return nil // switched off meanwhile
	}
	if err != nil {
		return err
	}
	to, foot, err := h.mailAddress(ctx, ev.TenantID, p)
	if err != nil {
		return fmt.Errorf("address of a mail: %w", err)
	}
	begun, err := h.begin(ctx, ev, effect, func(tx tenantdb.Tx) (notice.Begun, error) {
		return h.Notices.BeginMailTx(ctx, tx, key, p, to)
	})
	if err != nil || !begun.Ready {
		return err
	}
	m := begun.Message
	text := m.Data["text"] + "\n\n— " + key.SenderName
	if foot != "" {
		text += "\n" + foot
	}
	sendErr := h.Mailer.SendMail(ctx, key, notice.Mail{To: to, Subject: m.Data["subject"], Text: text, ID: m.EventID.String()})
	return h.finishMail(context.WithoutCancel(ctx), ev, effect, m, p, sendErr)
}

// finishMail records what became of a mail. What the server does not take yet is tried again
// later, some times.
func (h *Handlers) finishMail(ctx context.Context, ev outbox.Event, effect string, m notice.Message, p notice.MailV1, sendErr error) error {
	if sendErr == nil {
		return h.ended(ctx, ev, effect, m, notice.Outcome{State: notice.Sent})
	}
	out := notice.Outcome{State: notice.Failed, Code: notice.MailUnknown, Reason: "outcome unknown"}
	if refused, ok := errors.AsType[*notice.MailError](sendErr); ok {
		wait, again := notice.MailWait(p.Tried)
		if refused.Later && again {
			p.Tried++
			return h.mailLater(ctx, ev, effect, m, p, refused.Code, wait)
		}
		out.Code, out.Reason, out.Broken = refused.Code, refused.Reason, refused.Broken
	}
	h.Log.WarnContext(ctx, "mail not sent", "tenant_id", ev.TenantID.String(), "event_id", ev.ID.String(), "error", sendErr)
	return h.ended(ctx, ev, effect, m, out)
}

// mailLater ends this try, gives its place in the quota back and sets the next one.
func (h *Handlers) mailLater(ctx context.Context, ev outbox.Event, effect string, m notice.Message, p notice.MailV1, code string, wait time.Duration) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		if _, err := h.Outbox.Receive(ctx, tx, ev, effect); err != nil {
			return err
		}
		if err := h.Plans.GiveBackTx(ctx, tx, plan.Messages, 1); err != nil {
			return err
		}
		if err := h.Notices.MailLaterTx(ctx, tx, m, code); err != nil {
			return err
		}
		return h.mailTimer(ctx, tx, tx.Now().Add(wait), p)
	})
}
