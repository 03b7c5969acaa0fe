package tenantdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"galleria/tenant"
)

// Querier runs statements. It is what sqlc's generated methods take; Tx and Reader
// both are one.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Tx is one open transaction, in one tenant's schema or in the platform's. It must
// not be kept after the function it was given to has returned.
type Tx struct {
	pgx.Tx
	tenantID tenant.ID
	now      time.Time
	after    *[]func()
	lazy     *bool
}

// TenantID is the tenant this transaction works for; zero in a platform transaction.
func (tx Tx) TenantID() tenant.ID { return tx.tenantID }

// Now is the moment the operation began, the same for all its rows. Whether
// something is due is decided by the database's now() instead.
func (tx Tx) Now() time.Time { return tx.now }

// Lazy lets the commit of InTenant not wait for the disk: a crash of the database may forget the
// transaction, whole, and whatever was committed later and did not wait either. It is right
// only where the event that asked for the work stays owed then and repeats it with the same
// result, and where nobody outside is told of it before something else was committed that waits.
func (tx Tx) Lazy() { *tx.lazy = true }

// AfterCommit registers f to run once the transaction has committed, for nudges
// whose loss does no harm. f runs on the caller's goroutine and must not block.
func (tx Tx) AfterCommit(f func()) { *tx.after = append(*tx.after, f) }
