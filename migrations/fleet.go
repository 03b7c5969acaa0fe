package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// FleetOptions bound one run over all tenants.
type FleetOptions struct {
	Workers     int      // parallel tenants; 0 means 4, the knee on two cores
	MaxFailures int      // stop after more than this many tenants failed; 0 means 10
	Canary      []string // tenants to upgrade, and to see succeed, before the rest
}

// Failure is one tenant that could not be upgraded.
type Failure struct {
	TenantID string
	Err      error
}

// Report is what a fleet run did.
type Report struct {
	Upgraded int // by this run, and not by another one beside it
	Failed   []Failure
	Skipped  int // not tried: the run stopped early
}

// Behind is one schema below the newest version.
type Behind struct {
	TenantID      string
	Handle        string
	Status        string
	SchemaVersion int64
	LastError     string
}

// a connection meets at most this many tenants; a backend keeps about 0.4 MB of
// catalogue cache for each.
const tenantsPerConnection = 200

// Plan lists the schemas a run would upgrade, in its order: template, spares,
// canaries, rest. Unfinished schemas ('building') belong to provisioning.
func (r *Runner) Plan(ctx context.Context, canary []string) ([]Behind, error) {
	latest, err := Latest("tenant")
	if err != nil {
		return nil, err
	}
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const behind = `SELECT id, coalesce(handle, ''), status, schema_version, last_error FROM platform.tenant
		WHERE schema_version < $1 AND status <> 'building'
		ORDER BY CASE WHEN status = 'template' THEN 0 WHEN status = 'spare' THEN 1 WHEN id = ANY($2) THEN 2 ELSE 3 END, id`
	if canary == nil {
		canary = []string{}
	}
	var unknown []string
	const strangers = "SELECT coalesce(array_agg(c), '{}') FROM unnest($1::text[]) c WHERE NOT EXISTS (SELECT FROM platform.tenant WHERE id = c)"
	if err := conn.QueryRow(ctx, strangers, canary).Scan(&unknown); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoCanary, strings.Join(unknown, ", "))
	}
	rows, err := conn.Query(ctx, behind, latest, canary)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Behind])
}

// ErrNoCanary is a canary that is no tenant: nobody would go first.
var ErrNoCanary = errors.New("no tenant has the canary's id (see `galleria tenant list`)")

// Fleet upgrades every schema that is behind. A failure of the template or of a
// canary stops the run; any other failing tenant is listed and the rest goes on,
// until MaxFailures. Repeating a run touches only what is still behind.
func (r *Runner) Fleet(ctx context.Context, opt FleetOptions) (Report, error) {
	if opt.Workers <= 0 {
		opt.Workers = 4
	}
	if opt.MaxFailures <= 0 {
		opt.MaxFailures = 10
	}
	plan, err := r.Plan(ctx, opt.Canary)
	if err != nil {
		return Report{}, err
	}
	careful := slices.IndexFunc(plan, func(b Behind) bool {
		return b.Status != "template" && b.Status != "spare" && !slices.Contains(opt.Canary, b.TenantID)
	})
	if careful < 0 {
		careful = len(plan)
	}
	run := fleetRun{runner: r, report: &Report{}}
	first := run.upgrade(ctx, plan[:careful], 1, 0)
	run.report.Skipped += first
	if len(run.report.Failed) > 0 {
		run.report.Skipped += len(plan) - careful
		return *run.report, nil
	}
	run.report.Skipped += run.upgrade(ctx, plan[careful:], opt.Workers, opt.MaxFailures)
	return *run.report, ctx.Err()
}

type fleetRun struct {
	runner *Runner
	mu     sync.Mutex
	report *Report
}

// upgrade works through the list with bounded workers and returns how many it left
// untouched because too many failed or ctx ended.
func (f *fleetRun) upgrade(ctx context.Context, list []Behind, workers, maxFailures int) (skipped int) {
	next := make(chan Behind)
	var wg sync.WaitGroup
	for range min(workers, len(list)) {
		wg.Go(func() { f.work(ctx, next) })
	}
	for i, b := range list {
		if ctx.Err() != nil || f.failures() > maxFailures {
			skipped = len(list) - i
			break
		}
		next <- b
	}
	close(next)
	wg.Wait()
	return skipped
}

func (f *fleetRun) work(ctx context.Context, next <-chan Behind) {
	var conn *pgx.Conn
	met := 0
	for b := range next {
		var err error
		if conn == nil || conn.IsClosed() || met >= tenantsPerConnection {
			if conn != nil {
				_ = conn.Close(context.WithoutCancel(ctx))
			}
			met = 0
			if conn, err = f.runner.connect(ctx); err != nil {
				f.record(b, false, err)
				continue
			}
		}
		met++
		_, moved, err := f.runner.tenant(ctx, conn, b.TenantID)
		f.record(b, moved, err)
	}
	if conn != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

func (f *fleetRun) failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.report.Failed)
}

func (f *fleetRun) record(b Behind, moved bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.report.Failed = append(f.report.Failed, Failure{TenantID: b.TenantID, Err: err})
		return
	}
	if moved {
		f.report.Upgraded++
	}
}

// VersionCount is how many schemas of one status stand at one version.
type VersionCount struct {
	SchemaVersion int64
	Status        string
	Schemas       int64
	Failed        int64 // of them, with an error from the last try
}

// Status counts all schemas by version and status.
func (r *Runner) Status(ctx context.Context) ([]VersionCount, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const counts = `SELECT schema_version, status, count(*), count(*) FILTER (WHERE last_error <> '')
		FROM platform.tenant GROUP BY schema_version, status ORDER BY schema_version, status`
	rows, err := conn.Query(ctx, counts)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[VersionCount])
}
