package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/provision"
)

// runTenant is `galleria tenant create|list|suspend|resume`.
func runTenant(ctx context.Context, sh shell, args []string) error {
	actions := map[string]func(context.Context, shell, *app.Ground, []string) error{
		"create": tenantCreate, "list": tenantList, "suspend": tenantSuspend, "resume": tenantResume,
	}
	usage := usageError{"want create, list, suspend or resume; each shows its flags with -h"}
	if len(args) == 0 {
		return usage
	}
	action, ok := actions[args[0]]
	if !ok {
		return usage
	}
	cfg, err := app.LoadConfig(sh.getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ground, err := app.NewGround(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer ground.Close()
	return action(operator(ctx, sh), sh, ground, args[1:])
}

func tenantCreate(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("tenant create", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("handle", "", "short `name` in addresses: 3-32 of a-z 0-9 -")
	name := flags.String("name", "", "the shop's name")
	key := flags.String("key", "", "request `key`; the same key opens the same shop again (default: the handle)")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if *key == "" {
		*key = "cli:" + *handle
	}
	began := g.Now()
	shop, err := g.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: *key, Handle: *handle, Name: *name})
	if err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s\t%s\t%s\t%s\t%s\n", shop.ID, shop.Handle, shop.Status, shop.Name, g.Now().Sub(began).Round(time.Millisecond))
	return nil
}

func tenantList(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	if len(args) > 0 {
		return usageError{"list takes no arguments"}
	}
	table := tabwriter.NewWriter(sh.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tHANDLE\tSTATUS\tVERSION\tOPENED\tNAME\tREASON")
	const page = 200
	var after tenant.ID
	for {
		list, err := g.Registry.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", t.ID, t.Handle, t.Status, t.SchemaVersion, t.CreatedAt.Format(time.DateOnly), t.Name, t.StatusReason)
			after = t.ID
		}
		if len(list) < page {
			return table.Flush()
		}
	}
}

func tenantSuspend(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("tenant suspend", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	reason := flags.String("reason", "", "why; the shop sees it")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if *reason == "" || flags.NArg() != 1 {
		return usageError{"tenant suspend -reason TEXT HANDLE"}
	}
	return setStatus(ctx, sh, g, flags.Arg(0), tenant.Suspended, *reason)
}

func tenantResume(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	if len(args) != 1 {
		return usageError{"tenant resume HANDLE"}
	}
	return setStatus(ctx, sh, g, args[0], tenant.Active, "")
}

func setStatus(ctx context.Context, sh shell, g *app.Ground, handle string, to tenant.Status, reason string) error {
	shop, err := g.Registry.ByHandle(ctx, handle)
	if err != nil {
		return explain(err)
	}
	if err := g.Registry.SetStatus(ctx, shop.ID, to, reason); err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s is %s\n", handle, to)
	return nil
}
