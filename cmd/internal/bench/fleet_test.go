package bench_test

import (
	"strings"
	"testing"

	"galleria/cmd/internal/bench"
	"galleria/migrations"
)

func TestFleetStandsNextToItsBars(t *testing.T) {
	t.Parallel()
	f := bench.Fleet{
		Shops: 200, MadePerSecond: 5, MadeCPU: 120, ClaimP50: 4, ClaimP95: 20, OpenP50: 20, OpenP95: 49, OpenEmpty: 700,
		Migration: "000009_x.up.sql", MakesTables: true, UpgradedPerSecond: 120, UpgradeCPU: 9, BackendBytes: 359_000, ProcessBytes: 2_000,
	}
	for what, want := range map[string]bench.Verdict{
		"claim a spare schema, p50":              bench.Pass,
		"open a shop out of the stock, p95":      bench.Pass,
		"open a shop without a stock":            bench.Goal,
		"spare schemas made":                     bench.Miss,
		"a spare schema, CPU of the database":    bench.Pass,
		"upgrade by 000009_x.up.sql":             bench.Pass,
		"a shop more, in a connection's process": bench.Pass,
		"a shop more, in the server's memory":    bench.Goal,
	} {
		if got := verdict(bench.WithFleet(sample(), f), what); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	columns := f
	columns.MakesTables = false
	if got := verdict(bench.WithFleet(sample(), columns), "upgrade by 000009_x.up.sql"); got != bench.Miss {
		t.Errorf("120 a second of columns only: %q, want a miss", got)
	}
	var md strings.Builder
	bench.WithFleet(sample(), f).Markdown(&md)
	for _, want := range []string{
		"| upgrading by 000009_x.up.sql, 4 at a time | 120/s, 9.0 ms CPU of the database each |",
		"| fleet | a shop more, in a connection's process | 359 kB | <= 400 kB | <= 300 kB | pass |",
		"| fleet | spare schemas made | 5.0/s | >= 6.0/s | >= 6.0/s | MISS |",
	} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, md.String())
		}
	}
}

func verdict(r bench.Report, what string) bench.Verdict {
	for _, b := range r.Bars {
		if b.What == what {
			return b.Verdict
		}
	}
	return "no such bar"
}

func TestTheNewestMigrationCanBeTakenBack(t *testing.T) {
	t.Parallel()
	up, down, before, err := bench.NewestMigration()
	latest, latestErr := migrations.Latest("tenant")
	if err != nil || latestErr != nil || before == 0 || before >= latest || strings.TrimSuffix(up, ".up.sql") != strings.TrimSuffix(down, ".down.sql") {
		t.Errorf("%q, %q, %d, %v; want the two files of one version, and one below %d", up, down, before, err, latest)
	}
}
