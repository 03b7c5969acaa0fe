package order

import (
	"context"

	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/division"
	"galleria/commerce/inventory"
	"galleria/commerce/member"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Catalog tells what is on sale and for how much.
type Catalog interface {
	// Sellables returns the facts of SKUs in one statement; unknown ones are absent.
	Sellables(ctx context.Context, q tenantdb.Querier, skuIDs []int64) ([]catalog.Sellable, error)
}

// Figures counts orders soon after something has happened to them; *figures.Service is one.
type Figures interface {
	NoteOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	// SoldOrderTx is NoteOrderTx for an order that was paid in this transaction.
	SoldOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
}

// Inventory holds, takes and gives back stock.
type Inventory interface {
	ReserveTx(ctx context.Context, tx tenantdb.Tx, orderNo string, lines []inventory.Line, actor string) error
	CommitTx(ctx context.Context, tx tenantdb.Tx, orderNo, actor string) error
	ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, actor string) error
	// ReceiveTx books what comes in under a document's number, once.
	ResendTx(ctx context.Context, tx tenantdb.Tx, parcelNo string, lines []inventory.Line, actor string) error
	ReceiveTx(ctx context.Context, tx tenantdb.Tx, document string, lines []inventory.Line, actor string) error
}

// Addresses finds a member's address; another member's is fault.ErrNotFound. It seals who an
// order goes to.
type Addresses interface {
	// ReadyAddresses comes before the transaction in which Address is asked.
	ReadyAddresses(ctx context.Context, id tenant.ID) error
	Address(ctx context.Context, id tenant.ID, q tenantdb.Querier, memberID, addressID int64) (member.Address, error)
	// SealReceiver is for one order only; what it is found by comes with it.
	SealReceiver(ctx context.Context, id tenant.ID, orderNo string, r member.Receiver) (sealed []byte, index [][]byte, err error)
	OpenReceiver(ctx context.Context, id tenant.ID, orderNo string, sealed []byte) (member.Receiver, error)
}

// Carts gives and empties what a member has selected.
type Carts interface {
	SelectedTx(ctx context.Context, q tenantdb.Querier, memberID int64) ([]cart.Line, []catalog.Sellable, error)
	RemoveTx(ctx context.Context, tx tenantdb.Tx, memberID int64, skuIDs []int64) error
	Put(ctx context.Context, id tenant.ID, memberID int64, in cart.PutInput) (cart.Cart, error)
}

// Stores knows where buyers may fetch their goods, and what is brought from there when and for
// how much; *delivery.Service is one.
type Stores interface {
	// CheckOpen refuses a store that hands out no goods now. Faults: NOT_FOUND, STORE_CLOSED.
	CheckOpen(ctx context.Context, q tenantdb.Querier, storeID int64) error
	// LocalTerms is what is asked of an order that is to be brought in a slot. One statement.
	LocalTerms(ctx context.Context, q tenantdb.Querier, slot delivery.LocalSlot) (delivery.LocalTerms, error)
	// BookTx takes a place in a slot. Faults: LOCAL_DELIVERY.
	BookTx(ctx context.Context, tx tenantdb.Tx, orderNo string, slot delivery.LocalSlot) error
	// ReleaseTx gives the place back. Repeating it changes nothing.
	ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	// SealRider comes before the transaction of SetRiderTx. Faults: VALIDATION.
	SealRider(ctx context.Context, id tenant.ID, orderNo string, r delivery.Rider) ([]byte, error)
	SetRiderTx(ctx context.Context, tx tenantdb.Tx, orderNo string, sealed []byte) error
}

// Places are what a shop's plan allows of orders in a month; *plan.Meter is one.
type Places interface {
	Take(ctx context.Context, id tenant.ID) error
	GiveBack(id tenant.ID)
}

// Deps is what the service needs; all of it is required but Refunds, which is nil where
// nobody gives money back, Offers and Groups.
type Deps struct {
	DB        *tenantdb.DB
	Catalog   Catalog
	Inventory Inventory
	Addresses Addresses
	Carts     Carts
	Places    Places
	Stores    Stores
	Cards     Cards
	Figures   Figures
	Vouchers  Vouchers
	Outbox    *outbox.Outbox
	Timers    *timer.Timers
	Audit     *audit.Log
	Refunds   Refunds
	Offers    []Offers // may be none
	Groups    Groups   // nil where no order names a group
}

// Service places orders and moves them through their life. Safe for concurrent use.
type Service struct {
	db        *tenantdb.DB
	catalog   Catalog
	inventory Inventory
	addresses Addresses
	carts     Carts
	places    Places
	stores    Stores
	cards     Cards
	figures   Figures
	vouchers  Vouchers
	refunds   Refunds
	groups    Groups
	offers    []Offers
	audit     *audit.Log
	outbox    *outbox.Outbox
	timers    *timer.Timers
	divisions *division.Table
	q         *orderdb.Queries
}

// New returns the service.
func New(deps Deps) *Service {
	return &Service{
		db: deps.DB, catalog: deps.Catalog, inventory: deps.Inventory, addresses: deps.Addresses,
		carts: deps.Carts, places: deps.Places, stores: deps.Stores, cards: deps.Cards, figures: deps.Figures, vouchers: deps.Vouchers, refunds: deps.Refunds, offers: deps.Offers, groups: deps.Groups, audit: deps.Audit, outbox: deps.Outbox, timers: deps.Timers,
		divisions: division.Load(), q: orderdb.New(),
	}
}
