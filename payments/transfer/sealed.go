package transfer

import (
	"context"

	"galleria/payments/transfer/internal/transferdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// SealedColumn describes, for the rotation of data keys, where receivers are kept sealed.
func SealedColumn() vault.Column {
	q := transferdb.New()
	return vault.Numbered("transfer.receiver_sealed",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]transferdb.SealedRow, error) {
			return q.Sealed(ctx, db, primary, after)
		},
		func(r transferdb.SealedRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: place(tenant.ID{}, r.OutBillNo), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.Reseal(ctx, tx, sealed, id, old)
		})
}
