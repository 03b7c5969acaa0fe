package provision_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// What the processes of these tests are told.
const (
	handleEnv = "GALLERIA_TEST_HANDLE"
	refillEnv = "GALLERIA_TEST_REFILL"
	idleEnv   = "GALLERIA_TEST_IDLE_TIMEOUT"
)

// killable is a service whose shops begin with rows of the platform and rows of their own.
func killable(env *tenanttest.Env) *provision.Service {
	return service(
		env,
		func(ctx context.Context, shop tenant.Tenant) error {
			return env.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
				for _, role := range []string{"owner", "clerk"} {
					const put = "INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES ($1, $2, $2, '{}') ON CONFLICT DO NOTHING"
					if _, err := tx.Exec(ctx, put, shop.ID.String(), role); err != nil {
						return err
					}
				}
				return nil
			})
		},
		func(ctx context.Context, shop tenant.Tenant) error {
			return env.DB.InTenant(ctx, shop.ID, func(tx tenantdb.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO inbox (event_id, effect) VALUES ('00000000-0000-0000-0000-000000000001', 'filled') ON CONFLICT DO NOTHING")
				return err
			})
		},
	)
}

// world is an installation in which processes are killed, seen by the owner of all schemas.
type world struct {
	*tenanttest.Env
	owner *pgx.Conn
	whole string // the anatomy of a schema that was never interrupted
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Env: tenanttest.NewAlone(t)}
	var err error
	if w.owner, err = pgx.Connect(t.Context(), w.OwnerURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.owner.Close(context.WithoutCancel(t.Context())) })
	w.whole = w.anatomy(t, w.Tenant.ID.String())
	return w
}

// TestOpeningProcess is the process that opens a shop or fills the stock, to be killed.
func TestOpeningProcess(t *testing.T) {
	env := tenanttest.Attach(t, tenanttest.InProcess(t))
	if idle := os.Getenv(idleEnv); idle != "" {
		d, err := time.ParseDuration(idle)
		if err != nil {
			t.Fatal(err)
		}
		env.Runner = migrations.New(migrations.Config{URL: env.OwnerURL, IdleTimeout: d})
	}
	if os.Getenv(refillEnv) != "" {
		if made, err := killable(env).Refill(t.Context(), 1); err != nil || made != 1 {
			t.Fatalf("made %d, %v", made, err)
		}
		return
	}
	if shop, err := killable(env).OpenShop(t.Context(), input(os.Getenv(handleEnv))); err != nil || shop.Status != tenant.Active {
		t.Fatalf("opened %+v, %v", shop, err)
	}
}

// deaths are all the ways to die during some round trips: before each, which is after the
// one before it; and during each that leaves something behind, while whoever goes on is at
// work already. Others die with their transaction, whose rollback the server began before
// anybody could see anything of it.
func deaths(trips []tenanttest.RoundTrip) (all []death) {
	for i, trip := range trips {
		all = append(all, death{i + 1, tenanttest.Unsent, trip.SQL})
		if trip.Settled {
			all = append(all, death{i + 1, tenanttest.Unanswered, trip.SQL})
		}
	}
	return all
}

// thinned leaves out six of seven deaths among the migrations after the first ones: these are
// alike, and there are more of them with every version. Seven is no multiple of the steps of a
// migration, so each step is met in one or another.
func thinned(t *testing.T, all []death) (some []death) {
	t.Helper()
	var first, last int
	for i, d := range all {
		if first == 0 && strings.Contains(d.sql, "CREATE TABLE shop") {
			first = i
		}
		if strings.Contains(d.sql, "schema_version") {
			last = i
		}
	}
	if first == 0 || last <= first {
		t.Fatalf("no migrations from %d to %d", first, last)
	}
	for i, d := range all {
		if i < first+12 || i > last-6 || i%7 == 0 {
			some = append(some, d)
		}
	}
	return some
}

type death struct {
	at     int
	moment tenanttest.Moment
	sql    string
}

func (d death) String() string {
	sql := strings.Join(strings.Fields(d.sql), " ")
	return fmt.Sprintf("%s at %d %.50s", d.moment, d.at, sql)
}

// stand is the directory counted, and the schemas of this database.
type stand struct{ building, spare, provisioning, active, schemas int }

