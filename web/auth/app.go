package auth

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/tenant/registry"
	"galleria/web/envelope"
)

// HeaderAppID names the Mini Program of every API request.
const HeaderAppID = "X-App-Id"

// Apps finds the tenant of an AppID; *registry.Resolver is one.
type Apps interface {
	ByApp(ctx context.Context, appID string) (tenant.Scope, error)
}

// App puts the tenant and Mini Program of the request into its context. Faults:
// MALFORMED for a header given twice, UNKNOWN_APP, TENANT_SUSPENDED, MAINTENANCE.
func App(apps Apps) fiber.Handler {
	return func(c *fiber.Ctx) error {
		// Two values may be read differently by a proxy before us and by us.
		values := c.Request().Header.PeekAll(HeaderAppID)
		if len(values) > 1 {
			return envelope.ErrMalformed.With(field(HeaderAppID, "must be given once"))
		}
		if len(values) == 0 {
			return registry.ErrUnknownApp.With(field(HeaderAppID, "is required"))
		}
		ctx := c.UserContext()
		scope, err := apps.ByApp(ctx, string(values[0]))
		if err != nil {
			return err
		}
		if r := envelope.RecordOf(ctx); r != nil {
			r.TenantID, r.AppID = scope.Tenant.ID.String(), scope.App.ID.String()
		}
		if err := registry.Storefront(scope.Tenant); err != nil {
			return err
		}
		c.SetUserContext(tenant.NewContext(ctx, scope))
		return c.Next()
	}
}
