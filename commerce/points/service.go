package points

import (
	"context"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/points/internal/pointsdb"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Books keeps account of what points are worth.
type Books interface {
	// PointsTx: so much more is owed to members, or, below zero, less. Ref is posted once.
	PointsTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, at time.Time) error
}

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Timers *timer.Timers
	Audit  *audit.Log
	Books  Books
	// Coupons are what the mall gives beside goods.
	Coupons Coupons
	Now     func() time.Time
}

// Service keeps points. Safe for concurrent use.
type Service struct {
	d Deps
	q *pointsdb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: pointsdb.New()} }
