package miniapi

import (
	"context"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/web/auth"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

// class says which budget a route draws on.
type class uint8

const (
	classRead  class = iota // answered from memory or by one statement
	classWrite              // changes something of the member's
	classLogin              // anybody may call it, and it calls the provider
	classPay                // costs two RSA signatures and a call to the provider
)

// Limits are the budgets of the API. Zero fields mean no limit.
type Limits struct {
	Tenant middleware.Rate // all requests to one shop, per process
	Read   middleware.Rate // per member, or per address for nobody's; per process
	Write  middleware.Rate // per member, over all processes
	Login  middleware.Rate // per address and shop, over all processes
	Pay    middleware.Rate // per member, over all processes
	Audit  middleware.Rate // audit entries that strangers can cause, per shop and process
}

// limitTenant keeps one shop's storm away from the others. It is counted in memory: it
// is asked by every request, and it protects this process.
func (a *API) limitTenant() fiber.Handler {
	return func(c *fiber.Ctx) error {
		scope, ok := tenant.FromContext(c.UserContext())
		if ok {
			key, budget := tenantBudget(scope, a.d.Limits.Tenant)
			if err := a.d.Limiter.Local(key, budget); err != nil {
				return err
			}
		}
		return c.Next()
	}
}

// tenantBudget is what a shop may ask of this process: what its plan allows, a whole
// minute's worth at once, and never more than the installation allows any shop. A budget
// that has changed is another bucket. The plan comes with the scope, which the resolver
// keeps in memory.
func tenantBudget(scope tenant.Scope, most middleware.Rate) (key string, budget middleware.Rate) {
	key = scope.Tenant.ID.String()
	calls := scope.CallsPerMinute
	if calls <= 0 || (most.PerSecond > 0 && calls/60 >= int64(most.PerSecond)) || calls/60 > math.MaxInt32 {
		return key, most
	}
	budget = middleware.Rate{PerSecond: max(1, int(calls/60)), Burst: int(calls)}
	if most.Burst > 0 {
		budget.Burst = min(budget.Burst, most.Burst)
	}
	return key + ":" + strconv.FormatInt(calls, 10), budget
}

// limit takes one request from the caller's budget.
func (a *API) limit(ctx context.Context, of class) error {
	scope, _ := tenant.FromContext(ctx)
	who := ""
	if r := envelope.RecordOf(ctx); r != nil {
		who = r.ClientIP
	}
	if m, ok := auth.Member(ctx); ok {
		who = "m" + strconv.FormatInt(m.MemberID, 10)
	}
	key := func(kind string) string { return scope.Tenant.ID.String() + ":" + kind + ":" + who }
	switch of {
	case classRead:
		return a.d.Limiter.Local(key("read"), a.d.Limits.Read)
	case classWrite:
		return a.d.Limiter.Shared(ctx, key("write"), a.d.Limits.Write)
	case classLogin:
		return a.d.Limiter.Shared(ctx, key("login"), a.d.Limits.Login)
	case classPay:
		return a.d.Limiter.Shared(ctx, key("pay"), a.d.Limits.Pay)
	}
	return nil
}

func (a *API) mayAudit(id tenant.ID) bool {
	return a.d.Limiter.Local(id.String()+":audit", a.d.Limits.Audit) == nil
}
