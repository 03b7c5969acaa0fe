package handle

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// finishMessage records what became of a message, by the provider's own rules. Only what
// certainly was not sent, and may succeed later, is sent again.
func (h *Handlers) finishMessage(ctx context.Context, ev outbox.Event, effect string, m notice.Message, msgID string, sendErr error) error {
	ctx = context.WithoutCancel(ctx) // the message is out; saying so must not time out with it
	if sendErr == nil {
		return h.ended(ctx, ev, effect, m, notice.Outcome{State: notice.Sent, ProviderID: msgID})
	}
	ruling, code := miniprogram.Judge(sendErr)
	if ruling == miniprogram.FormWrong && m.FormID == "" {
		ruling = miniprogram.TemplateWrong // the template is not of the kind that the shop said
	}
	out := notice.Outcome{State: notice.Failed, Code: code, Reason: sendErr.Error()}
	switch ruling {
	case miniprogram.Later:
		err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			if err := h.Plans.GiveBackTx(ctx, tx, plan.Messages, 1); err != nil {
				return err
			}
			return h.Notices.RetryTx(ctx, tx, m)
		})
		return errors.Join(sendErr, err)
	case miniprogram.ConsentGone:
		out.State, out.Reason, out.Withdrawn = notice.Skipped, "withdrawn at the provider", true
	case miniprogram.TemplateWrong, miniprogram.SetupWrong:
		out.Broken = true
		fallthrough
	case miniprogram.Drop, miniprogram.FormWrong:
		h.Log.WarnContext(ctx, "message not delivered", "tenant_id", ev.TenantID.String(), "event_id", ev.ID.String(), "error", sendErr)
	}
	return h.ended(ctx, ev, effect, m, out)
}

// ended writes the end of a message, and has the staff told, once, of a template or an app
// that the provider does not take.
func (h *Handlers) ended(ctx context.Context, ev outbox.Event, effect string, m notice.Message, out notice.Outcome) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		if _, err := h.Outbox.Receive(ctx, tx, ev, effect); err != nil {
			return err
		}
		if err := h.Notices.FinishTx(ctx, tx, m, out); err != nil || !out.Broken {
			return err
		}
		about := ev.TenantID.String() + "/" + m.AppID + "/" + m.Event + "/" + m.TemplateID + "/" + out.Code
		return h.Notices.BoardTx(ctx, tx, uuid.NewSHA1(uuid.NameSpaceOID, []byte(about)), notice.MessageBroken, notice.Facts{
			AppID: m.AppID, About: m.Event, Reason: out.Code, At: tx.Now(),
		})
	})
}
