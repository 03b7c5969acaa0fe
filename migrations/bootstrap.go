package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The roles of an installation. Tenants' own roles bear the tenant's id.
const (
	AppRole     = "galleria_app"    // logs in for platform work
	TenantRole  = "galleria_tenant" // group: table rights that each tenant's role inherits
	gatewayStem = "galleria_gw_"
	lanes       = 8 // tenant.Lanes; this room imports nothing, a test compares them
)

// GatewayRole is the login of one lane, 0 to 7.
func GatewayRole(lane int) string { return fmt.Sprintf("%s%d", gatewayStem, lane) }

// advisory lock of the bootstrap and the platform schema: two processes that start
// at once must not both create roles.
const bootstrapLock = 4_201_701

// bootstrap makes the roles and the empty platform schema. Passwords are set every
// time, so that changing the configured secret changes them.
func bootstrap(ctx context.Context, tx pgx.Tx, password func(role string) string) error {
	logins := []string{AppRole}
	for lane := range lanes {
		logins = append(logins, GatewayRole(lane))
	}
	statements := []string{createRole(TenantRole, "NOLOGIN NOINHERIT")}
	for _, role := range logins {
		statements = append(statements, createRole(role, "LOGIN NOINHERIT"))
		if p := password(role); p != "" {
			// ALTER ROLE takes no parameters; the password is hex by contract of Config.
			statements = append(statements, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, p))
		}
	}
	statements = append(statements,
		"CREATE SCHEMA IF NOT EXISTS platform",
		"CREATE TABLE IF NOT EXISTS platform.schema_version (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version bigint NOT NULL)",
		"INSERT INTO platform.schema_version (version) VALUES (0) ON CONFLICT DO NOTHING",
		"GRANT SELECT ON platform.schema_version TO "+AppRole, // readiness asks which version there is
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"GRANT USAGE ON SCHEMA platform TO "+AppRole+", "+TenantRole,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA platform GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+AppRole,
	)
	for lane := range lanes {
		statements = append(statements, "GRANT USAGE ON SCHEMA platform TO "+GatewayRole(lane))
	}
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("bootstrap %.60q: %w", sql, err)
		}
	}
	return nil
}

// createRole is CREATE ROLE IF NOT EXISTS, which Postgres lacks.
func createRole(name, options string) string {
	return fmt.Sprintf(`DO $$ BEGIN CREATE ROLE %s %s; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`, name, options)
}

// enter makes the schema of a tenant (or the template) if it is not there yet, with
// its role and rights, and sets the path of the transaction to it.
func enter(ctx context.Context, tx pgx.Tx, id string, lane int) error {
	schema := pgx.Identifier{id}.Sanitize()
	statements := []string{
		"SET LOCAL lock_timeout = '5s'",
		"CREATE SCHEMA IF NOT EXISTS " + schema,
		"SET LOCAL search_path = " + schema,
	}
	if id == Template {
		statements = append(statements, fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", schema, AppRole))
		for l := range lanes {
			statements = append(statements, fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", schema, GatewayRole(l)))
		}
	} else {
		statements = append(statements,
			createRole(id, "NOLOGIN INHERIT"),
			fmt.Sprintf("GRANT %s TO %s", TenantRole, schema),
			fmt.Sprintf("GRANT %s TO %s", schema, GatewayRole(lane)),
			fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", schema, schema),
			fmt.Sprintf("ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %s", schema, TenantRole),
		)
	}
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("enter %s: %w", id, err)
		}
	}
	return nil
}
