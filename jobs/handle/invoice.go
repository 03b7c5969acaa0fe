package handle

import (
	"context"

	"galleria/commerce/invoice"
	"galleria/commerce/notice"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Invoices is the part of invoice.Service that events move.
type Invoices interface {
	Concerns(ctx context.Context, q tenantdb.Querier, orderNo string) (bool, error)
	FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	EmailOf(ctx context.Context, id tenant.ID, orderNo string) (string, error)
	EmailOfMember(ctx context.Context, id tenant.ID, memberID int64) (string, error)
}

// invoiceMoved tells the staff of an invoice that waits for them, and the buyer of what became
// of it.
func (h *Handlers) invoiceMoved(ctx context.Context, ev outbox.Event) error {
	p, err := payload[invoice.MovedEvent](ev)
	if err != nil {
		return err
	}
	facts := notice.Facts{OrderNo: p.OrderNo, AmountFen: p.AmountFen, Status: "invoice_" + string(p.Status), At: ev.CreatedAt}
	if p.RedDue {
		facts.Status = "invoice_red_due"
	}
	if p.Status == invoice.Asked || p.RedDue {
		return h.once(ctx, ev, "invoice.message", func(tx tenantdb.Tx) error {
			return h.Notices.BoardTx(ctx, tx, ev.ID, notice.InvoiceMoved, facts)
		})
	}
	return h.tell(ctx, ev, news{
		event: notice.InvoiceMoved, effect: "invoice.message", orderNo: p.OrderNo, memberID: p.MemberID, appID: p.AppID, facts: facts, alone: true,
	})
}
