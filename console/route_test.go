package console_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/console/session"
	"galleria/tenant/tenanttest"
)

func TestEveryServedRouteDeclaresItsAccess(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	declared := map[string]authz.Access{}
	for _, r := range d.console.Declarations() {
		declared[r.Method+" "+r.Path] = r.Access
	}
	served := 0
	for _, r := range d.app.GetRoutes(true) { // true: without the harness's own middleware
		if !strings.HasPrefix(r.Path, "/console") {
			t.Errorf("%s %s lies outside /console", r.Method, r.Path)
			continue
		}
		served++
		key := r.Method + " " + r.Path
		if r.Method == http.MethodHead {
			key = http.MethodGet + " " + r.Path
		}
		if r.Path == "/console/*" {
			key = "ALL " + r.Path
		}
		if access, ok := declared[key]; !ok || !access.Declared() {
			t.Errorf("%s %s is served without a declared access", r.Method, r.Path)
		}
	}
	if served < len(declared) {
		t.Errorf("%d routes served, %d declared", served, len(declared))
	}
}

func TestUndeclaredAccessLetsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, access := range map[string]authz.Access{
		"zero":               {},
		"unknown permission": authz.Require("order.everything"),
		"empty permission":   authz.Require(""),
	} {
		if access.Declared() || access.IsPublic() {
			t.Errorf("%s access counts as declared", name)
		}
	}
}

// TestAccessMatrix writes who may open what, and compares it with the golden matrix.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	neighbour := d.hire(t, d.env.OpenShop(t), authz.Owner)
	viewers := []struct {
		name string
		b    *browser
	}{
		{"signed out", d.browser(t)}, {"owner", d.signedIn(t, d.owner)}, {"clerk", d.signedIn(t, d.clerk)}, {"another shop's owner", d.signedIn(t, neighbour)},
	}
	var matrix strings.Builder
	matrix.WriteString("| route | access | signed out | owner | clerk | another shop's owner |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range d.console.Declarations() {
		if r.Method != http.MethodGet {
			fmt.Fprintf(&matrix, "| %s %s | %s | form | form | form | form |\n", r.Method, r.Path, r.Access)
			continue
		}
		path := strings.NewReplacer(":handle", d.env.Tenant.Handle, ":order_no", "20260101000000000001", ":id", "1", ":file", "none.css", ":tenant", d.env.Tenant.ID.String(), ":quota", "staff", ":plan", "starter", ":event", "0193f1a0-0000-7000-8000-000000000000").Replace(r.Path)
		fmt.Fprintf(&matrix, "| %s %s | %s |", r.Method, r.Path, r.Access)
		for _, v := range viewers {
			res := v.b.get(path)
			fmt.Fprintf(&matrix, " %s |", verdict(res))
		}
		matrix.WriteString("\n")
	}
	const golden = "testdata/access.golden.md"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(matrix.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != matrix.String() {
		t.Errorf("access differs from %s\ngot:\n%s", golden, matrix.String())
	}
}

func verdict(res answer) string {
	if to := res.Header.Get("Location"); strings.HasPrefix(to, "/console/login") {
		return "sign in"
	}
	if res.StatusCode == http.StatusSeeOther {
		return "goes on"
	}
	return http.StatusText(res.StatusCode)
}

func TestRevokedRoleEndsWithinCacheTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Owner(t, "INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES ($1, 'own_desk', '前台', '{dashboard.read,order.read,product.read}')", d.env.Tenant.ID.String())
	someone := d.hire(t, d.env.Tenant, "own_desk")
	b := d.signedIn(t, someone)
	orders := "/console/" + d.env.Tenant.Handle + "/orders"
	b.wantStatus(orders, http.StatusOK)

	// A role that loses a permission: the session still knows the shop, the policy decides.
	d.env.Owner(t, "UPDATE platform.role SET permissions = array_remove(permissions, 'order.read') WHERE tenant_id = $1 AND code = 'own_desk'", d.env.Tenant.ID.String())
	d.env.Clock().Advance(authz.CacheFor)
	b.wantStatus(orders, http.StatusForbidden)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/products", http.StatusOK)
	b.miss(`href="` + orders + `"`)

	// A person who leaves: the shop is not his any more, like one that does not exist.
	if err := d.staff.Revoke(t.Context(), d.env.Tenant.ID, someone.ID, "own_desk"); err != nil {
		t.Fatal(err)
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/products", http.StatusNotFound)
}

func TestUnreadablePolicyDenies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	broken := tenanttest.New(t)
	rights := authz.New(authz.Deps{DB: broken.DB, Now: broken.Clock().Now})
	if ok, err := rights.Allowed(t.Context(), d.env.Tenant.ID, d.owner.ID, authz.OrderRead); err != nil || !ok {
		t.Fatalf("owner before the fault: %v, %v; want allowed", ok, err)
	}
	broken.DB.Close()
	broken.Clock().Advance(authz.CacheFor)
	if ok, err := rights.Allowed(t.Context(), d.env.Tenant.ID, d.owner.ID, authz.OrderRead); err == nil || ok {
		t.Errorf("unreadable policy: %v, %v; want denied with an error", ok, err)
	}
}

func TestUnreachableDatabaseAnswers503(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	d.env.DB.Close()
	res := b.get("/console/" + d.env.Tenant.Handle)
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q; want 503 with a time to wait", res.StatusCode, res.Header.Get("Retry-After"))
	}
	b.miss("panic", "pool", "SQL", "goroutine")
	if b.cookies[session.CookieName] == "" {
		t.Error("a database that is down must not sign people out")
	}
}
