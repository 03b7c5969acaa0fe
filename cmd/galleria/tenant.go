package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
)

// runTenant is `galleria tenant create|list|suspend|resume|open|close|finish` and, for
// applications, `applications|approve|reject`.
func runTenant(ctx context.Context, sh shell, args []string) error {
	actions := map[string]func(context.Context, shell, *app.Ground, []string) error{
		"create": tenantCreate, "list": tenantList,
		"suspend": tenantMove(registry.EventSuspend), "resume": tenantMove(registry.EventResume), "open": tenantMove(registry.EventOpen),
		"close": tenantMove(registry.EventClose), "finish": tenantMove(registry.EventFinish),
		"applications": tenantApplications, "approve": tenantDecide(true), "reject": tenantDecide(false),
	}
	usage := usageError{"want create, list, suspend, resume, open, close, finish, applications, approve or reject; each shows its flags with -h"}
	if len(args) == 0 {
		return usage
	}
	action, ok := actions[args[0]]
	if !ok {
		return usage
	}
	return onGround(operator(ctx, sh), sh, args[1:], action)
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

// tenantMove is one event in a shop's life. suspend and close need a reason, which the
// shop's people read.
func tenantMove(event registry.Event) func(context.Context, shell, *app.Ground, []string) error {
	return func(ctx context.Context, sh shell, g *app.Ground, args []string) error {
		flags := flag.NewFlagSet("tenant "+string(event), flag.ContinueOnError)
		flags.SetOutput(sh.stderr)
		reason := flags.String("reason", "", "why; the shop sees it")
		if err := flags.Parse(args); err != nil {
			return parseError(err)
		}
		needsReason := event == registry.EventSuspend || event == registry.EventClose
		if flags.NArg() != 1 || (needsReason && *reason == "") {
			return usageError{fmt.Sprintf("tenant %s [-reason TEXT] HANDLE; suspend and close need a reason", event)}
		}
		shop, err := g.Registry.ByHandle(ctx, flags.Arg(0))
		if err != nil {
			return explain(err)
		}
		if event == registry.EventFinish {
			if err := unfinished(ctx, g, shop); err != nil {
				return err
			}
		}
		if err := g.Registry.Move(ctx, registry.MoveInput{ID: shop.ID, Event: event, Reason: *reason, Actor: audit.Actor(ctx)}); err != nil {
			return explain(err)
		}
		if shop, err = g.Registry.ByID(ctx, shop.ID); err != nil {
			return explain(err)
		}
		_, _ = fmt.Fprintf(sh.stdout, "%s is %s\n", shop.Handle, shop.Status)
		return nil
	}
}

// errUnfinished is a shop that cannot be closed for good yet.
var errUnfinished = errors.New("the shop is not finished")

// unfinished reports orders, payments and refunds that a closing shop still owes.
func unfinished(ctx context.Context, g *app.Ground, shop tenant.Tenant) error {
	s, err := app.NewServices(g)
	if err != nil {
		return err
	}
	orders, err := s.Orders.Unfinished(ctx, shop.ID)
	if err != nil {
		return err
	}
	money, err := s.Payments.Unfinished(ctx, shop.ID)
	if err != nil {
		return err
	}
	if orders+money > 0 {
		return fmt.Errorf("%w: %d orders and %d payments or refunds are under way", errUnfinished, orders, money)
	}
	return nil
}

func tenantApplications(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	if len(args) > 0 {
		return usageError{"applications takes no arguments"}
	}
	s, err := app.NewServices(g)
	if err != nil {
		return err
	}
	list, err := s.Signups.Waiting(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(sh.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tHANDLE\tSINCE\tNAME")
	for _, a := range list {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.ID, a.Handle, a.CreatedAt.Format(time.DateTime), a.Name)
	}
	return table.Flush()
}

// tenantDecide approves or rejects an application that waits.
func tenantDecide(approve bool) func(context.Context, shell, *app.Ground, []string) error {
	return func(ctx context.Context, sh shell, g *app.Ground, args []string) error {
		flags := flag.NewFlagSet("tenant decide", flag.ContinueOnError)
		flags.SetOutput(sh.stderr)
		reason := flags.String("reason", "", "why it is rejected; the applicant sees it")
		if err := flags.Parse(args); err != nil {
			return parseError(err)
		}
		if flags.NArg() != 1 || (!approve && *reason == "") {
			return usageError{"tenant approve ID, or tenant reject -reason TEXT ID; see tenant applications"}
		}
		id, err := tenant.ParseID(flags.Arg(0))
		if err != nil {
			return usageError{err.Error()}
		}
		s, err := app.NewServices(g)
		if err != nil {
			return err
		}
		if approve {
			err = s.Signups.Approve(ctx, id, audit.Actor(ctx))
		} else {
			err = s.Signups.Reject(ctx, id, *reason, audit.Actor(ctx))
		}
		if err != nil {
			return explain(err)
		}
		_, _ = fmt.Fprintf(sh.stdout, "%s is decided\n", id)
		return nil
	}
}
