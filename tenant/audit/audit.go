package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/audit/internal/auditdb"
	"galleria/tenant/tenantdb"
)

// Entry is one act.
type Entry struct {
	TenantID tenant.ID // zero if it concerns no tenant
	Actor    string    // "staff:12", "member:7", "system", "anonymous"
	Action   string    // "auth.tenant_mismatch", "console.login"
	Detail   map[string]any
}

// Log writes entries.
type Log struct {
	db *tenantdb.DB
	q  *auditdb.Queries
}

// New returns a log.
func New(db *tenantdb.DB) *Log { return &Log{db: db, q: auditdb.New()} }

// Record writes an entry in a transaction of its own. It takes the request id from ctx.
func (l *Log) Record(ctx context.Context, e Entry) error {
	return l.db.InPlatform(ctx, func(tx tenantdb.Tx) error { return l.RecordTx(ctx, tx, e) })
}

// RecordTx writes an entry in the caller's platform transaction: the act and its entry
// exist together or not at all.
func (l *Log) RecordTx(ctx context.Context, tx tenantdb.Tx, e Entry) error {
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	var id *string
	if !e.TenantID.IsZero() {
		s := e.TenantID.String()
		id = &s
	}
	if err := l.q.Record(ctx, tx, tx.Now(), id, e.Actor, e.Action, tenant.RequestID(ctx), detail); err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}
