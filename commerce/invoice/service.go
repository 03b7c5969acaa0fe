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
		column("invoice_title.sealed", titleTable, q.SealedTitles, q.ResealTitle),
		column("invoice.sealed", invoiceTable, q.SealedInvoices, q.ResealInvoice),
	}
}

// sealedRow is a row of either column.
type sealedRow struct {
	ID      int64
	SealKey string
	Prefix  []byte
	Sealed  []byte
}

func column[R invoicedb.SealedTitlesRow | invoicedb.SealedInvoicesRow](
	name, table string,
	page func(ctx context.Context, db invoicedb.DBTX, primary []byte, after int64) ([]R, error),
	replace func(ctx context.Context, db invoicedb.DBTX, sealed []byte, id int64, old []byte) (int64, error),
) vault.Column {
	return vault.Numbered(name,
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]R, error) {
			return page(ctx, db, primary, after)
		},
		func(r R) vault.NumberedRow {
			row := sealedRow(r)
			return vault.NumberedRow{ID: row.ID, Field: field(tenant.ID{}, table, row.SealKey), Prefix: row.Prefix, Sealed: row.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return replace(ctx, tx, sealed, id, old)
		})
}
