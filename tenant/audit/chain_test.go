package audit_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// codeOf is the SQLSTATE of err.
func codeOf(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// acts records n acts of the shop.
func acts(t *testing.T, env *tenanttest.Env, n int) {
	t.Helper()
	for i := range n {
		err := env.Audit.Record(t.Context(), audit.Entry{TenantID: env.Tenant.ID, Actor: "staff:1", Action: "test.act", Detail: map[string]any{"i": i}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t *testing.T, l *audit.Log, id tenant.ID) audit.Report {
	t.Helper()
	report, err := l.Verify(t.Context(), audit.Chain(id))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEntryTellsEverything(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	ctx := tenant.WithRequestID(audit.NewContext(t.Context(), audit.Caller{
		Actor: "staff:7", Name: "李店长", Role: "owner", IP: "192.0.2.9", UserAgent: "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36",
	}), "request-1")
	err := env.DB.InTenant(ctx, env.Tenant.ID, func(tx tenantdb.Tx) error {
		return env.Audit.RecordTx(ctx, tx, audit.Entry{
			Action: "shop.renamed", Object: "shop", Before: map[string]any{"name": "旧"}, After: map[string]any{"name": "新"}, Detail: map[string]any{"n": 1},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, more, err := env.Audit.Page(t.Context(), audit.Filter{TenantID: env.Tenant.ID, Group: "shop"}, 0, 10)
	if err != nil || more || len(rows) != 1 {
		t.Fatalf("%d rows, more %v, %v", len(rows), more, err)
	}
	r := rows[0]
	if r.Actor != "staff:7" || r.ActorName != "李店长" || r.ActorRole != "owner" || r.ClientIP != "192.0.2.9" || r.Agent != "Chrome, Windows" || r.RequestID != "request-1" {
		t.Errorf("row %+v", r)
	}
	if got := audit.ChangesText(r.Changes); got != "name: 旧 → 新" {
		t.Errorf("changes %q", got)
	}
	// Somebody else's act in the same request does not bear the caller's name.
	if err := env.Audit.Record(ctx, audit.Entry{TenantID: env.Tenant.ID, Actor: "system", Action: "test.system"}); err != nil {
		t.Fatal(err)
	}
	if rows, _, err = env.Audit.Page(t.Context(), audit.Filter{TenantID: env.Tenant.ID, Actor: "system", Group: "test"}, 0, 10); err != nil || len(rows) != 1 || rows[0].ActorName != "" {
		t.Errorf("rows %+v, %v", rows, err)
	}
}

// T115: what the roles may do to the log. 42501 is "permission denied".
func TestT115_AppendOnlyByGrants(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	acts(t, env, 3)
	statements := []string{
		"UPDATE platform.audit_log SET actor = 'x'", "UPDATE platform.audit_log SET hash = hash WHERE seq = 1",
		"DELETE FROM platform.audit_log", "TRUNCATE platform.audit_log",
		"INSERT INTO platform.audit_log (tenant_id, actor, action, seq) VALUES ('" + env.Tenant.ID.String() + "', 'x', 'test.forged', 99)",
		"INSERT INTO platform.audit_log (tenant_id, actor, action, hash) VALUES ('" + env.Tenant.ID.String() + "', 'x', 'test.forged', '\\x00')",
		"UPDATE platform.audit_head SET seq = 0", "DELETE FROM platform.audit_head", "TRUNCATE platform.audit_head",
		"INSERT INTO platform.audit_head (chain, seq, hash) VALUES ('x', 1, decode(repeat('00', 32), 'hex'))",
		"UPDATE platform.audit_anchor SET seq = 0", "DELETE FROM platform.audit_anchor", "TRUNCATE platform.audit_anchor",
		"UPDATE platform.audit_anchor_day SET chains = 0", "DELETE FROM platform.audit_anchor_day", "TRUNCATE platform.audit_anchor_day",
		"ALTER TABLE platform.audit_log DISABLE TRIGGER ALL", "DROP TABLE platform.audit_log", "SET session_replication_role = replica",
	}
	roles := map[string]func(fn func(tx tenantdb.Tx) error) error{
		"app":    func(fn func(tx tenantdb.Tx) error) error { return env.DB.InPlatform(t.Context(), fn) },
		"tenant": func(fn func(tx tenantdb.Tx) error) error { return env.DB.InTenant(t.Context(), env.Tenant.ID, fn) },
	}
	for role, in := range roles {
		for _, sql := range statements {
			err := in(func(tx tenantdb.Tx) error { _, err := tx.Exec(t.Context(), sql); return err })
			if codeOf(err) != "42501" {
				t.Errorf("%s: %s: %v, want 42501", role, sql, err)
			}
		}
	}
	err := roles["tenant"](func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO platform.audit_log (tenant_id, actor, action) VALUES ($1, 'x', 'test.forged')", other.ID.String())
		return err
	})
	if codeOf(err) != "42501" {
		t.Errorf("a tenant appends to another chain: %v, want 42501", err)
	}
	err = roles["tenant"](func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO platform.audit_log (actor, action) VALUES ('x', 'test.forged')")
		return err
	})
	if codeOf(err) != "42501" {
		t.Errorf("a tenant appends to the platform's chain: %v, want 42501", err)
	}
	var seen, foreign int
	err = roles["tenant"](func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE chain <> $1) FROM platform.audit_log", env.Tenant.ID.String()).Scan(&seen, &foreign)
	})
	if err != nil || seen < 3 || foreign != 0 {
		t.Errorf("a tenant sees %d rows, %d of others, %v", seen, foreign, err)
	}
	if err := env.DB.InTenant(t.Context(), other.ID, func(tx tenantdb.Tx) error {
		return env.Audit.RecordTx(t.Context(), tx, audit.Entry{TenantID: env.Tenant.ID, Actor: "x", Action: "test.forged"})
	}); err == nil {
		t.Error("an entry of another tenant was taken in a tenant's transaction")
	}
	if report := verify(t, env.Audit, env.Tenant.ID); report.Problem != nil {
		t.Errorf("after all that: %+v", report.Problem)
	}
}

// T115: who may do everything in the database is found out.
func TestT115_VerifyNamesTheFirstBadRow(t *testing.T) { //nolint:tparallel // one day's anchor is for all shops of the database
	t.Parallel()
	const where = " WHERE chain = $1 AND seq = "
	cases := []struct {
		name string
		sql  []string
		seq  int64
		kind audit.Kind
	}{
		{"nothing", nil, 0, ""},
		{"actor edited", []string{"UPDATE platform.audit_log SET actor = 'staff:2'" + where + "5"}, 5, audit.Changed},
		{"value moved between columns", []string{"UPDATE platform.audit_log SET actor = 'staff:', actor_name = '1'" + where + "5"}, 5, audit.Changed},
		{"time edited by a microsecond", []string{"UPDATE platform.audit_log SET at = at + interval '1 microsecond'" + where + "6"}, 6, audit.Changed},
		{"detail edited", []string{`UPDATE platform.audit_log SET detail = '{"i": 0}'` + where + "3"}, 3, audit.Changed},
		{"hash edited", []string{"UPDATE platform.audit_log SET hash = sha256('x')" + where + "4"}, 4, audit.Changed},
		{"row edited and its hash made to fit", []string{
			"UPDATE platform.audit_log SET actor = 'staff:2'" + where + "5",
			"UPDATE platform.audit_log l SET hash = platform.audit_hash(l)" + where + "5",
		}, 6, audit.Changed},
		{"row deleted", []string{"DELETE FROM platform.audit_log" + where + "5"}, 5, audit.Missing},
		{"first row deleted", []string{"DELETE FROM platform.audit_log" + where + "1"}, 1, audit.Missing},
		{"last row deleted", []string{"DELETE FROM platform.audit_log" + where + "10"}, 10, audit.Missing},
		{"row deleted and the gap closed", []string{
			"DELETE FROM platform.audit_log" + where + "5",
			"UPDATE platform.audit_log SET seq = -seq WHERE chain = $1 AND seq > 5", "UPDATE platform.audit_log SET seq = -seq - 1 WHERE chain = $1 AND seq < 0",
			"UPDATE platform.audit_head SET seq = 9 WHERE chain = $1",
		}, 5, audit.Changed},
		{"two rows swapped", []string{
			"UPDATE platform.audit_log SET seq = -1" + where + "4", "UPDATE platform.audit_log SET seq = 4" + where + "7", "UPDATE platform.audit_log SET seq = 7" + where + "-1",
		}, 4, audit.Reordered},
		{"tail cut off with its head", []string{
			"DELETE FROM platform.audit_log WHERE chain = $1 AND seq > 7",
			"UPDATE platform.audit_head h SET seq = 7, hash = (SELECT hash FROM platform.audit_log l WHERE l.chain = h.chain AND l.seq = 7) WHERE chain = $1",
		}, 8, audit.BadAnchor},
		{"all of it gone", []string{"DELETE FROM platform.audit_log WHERE chain = $1", "DELETE FROM platform.audit_head WHERE chain = $1"}, 1, audit.BadAnchor},
		{"rewritten to the end", []string{
			"UPDATE platform.audit_log SET actor = 'staff:2'" + where + "9",
			"UPDATE platform.audit_log l SET hash = platform.audit_hash(l)" + where + "9",
			"UPDATE platform.audit_log l SET prev_hash = (SELECT hash FROM platform.audit_log p WHERE p.chain = l.chain AND p.seq = 9)" + where + "10",
			"UPDATE platform.audit_log l SET hash = platform.audit_hash(l)" + where + "10",
			"UPDATE platform.audit_head h SET hash = (SELECT hash FROM platform.audit_log l WHERE l.chain = h.chain AND l.seq = 10) WHERE chain = $1",
		}, 10, audit.BadAnchor},
		{"head edited", []string{"UPDATE platform.audit_head SET hash = sha256('x') WHERE chain = $1"}, 10, audit.BadHead},
		{"head set back", []string{"UPDATE platform.audit_head SET seq = 8 WHERE chain = $1"}, 9, audit.BadHead},
		{"head gone", []string{"DELETE FROM platform.audit_head WHERE chain = $1"}, 10, audit.BadHead},
		{"row added around the trigger", []string{
			"ALTER TABLE platform.audit_log DISABLE TRIGGER audit_append",
			"INSERT INTO platform.audit_log (tenant_id, actor, action, chain, seq, prev_hash, hash) SELECT $1, 'x', 'test.forged', $1, 11, hash, sha256('x') FROM platform.audit_log" + where + "10",
			"ALTER TABLE platform.audit_log ENABLE TRIGGER audit_append",
		}, 11, audit.Changed},
	}
	env := tenanttest.NewAlone(t)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			shop := *env
			shop.Tenant = env.OpenShop(t)
			before := verify(t, env.Audit, shop.Tenant.ID)
			acts(t, &shop, 10-int(before.Rows))
			env.Clock().Advance(24 * time.Hour)
			if _, done, err := env.Audit.Anchor(t.Context()); err != nil || !done {
				t.Fatalf("anchor: %v, %v", done, err)
			}
			for _, sql := range tc.sql {
				if strings.Contains(sql, "$1") {
					sql = strings.ReplaceAll(sql, "$1", "'"+shop.Tenant.ID.String()+"'")
				}
				env.Owner(t, sql)
			}
			report := verify(t, env.Audit, shop.Tenant.ID)
			if tc.kind == "" {
				if report.Problem != nil || report.Rows != 10 || report.Anchors != 1 {
					t.Errorf("report %+v (%+v), want 10 good rows", report, report.Problem)
				}
				return
			}
			if report.Problem == nil || report.Problem.Seq != tc.seq || report.Problem.Kind != tc.kind {
				t.Errorf("problem %+v, want %s at %d", report.Problem, tc.kind, tc.seq)
			}
		})
	}
}

// T115: two hundred acts at once on two processes make one chain without a gap.
func TestT115_ParallelActsMakeOneChain(t *testing.T) {
	t.Parallel()
	patient := tenanttest.WithConfig(func(c *tenantdb.Config) { // a slow machine is not what is tested
		c.AcquireTimeout, c.LockTimeout, c.StatementTimeout = time.Minute, time.Minute, time.Minute
	})
	env := tenanttest.New(t, patient)
	second := tenanttest.Attach(t, env.OwnerURL, patient)
	before := verify(t, env.Audit, env.Tenant.ID).Rows
	const n = 200
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			process := []*tenanttest.Env{env, second}[i%2]
			e := audit.Entry{TenantID: env.Tenant.ID, Actor: "staff:1", Action: "test.parallel", Detail: map[string]any{"i": i}}
			if i%4 < 2 {
				errs[i] = process.Audit.Record(t.Context(), e)
				return
			}
			errs[i] = process.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error { return process.Audit.RecordTx(t.Context(), tx, e) })
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	report := verify(t, second.Audit, env.Tenant.ID)
	if report.Problem != nil || report.Rows != before+n {
		t.Errorf("%d rows (%+v), want %d good ones", report.Rows, report.Problem, before+n)
	}
}

// A rolled back act leaves no gap.
func TestRolledBackActLeavesNoGap(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	acts(t, env, 2)
	changed := errors.New("changed my mind")
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		if err := env.Audit.RecordTx(t.Context(), tx, audit.Entry{Actor: "staff:1", Action: "test.undone"}); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) {
		t.Fatal(err)
	}
	acts(t, env, 2)
	if report := verify(t, env.Audit, env.Tenant.ID); report.Problem != nil {
		t.Errorf("problem %+v", report.Problem)
	}
}

