package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/audit/internal/auditdb"
	"galleria/tenant/tenantdb"
)

// Entry is one act. What it says of people is masked and what is secret is left out
// before it is written.
type Entry struct {
	TenantID  tenant.ID // whose chain; zero is the platform's, or the tenant of the transaction
	Actor     string    // "staff:12", "member:7", "operator", "system", "anonymous"; empty: the caller of the context, or "system" without one
	ActorName string    // display name at the time; empty: the caller's, if the actor is the caller
	ActorRole string    // like ActorName
	Action    string    // "auth.tenant_mismatch", "console.login"
	Object    string    // what it was done to, kind and id: "app:wx12…"; ids of people are numbers of ours
	Before    map[string]any
	After     map[string]any // fields that differ from Before are recorded, both values masked
	Detail    map[string]any // what else belongs to the act
}

// Log writes and reads entries. Safe for concurrent use.
type Log struct {
	db *tenantdb.DB
	q  *auditdb.Queries
}

// New returns a log.
func New(db *tenantdb.DB) *Log { return &Log{db: db, q: auditdb.New()} }

// Platform is the name of the chain of acts that concern no single shop.
const Platform = "platform"

// chainOf is the name of a tenant's chain.
func chainOf(id tenant.ID) string {
	if id.IsZero() {
		return Platform
	}
	return id.String()
}

// Record writes an entry in a transaction of its own. It takes the request id and the
// caller from ctx.
func (l *Log) Record(ctx context.Context, e Entry) error {
	return l.db.InPlatform(ctx, func(tx tenantdb.Tx) error { return l.RecordTx(ctx, tx, e) })
}

// RecordTx writes an entry in the caller's transaction, the platform's or a tenant's: the
// act and its entry exist together or not at all. Call it last: it locks the end of the
// chain until the transaction ends. A tenant's transaction writes to the tenant's own
// chain only.
func (l *Log) RecordTx(ctx context.Context, tx tenantdb.Tx, e Entry) error {
	if e.TenantID.IsZero() {
		e.TenantID = tx.TenantID()
	}
	if !tx.TenantID().IsZero() && e.TenantID != tx.TenantID() {
		return fmt.Errorf("audit %s: entry of another tenant in this tenant's transaction", e.Action)
	}
	row, err := e.row(callerOf(ctx))
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	row.At, row.RequestID = tx.Now(), clean(tenant.RequestID(ctx))
	if err := l.q.AddRow(ctx, tx, row); err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// row is the entry as it is stored, but for its time, its request and its place.
func (e Entry) row(c Caller) (auditdb.AddRowParams, error) {
	if e.Actor == "" {
		e.Actor = c.Actor
	}
	if e.Actor == c.Actor {
		e.ActorName, e.ActorRole = or(e.ActorName, c.Name), or(e.ActorRole, c.Role)
	}
	changes, err := diff(e.Object, e.Before, e.After)
	if err != nil {
		return auditdb.AddRowParams{}, err
	}
	detail, err := masked(e.Object, e.Detail)
	if err != nil {
		return auditdb.AddRowParams{}, err
	}
	changesText, err := json.Marshal(changes)
	if err != nil {
		return auditdb.AddRowParams{}, err
	}
	detailText, err := json.Marshal(detail)
	if err != nil {
		return auditdb.AddRowParams{}, err
	}
	var id *string
	if !e.TenantID.IsZero() {
		s := e.TenantID.String()
		id = &s
	}
	return auditdb.AddRowParams{
		TenantID: id, Actor: clean(e.Actor), ActorName: clean(e.ActorName), ActorRole: clean(e.ActorRole), Action: e.Action,
		Object: maskText(clean(e.Object)), Changes: changesText, Detail: detailText, ClientIp: clean(c.IP), Agent: agentFamily(c.UserAgent),
	}, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
