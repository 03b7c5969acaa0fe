package arch_test

// room is a package together with its internal folders; a path that ends in
// "/..." is a whole tree of packages. A package belongs to the room with the
// longest matching path, and must belong to one.
type room struct {
	level int      // imports go down or stay level, never up
	path  string   // relative to the module
	may   []string // rooms it may import, besides itself
}

// rooms is the import order of the house, bottom to top.
//
// Commerce does not know that payments exist; payments know money and tenants,
// not orders. They meet through an interface of the caller's and through
// events in the outbox. The three edges (jobs, console, web) never import each
// other; cmd puts everything together.
func rooms() []room {
	foundation := []string{"tenant/fault", "tenant/statechart", "tenant", "tenant/tenantdb", "tenant/vault"}
	// The ground every business room stands on.
	ground := with(foundation, "tenant/outbox", "tenant/timer", "tenant/audit", "tenant/plan", "tenant/idempotency", "tenant/upload", "commerce/money")
	shop := []string{
		"commerce/catalog", "commerce/inventory", "commerce/member", "commerce/freight",
		"commerce/coupon", "commerce/invoice", "commerce/level", "commerce/points", "commerce/campaign", "commerce/review", "commerce/pricing", "commerce/delivery", "commerce/voucher", "commerce/division",
	}
	order := with(ground, with(shop, "commerce/cart", "commerce/order")...)
	channel := with(ground, "payments", "payments/account", "tenant/egress")
	business := []string{"tenant/...", "commerce/...", "payments/..."}

	return []room{
		{0, "commerce/money", nil},
		{0, "tenant/fault", nil},
		{0, "tenant/statechart", nil}, // pure: tables of states
		{0, "tenant/statechart", nil}, // pure: tables of states
		{0, "migrations", nil},
		{0, "commerce/search", nil},                                       // pure: texts to what an index compares
		{0, "commerce/richtext", nil},                                     // pure: what of a description may be shown
		{0, "commerce/sheet", []string{"commerce/money", "tenant/fault"}}, // tables for spreadsheets
		{0, "commerce/division", nil},                                     // pure: provinces, cities and districts by their codes

		{1, "tenant", []string{"tenant/fault"}}, // words only, no SQL

		{2, "tenant/upload", []string{"tenant"}}, // what is the same of every file that people give
		{2, "tenant/tenantdb", []string{"tenant", "tenant/fault"}},
		{2, "tenant/vault", []string{"tenant", "tenant/fault", "tenant/tenantdb"}}, // sealed keys are rows of a tenant

		{3, "tenant/outbox", foundation},
		{3, "tenant/timer", with(foundation, "tenant/outbox")},                 // a due timer becomes an event
		{3, "tenant/registry", with(foundation, "tenant/audit", "migrations")}, // knows which schemas this binary can serve; every move is audited
		{3, "tenant/audit", foundation},
		{3, "tenant/egress", foundation},                         // calls to addresses that merchants give
		{3, "tenant/pulse", with(foundation, "migrations")},      // how the platform is doing
		{3, "tenant/plan", with(foundation, "commerce/money")},   // plans have a price
		{3, "tenant/look", with(foundation, "tenant/audit")},     // what is looked at is recorded
		{3, "tenant/routine", with(foundation, "tenant/outbox")}, // what recurs is told by its topic
		{3, "tenant/idempotency", foundation},
		{3, "tenant/provision", with(foundation, "tenant/registry", "tenant/audit", "tenant/outbox", "migrations")},                     // makes the spare schemas
		{3, "tenant/signup", with(foundation, "tenant/registry", "tenant/provision", "tenant/audit", "tenant/outbox")},                  // an application becomes a shop
		{3, "tenant/miniprogram", with(foundation, "tenant/audit", "tenant/registry", "tenant/egress", "tenant/plan", "tenant/upload")}, // several apps are a matter of the plan

		{4, "commerce/catalog", with(ground, "commerce/search", "commerce/richtext")},
		{4, "commerce/inventory", ground},
		{4, "commerce/member", with(ground, "commerce/division")},
		{4, "commerce/freight", with(ground, "commerce/division")},
		{4, "commerce/coupon", with(ground, "commerce/pricing")},   // what a coupon does is a rule
		{4, "commerce/points", with(ground, "commerce/pricing")},   // how points pay is a rule
		{4, "commerce/level", with(ground, "commerce/pricing")},    // so is what a level takes off
		{4, "commerce/campaign", with(ground, "commerce/pricing")}, // what a campaign does is a rule
		{4, "commerce/review", ground},
		{4, "commerce/voucher", ground},                                                // codes that are used in the shop; under the order's lock
		{4, "commerce/invoice", ground},                                                // reads orders as a read model does
		{4, "commerce/notice", ground},                                                 // what a buyer wants to be told; the job that sends it is above
		{4, "commerce/delivery", with(ground, "tenant/registry", "commerce/division")}, // couriers, stores, where parcels are; opens the way of tracking callbacks
		{4, "commerce/pricing", []string{"commerce/money", "tenant/fault"}},            // pure: no database, no clock

		{4, "commerce/picture", ground}, // what merchants upload
		{5, "commerce/picture/bucket", with(ground, "commerce/picture")},
		{4, "commerce/trial", ground},   // a shop buys from itself
		{4, "commerce/figures", ground}, // what was sold, by day

		{5, "commerce/notice/aliyun", with(ground, "commerce/notice")},                  // a vendor of text messages
		{5, "commerce/notice/smtp", with(ground, "commerce/notice", "tenant/egress")},   // mail through shops' own servers
		{5, "commerce/delivery/kuaidi100", with(ground, "commerce/delivery")},           // a service that tells where parcels are
		{5, "commerce/listing", with(ground, "commerce/catalog", "commerce/inventory")}, // a product and its stock at once
		{5, "commerce/card", with(ground, "commerce/inventory")},                        // cards are the stock of their SKUs
		{5, "commerce/cart", with(ground, shop...)},
		{5, "commerce/order", with(ground, with(shop, "commerce/cart", "commerce/card")...)},

		{6, "commerce/shipping", order},
		{6, "commerce/aftersale", order},
		{6, "commerce/distribution", order},
		{6, "commerce/port", with(order, "commerce/listing", "commerce/sheet")}, // files in and out

		{4, "payments", ground},
		{5, "payments/account", with(ground, "payments", "tenant/registry", "tenant/egress")}, // opens the way of its callbacks
		{5, "payments/wechat", channel}, // a channel never knows another one
		{5, "payments/alipay", channel},
		{5, "payments/unionpay", channel},
		{5, "payments/ledger", with(ground, "payments")},
		{5, "payments/reconcile", with(channel, "payments/ledger")},
		{5, "payments/evidence", ground}, // files that prove refunds made by hand
		{5, "payments/transfer", with(ground, "payments")},

		// The providers' side on the wire. The product does not know it, and it
		// does not know the product: one misunderstanding must not sit on both sides.
		{0, "payments/sandbox/...", []string{"commerce/money"}},

		{0, "web/static", nil}, // embedded files; the console's pages get them through cmd

		{7, "jobs/...", business},
		{7, "console/...", business},
		{7, "web/...", with(business, "web/static")},

		{8, "cmd/...", []string{"..."}},
	}
}

