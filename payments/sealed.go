package payments

import (
	"context"
	"strconv"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// bodyField is what the kept body of a notification is bound to.
func bodyField(id tenant.ID, accountKey string) vault.Field {
	return vault.Field{Tenant: id, Owner: KeyOwner(accountKey), Name: "notification"}
}

// KeyOwner is the owner under which an account's keys and messages are sealed and counted.
func KeyOwner(accountKey string) string { return "payment_account:" + accountKey }

// SealedColumn describes payment_event.body_sealed for the rotation of data keys.
func SealedColumn() vault.Column {
	q := paymentsdb.New()
	return vault.Column{
		Name: "payment_event.body_sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, primary []byte) ([]vault.Row, error) {
			last, err := afterID(after)
			if err != nil {
				return nil, err
			}
			rows, err := q.SealedEvents(ctx, db, primary, last)
			if err != nil {
				return nil, err
			}
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				f := bodyField(tenant.ID{}, r.AccountKey)
				page = append(page, vault.Row{Key: strconv.FormatInt(r.ID, 10), Owner: f.Owner, Field: f.Name, Prefix: r.Prefix, Sealed: r.Sealed})
			}
			return page, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			id, err := afterID(row.Key)
			if err != nil {
				return 0, err
			}
			return q.ResealEvent(ctx, tx, sealed, id, row.Sealed)
		},
	}
}

// afterID reads the key of a page; "" is before all.
func afterID(key string) (int64, error) {
	if key == "" {
		return 0, nil
	}
	return strconv.ParseInt(key, 10, 64)
}
