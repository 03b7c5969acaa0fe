package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/order"
	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/factor"
	"galleria/console/i18n"
	"galleria/console/readmodel"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/look"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Assets are the browser's files; *static.Assets of galleria/web/static, mounted under
// AssetPrefix, is one.
type Assets interface {
	// URL returns the hashed address of a file.
	URL(name string) string
	// Lookup returns the file at a hashed address, gzip being nil when not worth it.
	Lookup(url string) (body, gzip []byte, contentType string, ok bool)
}

// AssetPrefix is where the browser's files lie.
const AssetPrefix = "/console/static/"

// minSecret is the least length of Deps.Secret in bytes.
const minSecret = 32

// Deps are what the console works with. All fields are required unless they say otherwise.
type Deps struct {
	DB     *tenantdb.DB
	Staff  *staff.Service
	Vault  *vault.Vault
	Audit  *audit.Log
	Assets Assets
	Log    *slog.Logger
	Now    func() time.Time
	// Secret keys the form tokens; at least 32 bytes, the same on every process.
	Secret []byte
	// Registry, Provision, Plans and Outbox are what the platform's staff work on.
	Registry  *registry.Service
	Provision *provision.Service
	Plans     *plan.Service
	Outbox    *outbox.Outbox
	Routines  *routine.Log
	Callbacks Callbacks
	Books     Books
	// Reconcile compares the shop's books with the providers' bills.
	Reconcile Reconcile
	Refunds   Refunds
	Payouts   Payouts
	Evidence  Evidence
	Cases     Cases
	Reviews   Reviews
	// Accounts keeps merchant accounts, Channels tries their keys at the provider.
	Accounts *account.Service
	Channels Channels
	// MiniPrograms keeps the shops' Mini Programs.
	MiniPrograms *miniprogram.Service
	// SandboxURL is the root of the providers' sandbox; empty for an installation without.
	SandboxURL string
	// EgressAddresses are the addresses under which providers see our calls, for merchants
	// to allow; may be empty.
	EgressAddresses []string
	Products        Products
	Orders          Orders
	Cards           Cards
	Vouchers        Vouchers
	// Reprice closes an order's payments at their providers and changes what it costs.
	Reprice      func(ctx context.Context, id tenant.ID, in order.RepriceInput) error
	Deliveries   Deliveries
	Freights     Freights
	Coupons      Coupons
	Campaigns    Campaigns
	Messages     Messages
	Distribution Distribution
	Points       Points
	Levels       Levels
	Invoices     Invoices
	Members      Members
	Pictures     Pictures
	Ports        Ports
	// Tryout is what a shop tries itself out with; nil for an installation without a sandbox.
	Tryout Tryout
	// Courier brings links and codes to people.
	Courier courier.Courier
	// SecondFactor makes people with guarded roles set up a second factor first.
	SecondFactor bool
	// BaseURL is the address browsers and providers reach us under, such as
	// "https://shop.example.com": the origin of forms and the stem of callback URLs.
	BaseURL string
	// Opening is what merchants open shops with by themselves; nil for an installation
	// without sign-up.
	Opening *Opening
}

// Console is the back office, ready to be mounted.
type Console struct {
	Deps
	texts    *i18n.Catalog
	sessions *session.Store
	guard    session.FormGuard
	cookies  session.Cookies
	factors  *factor.Service
	looks    *look.Service
	rights   *authz.Enforcer
	pages    *readmodel.Store
	origin   string
	posts    chan struct{} // one token per message under way
	routes   []route
	features map[string]begins // of a plan, by route
}

// New checks the dependencies and the routes' declarations.
func New(d Deps) (*Console, error) {
	base, err := d.check()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	texts, err := i18n.Load()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	s := &Console{
		Deps: d, texts: texts, origin: base.Scheme + "://" + base.Host,
		posts:    make(chan struct{}, posting),
		sessions: session.NewStore(session.Deps{DB: d.DB}), guard: session.NewFormGuard(d.Secret),
		cookies: session.Cookies{Plain: base.Scheme == "http" && loopback(base.Hostname())},
		looks:   look.New(look.Deps{DB: d.DB, Audit: d.Audit}),
		factors: factor.New(factor.Deps{DB: d.DB, Vault: d.Vault, Throttle: d.Staff, Now: d.Now}),
		rights:  authz.New(authz.Deps{DB: d.DB, Now: d.Now}), pages: readmodel.New(readmodel.Deps{DB: d.DB, Receivers: d.Members}),
	}
	s.routes, s.features = s.table(), featureRoutes()
	for _, r := range s.routes {
		if !r.access.Declared() {
			return nil, fmt.Errorf("console: %s %s declares no access", r.method, r.path)
		}
	}
	return s, nil
}

// check reports a dependency that cannot work, and reads the base address.
func (d Deps) check() (*url.URL, error) {
	if len(d.Secret) < minSecret {
		return nil, fmt.Errorf("secret of %d bytes, need %d", len(d.Secret), minSecret)
	}
	base, err := url.Parse(d.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("base url %q is not an http address", d.BaseURL)
	}
	if !d.whole() {
		return nil, errors.New("a dependency is missing")
	}
	return base, nil
}

// whole reports whether every dependency is there.
func (d Deps) whole() bool {
	return !slices.Contains([]bool{
		d.DB != nil, d.Vault != nil, d.Audit != nil, d.Log != nil, d.Now != nil, d.Assets != nil, d.Staff != nil, d.Courier != nil, d.Registry != nil,
		d.Provision != nil, d.Plans != nil, d.Outbox != nil, d.Callbacks != nil, d.Books != nil, d.Accounts != nil, d.Channels != nil, d.MiniPrograms != nil,
		d.Orders != nil, d.Cards != nil, d.Reprice != nil, d.Deliveries != nil, d.Freights != nil, d.Coupons != nil, d.Campaigns != nil, d.Messages != nil, d.Distribution != nil, d.Points != nil, d.Levels != nil, d.Products != nil, d.Pictures != nil, d.Reconcile != nil, d.Payouts != nil, d.Evidence != nil, d.Members != nil, d.Ports != nil,
	}, false)
}

// Register builds the console and mounts it on router.
func Register(router fiber.Router, d Deps) error {
	s, err := New(d)
	if err != nil {
		return err
	}
	s.Mount(router)
	return nil
}

// Mount adds the console's routes to router, which must serve the root path.
func (s *Console) Mount(router fiber.Router) {
	for _, r := range s.routes {
		router.Add(r.method, r.path, s.serve(r))
		if r.method == fiber.MethodGet {
			router.Add(fiber.MethodHead, r.path, s.serve(r))
		}
	}
	// What no route answers is a page of ours too, not the API's envelope.
	router.All("/console/*", s.serve(s.missing()))
}

// Declaration is what a route demands of its caller.
type Declaration struct {
	Method, Path string
	Access       authz.Access
}

// Declarations lists the routes, for tests and for the permission matrix.
func (s *Console) Declarations() []Declaration {
	out := make([]Declaration, 0, len(s.routes)+1)
	for _, r := range append(s.routes, s.missing()) {
		out = append(out, Declaration{Method: r.method, Path: r.path, Access: r.access})
	}
	return out
}

// loopback reports whether host is this machine only.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