// unknownToTheProduct lists rooms that "payments/..." does not open to
// anybody: only cmd and tests may import them.
func unknownToTheProduct() []string { return []string{"payments/sandbox/..."} }

// home says in which packages a third-party module is imported. Tests may
// import any module of the table.
type home struct {
	module string
	in     []string // "*" is everywhere, nil is nowhere but in tests
}

// homes lists every third-party module the house uses. A module that is not
// here has no home yet: give it one, with its reason in the commit.
func homes() []home {
	return []home{
		{"github.com/jackc/pgx/v5", []string{
			"tenant/tenantdb", "tenant/provision", "tenant/registry", "migrations", "console/readmodel", sqlcOutput,
			"cmd/internal/bench", // the bare handler that the product is measured against
		}},
		{"github.com/golang-migrate/migrate/v4", []string{"migrations"}},
		{"github.com/hashicorp/golang-lru/v2", []string{"commerce/member"}},
		{"github.com/tink-crypto/tink-go/v2", []string{"tenant/vault"}},
		{"github.com/google/uuid", []string{"*"}},
		{"golang.org/x/crypto", []string{"*"}},
		{"golang.org/x/net", []string{"*"}},
		{"golang.org/x/sync", []string{"*"}},
		{"golang.org/x/sys", []string{"*"}},
		{"golang.org/x/text", []string{"*"}},
		{"golang.org/x/time", []string{"*"}},

		{"github.com/wechatpay-apiv3/wechatpay-go", []string{"payments/wechat"}},
		{"github.com/smartwalle/alipay/v3", []string{"payments/alipay"}},

		{"github.com/mozillazg/go-pinyin", []string{"commerce/search"}},
		{"github.com/microcosm-cc/bluemonday", []string{"commerce/richtext"}},
		{"github.com/minio/minio-go/v7", []string{"commerce/picture/bucket"}}, // any store that speaks S3
		{"github.com/johannesboyne/gofakes3", nil},

		{"software.sslmate.com/src/go-pkcs12", []string{"payments/account", "payments/sandbox/..."}}, // UnionPay's PFX files

		{"github.com/hibiken/asynq", []string{"jobs/..."}},
		{"github.com/redis/go-redis/v9", []string{"jobs/...", "web/...", "console/...", "cmd/..."}},
		{"github.com/go-redis/redis_rate/v10", []string{"web/...", "console/..."}},

		// The bench measures the product next to a bare handler, over the fastest client.
		{"github.com/gofiber/fiber/v2", []string{"web/...", "console/...", "cmd/internal/bench"}},
		{"github.com/valyala/fasthttp", []string{"web/...", "console/...", "cmd/internal/bench"}},
		{"github.com/danielgtaylor/huma/v2", []string{"web/..."}},
		{"github.com/go-json-experiment/json", []string{"web/...", "commerce/catalog", "payments/sandbox/internal/strict"}}, // decodes in half the time, names to the letter
		{"github.com/andybalholm/brotli", []string{"web/..."}},
		{"github.com/klauspost/compress", []string{"web/..."}},
		{"github.com/a-h/templ", []string{"console/...", "web/openapi", "payments/sandbox/..."}}, // not html/template: see .golangci.yml
		{"github.com/casbin/casbin/v2", []string{"console/authz"}},
		{"github.com/alexedwards/argon2id", []string{"console/..."}},
		{"github.com/xuri/excelize/v2", []string{"commerce/sheet", "console/..."}}, // in tests: the other side of commerce/sheet
		{"github.com/pquerna/otp", []string{"console/factor"}},
		{"github.com/boombuler/barcode", []string{"console/factor", "payments/sandbox/internal/qrcode"}}, // what otp draws its codes with; the codes of Mini Programs
		{"golang.org/x/image", []string{"commerce/distribution/..."}},                                    // posters
		{"github.com/ccojocar/zxcvbn-go", []string{"console/staff"}},                                     // how soon a password is guessed
		{"github.com/wneessen/go-mail", []string{"console/courier", "commerce/notice/smtp"}},             // SMTP with TLS; net/smtp is frozen

		{"github.com/caarlos0/env/v11", []string{"cmd/internal/app"}},
		{"github.com/prometheus/client_golang", []string{"web/...", "jobs/...", "cmd/internal/app"}},
		{"github.com/fergusstrange/embedded-postgres", []string{"cmd/internal/devstack"}},
		{"github.com/alicebob/miniredis/v2", []string{"cmd/internal/devstack"}},

		{"pgregory.net/rapid", nil},
		{"go.uber.org/goleak", nil},
		{"github.com/getkin/kin-openapi", nil},
		{"github.com/chromedp/chromedp", nil},
		{"github.com/chromedp/cdproto", nil},
		{"github.com/Shopify/toxiproxy/v2", nil},
		{"github.com/rs/zerolog", nil}, // what toxiproxy wants as a log
	}
}

// sqlcOutput stands for every folder that sqlc writes, such as
// commerce/order/internal/orderdb. Go itself keeps other rooms out of it.
const sqlcOutput = "(sqlc output)"

// rootEntries is what the repository's root holds, besides dotfiles and what
// the build leaves there.
func rootEntries() []string {
	return []string{
		"cmd", "commerce", "console", "jobs", "migrations", "payments", "tenant", "web",
		"go.mod", "go.sum", "Makefile", "README.md", "CHANGELOG.md", "LICENSE",
		"bin", // ignored by git
	}
}

// maxLines is the length at which a hand-written file has become two.
const maxLines = 500

// with returns base and more as a new slice.
func with(base []string, more ...string) []string {
	return append(append([]string{}, base...), more...)
}
