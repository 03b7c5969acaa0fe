package handle

import (
	"context"

	"galleria/commerce/trial"
	"galleria/tenant/outbox"
)

// testPurchase buys something in the shop as a buyer would. Where no sandbox is configured
// any more there is nothing to buy at.
func (h *Handlers) testPurchase(ctx context.Context, ev outbox.Event) error {
	in, err := payload[trial.Event](ev)
	if err != nil || h.Tryouts == nil {
		return err
	}
	return h.Tryouts.Run(ctx, ev.TenantID, in.PurchaseID)
}
