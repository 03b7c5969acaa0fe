package app

import (
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
