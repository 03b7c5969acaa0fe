package app

import (
	"context"
	"slices"

	"galleria/commerce/card"
	"galleria/commerce/delivery"
	"galleria/commerce/distribution"
	"galleria/commerce/invoice"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/transfer"
	"galleria/tenant/miniprogram"
	"galleria/tenant/vault"
)

// SealedColumns is every column of the tenants' schemas that holds sealed fields. A test
// compares it with the schema: a rotation must reach them all.
func SealedColumns() []vault.Column {
	return slices.Concat(
		[]vault.Column{miniprogram.SealedColumn(), miniprogram.SealedSecretColumn(), account.SealedColumn(), transfer.SealedColumn(), distribution.SealedColumn()},
		payments.SealedColumns(), delivery.SealedColumns(), member.SealedColumns(), card.SealedColumns(), invoice.SealedColumns(), order.SealedColumns(), notice.SealedColumns(),
	)
}

// ForeignKeys counts the data keys in the database that none of the configured key-encryption
// keys wraps: of another installation, or of this one without its key. It needs the owner's login
// only, and so may be asked before a migration, which gives the other logins their passwords.
func (g *Ground) ForeignKeys(ctx context.Context) (n int64, err error) {
	kek, older, err := g.Config.keks()
	if err != nil {
		return 0, err
	}
	wrapped, err := g.Runner.KEKs(ctx)
	for id, keys := range wrapped {
		if id != kek.ID() && !slices.ContainsFunc(older, func(k vault.KEK) bool { return k.ID() == id }) {
			n += keys
		}
	}
	return n, err
}
