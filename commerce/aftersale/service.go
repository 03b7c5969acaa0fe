package aftersale

import (
	"context"

	"galleria/commerce/aftersale/internal/aftersaledb"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Orders holds pieces and money of orders for cases; *order.Service is one.
type Orders interface {
	LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	ClaimTx(ctx context.Context, tx tenantdb.Tx, in order.ClaimInput, dry bool) (order.Claim, error)
	UnclaimTx(ctx context.Context, tx tenantdb.Tx, in order.UnclaimInput) error
	VouchersDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (order.VouchersOver, error)
}

// Inventory puts goods back and replacements aside; *inventory.Service is one.
type Inventory interface {
	ReceiveTx(ctx context.Context, tx tenantdb.Tx, document string, lines []inventory.Line, actor string) error
	PutBackTx(ctx context.Context, tx tenantdb.Tx, document string, lines map[int64][]inventory.Line, actor string) error
	LeftFrom(ctx context.Context, q tenantdb.Querier, orderNo string, skuIDs []int64) (map[int64]int64, error)
	Locations(ctx context.Context, q tenantdb.Querier) ([]inventory.Location, error)
	ReserveTx(ctx context.Context, tx tenantdb.Tx, document string, lines []inventory.Line, actor string) error
	CommitTx(ctx context.Context, tx tenantdb.Tx, document, actor string) error
	ReleaseTx(ctx context.Context, tx tenantdb.Tx, document, actor string) error
}

// RefundAsk asks for money of an order's payment.
type RefundAsk struct {
	OrderNo   string
	AmountFen money.Fen // above zero
	Document  string    // gets one refund, however often it asks
	After     string    // the refund that it asked for before and that ended without money
	Actor     string    // who decided: "staff:3", "system"
}

// RefundAsked is the refund that an ask got.
type RefundAsked struct {
	OutRefundNo string
	// Follows says that it goes on for the refund that ended before: word of it comes under
	// the document of that one.
	Follows bool
}

// Refunder asks for refunds. It joins the caller's transaction and calls nobody; what became
// of the refund is told by RefundedTx and RefundStoppedTx.
type Refunder interface {
	AskTx(ctx context.Context, tx tenantdb.Tx, in RefundAsk) (RefundAsked, error)
}

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB        *tenantdb.DB
	Orders    Orders
	Inventory Inventory
	Refunder  Refunder
	Outbox    *outbox.Outbox
	Timers    *timer.Timers
	Audit     *audit.Log
	// Pictures reports whether an address is of a picture that was uploaded to this shop.
	Pictures func(tx tenantdb.Tx, address string) bool
}

// Service opens cases and moves them through their life. Safe for concurrent use.
type Service struct {
	d Deps
	q *aftersaledb.Queries
}

// New returns the service.
func New(deps Deps) *Service { return &Service{d: deps, q: aftersaledb.New()} }
