package miniapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"galleria/commerce/picture"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/web/auth"
	"galleria/web/middleware"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// maxBody is the size of a request body, bytes: the largest legal order is far below.
const maxBody = 256 << 10

// maxUpload is the size of a request that brings a picture, bytes: the picture, and room for
// the form around it.
const maxUpload = picture.MaxBytes + 64<<10

// Deps is what the API stands on.
type Deps struct {
	Apps          auth.Apps
	Shops         Shops
	Catalog       Catalog
	Members       Members
	Tastes        Tastes
	Carts         Carts
	Orders        Orders
	Cases         Cases
	Reviews       Reviews
	Distribution  Distribution
	Cards         Cards
	Vouchers      Vouchers
	Coupons       Coupons
	Campaigns     Campaigns
	Groups        Groups
	Points        Points
	Levels        Levels
	Invoices      Invoices
	Pictures      Pictures
	Delivery      Parcels
	Payments      Payments
	Transfers     Transfers
	Subscriptions Subscriptions
	Messages      Messages
	Logins        Logins
	Audit         auth.Auditor
	Limiter       *middleware.Limiter
	Limits        Limits
	Answers       *Answers
	Log           *slog.Logger
}

// API is the mounted routes.
type API struct {
	d      Deps
	huma   huma.API
	faults []*fault.Error // of all routes
}

// New puts the API onto app under Prefix and returns it.
func New(app *fiber.App, d Deps) *API {
	group := app.Group(Prefix)
	a := &API{d: d, huma: humafiber.NewWithGroup(app, group, config())}
	group.Use(middleware.PlainBody(), limitBody(), auth.App(d.Apps), a.limitTenant(), auth.Session(auth.SessionDeps{
		Members: d.Members, Audit: d.Audit, Log: d.Log, MayAudit: a.mayAudit,
		Skip: func(path string) bool { return path == Prefix+"/auth/login" || path == Prefix+"/auth/refresh" },
	}))
	for _, path := range memoryPaths() {
		group.Add(http.MethodGet, strings.ReplaceAll(path, "{id}", ":id"), a.fromMemory())
	}
	a.routes()
	return a
}

// limitBody bounds what is sent: a picture where one is expected, else an order.
func limitBody() fiber.Handler {
	small, large := middleware.BodyLimit(maxBody), middleware.BodyLimit(maxUpload)
	return func(c *fiber.Ctx) error {
		if c.Path() == Prefix+"/pictures" {
			return large(c)
		}
		return small(c)
	}
}

func (a *API) routes() {
	a.loginRoutes()
	a.memberRoutes()
	a.phoneRoutes()
	a.tasteRoutes()
	a.transferRoutes()
	a.shopRoutes()
	a.productRoutes()
	a.searchRoutes()
	a.cartRoutes()
	a.checkoutRoutes()
	a.orderRoutes()
	a.aftersaleRoutes()
	a.reviewRoutes()
	a.distributionRoutes()
	a.campaignRoutes()
	a.flashRoutes()
	a.groupRoutes()
	a.couponRoutes()
	a.pointsRoutes()
	a.levelRoutes()
	a.invoiceRoutes()
	a.addressRoutes()
	a.subscriptionRoutes()
	a.messageRoutes()
}

func config() huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0", Info: info(), Servers: []*huma.Server{{URL: Prefix}}, Tags: tags(),
			Components: &huma.Components{Schemas: schemas, SecuritySchemes: securitySchemes()},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{toProblem},
	}
}

// route is one operation of the contract.
type route struct {
	method, path string
	id           string // operationId
	tag          string
	summary      string
	description  string
	member       bool     // needs a session
	upload       bool     // takes a form with a file instead of JSON
	file         []string // answers with a file of these types instead of JSON
	class        class
	status       int            // of success; 200 if 0
	errors       []*fault.Error // beyond those every route can give
}

// add registers a route. The handler sees a decoded, valid input and returns its errors
// as they are.
func add[I, O any](a *API, r route, handle func(ctx context.Context, in *I) (*O, error)) {
	a.faults = append(a.faults, common(r)...)
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Tags: []string{r.tag}, Summary: r.summary, Description: r.description,
		DefaultStatus: r.status, BodyReadTimeout: -1, MaxBodyBytes: maxBody,
		Middlewares: huma.Middlewares{a.guard(r)},
		Parameters:  []*huma.Param{appIDParam()},
		Responses:   responses(a.huma.OpenAPI().Components.Schemas, r),
	}
	if r.upload {
		op.MaxBodyBytes = maxUpload
	}
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
	if r.member {
		op.Security = []map[string][]string{{sessionScheme: {}}}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, newFailure(ctx, err)
		}
		return out, nil
	})
}

// guard is what stands between routing and decoding: the budget, the session, and the
// strictness that does not depend on types.
func (a *API) guard(r route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		ctx := hc.Context()
		c := humafiber.Unwrap(hc)
		err := a.limit(ctx, r.class)
		if err == nil && r.member {
			_, err = auth.Require(ctx)
		}
		if err == nil {
			err = checkQuery(c.Request().URI().QueryArgs(), hc.Operation().Parameters)
		}
		if err == nil {
			err = checkHeaders(&c.Request().Header, hc.Operation().Parameters)
		}
		if err == nil && r.upload {
			err = checkForm(c.Request())
		} else if err == nil {
			err = checkBody(c.Request(), hc.Operation().RequestBody)
		}
		if err != nil {
			writeFailure(hc, newFailure(ctx, err))
			return
		}
		next(hc)
	}
}

// caller is the tenant, the app and the member of a request.
type caller struct {
	tenant tenant.ID
	app    tenant.AppID
	// provider is the app's.
	provider tenant.Provider
	member   int64
	// session and openID belong to the member.
	session int64
	openID  string
	shop    tenant.Status
}

// callerOf reads who calls; the member is zero for nobody's request.
func callerOf(ctx context.Context) (caller, error) {
	scope, ok := tenant.FromContext(ctx)
	if !ok {
		return caller{}, registry.ErrUnknownApp
	}
	who, _ := auth.Member(ctx)
	return caller{
		tenant: scope.Tenant.ID, app: scope.App.ID, provider: scope.App.Provider, member: who.MemberID, session: who.SessionID, openID: who.OpenID,
		shop: scope.Tenant.Status,
	}, nil
}

func marshal(w io.Writer, v any) error {
	if err := huma.DefaultJSONFormat.Marshal(w, v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return nil
}

// answerAge is how old an answer from memory may be at most, should a notification of
// a change get lost.
const answerAge = 5 * time.Second
