package payments

import (
	"context"

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

// SealedColumns describes, for the rotation of data keys, where messages of providers are
// kept sealed.
func SealedColumns() []vault.Column {
	q := paymentsdb.New()
	return []vault.Column{
		messages("payment_event.body_sealed", q.SealedEvents, q.ResealEvent),
		messages("payment_anomaly.body_sealed", func(ctx context.Context, db paymentsdb.DBTX, primary []byte, after int64) ([]paymentsdb.SealedEventsRow, error) {
			rows, err := q.SealedAnomalies(ctx, db, primary, after)
			out := make([]paymentsdb.SealedEventsRow, len(rows))
			for i, r := range rows {
				out[i] = paymentsdb.SealedEventsRow(r)
			}
			return out, err
		}, q.ResealAnomaly),
		messages("payment_refusal.body_sealed", func(ctx context.Context, db paymentsdb.DBTX, primary []byte, after int64) ([]paymentsdb.SealedEventsRow, error) {
			rows, err := q.SealedRefusals(ctx, db, primary, after)
			out := make([]paymentsdb.SealedEventsRow, len(rows))
			for i, r := range rows {
				out[i] = paymentsdb.SealedEventsRow(r)
			}
			return out, err
		}, q.ResealRefusal),
	}
}

// messages is one column of sealed messages: how its pages are read and a row replaced.
func messages(
	name string,
	read func(ctx context.Context, db paymentsdb.DBTX, primary []byte, after int64) ([]paymentsdb.SealedEventsRow, error),
	replace func(ctx context.Context, db paymentsdb.DBTX, sealed []byte, id int64, was []byte) (int64, error),
) vault.Column {
	return vault.Numbered(name,
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]paymentsdb.SealedEventsRow, error) {
			return read(ctx, db, primary, after)
		},
		func(r paymentsdb.SealedEventsRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: bodyField(tenant.ID{}, r.AccountKey), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return replace(ctx, tx, sealed, id, old)
		})
}
