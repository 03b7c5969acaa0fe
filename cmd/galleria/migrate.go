package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"galleria/cmd/internal/app"
	"galleria/migrations"
	"galleria/tenant/tenantdb"
)

// runMigrate is `galleria migrate up|status|plan`.
func runMigrate(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	workers := flags.Int("workers", 4, "tenants upgraded in parallel")
	maxFailures := flags.Int("max-failures", 10, "stop after more failed tenants than this")
	canary := flags.String("canary", "", "tenant `ids`, comma separated, to upgrade before the rest")
	flags.Usage = func() {
		_, _ = fmt.Fprint(sh.stderr, "Usage: galleria migrate [flags] up|status|plan\n\n"+
			"up      bring platform, template, spares and every shop to the newest version\n"+
			"status  how many schemas are at which version, and which failed\n"+
			"plan    the schemas that up would upgrade, in order; changes nothing\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	action := flags.Arg(0)
	if action != "" { // flags may stand behind the word, too
		if err := flags.Parse(flags.Args()[1:]); err != nil {
			return parseError(err)
		}
	}
	if !slices.Contains([]string{"up", "plan", "status"}, action) || flags.NArg() > 0 {
		flags.Usage()
		return usageError{"want up, status or plan"}
	}
	cfg, err := app.LoadConfig(sh.getenv)
	if err != nil {
		return err
	}
	runner := newRunner(cfg)
	opt := migrations.FleetOptions{Workers: *workers, MaxFailures: *maxFailures}
	if *canary != "" {
		for id := range strings.SplitSeq(*canary, ",") {
			opt.Canary = append(opt.Canary, strings.TrimSpace(id))
		}
	}
	switch action {
	case "up":
		return migrateUp(ctx, sh, runner, opt)
	case "plan":
		return migratePlan(ctx, sh, runner, opt.Canary)
	default:
		return migrateStatus(ctx, sh, runner)
	}
}

func newRunner(cfg app.Config) *migrations.Runner {
	return migrations.New(migrations.Config{URL: cfg.DatabaseURL, RolePassword: tenantdb.RolePasswords([]byte(cfg.RoleSecret))})
}

func migrateUp(ctx context.Context, sh shell, runner *migrations.Runner, opt migrations.FleetOptions) error {
	version, err := runner.Platform(ctx)
	if err != nil {
		return err
	}
	report, err := runner.Fleet(ctx, opt)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sh.stdout, "platform at %d; upgraded %d, failed %d, not tried %d\n", version, report.Upgraded, len(report.Failed), report.Skipped)
	for _, f := range report.Failed {
		_, _ = fmt.Fprintf(sh.stdout, "  %s: %v\n", f.TenantID, f.Err)
	}
	if len(report.Failed) > 0 {
		return exitError{1}
	}
	return nil
}

func migratePlan(ctx context.Context, sh shell, runner *migrations.Runner, canary []string) error {
	plan, err := runner.Plan(ctx, canary)
	if err != nil {
		return err
	}
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sh.stdout, "%d schemas are behind version %d\n", len(plan), latest)
	table := tabwriter.NewWriter(sh.stdout, 0, 0, 2, ' ', 0)
	for _, b := range plan {
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\tat %d\t%s\n", b.TenantID, b.Handle, b.Status, b.SchemaVersion, b.LastError)
	}
	return table.Flush()
}

func migrateStatus(ctx context.Context, sh shell, runner *migrations.Runner) error {
	states, err := runner.Status(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(sh.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "VERSION\tSTATUS\tSCHEMAS\tFAILED")
	for _, s := range states {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%d\t%d\n", s.SchemaVersion, s.Status, s.Schemas, s.Failed)
	}
	return table.Flush()
}
