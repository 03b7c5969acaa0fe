package invoice

import (
	"context"
	"io"
	"strconv"
	"time"

	"galleria/commerce/invoice/internal/invoicedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Store keeps files by key; commerce/picture's stores are such.
type Store interface {
	Put(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
	// Each gives the files of a folder with the time they were written.
	Each(ctx context.Context, folder string, take func(key string, at time.Time) error) error
}

// Plans counts what a shop may have; *plan.Service is one.
type Plans interface {
	TakeTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
}

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB     *tenantdb.DB
	Vault  *vault.Vault
	Audit  *audit.Log
	Outbox *outbox.Outbox
	Plans  Plans
	Store  Store
	Now    func() time.Time
	Rand   io.Reader
}

// Service takes requests and keeps invoices. Safe for concurrent use.
type Service struct {
	d Deps
	q *invoicedb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: invoicedb.New()} }

const system = "system"

func actorOf(member int64) string { return "member:" + strconv.FormatInt(member, 10) }

// SealedColumns describe, for the rotation of data keys, where parties lie sealed.
func SealedColumns() []vault.Column {
	q := invoicedb.New()
	return []vault.Column{
		vault.Numbered("invoice_title.sealed",
			func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]invoicedb.SealedTitlesRow, error) {
				return q.SealedTitles(ctx, db, primary, after)
			},
			func(r invoicedb.SealedTitlesRow) vault.NumberedRow {
				return vault.NumberedRow{ID: r.ID, Field: field(tenant.ID{}, titleTable, r.SealKey), Prefix: r.Prefix, Sealed: r.Sealed}
			},
			func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
				return q.ResealTitle(ctx, tx, sealed, id, old)
			}),
		vault.Numbered("invoice.sealed",
			func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]invoicedb.SealedInvoicesRow, error) {
				return q.SealedInvoices(ctx, db, primary, after)
			},
			func(r invoicedb.SealedInvoicesRow) vault.NumberedRow {
				return vault.NumberedRow{ID: r.ID, Field: field(tenant.ID{}, invoiceTable, r.SealKey), Prefix: r.Prefix, Sealed: r.Sealed}
			},
			func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
				return q.ResealInvoice(ctx, tx, sealed, id, old)
			}),
	}
}
