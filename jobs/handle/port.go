package handle

import (
	"context"
	"fmt"
	"strconv"

	"galleria/tenant"
	"galleria/tenant/outbox"
)

// Ports takes files in and gives them out; *port.Service is one.
type Ports interface {
	Step(ctx context.Context, shop tenant.ID, id int64) error
	Forget(ctx context.Context, shop tenant.ID, id int64) error
}

// portStep takes an import or an export further.
func (h *Handlers) portStep(ctx context.Context, ev outbox.Event) error {
	return ofJob(ctx, ev, h.Ports.Step)
}

// portForget lets the files and rows of a job go.
func (h *Handlers) portForget(ctx context.Context, ev outbox.Event) error {
	return ofJob(ctx, ev, h.Ports.Forget)
}

// ofJob does something with the job that an event is about. It looks at the job's state, so that
// it needs no receipt.
func ofJob(ctx context.Context, ev outbox.Event, do func(ctx context.Context, shop tenant.ID, id int64) error) error {
	id, err := strconv.ParseInt(ev.Key, 10, 64)
	if err != nil {
		return fmt.Errorf("key of %s: %w", ev.Topic, err)
	}
	return do(ctx, ev.TenantID, id)
}
