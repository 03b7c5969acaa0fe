package migrations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Role is a login role of an installation.
type Role struct {
	Name                                       string
	Owner                                      bool // the login of DATABASE_URL
	Superuser, BypassRLS, CreateRole, CreateDB bool
	Owns                                       int64 // relations that belong to it
}

// Setting names what the login is configured by.
func (r Role) Setting() string {
	if r.Owner {
		return "DATABASE_URL"
	}
	return "role " + r.Name
}

// Server is what the database server tells about itself.
type Server struct {
	Version     int // 170002 is 17.2
	VersionText string
	Settings    map[string]string
	Roles       []Role // the owner first
	Encrypted   bool   // this very connection
	Connections int64  // all that there are now
}

// Server looks at the server and the login roles. It changes nothing.
func (r *Runner) Server(ctx context.Context) (s Server, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return s, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const look = `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		(SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes',
		  'max_connections', 'superuser_reserved_connections', 'TimeZone', 'server_encoding', 'max_locks_per_transaction'))`
	if err := conn.QueryRow(ctx, look).Scan(&s.Version, &s.VersionText, &s.Encrypted, &s.Connections, &s.Settings); err != nil {
		return s, fmt.Errorf("look at the server: %w", err)
	}
	const roles = `SELECT r.rolname, r.rolname = current_user, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
		(SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid)
		FROM pg_roles r WHERE r.rolname = current_user OR r.rolname = ANY($1) ORDER BY (r.rolname = current_user) DESC, r.rolname`
	logins := []string{AppRole}
	for lane := range lanes {
		logins = append(logins, GatewayRole(lane))
	}
	rows, err := conn.Query(ctx, roles, logins)
	if err != nil {
		return s, fmt.Errorf("look at the roles: %w", err)
	}
	s.Roles, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Role, err error) {
		err = row.Scan(&x.Name, &x.Owner, &x.Superuser, &x.BypassRLS, &x.CreateRole, &x.CreateDB, &x.Owns)
		return x, err
	})
	return s, err
}

