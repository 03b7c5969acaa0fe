package audit

import (
	"context"
	"maps"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// RecordBothTx writes an act of the platform's staff on a shop twice, into the shop's log
// and into the platform's, which names the shop in its detail. Always in this order: two
// acts at once must not wait for each other's logs.
func (l *Log) RecordBothTx(ctx context.Context, tx tenantdb.Tx, e Entry) error {
	if err := l.RecordTx(ctx, tx, e); err != nil {
		return err
	}
	own := e
	own.TenantID = tenant.ID{}
	own.Detail = maps.Clone(e.Detail)
	if own.Detail == nil {
		own.Detail = map[string]any{}
	}
	own.Detail["tenant"] = e.TenantID.String()
	return l.RecordTx(ctx, tx, own)
}