func (w *world) look(t *testing.T) stand {
	t.Helper()
	rows := seen(t, w, `SELECT count(*) FILTER (WHERE status = 'building'), count(*) FILTER (WHERE status = 'spare'),
		count(*) FILTER (WHERE status = 'provisioning'), count(*) FILTER (WHERE status = 'active'),
		(SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\_%')
		FROM platform.tenant WHERE id <> $1`, pgx.RowToStructByPos[struct{ A, B, C, D, E int }], migrations.Template)
	r := rows[0]
	return stand{building: r.A, spare: r.B, provisioning: r.C, active: r.D, schemas: r.E}
}

func seen[T any](t *testing.T, w *world, sql string, row pgx.RowToFunc[T], args ...any) []T {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, row)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

func (w *world) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	return seen(t, w, sql, pgx.RowTo[int], args...)[0]
}

// anatomy describes a schema, its role and all rights on both, the same for all schemas
// that are whole.
func (w *world) anatomy(t *testing.T, id string) string {
	t.Helper()
	const lines = `
		SELECT 'schema ' || n.nspowner::regrole || ' ' || n.nspacl::text FROM pg_namespace n WHERE n.nspname = $1
		UNION ALL SELECT concat_ws(' ', c.relkind, c.relname, c.relowner::regrole, c.relacl::text, c.relrowsecurity) FROM pg_class c WHERE c.relnamespace = $1::regnamespace
		UNION ALL SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attname, a.atttypid::regtype, a.attnotnull, a.attidentity) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = $1::regnamespace AND a.attnum > 0
		UNION ALL SELECT concat_ws(' ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.connamespace = $1::regnamespace
		UNION ALL SELECT concat_ws(' ', 'default', d.defaclobjtype, d.defaclacl) FROM pg_default_acl d WHERE d.defaclnamespace = $1::regnamespace
		UNION ALL SELECT concat_ws(' ', 'member', m.member::regrole, 'of', m.roleid::regrole, m.admin_option) FROM pg_auth_members m WHERE $1::regrole IN (m.member, m.roleid)
		UNION ALL SELECT concat_ws(' ', 'role', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolbypassrls) FROM pg_roles r WHERE r.rolname = $1
		UNION ALL SELECT concat_ws(' ', 'directory', t.schema_version, t.last_error, t.shard_id) FROM platform.tenant t WHERE t.id = $1
		ORDER BY 1`
	text := strings.Join(seen(t, w, lines, pgx.RowTo[string], id), "\n")
	parsed, err := tenant.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(id, "<id>", migrations.GatewayRole(parsed.Lane()), "<gateway>").Replace(text)
}

// inspect fails unless every schema of the database is whole and has its row, no row is
// without its schema, and each shop is filled once.
func (w *world) inspect(t *testing.T) {
	t.Helper()
	const orphans = `SELECT n.nspname::text FROM pg_namespace n WHERE n.nspname LIKE 't\_%' AND NOT EXISTS (SELECT FROM platform.tenant t WHERE t.id = n.nspname)`
	if list := seen(t, w, orphans, pgx.RowTo[string]); len(list) > 0 {
		t.Errorf("schemas without a row in the directory: %v", list)
	}
	for _, id := range seen(t, w, "SELECT id FROM platform.tenant WHERE status NOT IN ('template', 'building')", pgx.RowTo[string]) {
		if got := w.anatomy(t, id); got != w.whole {
			t.Errorf("%s is not as it should be:\n%s\n\nwant:\n%s", id, got, w.whole)
		}
	}
}

// wantFilled fails unless the shop has each of its first rows once, under its own role.
func (w *world) wantFilled(t *testing.T, id tenant.ID, name string) {
	t.Helper()
	err := w.DB.InTenant(t.Context(), id, func(tx tenantdb.Tx) error {
		var shops, named, filled int
		const rows = "SELECT count(*), count(*) FILTER (WHERE name = $1), (SELECT count(*) FROM inbox WHERE effect = 'filled') FROM shop"
		if err := tx.QueryRow(t.Context(), rows, name).Scan(&shops, &named, &filled); err != nil {
			return err
		}
		if shops != 1 || named != 1 || filled != 1 {
			t.Errorf("%d shop rows, %d of them named, %d fill rows; want one of each", shops, named, filled)
		}
		return nil
	})
	if err != nil {
		t.Errorf("enter the shop: %v", err)
	}
	if n := w.count(t, "SELECT count(*) FROM platform.role WHERE tenant_id = $1", id.String()); n != 2 {
		t.Errorf("%d roles, want 2", n)
	}
}

