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
