package transfer

import (
	"context"
	"strconv"

	"galleria/payments/transfer/internal/transferdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// SealedColumn describes, for the rotation of data keys, where receivers are kept sealed.
func SealedColumn() vault.Column {
	q := transferdb.New()
	number := func(key string) (int64, error) {
		if key == "" { // before all
			return 0, nil
		}
		return strconv.ParseInt(key, 10, 64)
	}
	return vault.Column{
		Name: "transfer.receiver_sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, primary []byte) ([]vault.Row, error) {
			last, err := number(after)
			if err != nil {
				return nil, err
			}
			rows, err := q.Sealed(ctx, db, primary, last)
			if err != nil {
				return nil, err
			}
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				f := place(tenant.ID{}, r.OutBillNo)
				page = append(page, vault.Row{Key: strconv.FormatInt(r.ID, 10), Owner: f.Owner, Field: f.Name, Prefix: r.Prefix, Sealed: r.Sealed})
			}
			return page, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			id, err := number(row.Key)
			if err != nil {
				return 0, err
			}
			return q.Reseal(ctx, tx, sealed, id, row.Sealed)
		},
	}
}
