package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"galleria/cmd/internal/app"
	"galleria/console/factor"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const keysUsage = "want new, status or rotate; each shows its flags with -h"

// runKeys is `galleria keys new|status|rotate`.
func runKeys(ctx context.Context, sh shell, args []string) error {
	if len(args) == 0 {
		return usageError{keysUsage}
	}
	if args[0] == "new" {
		return keysNew(sh)
	}
	actions := map[string]func(context.Context, shell, *app.Ground, []string) error{"status": keysStatus, "rotate": keysRotate}
	action, ok := actions[args[0]]
	if !ok {
		return usageError{keysUsage}
	}
	return onGround(ctx, sh, args[1:], action)
}

// keysNew draws a key-encryption key.
func keysNew(sh shell) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(sh.stdout, base64.StdEncoding.EncodeToString(key))
	return nil
}

func keysStatus(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("keys status", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("tenant", "", "only the shop of this `handle`")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	keks, err := g.Vault.KEKs(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(sh.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "KEK\tSTATE\tDATA KEYS\tHERE")
	for _, k := range keks {
		here := "missing"
		switch {
		case k.Current:
			here = "GALLERIA_KEK"
		case k.Held:
			here = "GALLERIA_KEK_OLD"
		case k.Wraps == 0:
			here = "not needed"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", k.ID, orDash(k.State), k.Wraps, here)
	}
	_, _ = fmt.Fprintln(table, "\t\t\t")
	_, _ = fmt.Fprintln(table, "SHOP\tDATA KEY\tSTATE\tKEK\tROWS")
	err = eachTenant(ctx, g, *handle, func(id tenant.ID) error {
		list, err := g.Vault.DataKeys(ctx, id, app.SealedColumns())
		if err != nil {
			return err
		}
		for _, k := range list {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", id, versionName(k.Version), k.State, orDash(k.KEK), rowCounts(k.Rows))
		}
		return nil
	})
	return errors.Join(err, table.Flush())
}

func versionName(v int) string {
	if v == vault.Unknown {
		return "-"
	}
	return fmt.Sprintf("v%d", v)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// rowCounts is "7 (app_credential.secret_sealed 1, payment_secret.sealed 6)".
func rowCounts(rows map[string]int64) string {
	var total int64
	var parts []string
	for _, c := range app.SealedColumns() {
		if n := rows[c.Name]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%s %d", c.Name, n))
		}
	}
	if total == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(parts, ", "))
}

// eachTenant visits the tenants that have data keys: all, or the one of a handle.
func eachTenant(ctx context.Context, g *app.Ground, handle string, visit func(id tenant.ID) error) error {
	if handle != "" {
		shop, err := g.Registry.ByHandle(ctx, handle)
		if err != nil {
			return explain(err)
		}
		return visit(shop.ID)
	}
	const page = 200
	var after tenant.ID
	for {
		ids, err := g.Vault.Tenants(ctx, after, page)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := visit(id); err != nil {
				return err
			}
			after = id
		}
		if len(ids) < page {
			return nil
		}
	}
}

func keysRotate(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("keys rotate", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	kek := flags.Bool("kek", false, "wrap every data key by GALLERIA_KEK, then retire those in GALLERIA_KEK_OLD")
	data := flags.Bool("data", false, "give shops new data keys and seal everything anew")
	handle := flags.String("tenant", "", "with -data: only the shop of this `handle`")
	all := flags.Bool("all", false, "with -data: every shop")
	flags.Usage = func() {
		_, _ = fmt.Fprint(sh.stderr, "Usage: galleria keys rotate --kek | --data --all | --data --tenant HANDLE\n\n"+
			"Servers go on meanwhile. An interrupted rotation is simply run again.\n"+
			"For --kek first restart every server with the new key as GALLERIA_KEK and the\n"+
			"present one as GALLERIA_KEK_OLD; remove the latter when the rotation says so.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	switch {
	case *kek && !*data && *handle == "" && !*all:
		return rotateKEK(ctx, sh, g)
	case *data && !*kek && (*handle != "") != *all:
		return rotateData(ctx, sh, g, *handle)
	}
	flags.Usage()
	return usageError{"want --kek, or --data with --all or --tenant HANDLE"}
}

func rotateKEK(ctx context.Context, sh shell, g *app.Ground) error {
	ctx = operator(ctx, sh)
	note := func(ctx context.Context, tx tenantdb.Tx) error {
		return g.Audit.RecordTx(ctx, tx, audit.Entry{Action: "keys.kek_rotated"})
	}
	if _, err := g.Vault.PromoteKEK(ctx, note); err != nil {
		return err
	}
	left, err := g.Vault.LeftToRewrap(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sh.stdout, "%d data keys to wrap anew\n", left)
	done, failed := g.Vault.Rewrap(ctx, func(done int64) { _, _ = fmt.Fprintf(sh.stdout, "  %d done, %d left\n", done, max(left-done, 0)) })
	if left, err = g.Vault.LeftToRewrap(ctx); err != nil {
		return errors.Join(failed, err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%d wrapped anew, %d left on an old key\n", done, left)
	if left > 0 {
		return errors.Join(fmt.Errorf("%w: %d data keys; nothing was retired", vault.ErrRowsLeft, left), failed)
	}
	people := factor.New(factor.Deps{DB: g.DB, Vault: g.Vault, Throttle: g.Staff, Now: g.Now})
	resealed, err := people.Reseal(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sh.stdout, "%d authenticators sealed anew\n", resealed)
	current, err := g.Vault.Wraps(ctx)
	if err != nil {
		return err
	}
	ids, err := g.Vault.RetireKEKs(ctx, func(ctx context.Context, tx tenantdb.Tx, ids []string) error {
		left, err := people.SealedElsewhereTx(ctx, tx, current)
		if err != nil {
			return err
		}
		if left > 0 {
			return fmt.Errorf("%w: %d authenticators", vault.ErrRowsLeft, left)
		}
		return g.Audit.RecordTx(ctx, tx, audit.Entry{Action: "keys.kek_retired", Detail: map[string]any{"kek_ids": ids}})
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, _ = fmt.Fprintf(sh.stdout, "%s is retired: remove it from GALLERIA_KEK_OLD\n", id)
	}
	return nil
}

func rotateData(ctx context.Context, sh shell, g *app.Ground, handle string) error {
	ctx = operator(ctx, sh)
	var scope tenant.ID
	if handle != "" {
		shop, err := g.Registry.ByHandle(ctx, handle)
		if err != nil {
			return explain(err)
		}
		scope = shop.ID
	}
	since, err := g.Vault.BeginDataRotation(ctx, scope, func(ctx context.Context, tx tenantdb.Tx) error {
		return g.Audit.RecordTx(ctx, tx, audit.Entry{TenantID: scope, Action: "keys.data_rotated"})
	})
	if err != nil {
		return err
	}
	var total vault.Sweep
	renewed := 0
	err = eachTenant(ctx, g, handle, func(id tenant.ID) error {
		fresh, err := g.Vault.RenewKey(ctx, id, since)
		if err != nil {
			return err
		}
		if fresh {
			renewed++
		}
		s, err := g.Vault.SweepTenant(ctx, id, app.SealedColumns())
		total.Resealed, total.Left, total.Damaged = total.Resealed+s.Resealed, total.Left+s.Left, total.Damaged+s.Damaged
		total.Destroyed, total.Waiting = total.Destroyed+s.Destroyed, total.Waiting+s.Waiting
		if err == nil && (s.Resealed > 0 || s.Left > 0) {
			_, _ = fmt.Fprintf(sh.stdout, "  %s: %d sealed anew, %d left\n", id, s.Resealed, s.Left)
		}
		return err
	})
	_, _ = fmt.Fprintf(sh.stdout, "%d new data keys, %d rows sealed anew, %d left on an old key (%d of them do not open), %d old keys destroyed\n",
		renewed, total.Resealed, total.Left, total.Damaged, total.Destroyed)
	if err != nil {
		return err
	}
	if total.Left > 0 {
		return fmt.Errorf("%w: %d rows; run it again", vault.ErrRowsLeft, total.Left)
	}
	if total.Waiting > 0 {
		_, _ = fmt.Fprintf(sh.stdout, "%d old keys seal nothing any more; the worker destroys them in about 15 minutes, when no server can still use them\n", total.Waiting)
	}
	return g.Vault.EndDataRotation(ctx, scope)
}
