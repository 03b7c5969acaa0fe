package console

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/signup"
)

// Opening is what the pages need that open shops. All fields but Desk are required.
type Opening struct {
	Signups  Signups
	Registry *registry.Service
	Proofs   *verify.Service
	Courier  courier.Courier
	// Desk is set in development: its messages are shown to whoever asks.
	Desk *courier.Desk
	Mode signup.Mode
}

// Signups takes applications; *signup.Service is one.
type Signups interface {
	Of(ctx context.Context, staffID int64) (signup.Application, error)
	Check(ctx context.Context, staffID int64, handle string) (provision.HandleState, []string, error)
	Draft(ctx context.Context, in signup.DraftInput) (signup.Application, error)
	Submit(ctx context.Context, staffID int64, termsVersion string) (signup.Application, error)
	Approve(ctx context.Context, id tenant.ID, actor string) error
	Reject(ctx context.Context, id tenant.ID, reason, actor string) error
}

// open reports whether merchants may open shops by themselves.
func (o *Opening) open() bool { return o != nil && o.Mode != signup.ModeClosed }

// opening returns what opens shops, or the answer of an installation that opens none.
func (s *Console) opening() (*Opening, error) {
	if !s.Opening.open() {
		return nil, fault.ErrNotFound
	}
	return s.Opening, nil
}

// wizardStep is where on the merchant's way a page stands.
func (o *Opening) wizardStep(n int, problem string) view.SignUpFrame {
	return view.SignUpFrame{Step: n, Problem: problem, Desk: o.Desk != nil}
}

// shopNotice is what a shop's pages say about its state, and where to go because of it.
func (s *Console) shopNotice(v *visit) (text, href string) {
	reason := v.shop.Reason
	switch v.shop.Status {
	case tenant.Onboarding:
		return v.text.T("shop.notice.onboarding"), view.Shop{Handle: v.shop.Handle}.URL("/onboarding")
	case tenant.Suspended:
		if reason == "" {
			return v.text.T("shop.notice.suspended"), ""
		}
		return v.text.T("shop.notice.suspended_because", reason), ""
	case tenant.Closing:
		return v.text.T("shop.notice.closing"), ""
	case tenant.None, tenant.Applied, tenant.Rejected, tenant.Provisioning, tenant.Active, tenant.Closed:
	}
	return "", ""
}

// refuseForm sets the status of a form that is shown again, and when to come back.
func refuseForm(c *fiber.Ctx, err error) {
	status := fiber.StatusUnprocessableEntity
	switch fault.KindOf(err) { //nolint:exhaustive // every other refusal is of what was typed
	case fault.Throttled:
		status = fiber.StatusTooManyRequests
		if wait := retryAfter(err); wait > 0 {
			c.Set(fiber.HeaderRetryAfter, itoa(wait))
		}
	case fault.Conflict, fault.Precondition:
		status = fiber.StatusConflict
	case fault.Unavailable:
		status = fiber.StatusServiceUnavailable
	}
	c.Status(status)
}
