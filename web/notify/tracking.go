package notify

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/delivery"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

// trackingChannel is the tracking service's name in the address of its callbacks.
const trackingChannel = "kuaidi100"

// Tracking takes what a tracking service tells of parcels; *delivery.Service is one. Whether
// it is to be believed is its matter: the address only routes.
type Tracking interface {
	Heard(ctx context.Context, id tenant.ID, routeKey string, body []byte) error
	Answer(err error) (contentType string, body []byte)
}

var _ Tracking = (*delivery.Service)(nil)

// mountTracking puts the tracking service's door onto app. It stands beside that of the
// payment providers, with the same limits, but without the reserved connections: a parcel may
// wait for the money.
func (d Deps) mountTracking(app *fiber.App) {
	app.Post(
		Prefix+"/"+trackingChannel+"/:account_key",
		middleware.Deadline(limit), middleware.PlainBody(), middleware.BodyLimit(maxBody),
		func(c *fiber.Ctx) error { return d.handleTracking(c) },
	)
}

func (d Deps) handleTracking(c *fiber.Ctx) error {
	ctx := c.UserContext()
	key := c.Params("account_key")
	err := d.heard(ctx, key, append([]byte(nil), c.Request().Body()...))
	status := fiber.StatusOK
	if err != nil {
		status = envelope.StatusOf(err)
		if record := envelope.RecordOf(ctx); record != nil { // answered in the service's words; the log gets ours
			record.Code, record.Err = fault.CodeOf(err), err
		}
	}
	kind, body := d.Tracking.Answer(err)
	c.Set(fiber.HeaderContentType, kind)
	return c.Status(status).Send(body)
}

func (d Deps) heard(ctx context.Context, key string, body []byte) error {
	route, err := d.Accounts.ByAccountKey(ctx, key)
	if err == nil && route.Channel != trackingChannel {
		err = registry.ErrUnknownApp
	}
	if err != nil {
		return err
	}
	if record := envelope.RecordOf(ctx); record != nil {
		record.TenantID = route.Tenant.ID.String()
	}
	if d.Limiter != nil {
		if err := d.Limiter.Local(route.Tenant.ID.String()+":tracking", d.Limit); err != nil {
			return err // the service comes again
		}
	}
	if err := registry.Schema(route.Tenant); err != nil {
		return err
	}
	if route.Tenant.Status.Policy().Callbacks == tenant.CallbacksRecorded {
		return fault.ErrNotFound // the shop is closed: where its parcels are matters no more
	}
	return d.Tracking.Heard(ctx, route.Tenant.ID, key, body)
}
