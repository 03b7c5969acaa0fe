package handle

import (
	"context"

	"galleria/tenant/outbox"
	"galleria/tenant/signup"
)

// signupApproved opens the shop of an application, from the step on that was reached. The
// event is the application's: it belongs to no shop yet.
func (h *Handlers) signupApproved(ctx context.Context, ev outbox.Event) error {
	return h.Signups.Advance(ctx, ev.TenantID)
}

// signupNews tells the applicant.
func (h *Handlers) signupNews(ctx context.Context, ev outbox.Event) error {
	p, err := payload[signup.NewsV1](ev)
	if err != nil {
		return err
	}
	return h.Herald.Applicant(ctx, ev.TenantID, p.News)
}
