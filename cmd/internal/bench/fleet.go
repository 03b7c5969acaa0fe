package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/provision"
)

// workFleet is what concerns many shops instead of one shop's requests.
const workFleet = "fleet of shops"

const (
	fleetShops   = 200
	fleetMakers  = 3  // schemas that are made at the same time
	fleetWorkers = 4  // of the upgrade
	fleetHeat    = 40 // upgrades before the clock starts: first connections, first reading of the files
)

// Fleet is what a shop more costs, and what it costs to bring all of them to a new schema.
type Fleet struct {
	Shops int `json:"shops"`
	// A spare schema, made by three at the same time: so many per second, CPU of the database each.
	MadePerSecond float64 `json:"made_per_second"`
	MadeCPU       float64 `json:"made_cpu_ms"`
	// One shop out of the stock: claiming a spare, and until it is open; and one without a stock. Milliseconds.
	ClaimP50  float64 `json:"claim_p50_ms"`
	ClaimP95  float64 `json:"claim_p95_ms"`
	OpenP50   float64 `json:"open_p50_ms"`
	OpenP95   float64 `json:"open_p95_ms"`
	OpenEmpty float64 `json:"open_empty_ms"`
	// The newest migration of the product, brought to shops that lack it.
	Migration         string  `json:"migration"` // its file
	MakesTables       bool    `json:"makes_tables"`
	UpgradedPerSecond float64 `json:"upgraded_per_second"`
	UpgradeCPU        float64 `json:"upgrade_cpu_ms"` // of the database, per shop
	// What a shop more occupies once it has been asked for: in each connection to the database
	// that has worked for it, and in the process that serves it.
	BackendBytes int64 `json:"backend_bytes"`
	ProcessBytes int64 `json:"process_bytes"`
}

// fleet makes shops, opens them, asks each for something, and upgrades them.
func (l *lab) fleet(ctx context.Context) (Fleet, error) {
	f := Fleet{Shops: fleetShops}
	var shops []tenant.ID
	for _, step := range []struct {
		what string
		run  func() error
	}{
		{"made", func() error { return l.makeSpares(ctx, &f) }},
		{"opened", func() (err error) { shops, err = l.openShops(ctx, &f); return err }},
		{"asked", func() error { return l.meetShops(ctx, &f, shops) }},
		{"upgraded", func() error { return l.upgradeShops(ctx, &f, shops) }},
	} {
		began := time.Now()
		if err := step.run(); err != nil {
			return Fleet{}, fmt.Errorf("%d shops %s: %w", fleetShops, step.what, err)
		}
		_, _ = fmt.Fprintf(l.opt.Progress, "%d shops %s in %s\n", fleetShops, step.what, time.Since(began).Round(100*time.Millisecond))
	}
	return f, nil
}

