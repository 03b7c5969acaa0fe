package distribution

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// TopicApproved says that a withdrawal is to be sent. Its key is the withdrawal's number.
const TopicApproved outbox.Topic = "withdrawal.approved"

// TopicMoved says that a withdrawal came to a state in which somebody wants to know. Its key is
// the withdrawal's number.
const TopicMoved outbox.Topic = "withdrawal.moved"

// MovedEvent is the payload of TopicMoved.
type MovedEvent struct {
	WithdrawalNo string           `json:"withdrawal_no"`
	MemberID     int64            `json:"member_id"`
	AppID        string           `json:"app_id"` // in which the member asked for it
	AmountFen    money.Fen        `json:"amount_fen"`
	Status       WithdrawalStatus `json:"status"` // requested, sending, succeeded, failed or rejected
}

// SourceKind is what the transfer of a withdrawal is for.
const SourceKind = "commission"

// Books keeps account of what is owed to distributors. Each call joins the transaction of the
// fact itself and is repeatable: a number is posted once.
type Books interface {
	// CommissionTx: so much more is owed, or, below zero, less.
	CommissionTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, at time.Time) error
	// DrawnTx: what was kept of a withdrawal, and what was paid by hand. What a provider pays,
	// its transfer posts.
	DrawnTx(ctx context.Context, tx tenantdb.Tx, d Drawn) error
}

// Drawn is a withdrawal that is over.
type Drawn struct {
	WithdrawalNo           string
	FeeFen, TaxFen, ByHand money.Fen
	At                     time.Time
}

// Payout is money that is to be sent to a distributor.
type Payout struct {
	WithdrawalNo string
	Way          Way
	AppID        string
	MemberID     int64
	Receiver     string // openid, or the account's name
	Name         string // real name
	AmountFen    money.Fen
}

// Payouts sends money.
type Payouts interface {
	// Prepare checks whether it can be sent and returns what writes it, in the transaction
	// that says that it is under way. A fault of a kind other than Internal, Unavailable and
	// Upstream says that it cannot, now or later.
	Prepare(ctx context.Context, id tenant.ID, p Payout) (write func(ctx context.Context, tx tenantdb.Tx) error, err error)
}

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB      *tenantdb.DB
	Outbox  *outbox.Outbox
	Audit   *audit.Log
	Vault   *vault.Vault
	Books   Books
	Payouts Payouts
	Now     func() time.Time
	// HasPaid reports whether a member has ever paid an order.
	HasPaid func(ctx context.Context, q tenantdb.Querier, memberID int64) (bool, error)
	// OpenID is who a member is to a Mini Program. Faults: NOT_FOUND.
	OpenID func(ctx context.Context, q tenantdb.Querier, memberID int64, appID string) (string, error)
	Plans  Plans
	Store  Store
	// Codes makes the picture of a Mini Program code. The caller's app decides by whom.
	Codes Codes
	// Goods is what a poster shows of a product that is on sale. Faults: NOT_FOUND.
	Goods func(ctx context.Context, id tenant.ID, spuID int64) (Goods, error)
	// ShopName is what a shop calls itself on a poster.
	ShopName func(ctx context.Context, id tenant.ID) (string, error)
	// Font is the path of the font of posters' words; empty is one of the machine's, if it has any.
	Font string
}

// Service keeps distribution. Safe for concurrent use.
type Service struct {
	d       Deps
	q       *distributiondb.Queries
	asking  singleflight.Group // for pictures of codes
	drawing chan struct{}      // posters, one at a time
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{d: d, q: distributiondb.New(), drawing: make(chan struct{}, 1)}
}

const page = 20

// cut makes a page of at most page of what was read, one more than that.
func cut[T any](list []T, id func(T) int64) ([]T, int64) {
	if len(list) <= page {
		return list, 0
	}
	return list[:page], id(list[page-1])
}