// reopen repeats the request of a killed process and fails unless it ends in exactly one
// whole shop, the one that was begun if one was.
func (w *world) reopen(t *testing.T, handle string) {
	t.Helper()
	begun := seen(t, w, "SELECT id FROM platform.tenant WHERE handle = $1", pgx.RowTo[string], handle)
	shop, err := killable(w.Env).OpenShop(t.Context(), input(handle))
	if err != nil {
		t.Fatalf("open again: %v", err)
	}
	if len(begun) > 0 && begun[0] != shop.ID.String() {
		t.Errorf("opened %s though %v was begun", shop.ID, begun)
	}
	if shop.Status != tenant.Active || shop.Handle != handle || shop.Name != input(handle).Name {
		t.Errorf("opened %+v", shop)
	}
	if n := w.count(t, "SELECT count(*) FROM platform.tenant WHERE handle = $1 OR request_key = $2", handle, input(handle).RequestKey); n != 1 {
		t.Errorf("%d shops of this request, want 1", n)
	}
	w.wantFilled(t, shop.ID, shop.Name)
	if again, err := killable(w.Env).OpenShop(t.Context(), input(handle)); err != nil || again != shop {
		t.Errorf("opened once more: %+v, %v; want the same", again, err)
	}
}

// A process that opens a shop out of the stock is killed at every step. The same request
// finishes the shop, and takes one spare in all.
func TestAnOpeningKilledAtAnyStepIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stock(t, 1)
	opening := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{handleEnv + "=unharmed"}, OwnerURL: w.OwnerURL}
	all := deaths(opening.Rehearse(t))
	wantSteps(t, all, "UPDATE platform.tenant t SET status = 'provisioning'", "INSERT INTO shop", "INSERT INTO platform.role", "SET status = m.to_status")
	w.stock(t, len(all))
	for i, d := range all {
		handle := fmt.Sprintf("killed-%d", i)
		before := w.look(t)
		opening.Env = []string{handleEnv + "=" + handle}
		opening.Kill(t, d.at, d.moment)
		w.reopen(t, handle)
		after := before
		after.spare, after.active = before.spare-1, before.active+1
		if got := w.look(t); got != after {
			t.Errorf("%s: %+v, want %+v", d, got, after)
		}
		if t.Failed() {
			t.Fatalf("killed %s", d)
		}
	}
	w.inspect(t)
}

// The same where the stock is empty and the process builds the schema first, up to and with
// the COMMIT of the claim: from there on it does what it does with a stock. A schema it leaves
// unfinished is finished by the next refill and serves another shop.
func TestAnOpeningOnEmptyStockKilledAtAnyStepIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.empty(t)
	opening := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{handleEnv + "=unharmed"}, OwnerURL: w.OwnerURL}
	all := deaths(throughClaim(t, opening.Rehearse(t)))
	wantSteps(t, all, "'building'", "CREATE SCHEMA", "CREATE TABLE shop", "SET status = 'spare'", "UPDATE platform.tenant t SET status = 'provisioning'", "commit")
	for i, d := range thinned(t, all) {
		handle := fmt.Sprintf("killed-%d", i)
		before := w.look(t)
		opening.Env = []string{handleEnv + "=" + handle}
		opening.Kill(t, d.at, d.moment)
		w.reopen(t, handle)
		w.age(t)
		if _, err := killable(w.Env).Refill(t.Context(), 0); err != nil {
			t.Errorf("refill: %v", err)
		}
		got := w.look(t)
		if got.building != 0 || got.spare > 1 || got.provisioning != 0 || got.active != before.active+1 || got.schemas != got.spare+got.active {
			t.Errorf("%+v after %+v", got, before)
		}
		if t.Failed() {
			t.Fatalf("killed %s", d)
		}
		w.empty(t)
	}
	w.inspect(t)
}

// One request whose process is killed again and again, each time one step further on,
// still ends in one shop.
func TestAnOpeningKilledAgainAndAgainIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stock(t, 2)
	opening := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{handleEnv + "=unharmed"}, OwnerURL: w.OwnerURL}
	steps := len(opening.Rehearse(t))
	before := w.look(t)
	opening.Env = []string{handleEnv + "=unlucky"}
	kills := 0
	for n := 1; n <= steps; n++ {
		if w.active(t, "unlucky") {
			break
		}
		opening.Kill(t, n, tenanttest.Unsent)
		kills++
	}
	w.reopen(t, "unlucky")
	got := w.look(t)
	if want := (stand{spare: before.spare - 1, active: before.active + 1, schemas: before.schemas}); got != want {
		t.Errorf("after %d kills %+v, want %+v", kills, got, want)
	}
	w.inspect(t)
}

