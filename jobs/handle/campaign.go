package handle

import (
	"context"
	"strconv"

	"galleria/commerce/campaign"
	"galleria/commerce/notice"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Campaigns is the part of campaign.Service that time moves.
type Campaigns interface {
	TellTx(ctx context.Context, tx tenantdb.Tx, ev campaign.RemindEvent) (list []campaign.Reminded, more bool, err error)
}

// sessionSoon has those told who asked for it before a session, a portion in each transaction.
// Reminders remember that they were told, so it needs no receipt.
func (h *Handlers) sessionSoon(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.RemindEvent](ev)
	if err != nil {
		return err
	}
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) {
		list, more, err := h.Campaigns.TellTx(ctx, tx, p)
		if err != nil {
			return false, err
		}
		pipe := tx.Pipeline()
		for _, r := range list {
			tell := TellV1{Event: notice.SessionSoon, MemberID: r.MemberID, AppID: r.AppID, Facts: notice.Facts{Title: r.Title, At: r.StartsAt}}
			pipe.Add(func(tx tenantdb.Tx) error {
				return h.Outbox.Append(ctx, tx, TopicTell, ev.Key+"/"+strconv.FormatInt(r.MemberID, 10), tell)
			})
		}
		return more, pipe.Run(ctx)
	})
}
