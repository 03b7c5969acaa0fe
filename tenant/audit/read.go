package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit/internal/auditdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Row is an entry as it was written.
type Row struct {
	Seq       int64
	At        time.Time
	Actor     string
	ActorName string
	ActorRole string
	Action    string
	Object    string
	Changes   []Change
	Detail    map[string]any // numbers as json.Number
	RequestID string
	ClientIP  string
	Agent     string
	PrevHash  []byte
	Hash      []byte
}

// Filter says which entries are wanted. Zero fields ask for all.
type Filter struct {
	TenantID tenant.ID // whose chain; zero is the platform's
	Actor    string
	Group    string    // what the action begins with, up to its first dot
	From     time.Time // included
	Until    time.Time // not included
	Object   string    // is contained in the object, in upper or lower case
}

// Facet is somebody who acted lately, and a kind of thing he did.
type Facet struct {
	Actor, Name, Group string
}

// Page returns up to limit entries before the sequence number, newest first, and whether
// there are more; before 0 begins with the newest.
func (l *Log) Page(ctx context.Context, f Filter, before int64, limit int) (rows []Row, more bool, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = l.read(ctx, f.TenantID, func(q tenantdb.Querier) error {
		found, err := l.q.Page(ctx, q, auditdb.PageParams{
			Chain: chainOf(f.TenantID), Before: before, Actor: optional(f.Actor), ActionGroup: optional(f.Group),
			FromAt: moment(f.From), UntilAt: moment(f.Until), Object: optional(f.Object), MaxRows: int32(limit + 1),
		})
		if err != nil {
			return err
		}
		more = len(found) > limit
		rows = make([]Row, 0, limit)
		for _, r := range found[:min(limit, len(found))] {
			row, err := rowOf(auditdb.OneRow(r))
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("read audit log: %w", err)
	}
	return rows, more, nil
}

// One returns an entry of a chain. Faults: NOT_FOUND.
func (l *Log) One(ctx context.Context, id tenant.ID, seq int64) (row Row, err error) {
	err = l.read(ctx, id, func(q tenantdb.Querier) error {
		found, err := l.q.One(ctx, q, chainOf(id), seq)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err = rowOf(found)
		return err
	})
	if err != nil {
		return Row{}, fmt.Errorf("read audit entry: %w", err)
	}
	return row, nil
}

// Facets tells who did which kinds of things in the newest 2,000 entries of a chain.
func (l *Log) Facets(ctx context.Context, id tenant.ID) (facets []Facet, err error) {
	const newest = 2000
	err = l.read(ctx, id, func(q tenantdb.Querier) error {
		found, err := l.q.Facets(ctx, q, chainOf(id), newest)
		if err != nil {
			return err
		}
		facets = make([]Facet, 0, len(found))
		for _, r := range found {
			facets = append(facets, Facet{Actor: r.Actor, Name: r.ActorName, Group: r.ActionGroup})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read audit facets: %w", err)
	}
	return facets, nil
}

// Each calls fn for every entry, newest first, reading page by page. It ends with fn's
// first error.
func (l *Log) Each(ctx context.Context, f Filter, fn func(Row) error) error {
	const page = 200
	var before int64
	for {
		rows, more, err := l.Page(ctx, f, before, page)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
			before = r.Seq
		}
		if !more {
			return nil
		}
	}
}

// read runs fn as the tenant's own role, which sees no other chain, or as the platform's.
func (l *Log) read(ctx context.Context, id tenant.ID, fn func(q tenantdb.Querier) error) error {
	if id.IsZero() {
		return fn(l.db.Platform())
	}
	return l.db.Read(ctx, id, func(r *tenantdb.Reader) error { return fn(r) })
}

func rowOf(r auditdb.OneRow) (Row, error) {
	row := Row{
		Seq: r.Seq, At: r.At, Actor: r.Actor, ActorName: r.ActorName, ActorRole: r.ActorRole, Action: r.Action, Object: r.Object,
		Changes: nil, Detail: nil, RequestID: r.RequestID, ClientIP: r.ClientIp, Agent: r.Agent, PrevHash: r.PrevHash, Hash: r.Hash,
	}
	if err := decode(r.Changes, &row.Changes); err != nil {
		return Row{}, fmt.Errorf("stored changes of %d: %w", r.Seq, err)
	}
	if err := decode(r.Detail, &row.Detail); err != nil {
		return Row{}, fmt.Errorf("stored detail of %d: %w", r.Seq, err)
	}
	return row, nil
}

// decode keeps numbers as they were written.
func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
