package registry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"galleria/tenant"
	"galleria/tenant/registry/internal/registrydb"
	"galleria/tenant/tenantdb"
)

const (
	notifyChannel = "galleria_tenant"
	entryTTL      = time.Minute      // bounds a lost notification
	missTTL       = 10 * time.Second // an unknown AppID does not become a query per request
	maxEntries    = 20_000
)

// Route is where a callback's account key leads.
type Route struct {
	Channel string
	Tenant  tenant.Tenant
}

// Resolver finds the tenant of an AppID or an account key, from memory where it can.
// Run keeps the memory honest. Safe for concurrent use.
type Resolver struct {
	db    *tenantdb.DB
	q     *registrydb.Queries
	now   func() time.Time
	group singleflight.Group

	mu      sync.RWMutex
	entries map[string]entry
	epoch   uint64 // counts invalidations: a lookup begun before one is not stored after it
}

type entry struct {
	scope tenant.Scope
	route Route
	err   error
	until time.Time
}

// NewResolver returns a resolver with an empty memory.
func NewResolver(db *tenantdb.DB, now func() time.Time) *Resolver {
	return &Resolver{db: db, q: registrydb.New(), now: now, entries: make(map[string]entry)}
}

// Run forgets what notifications say has changed, until ctx ends.
func (r *Resolver) Run(ctx context.Context) {
	r.db.Listen(ctx, notifyChannel, r.forgetAll, r.forget)
}

// ByApp finds the tenant and Mini Program of an AppID as it came in. Disabled apps are
// unknown. The tenant's status is the caller's to judge. Faults: UNKNOWN_APP.
func (r *Resolver) ByApp(ctx context.Context, appID string) (tenant.Scope, error) {
	id, ok := tenant.ParseAppID(appID)
	if !ok {
		return tenant.Scope{}, ErrUnknownApp
	}
	e := r.cached(ctx, "app:"+id.String(), func(ctx context.Context) entry { return r.loadApp(ctx, id) })
	return e.scope, e.err
}

// ByAccountKey finds the tenant of a callback address. Faults: UNKNOWN_APP.
func (r *Resolver) ByAccountKey(ctx context.Context, key string) (Route, error) {
	if len(key) != 26 {
		return Route{}, ErrUnknownApp
	}
	e := r.cached(ctx, "account:"+key, func(ctx context.Context) entry { return r.loadRoute(ctx, key) })
	return e.route, e.err
}

func (r *Resolver) cached(ctx context.Context, key string, load func(context.Context) entry) entry {
	r.mu.RLock()
	e, ok := r.entries[key]
	r.mu.RUnlock()
	if ok && r.now().Before(e.until) {
		return e
	}
	// One lookup serves all who wait for it; it must not die with the first of them.
	v, _, _ := r.group.Do(key, func() (any, error) {
		r.mu.RLock()
		epoch := r.epoch
		r.mu.RUnlock()
		e := load(context.WithoutCancel(ctx))
		r.store(key, e, epoch)
		return e, nil
	})
	return v.(entry) //nolint:forcetypeassert // the function above returns nothing else
}

func (r *Resolver) store(key string, e entry, epoch uint64) {
	if e.until.IsZero() {
		return // a failure of ours, not an answer
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if epoch != r.epoch {
		return
	}
	if len(r.entries) >= maxEntries {
		clear(r.entries)
	}
	r.entries[key] = e
}

func (r *Resolver) loadApp(ctx context.Context, id tenant.AppID) (e entry) {
	err := r.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, err := r.q.ByApp(ctx, tx, id.String())
		if err != nil {
			return err
		}
		if a.AppStatus != "active" || a.Handle == nil {
			e = entry{err: ErrUnknownApp, until: r.now().Add(missTTL)}
			return nil
		}
		t, err := tenantFromRow(row{a.ID, a.Handle, a.Name, a.Status, a.StatusReason, a.SchemaVersion, a.OpenedAt})
		app := tenant.App{ID: id, Provider: tenant.Provider(a.Provider), TenantID: t.ID, Name: a.AppName, Enabled: true}
		e = entry{scope: tenant.Scope{Tenant: t, App: app, CallsPerMinute: a.Calls}, until: r.now().Add(entryTTL)}
		return err
	})
	return r.outcome(e, err)
}

func (r *Resolver) loadRoute(ctx context.Context, key string) (e entry) {
	err := r.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, err := r.q.ByAccountKey(ctx, tx, key)
		if err != nil {
			return err
		}
		t, err := tenantFromRow(row{a.ID, a.Handle, a.Name, a.Status, a.StatusReason, a.SchemaVersion, a.OpenedAt})
		e = entry{route: Route{Channel: a.Channel, Tenant: t}, until: r.now().Add(entryTTL)}
		return err
	})
	return r.outcome(e, err)
}

func (r *Resolver) outcome(e entry, err error) entry {
	switch {
	case tenantdb.NoRows(err):
		return entry{err: ErrUnknownApp, until: r.now().Add(missTTL)}
	case err != nil:
		return entry{err: fmt.Errorf("resolve tenant: %w", err)}
	}
	return e
}

func (r *Resolver) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	clear(r.entries)
}

// forget drops what concerns one tenant, and every miss, because a miss may just have
// been bound.
func (r *Resolver) forget(tenantID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	for key, e := range r.entries {
		if e.err != nil || e.scope.Tenant.ID.String() == tenantID || e.route.Tenant.ID.String() == tenantID {
			delete(r.entries, key)
		}
	}
}
