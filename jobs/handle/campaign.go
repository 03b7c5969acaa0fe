package handle

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"galleria/commerce/campaign"
	"galleria/commerce/notice"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Campaigns is the part of campaign.Service that time moves.
type Campaigns interface {
	Broke(ctx context.Context, q tenantdb.Querier, ids []int64) ([]campaign.Broke, error)
	GroupDueTx(ctx context.Context, tx tenantdb.Tx, groupNo string) error
	StopGroupsTx(ctx context.Context, tx tenantdb.Tx, campaignID int64) (more bool, err error)
	SeatedTx(ctx context.Context, q tenantdb.Querier, groupNo string) ([]campaign.Seated, error)
	AskBackTx(ctx context.Context, tx tenantdb.Tx, groupNo string) (list []campaign.Seated, more bool, err error)
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

// campaignBroke tells the staff of campaigns whose budget is used up and still is.
func (h *Handlers) campaignBroke(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.BudgetEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "campaign.budget.notice", func(tx tenantdb.Tx) error {
		list, err := h.Campaigns.Broke(ctx, tx, p.CampaignIDs)
		if err != nil {
			return err
		}
		for _, c := range list {
			about := uuid.NewSHA1(ev.ID, []byte(strconv.FormatInt(c.CampaignID, 10)))
			if err := h.Notices.BoardTx(ctx, tx, about, notice.CampaignBudget, notice.Facts{Title: c.Title, AmountFen: c.BudgetFen, At: ev.CreatedAt}); err != nil {
				return err
			}
		}
		return nil
	})
}
