package handle

import (
	"context"

	"galleria/tenant/outbox"
)

// signupApproved opens the shop of an application, from the step on that was reached. The
// event is the application's: it belongs to no shop yet.
func (h *Handlers) signupApproved(ctx context.Context, ev outbox.Event) error {
	return h.Signups.Advance(ctx, ev.TenantID)
}