// T115: an act whose entry cannot be written does not happen.
func TestT115_FailingEntryRefusesTheAct(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	app, _ := tenant.ParseAppID("wx" + tenanttest.RandomHex(8))
	env.Owner(t, "ALTER TABLE platform.audit_log ADD CONSTRAINT disk_full CHECK (false) NOT VALID")
	if err := env.Registry.AddApp(t.Context(), tenant.App{ID: app, Provider: tenant.WeChat, TenantID: env.Tenant.ID, Name: "x", Enabled: true}); err == nil {
		t.Error("an AppID was bound without an entry")
	}
	if apps, err := env.Registry.Apps(t.Context(), env.Tenant.ID); err != nil || len(apps) != 0 {
		t.Errorf("apps %v, %v; want none", apps, err)
	}
	if err := env.Registry.SetStatus(t.Context(), env.Tenant.ID, tenant.Suspended, "test"); err == nil {
		t.Error("a shop was suspended without an entry")
	}
	if shop, err := env.Registry.ByID(t.Context(), env.Tenant.ID); err != nil || shop.Status != tenant.Active {
		t.Errorf("shop is %s, %v; want active", shop.Status, err)
	}
	env.Owner(t, "ALTER TABLE platform.audit_log DROP CONSTRAINT disk_full")
	if err := env.Registry.SetStatus(t.Context(), env.Tenant.ID, tenant.Suspended, "test"); err != nil {
		t.Error(err)
	}
	if report := verify(t, env.Audit, env.Tenant.ID); report.Problem != nil {
		t.Errorf("problem %+v", report.Problem)
	}
}

