package handle

import (
	"context"

	"galleria/commerce/member"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// memberLeaves empties the account of a member whose time to think better of it is over.
func (h *Handlers) memberLeaves(ctx context.Context, ev outbox.Event) error {
	p, err := payload[member.LeaveEvent](ev)
	if err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "member.leave")
		if err != nil || !fresh {
			return err
		}
		return h.Members.LeaveDueTx(ctx, tx, p.MemberID)
	})
}

// traded keeps what a member has bought in view of the list of members, counts the order in
// the shop's figures, and tells the member the news of it. Both count by what is there, so
// they need no receipt.
func (h *Handlers) traded(ctx context.Context, ev outbox.Event, n news) error {
	err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		if err := h.Orders.CountTradeTx(ctx, tx, n.memberID); err != nil {
			return err
		}
		if err := h.Figures.NoteOrderTx(ctx, tx, n.orderNo); err != nil || n.gift == nil {
			return err
		}
		return n.gift(ctx, tx) // last: others wait for the row of a coupon
	})
	if err != nil {
		return err
	}
	return h.tell(ctx, ev, n)
}
