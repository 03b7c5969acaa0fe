package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"strings"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// runPlatformStaff is `galleria platform-staff add|grant|revoke`: the way to the first of
// the platform's own people, and to their roles.
func runPlatformStaff(ctx context.Context, sh shell, args []string) error {
	actions := map[string]func(context.Context, shell, *app.Ground, []string) error{
		"add": platformStaffAdd, "grant": platformStaffGrant, "revoke": platformStaffRevoke,
	}
	usage := usageError{"want add -name NAME LOGIN ROLE (password on standard input), grant LOGIN ROLE or revoke LOGIN ROLE; roles: " + strings.Join(platformRoles(), ", ")}
	if len(args) == 0 {
		return usage
	}
	action, ok := actions[args[0]]
	if !ok {
		return usage
	}
	return onGround(ctx, sh, args[1:], action)
}

func platformRoles() []string {
	var codes []string
	for _, role := range authz.PlatformRoles() {
		codes = append(codes, role.Code)
	}
	return codes
}

// platformStaffAdd makes an account with a role. The password comes from standard input,
// so that it stands in no list of processes and no history.
func platformStaffAdd(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("platform-staff add", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	name := flags.String("name", "", "the person's `name`")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if *name == "" || flags.NArg() != 2 || !authz.IsPlatformRole(flags.Arg(1)) {
		return usageError{"platform-staff add -name NAME LOGIN ROLE; roles: " + strings.Join(platformRoles(), ", ")}
	}
	line, err := bufio.NewReader(sh.stdin).ReadString('\n')
	if password := strings.TrimRight(line, "\r\n"); password != "" {
		line, err = password, nil
	}
	if err != nil {
		return fmt.Errorf("read the password from standard input: %w", err)
	}
	person, err := g.Staff.Prepare(ctx, staff.AddInput{Login: flags.Arg(0), Name: *name, Password: line})
	if err != nil {
		return explain(err)
	}
	err = g.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		m, err := g.Staff.AddTx(ctx, tx, person)
		if err != nil {
			return err
		}
		return grantPlatform(ctx, tx, g, m.ID, flags.Arg(1))
	})
	if err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s\t%s\n", flags.Arg(0), flags.Arg(1))
	return nil
}

func platformStaffGrant(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	return platformStaffChange(ctx, sh, g, "grant", args, func(tx tenantdb.Tx, id int64, role string) error {
		return grantPlatform(ctx, tx, g, id, role)
	})
}

func grantPlatform(ctx context.Context, tx tenantdb.Tx, g *app.Ground, id int64, role string) error {
	if _, err := g.Staff.GrantPlatformTx(ctx, tx, id, role); err != nil {
		return err
	}
	return recordPlatform(ctx, tx, g, "platform.staff_granted", id, role)
}

func platformStaffRevoke(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	return platformStaffChange(ctx, sh, g, "revoke", args, func(tx tenantdb.Tx, id int64, role string) error {
		if err := g.Staff.RevokePlatformTx(ctx, tx, id, role); err != nil {
			return err
		}
		return recordPlatform(ctx, tx, g, "platform.staff_revoked", id, role)
	})
}

func recordPlatform(ctx context.Context, tx tenantdb.Tx, g *app.Ground, action string, id int64, role string) error {
	return g.Audit.RecordTx(ctx, tx, audit.Entry{Actor: "system", Action: action, Detail: map[string]any{"staff_id": id, "role": role}})
}

func platformStaffChange(
	ctx context.Context, sh shell, g *app.Ground, verb string, args []string, change func(tx tenantdb.Tx, id int64, role string) error,
) error {
	if len(args) != 2 || !authz.IsPlatformRole(args[1]) {
		return usageError{"platform-staff " + verb + " LOGIN ROLE; roles: " + strings.Join(platformRoles(), ", ")}
	}
	person, err := g.Staff.ByLogin(ctx, args[0])
	if err == nil {
		err = g.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return change(tx, person.ID, args[1]) })
	}
	if err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s\t%s\n", person.Login, args[1])
	return nil
}
