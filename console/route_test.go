package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/console/i18n"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/tenant/tenantdb"
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

// The matrix of roles shows people words, never the codes of permissions.
func TestEveryPermissionHasItsWords(t *testing.T) {
	t.Parallel()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs() {
		for _, p := range authz.Permissions() {
			for _, key := range []string{"permission.screen." + p.Screen(), "permission.action." + p.Action()} {
				if !texts.Printer(lang).Has(key) {
					t.Errorf("%s has no text %s for %s", lang, key, p)
				}
			}
		}
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

// T018: every route against every role, in the own shop, from another shop, and signed
// out, compared with the reviewed golden matrix. A form is sent without its proof: "form"
// means that only the proof was missing, so a denied call never comes near a handler.
func TestT018_AccessMatrix(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(d.env.Clock().Now()) // no proof grows old while the matrix is made
	type viewer struct {
		name string
		b    *browser
	}
	viewers := []viewer{{"signed out", d.browser(t)}}
	for _, role := range authz.PresetRoles() {
		viewers = append(viewers, viewer{role.Code, d.signedIn(t, d.hire(t, d.env.Tenant, role.Code))})
	}
	viewers = append(viewers, viewer{"another shop's owner", d.signedIn(t, d.hire(t, d.env.OpenShop(t), authz.Owner))})
	for _, role := range authz.PlatformRoles() {
		viewers = append(viewers, viewer{role.Code, d.signedIn(t, d.onPlatform(t, role.Code))})
	}
	before := d.fingerprint(t)
	var matrix strings.Builder
	matrix.WriteString("| route | access |")
	for _, v := range viewers {
		matrix.WriteString(" " + v.name + " |")
	}
	matrix.WriteString("\n|" + strings.Repeat(" --- |", len(viewers)+2) + "\n")
	for _, r := range d.console.Declarations() {
		path := strings.NewReplacer(
			":handle", d.env.Tenant.Handle, ":order_no", "20260101000000000001", ":app_id", "wx0000000000000000", ":id", "999999999", ":seq", "999999999", ":file", "none.css", ":token", "none", ":code", authz.Owner, ":tenant", d.env.Tenant.ID.String(), ":quota", "staff", ":plan", "starter", ":event", "0193f1a0-0000-7000-8000-000000000000", ":application", "t_000000000000", ":kind", "event", ":job", "shop.upkeep", "*", "no/where",
		).Replace(r.Path)
		fmt.Fprintf(&matrix, "| %s %s | %s |", r.Method, r.Path, r.Access)
		for _, v := range viewers {
			fmt.Fprintf(&matrix, " %s |", verdict(v.b, r.Method, path))
		}
		matrix.WriteString("\n")
	}
	if after := d.fingerprint(t); after != before {
		t.Errorf("asking changed the people and roles:\nbefore %s\nafter  %s", before, after)
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

// onPlatform adds a person with a role on the platform.
func (d *desk) onPlatform(t *testing.T, role string) staff.Member {
	t.Helper()
	m := d.person(t, role)
	if err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		_, err := d.staff.GrantPlatformTx(t.Context(), tx, m.ID, role)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

// person adds somebody without any role.
func (d *desk) person(t *testing.T, word string) staff.Member {
	t.Helper()
	m, err := d.staff.Add(t.Context(), staff.AddInput{Login: word + "-" + tenanttest.RandomHex(6) + "@shop.test", Name: "李" + word[:3], Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fingerprint is everything that people may do in the shop and on the platform.
func (d *desk) fingerprint(t *testing.T) (sum string) {
	t.Helper()
	query(t, d, &sum, `SELECT md5(coalesce((SELECT string_agg(r::text, ',' ORDER BY r::text) FROM platform.role r WHERE tenant_id = $1), '')
		|| coalesce((SELECT string_agg(g::text, ',' ORDER BY g::text) FROM platform.staff_role g WHERE tenant_id = $1), '')
		|| coalesce((SELECT string_agg((e.tenant_id, e.staff_id, e.disabled_at)::text, ',' ORDER BY e.staff_id) FROM platform.staff_seat e WHERE tenant_id = $1), '')
		|| coalesce((SELECT string_agg(i::text, ',' ORDER BY i.id) FROM platform.staff_invite i WHERE tenant_id = $1), '')
		|| coalesce((SELECT string_agg(q::text, ',' ORDER BY q::text) FROM platform.platform_role q JOIN platform.staff_role USING (staff_id) WHERE tenant_id = $1), ''))`, d.env.Tenant.ID.String())
	return sum
}

func verdict(b *browser, method, path string) string {
	var res answer
	if method == http.MethodGet || method == "ALL" {
		res = b.get(path)
	} else {
		res = b.post(path, url.Values{"csrf": {"forged"}})
		if res.StatusCode == http.StatusForbidden && strings.Contains(b.page, "页面已过期") {
			return "form"
		}
	}
	return wordFor(res)
}

// wordFor is how the matrix calls an answer.
func wordFor(res answer) string {
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
