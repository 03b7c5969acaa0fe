// Package notify is the door for payment providers: POST /notify/{channel}/{account_key}.
//
// It owns the way in: size, encoding, time, and finding the tenant behind the random
// account key, which only routes. Whether a message is to be believed, what it changes
// and how it is answered is payments'. The answer is the provider's own dialect, also
// for a refusal: the provider repeats what was not acknowledged.
//
// Callbacks work with reserved database connections (tenantdb.Reserved) and places of
// their own (middleware.Places): a storm of buyers does not hold up the money.
//
// A suspended shop still takes callbacks: the money has moved. In a closed one nothing
// becomes paid any more, and money is an anomaly. What each state of a shop means here
// stands in tenant.Policy.
package notify

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

// Prefix is where callbacks arrive.
const Prefix = "/notify"

const (
	maxBody = 64 << 10
	// limit is what the strictest provider waits for an answer.
	limit = 5 * time.Second
)

// Accounts finds the tenant behind an account key; *registry.Resolver is one.
type Accounts interface {
	ByAccountKey(ctx context.Context, key string) (registry.Route, error)
}

// Payments takes notifications; *payments.Service is one.
type Payments interface {
	HandleNotification(ctx context.Context, id tenant.ID, accountKey string, n payments.Notice) (payments.Ack, error)
}

// Deps is what the door needs.
type Deps struct {
	Accounts Accounts
	Payments Payments
	Tracking Tracking
	Apps     Apps
	Pushes   Pushes
	Pictures Pictures
	Messages Messages
	// Limiter and Limit bound the callbacks of one shop, per process: a shop whose keys
	// somebody tries must not take the places of the others. nil and zero bound nothing.
	Limiter *middleware.Limiter
	Limit   middleware.Rate
}

// Mount puts the door onto app.
func Mount(app *fiber.App, d Deps) {
	d.mountTracking(app) // before what takes every channel
	d.mountPush(app)
	app.Post(
		Prefix+"/:channel/:account_key",
		middleware.Deadline(limit), middleware.PlainBody(), middleware.BodyLimit(maxBody),
		func(c *fiber.Ctx) error { return d.handle(c) },
	)
}

func (d Deps) handle(c *fiber.Ctx) error {
	ctx := tenantdb.Reserved(c.UserContext())
	key := c.Params("account_key")
	route, err := d.Accounts.ByAccountKey(ctx, key)
	if errors.Is(err, registry.ErrUnknownApp) || (err == nil && route.Channel != c.Params("channel")) {
		return payments.ErrNoticeUnknownAccount
	}
	if err != nil {
		return err
	}
	record := envelope.RecordOf(ctx)
	if record != nil {
		record.TenantID = route.Tenant.ID.String()
	}
	if d.Limiter != nil {
		if err := d.Limiter.Local(route.Tenant.ID.String()+":callback", d.Limit); err != nil {
			return err // the provider comes again
		}
	}
	if err := registry.Schema(route.Tenant); err != nil {
		return err // the provider comes again
	}
	header := make(http.Header)
	for k, v := range c.Request().Header.All() {
		header.Add(string(k), string(v))
	}
	ack, err := d.Payments.HandleNotification(ctx, route.Tenant.ID, key, payments.Notice{
		Header: header, Body: append([]byte(nil), c.Request().Body()...), ShopClosed: route.Tenant.Status.Policy().Callbacks == tenant.CallbacksRecorded,
	})
	if err != nil && record != nil { // answered in the provider's words; the log gets ours
		record.Code, record.Err = fault.CodeOf(err), err
	}
	if ack.ContentType != "" {
		c.Set(fiber.HeaderContentType, ack.ContentType)
	}
	return c.Status(ack.Status).Send(ack.Body)
}