// makeSpares does what a refill of the stock does, several at a time.
func (l *lab) makeSpares(ctx context.Context, f *Fleet) error {
	before, err := treeCPU(l.proc, l.stack.postgres)
	if err != nil {
		return err
	}
	began := time.Now()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(fleetMakers)
	for range fleetShops {
		group.Go(func() error {
			id := tenant.NewID()
			return l.stack.services.Runner.Build(groupCtx, id.String(), id.Lane())
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	f.MadePerSecond = fleetShops / time.Since(began).Seconds()
	after, err := treeCPU(l.proc, l.stack.postgres)
	f.MadeCPU = milliseconds(after-before) / fleetShops
	return err
}

// openShops opens one shop after the other until the stock is empty, and then three more.
func (l *lab) openShops(ctx context.Context, f *Fleet) (shops []tenant.ID, err error) {
	open := func(n int) (claimed, opened time.Duration, err error) {
		in := provision.ShopInput{RequestKey: fmt.Sprintf("fleet-%d", n), Handle: fmt.Sprintf("shop%dof-a-fleet", n), Name: "舰队店"} //nolint:gosmopolitan // test data
		began := time.Now()
		if _, err := l.stack.services.Provision.Claim(ctx, in); err != nil {
			return 0, 0, err
		}
		claimed = time.Since(began)
		t, err := l.stack.services.Provision.OpenShop(ctx, in)
		shops = append(shops, t.ID)
		return claimed, time.Since(began), err
	}
	claims, opens, empty := make([]time.Duration, fleetShops), make([]time.Duration, fleetShops), make([]time.Duration, 3)
	for n := range claims {
		if claims[n], opens[n], err = open(n); err != nil {
			return nil, err
		}
	}
	for n := range empty {
		if _, empty[n], err = open(fleetShops + n); err != nil {
			return nil, err
		}
	}
	slices.Sort(claims)
	slices.Sort(opens)
	f.ClaimP50, f.ClaimP95 = milliseconds(percentile(claims, 50)), milliseconds(percentile(claims, 95))
	f.OpenP50, f.OpenP95 = milliseconds(percentile(opens, 50)), milliseconds(percentile(opens, 95))
	f.OpenEmpty = milliseconds(median(empty))
	return shops[:fleetShops], nil
}

var errFleet = errors.New("the upgrade did not reach every shop")

// upgradeShops takes the newest migration away from every shop and has the runner bring it back.
func (l *lab) upgradeShops(ctx context.Context, f *Fleet, shops []tenant.ID) error {
	up, down, before, err := newestMigration()
	if err != nil {
		return err
	}
	f.Migration, f.MakesTables = up.name, strings.Contains(up.sql, "CREATE TABLE") || strings.Contains(up.sql, "CREATE INDEX")
	upgrade := func(list []tenant.ID) (took, cpu time.Duration, err error) {
		if err := l.setBack(ctx, list, down.sql, before); err != nil {
			return 0, 0, err
		}
		idle, err := treeCPU(l.proc, l.stack.postgres)
		if err != nil {
			return 0, 0, err
		}
		began := time.Now()
		report, err := l.stack.services.Runner.Fleet(ctx, migrations.FleetOptions{Workers: fleetWorkers})
		took = time.Since(began)
		if err != nil {
			return 0, 0, err
		}
		if report.Upgraded != len(list) || len(report.Failed) > 0 {
			return 0, 0, fmt.Errorf("%w: %d of %d, %d failed", errFleet, report.Upgraded, len(list), len(report.Failed))
		}
		after, err := treeCPU(l.proc, l.stack.postgres)
		return took, after - idle, err
	}
	if _, _, err := upgrade(shops[:fleetHeat]); err != nil {
		return err
	}
	took, cpu, err := upgrade(shops)
	if err != nil {
		return err
	}
	f.UpgradedPerSecond, f.UpgradeCPU = fleetShops/took.Seconds(), milliseconds(cpu)/fleetShops
	return nil
}

type migration struct{ name, sql string }

// newestMigration reads the files that this binary would bring to shops last, and the version
// of those before them: numbers may be left out.
func newestMigration() (up, down migration, before int64, err error) {
	entries, err := migrations.Files.ReadDir("tenant")
	for _, e := range entries { // sorted: the last ones stay
		raw, readErr := migrations.Files.ReadFile("tenant/" + e.Name())
		err = errors.Join(err, readErr)
		switch read := (migration{e.Name(), string(raw)}); {
		case strings.HasSuffix(e.Name(), ".up.sql"):
			if up.name != "" {
				number, _, _ := strings.Cut(up.name, "_")
				before, readErr = strconv.ParseInt(number, 10, 64)
				err = errors.Join(err, readErr)
			}
			up = read
		case strings.HasSuffix(e.Name(), ".down.sql"):
			down = read
		}
	}
	if err != nil {
		return up, down, 0, fmt.Errorf("read migrations: %w", err)
	}
	return up, down, before, nil
}

// setBack undoes a migration of these shops, as if they had been left behind.
func (l *lab) setBack(ctx context.Context, shops []tenant.ID, down string, before int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fleetWorkers)
	for _, id := range shops {
		group.Go(func() error {
			return pgx.BeginFunc(ctx, l.stack.owner, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "SET LOCAL search_path = "+id.String()) // an identifier by construction
				if err == nil {
					_, err = tx.Exec(ctx, down)
				}
				if err == nil {
					_, err = tx.Exec(ctx, "UPDATE platform.tenant SET schema_version = $2 WHERE id = $1", id.String(), before)
				}
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("set back: %w", err)
	}
	return nil
}