// Grants lists what rights are missing or too many among the login roles, as sentences;
// nothing if all is as the migrations make it.
func (r *Runner) Grants(ctx context.Context) ([]string, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const look = `
		SELECT 'role ' || name || ' does not exist' FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
		UNION ALL
		SELECT r.rolname || ' may create in schema ' || n.nspname FROM pg_roles r, pg_namespace n
		WHERE r.rolname = ANY($1) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(r.oid, n.oid, 'CREATE') AND NOT r.rolsuper
		UNION ALL
		SELECT r.rolname || ' may touch ' || c.oid::regclass FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE r.rolname = ANY($1) AND n.nspname = $2 AND c.relkind = 'r' AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE') AND NOT r.rolsuper
		UNION ALL
		SELECT t.id || ' cannot be entered by its lane ' || t.lane FROM platform.tenant t
		WHERE t.status NOT IN ('template', 'building') AND NOT EXISTS (
		  SELECT FROM pg_auth_members m JOIN pg_roles who ON who.oid = m.member JOIN pg_roles of ON of.oid = m.roleid
		  WHERE of.rolname = t.id AND who.rolname = $3 || t.lane)
		UNION ALL
		SELECT who.rolname || ' may become ' || of.rolname || ', which is not of its lane'
		FROM pg_auth_members m JOIN pg_roles who ON who.oid = m.member JOIN pg_roles of ON of.oid = m.roleid JOIN platform.tenant t ON t.id = of.rolname
		WHERE who.rolname = ANY($1) AND who.rolname <> $3 || t.lane
		LIMIT 20`
	logins := []string{AppRole}
	for lane := range lanes {
		logins = append(logins, GatewayRole(lane))
	}
	rows, err := conn.Query(ctx, look, logins, Template, gatewayStem)
	if err != nil {
		return nil, fmt.Errorf("look at the rights: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// shape lists what a schema of $1 consists of, without its name: columns, constraints, indexes.
const shape = `
	SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
	FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
	UNION ALL
	SELECT 'constraint ' || c.relname || '.' || o.conname || ' ' || replace(pg_get_constraintdef(o.oid), $1 || '.', '')
	FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid WHERE o.connamespace = $1::regnamespace AND o.contype <> 'n'
	UNION ALL
	SELECT 'index ' || replace(pg_get_indexdef(i.indexrelid), $1 || '.', '')
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = $1::regnamespace`

// probe is a schema that exists only within the transaction that TemplateDrift undoes.
const probe = "tenant_probe"

// errUndo ends the probe's transaction without a trace.
var errUndo = errors.New("migrations: undone on purpose")

// TemplateDrift compares the template with what the files would make today, and returns
// the differences: what the template lacks ("-") and what it has besides ("+"). It makes a
// schema to compare with and undoes it in the same transaction.
func (r *Runner) TemplateDrift(ctx context.Context) (drift []string, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = up(ctx, conn, target{
		dir: "tenant",
		begin: func(ctx context.Context, tx pgx.Tx) (int64, error) {
			_, err := tx.Exec(ctx, "CREATE SCHEMA "+probe+"; SET LOCAL search_path = "+probe)
			return 0, err
		},
		publish: func(ctx context.Context, tx pgx.Tx, _ int64) error {
			if drift, err = compare(ctx, tx, probe, Template); err != nil {
				return err
			}
			return errUndo
		},
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, fmt.Errorf("compare the template: %w", err)
	}
	return drift, nil
}

// SchemaDrift names up to limit shops whose schema says it is at the newest version but
// differs from the template.
func (r *Runner) SchemaDrift(ctx context.Context, limit int) ([]string, error) {
	latest, err := Latest("tenant")
	if err != nil {
		return nil, err
	}
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	// One statement for all schemas: each is reduced to a number to compare.
	const look = `WITH part AS (
		  SELECT n.nspname, 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull AS piece
		  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		  WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND (n.nspname = $1 OR n.nspname ~ '^t_[0-9a-z]{12}$')
		  UNION ALL
		  SELECT n.nspname, 'index ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		  WHERE c.relkind = 'i' AND (n.nspname = $1 OR n.nspname ~ '^t_[0-9a-z]{12}$')
		  UNION ALL
		  SELECT n.nspname, 'constraint ' || o.conname FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
		  WHERE o.contype <> 'n' AND (n.nspname = $1 OR n.nspname ~ '^t_[0-9a-z]{12}$')),
		sum AS (SELECT nspname, md5(string_agg(piece, ';' ORDER BY piece)) AS sum FROM part GROUP BY nspname)
		SELECT t.id FROM platform.tenant t LEFT JOIN sum s ON s.nspname = t.id
		WHERE t.status NOT IN ('template', 'building') AND t.schema_version = $2
		  AND s.sum IS DISTINCT FROM (SELECT sum FROM sum WHERE nspname = $1)
		ORDER BY t.id LIMIT $3`
	rows, err := conn.Query(ctx, look, Template, latest, limit)
	if err != nil {
		return nil, fmt.Errorf("compare the shops' schemas: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func compare(ctx context.Context, tx pgx.Tx, want, got string) ([]string, error) {
	read := func(schema string) (map[string]bool, error) {
		rows, err := tx.Query(ctx, shape, schema)
		if err != nil {
			return nil, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		set := make(map[string]bool, len(list))
		for _, piece := range list {
			set[piece] = true
		}
		return set, err
	}
	wanted, err := read(want)
	if err != nil {
		return nil, err
	}
	have, err := read(got)
	if err != nil {
		return nil, err
	}
	var drift []string
	for piece := range wanted {
		if !have[piece] {
			drift = append(drift, "- "+piece)
		}
	}
	for piece := range have {
		if !wanted[piece] {
			drift = append(drift, "+ "+piece)
		}
	}
	return drift, nil
}

// perSchema reads one number from each shop's schema in one statement, for the rare look
// of a person: query is a constant with %I for the schema, of one column and one row.
func (r *Runner) perSchema(ctx context.Context, query string) (map[string]string, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const look = `SELECT t.id, coalesce((xpath('/row/value/text()', query_to_xml(format($1, t.id), true, true, '')))[1]::text, '')
		FROM platform.tenant t WHERE t.status NOT IN ('template', 'building', 'spare') AND t.schema_version >= $2`
	rows, err := conn.Query(ctx, look, query, MinTenantVersion)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	var id, value string
	_, err = pgx.ForEachRow(rows, []any{&id, &value}, func() error {
		if value != "" {
			out[id] = value
		}
		return nil
	})
	return out, err
}

// CertificatesEnd lists, by shop, when the first of its provider certificates ends; shops
// without one are left out.
func (r *Runner) CertificatesEnd(ctx context.Context) (map[string]time.Time, error) {
	const first = `SELECT extract(epoch FROM min(k.not_after))::bigint AS value FROM %I.payment_provider_key k WHERE k.not_after IS NOT NULL
		AND NOT EXISTS (SELECT FROM %1$I.payment_provider_key later WHERE later.account_id = k.account_id AND later.not_after > k.not_after)`
	found, err := r.perSchema(ctx, first)
	if err != nil {
		return nil, fmt.Errorf("look at the certificates: %w", err)
	}
	out := make(map[string]time.Time, len(found))
	for id, value := range found {
		var epoch int64
		if _, err := fmt.Sscan(value, &epoch); err != nil {
			return nil, fmt.Errorf("look at the certificates of %s: %w", id, err)
		}
		out[id] = time.Unix(epoch, 0).UTC()
	}
	return out, nil
}

// OpenAnomalies counts, by shop, the provider messages that did not fit and that nobody
// has resolved; shops without one are left out.
func (r *Runner) OpenAnomalies(ctx context.Context) (map[string]string, error) {
	found, err := r.perSchema(ctx, "SELECT nullif(count(*), 0) AS value FROM %I.payment_anomaly WHERE resolved_at IS NULL")
	if err != nil {
		return nil, fmt.Errorf("look at the anomalies: %w", err)
	}
	return found, nil
}

// KEKs lists the ids of the key-encryption keys that wrap data keys, with their numbers.
func (r *Runner) KEKs(ctx context.Context) (map[string]int64, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	out := make(map[string]int64)
	var id string
	var n int64
	rows, err := conn.Query(ctx, "SELECT kek_id, count(*) FROM platform.tenant_key GROUP BY kek_id")
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { out[id] = n; return nil })
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" {
		return out, nil // there is no installation yet
	}
	if err != nil {
		return nil, fmt.Errorf("look at the data keys: %w", err)
	}
	return out, nil
}
