package handle

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"galleria/commerce/inventory"
	"galleria/commerce/notice"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Stock is the part of inventory.Service that knows what is scarce.
type Stock interface {
	Scarce(ctx context.Context, q tenantdb.Querier, skuIDs []int64) ([]inventory.Scarce, error)
}

// stockScarce tells the staff what became scarce and still is.
func (h *Handlers) stockScarce(ctx context.Context, ev outbox.Event) error {
	p, err := payload[inventory.ScarceEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "stock.scarce.notice", func(tx tenantdb.Tx) error {
		list, err := h.Stock.Scarce(ctx, tx, p.SKUs)
		if err != nil {
			return err
		}
		for _, k := range list {
			title := k.Title
			if k.Spec != "" {
				title += " " + k.Spec
			}
			about := uuid.NewSHA1(ev.ID, []byte(strconv.FormatInt(k.SKUID, 10)))
			if err := h.Notices.BoardTx(ctx, tx, about, notice.StockScarce, notice.Facts{Title: title, SKU: k.SKUID, Left: k.Available, At: ev.CreatedAt}); err != nil {
				return err
			}
		}
		return nil
	})
}