func TestAnchorsOfDays(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	env.Clock().Set(time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)) // midnight in Shanghai
	known := map[string]string{}
	for day := range 3 {
		acts(t, env, 2)
		a, done, err := env.Audit.Anchor(t.Context())
		if err != nil || !done || a.Chains == 0 || a.Day != fmt.Sprintf("2026-11-%d", 21+day) {
			t.Fatalf("day %d: %+v, %v, %v", day, a, done, err)
		}
		if _, done, err := env.Audit.Anchor(t.Context()); err != nil || done {
			t.Fatalf("second time: %v, %v; want nothing to do", done, err)
		}
		known[a.Day] = a.Digest
		env.Clock().Advance(24 * time.Hour)
	}
	problems := func() map[string]string {
		found := map[string]string{}
		err := env.Audit.VerifyDays(t.Context(), known, func(d audit.DayReport) error {
			if d.Problem != "" {
				found[d.Day] = d.Problem
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := problems(); len(found) != 0 {
		t.Errorf("untouched: %v", found)
	}
	known["2026-11-22"] = strings.Repeat("0", 64)
	if found := problems(); len(found) != 1 || found["2026-11-22"] == "" {
		t.Errorf("another digest kept elsewhere: %v", found)
	}
	known = map[string]string{"2026-11-24": "00"}
	if found := problems(); len(found) != 1 || found["2026-11-24"] == "" {
		t.Errorf("a day that is gone: %v", found)
	}
	known = nil
	env.Owner(t, "DELETE FROM platform.audit_anchor WHERE day = '2026-11-22'")
	if found := problems(); len(found) != 1 || found["2026-11-22"] == "" {
		t.Errorf("anchors deleted: %v", found)
	}
}

func TestOldRowsStandInTheChain(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	acts(t, env, 3)
	down, up := migration(t, "000004_audit_chain.down.sql"), migration(t, "000004_audit_chain.up.sql")
	count := func() (n int) {
		if err := env.DB.Platform().QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	env.Owner(t, down)
	env.Owner(t, "INSERT INTO platform.audit_log (tenant_id, actor, action, detail) SELECT $1, 'staff:' || i, 'console.login', '{\"b\": 1, \"a\": [2]}' FROM generate_series(1, 5) i", env.Tenant.ID.String())
	env.Owner(t, "INSERT INTO platform.audit_log (actor, action) VALUES ('anonymous', 'console.login_failed')")
	env.Owner(t, up)
	if after := count(); after != before+6 {
		t.Errorf("%d rows, want %d", after, before+6)
	}
	acts(t, env, 2)
	err := env.Audit.Chains(t.Context(), func(chain string) error {
		report, err := env.Audit.Verify(t.Context(), chain)
		if err == nil && report.Problem != nil {
			t.Errorf("%s: %+v", chain, report.Problem)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestExportIsSafeToOpen(t *testing.T) { // T104
	t.Parallel()
	env := tenanttest.New(t)
	err := env.Audit.Record(t.Context(), audit.Entry{TenantID: env.Tenant.ID, Actor: "staff:1", ActorName: "=HYPERLINK(\"http://evil\")", Action: "test.csv", Object: "@SUM(1)"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := env.Audit.WriteCSV(t.Context(), &b, audit.Filter{TenantID: env.Tenant.ID, Group: "test"}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(records) != 2 || records[1][3] != "'=HYPERLINK(\"http://evil\")" || records[1][6] != "'@SUM(1)" {
		t.Errorf("records %q, %v", records, err)
	}
}

func TestEachReadsPageByPage(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	env.Owner(t, "INSERT INTO platform.audit_log (tenant_id, actor, action) SELECT $1, 'staff:1', 'test.many' FROM generate_series(1, 450)", env.Tenant.ID.String())
	var seqs []int64
	stop := errors.New("enough")
	err := env.Audit.Each(t.Context(), audit.Filter{TenantID: env.Tenant.ID, Group: "test"}, func(r audit.Row) error {
		seqs = append(seqs, r.Seq)
		if len(seqs) == 450 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || len(seqs) != 450 || seqs[0]-seqs[449] != 449 {
		t.Errorf("%d entries, %v", len(seqs), err)
	}
}

func migration(t *testing.T, name string) string {
	t.Helper()
	sql, err := migrations.Files.ReadFile("platform/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}
