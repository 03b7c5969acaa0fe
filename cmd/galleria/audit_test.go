package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant/audit"
	"galleria/tenant/registry"
	"galleria/tenant/tenanttest"
)

// auditWorld is an installation of its own with one shop, and how to run commands on it.
func auditWorld(t *testing.T) (env *tenanttest.Env, galleria func(args ...string) (code int, stdout, stderr string)) {
	t.Helper()
	env = tenanttest.NewAlone(t)
	owner, err := url.Parse(env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := owner.User.Password() // shorter than a configuration may have it
	ground, err := app.NewGround(t.Context(), app.Config{
		DatabaseURL: env.OwnerURL, RoleSecret: secret, KEK: "q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGfKi6BxTwQyRE=", StatementTimeout: time.Minute,
	}, env.Log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ground.Close)
	return env, func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		sh := shell{getenv: func(name string) string { return map[string]string{"USER": "ops"}[name] }, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
		ctx := operator(t.Context(), sh)
		switch action, rest := args[0]+" "+args[1], args[2:]; action {
		case "tenant suspend":
			err = tenantMove(registry.EventSuspend)(ctx, sh, ground, rest)
		case "audit verify":
			err = auditVerify(ctx, sh, ground, rest)
		default:
			err = auditExport(ctx, sh, ground, rest)
		}
		return exitCode("audit", err, &errs), out.String(), errs.String()
	}
}

// T115: the command names the damage and ends with 1.
func TestT115_AuditVerifyCommand(t *testing.T) {
	t.Parallel()
	env, galleria := auditWorld(t)
	handle, id := env.Tenant.Handle, env.Tenant.ID.String()
	if code, out, errs := galleria("tenant", "suspend", "-reason", "非法 =cmd", handle); code != 0 {
		t.Fatalf("suspend: %d %s %s", code, out, errs)
	}
	a, done, err := env.Audit.Anchor(t.Context())
	if err != nil || !done {
		t.Fatal(done, err)
	}
	kept := filepath.Join(t.TempDir(), "worker.log")
	line := func(digest string) string {
		return `{"msg":"something else"}` + "\nno json\n" + `{"msg":"audit anchor","anchor_day":"` + a.Day + `","anchor_digest":"` + digest + `","chains":2}` + "\n"
	}
	if err := os.WriteFile(kept, []byte(line(a.Digest)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-tenant", handle}, {"--all"}, nil, {"-all", "-anchors", kept}} {
		code, out, errs := galleria(append([]string{"audit", "verify"}, args...)...)
		if code != 0 || !strings.Contains(out, "ok   "+id+": 3 rows, 1 anchors") || !strings.Contains(out, "0 problems") {
			t.Errorf("%v: code %d\n%s%s", args, code, out, errs)
		}
	}
	rows, _, err := env.Audit.Page(t.Context(), audit.Filter{TenantID: env.Tenant.ID}, 0, 1)
	if err != nil || rows[0].Actor != "operator" || rows[0].ActorName != "ops" || rows[0].Action != "tenant.suspend" {
		t.Errorf("last act %+v, %v; want the operator's", rows, err)
	}

	for _, format := range []string{"-csv", "-jsonl"} {
		code, out, errs := galleria("audit", "export", "-tenant", handle, format)
		if code != 0 || strings.Count(out, "tenant.suspend") != 1 || !strings.Contains(out, "audit.exported") {
			t.Errorf("export %s: code %d\n%s%s", format, code, out, errs)
		}
	}
	for _, args := range [][]string{{"audit", "verify", "x"}, {"audit", "export"}, {"audit", "export", "-tenant", handle}, {"audit", "export", "-tenant", handle, "-platform", "-csv"}} {
		if code, _, _ := galleria(args...); code != 2 {
			t.Errorf("%v: code %d, want 2", args, code)
		}
	}
	if code, _, errs := galleria("audit", "verify", "-tenant", "nobody-here"); code != 1 || !strings.Contains(errs, "NOT_FOUND") {
		t.Errorf("unknown shop: code %d, %s", code, errs)
	}

	if err := os.WriteFile(kept, []byte(line(strings.Repeat("0", 64))), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := galleria("audit", "verify", "-anchors", kept); code != 1 || !strings.Contains(out, "BAD  anchors of "+a.Day) {
		t.Errorf("another digest in the log: code %d\n%s", code, out)
	}
	env.Owner(t, "UPDATE platform.audit_log SET actor = 'staff:1' WHERE chain = $1 AND seq = 2", id)
	if code, out, _ := galleria("audit", "verify"); code != 1 || !strings.Contains(out, "BAD  "+id+": row 2: changed") || !strings.Contains(out, "1 problems") {
		t.Errorf("edited row: code %d\n%s", code, out)
	}
}