// A process that fills the stock is killed at every step: nothing it began stays unfinished.
func TestARefillKilledAtAnyStepIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.empty(t)
	filling := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{refillEnv + "=1"}, OwnerURL: w.OwnerURL}
	all := deaths(filling.Rehearse(t))
	wantSteps(t, all, "'building'", "CREATE SCHEMA", "CREATE ROLE", "GRANT", "CREATE TABLE shop", "schema_version", "SET status = 'spare'")
	for _, d := range thinned(t, all) {
		w.empty(t)
		filling.Kill(t, d.at, d.moment)
		w.age(t)
		if _, err := killable(w.Env).Refill(t.Context(), 1); err != nil {
			t.Errorf("refill: %v", err)
		}
		if got := w.look(t); got.building != 0 || got.spare != 1 || got.schemas != got.spare+got.active {
			t.Errorf("%+v, want one spare, nothing building and no other schema", got)
		}
		if t.Failed() {
			t.Fatalf("killed %s", d)
		}
	}
	w.inspect(t)
}

// throughClaim returns the round trips up to the COMMIT that gives the shop its schema.
func throughClaim(t *testing.T, trips []tenanttest.RoundTrip) []tenanttest.RoundTrip {
	t.Helper()
	for i, trip := range slices.Backward(trips) {
		if strings.Contains(trip.SQL, "SET status = 'provisioning'") {
			return trips[:i+2]
		}
	}
	t.Fatal("nothing was claimed")
	return nil
}

// A machine is lost in the middle of a schema that the server goes on locking for it. The
// refills of the others wait no longer than a transaction may be idle.
func TestARefillOnALostMachineIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.empty(t)
	filling := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{refillEnv + "=1", idleEnv + "=1s"}, OwnerURL: w.OwnerURL}
	begin := func() {
		id := tenant.NewID()
		w.Owner(t, "INSERT INTO platform.tenant (id, lane, status, updated_at) VALUES ($1, $2, 'building', now() - interval '5 minutes')", id.String(), id.Lane())
	}
	begin()
	middle := 1 + slices.IndexFunc(filling.Rehearse(t), func(r tenanttest.RoundTrip) bool { return strings.Contains(r.SQL, "CREATE TABLE shop") })
	if middle == 0 {
		t.Fatal("no round trip makes the tables")
	}
	begin()
	filling.Kill(t, middle, tenanttest.Lost)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if _, err := killable(w.Env).Refill(ctx, 0); err != nil {
		t.Fatalf("refill beside a lost machine: %v", err)
	}
	if got := w.look(t); got.building != 0 || got.schemas != got.spare+got.active {
		t.Errorf("%+v, want nothing building and no other schema", got)
	}
	w.inspect(t)
}

// stock builds spares until n are there.
func (w *world) stock(t *testing.T, n int) {
	t.Helper()
	if _, err := killable(w.Env).Refill(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// empty opens shops until no spare is left, which shows that the spares are good for it.
func (w *world) empty(t *testing.T) {
	t.Helper()
	for w.look(t).spare > 0 {
		handle := "rest-" + tenanttest.RandomHex(6)
		shop, err := killable(w.Env).OpenShop(t.Context(), input(handle))
		if err != nil {
			t.Fatal(err)
		}
		w.wantFilled(t, shop.ID, shop.Name)
	}
}

// age makes unfinished schemas old enough to be taken for abandoned. It waits for whoever
// is still at them.
func (w *world) age(t *testing.T) {
	t.Helper()
	w.Owner(t, "UPDATE platform.tenant SET updated_at = now() - interval '5 minutes' WHERE status = 'building'")
}

func (w *world) active(t *testing.T, handle string) bool {
	t.Helper()
	return w.count(t, "SELECT count(*) FROM platform.tenant WHERE handle = $1 AND status = 'active'", handle) == 1
}

// wantSteps fails unless the process does what it is killed for.
func wantSteps(t *testing.T, all []death, parts ...string) {
	t.Helper()
	var text strings.Builder
	for _, d := range all {
		text.WriteString(strings.Join(strings.Fields(d.sql), " ") + "\n")
	}
	for _, part := range parts {
		if !strings.Contains(text.String(), part) {
			t.Fatalf("no round trip with %q among:\n%s", part, text.String())
		}
	}
	t.Logf("%d ways to be killed", len(all))
}
