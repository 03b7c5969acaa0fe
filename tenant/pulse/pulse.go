package pulse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/migrations"
	"galleria/tenant/pulse/internal/pulsedb"
	"galleria/tenant/tenantdb"
)

// Reading is the state of the platform at one moment.
type Reading struct {
	EventsOwed int64         // outbox rows that are neither done nor given up
	EventsDue  int64         // of them, those whose time has come
	EventsLag  time.Duration // how long the oldest of those has been due
	EventsDead int64         // given up, waiting for a person
	TimersDue  int64
	TimersLag  time.Duration
	Tenants    map[string]int64 // by status
	Behind     int64            // schemas below this binary's newest version
	Anomalies  int64            // estimate: messages of providers that did not fit, over all shops
}

// Pulse reads. Safe for concurrent use.
type Pulse struct {
	db *tenantdb.DB
	q  *pulsedb.Queries
}

// New returns a pulse.
func New(db *tenantdb.DB) *Pulse { return &Pulse{db: db, q: pulsedb.New()} }

// Look takes a reading: one statement.
func (p *Pulse) Look(ctx context.Context) (Reading, error) {
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return Reading{}, err
	}
	r, err := p.q.Look(ctx, p.db.Platform(), latest)
	if err != nil {
		return Reading{}, fmt.Errorf("look at the platform: %w", err)
	}
	reading := Reading{
		EventsOwed: r.EventsOwed, EventsDue: r.EventsDue, EventsLag: seconds(r.EventsLag), EventsDead: r.EventsDead,
		TimersDue: r.TimersDue, TimersLag: seconds(r.TimersLag), Tenants: nil, Behind: r.TenantsBehind, Anomalies: r.Anomalies,
	}
	if err := json.Unmarshal(r.Tenants, &reading.Tenants); err != nil {
		return Reading{}, fmt.Errorf("look at the platform: %w", err)
	}
	return reading, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Served reports, as an error, a platform schema that is older than this binary needs. A
// newer one is served: schemas grow before binaries do.
func (p *Pulse) Served(ctx context.Context) error {
	need, err := migrations.Latest("platform")
	if err != nil {
		return err
	}
	version, err := p.q.PlatformVersion(ctx, p.db.Platform())
	if err != nil {
		return fmt.Errorf("read the platform's version: %w", err)
	}
	if version < need {
		return fmt.Errorf("the platform's schema is at version %d, this binary needs %d: run `galleria migrate up`", version, need)
	}
	return nil
}
