package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/oracle"
	"galleria/tenant"
)

const (
	shopsAtOnce = 100       // read from the directory in one statement
	restLimit   = time.Hour // what is older must have come to its end
)

// runBooks is `galleria books`: it looks in every shop for what must never be found in its
// orders, stock, payments, refunds and ledger. It changes nothing. Findings end it with 1.
func runBooks(ctx context.Context, sh shell, args []string) error {
	return onGround(ctx, sh, args, checkBooks)
}

func checkBooks(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("books", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("tenant", "", "only the shop with this `handle`")
	rest := flags.Duration("rest", restLimit, "how old what is under way may be")
	list := flags.Bool("list", false, "only say what is looked for")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if flags.NArg() > 0 || *rest < 0 {
		return usageError{"books [-tenant HANDLE] [-rest 1h] [-list]"}
	}
	if *list {
		return listInvariants(sh)
	}
	in := oracle.Input{Rest: g.Now().Add(-*rest)}
	t := &bookkeeping{sh: sh, g: g, in: in}
	var err error
	if *handle != "" {
		err = t.one(ctx, *handle)
	} else {
		err = t.all(ctx)
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sh.stdout, "%d shops, %d findings\n", t.shops, t.findings)
	if t.findings > 0 {
		return exitError{1}
	}
	return nil
}

func listInvariants(sh shell) error {
	all, err := oracle.Invariants()
	if err != nil {
		return err
	}
	for _, inv := range all {
		if !inv.Truth { // that is for tests, which know what the providers say
			_, _ = fmt.Fprintf(sh.stdout, "%-4s %-8s %s\n", inv.ID, inv.Area, inv.Meaning)
		}
	}
	return nil
}

// bookkeeping prints what it finds, and counts.
type bookkeeping struct {
	sh              shell
	g               *app.Ground
	in              oracle.Input
	shops, findings int
}

func (b *bookkeeping) one(ctx context.Context, handle string) error {
	shop, err := b.g.Registry.ByHandle(ctx, handle)
	if err != nil {
		return explain(err)
	}
	return b.shop(ctx, shop)
}

// all goes from shop to shop, with a statement of the directory for many of them and never
// more than one shop's statement at a time.
func (b *bookkeeping) all(ctx context.Context) error {
	var after tenant.ID
	for {
		shops, err := b.g.Registry.List(ctx, after, shopsAtOnce)
		if err != nil {
			return explain(err)
		}
		for _, shop := range shops {
			if err := b.shop(ctx, shop); err != nil {
				return err
			}
			after = shop.ID
		}
		if len(shops) < shopsAtOnce {
			return nil
		}
	}
}

func (b *bookkeeping) shop(ctx context.Context, shop tenant.Tenant) error {
	if shop.Status == tenant.Closed || shop.Status == tenant.Provisioning {
		return nil // its schema is gone, or not its own yet
	}
	found, err := oracle.CheckShop(ctx, b.g.DB, shop.ID, b.in)
	if err != nil {
		return explain(err)
	}
	b.shops++
	for _, f := range found {
		b.findings++
		_, _ = fmt.Fprintf(b.sh.stdout, "BAD  %s: %s %s: %d, such as %s\n", shop.Handle, f.ID, f.Meaning, f.Count, f.Sample)
	}
	if len(found) == 0 {
		_, _ = fmt.Fprintf(b.sh.stdout, "ok   %s\n", shop.Handle)
	}
	return nil
}
