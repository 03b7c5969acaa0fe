package handle

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"galleria/commerce/campaign"
	"galleria/commerce/notice"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// groupDue ends a group whose time is over.
func (h *Handlers) groupDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.GroupEventV1](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "group.due", func(tx tenantdb.Tx) error { return h.Campaigns.GroupDueTx(ctx, tx, p.GroupNo) })
}

// groupsStopped ends the groups of a stopped campaign, a portion in each transaction. Groups know
// where they stand, so it needs no receipt.
func (h *Handlers) groupsStopped(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.GroupEventV1](ev)
	if err != nil {
		return err
	}
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) {
		return h.Campaigns.StopGroupsTx(ctx, tx, p.CampaignID)
	})
}

// groupComplete lets the goods of a complete group leave, and tells its members.
func (h *Handlers) groupComplete(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.GroupEventV1](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "group.complete", func(tx tenantdb.Tx) error {
		seats, err := h.Campaigns.SeatedTx(ctx, tx, p.GroupNo)
		if err != nil {
			return err
		}
		var orders []string
		for _, s := range seats {
			if s.PaidAt == nil {
				continue
			}
			orders = append(orders, s.OrderNo)
			if s.BackAt == nil {
				if err := h.tellSeat(ctx, tx, ev, notice.GroupComplete, s); err != nil {
					return err
				}
			}
		}
		return h.Orders.GroupCompleteTx(ctx, tx, orders)
	})
}

// tellSeat has a member of a group told.
func (h *Handlers) tellSeat(ctx context.Context, tx tenantdb.Tx, ev outbox.Event, event string, s campaign.Seated) error {
	return h.Outbox.Append(ctx, tx, TopicTell, s.OrderNo, TellV1{
		EventID: uuid.NewSHA1(ev.ID, []byte(s.OrderNo)), Event: event, OrderNo: s.OrderNo, MemberID: s.MemberID, AppID: s.AppID, Facts: notice.Facts{OrderNo: s.OrderNo, Title: s.Title, At: ev.CreatedAt},
	})
}

// groupFailed closes what is unpaid of a group that did not fill and gives its money back, a
// portion in each transaction: all that is left of each payment, once. Seats remember that they
// were asked for.
func (h *Handlers) groupFailed(ctx context.Context, ev outbox.Event) error {
	p, err := payload[campaign.GroupEventV1](ev)
	if err != nil {
		return err
	}
	if err := h.groupEnds(ctx, ev, p.GroupNo); err != nil {
		return err
	}
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) {
		list, more, err := h.Campaigns.AskBackTx(ctx, tx, p.GroupNo)
		if err != nil {
			return false, err
		}
		for _, s := range list {
			if err := h.seatBack(ctx, tx, s.OrderNo); err != nil {
				return false, fmt.Errorf("money of %s: %w", s.OrderNo, err)
			}
			buyer, err := h.Orders.Buyer(ctx, tx, s.OrderNo)
			if err != nil {
				return false, err
			}
			s.Title = buyer.Title
			if err := h.tellSeat(ctx, tx, ev, notice.GroupFailed, s); err != nil {
				return false, err
			}
		}
		return more, nil
	})
}

// groupEnds lets the orders of a group know that it did not fill: nobody pays for it any more.
func (h *Handlers) groupEnds(ctx context.Context, ev outbox.Event, groupNo string) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		seats, err := h.Campaigns.SeatedTx(ctx, tx, groupNo)
		if err != nil {
			return err
		}
		orders := make([]string, len(seats))
		for i, s := range seats {
			orders[i] = s.OrderNo
		}
		return h.Orders.GroupFailedTx(ctx, tx, orders)
	})
}

// seatBack asks for all that is left of what an order's seat was paid with; what is on its way
// already comes back by itself.
func (h *Handlers) seatBack(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	paid, found, err := h.Payments.CountedTx(ctx, tx, orderNo)
	if err != nil || !found {
		return err
	}
	_, err = h.Payments.RequestRefundTx(ctx, tx, paid.OutTradeNo, payments.OrderCancelled)
	if errors.Is(err, payments.ErrNothingToRefund) {
		return nil
	}
	return err
}
