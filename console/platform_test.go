package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/tenant"
	"galleria/tenant/look"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// appoint adds a person of the platform's own staff.
func (d *desk) appoint(t *testing.T, role string) staff.Member {
	t.Helper()
	m, err := d.staff.Add(t.Context(), staff.AddInput{Login: role + "-" + tenanttest.RandomHex(6) + "@platform.test", Name: "平台" + role, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	d.env.Owner(t, "INSERT INTO platform.platform_role (staff_id, role_code) VALUES ($1, $2)", m.ID, role)
	return m
}

// entries counts the audit entries of an action: in a shop's log and in the platform's.
func (d *desk) entries(t *testing.T, shop tenant.ID, action string) (shops, platforms int) {
	t.Helper()
	err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE tenant_id = $1), count(*) FILTER (WHERE tenant_id IS NULL AND detail->>'tenant' = $1)
			FROM platform.audit_log WHERE action = $2`, shop.String(), action).Scan(&shops, &platforms)
	})
	if err != nil {
		t.Fatal(err)
	}
	return shops, platforms
}

// wantTwice fails unless an act stands once in the shop's log and once in the platform's.
func (d *desk) wantTwice(t *testing.T, shop tenant.ID, action string) {
	t.Helper()
	if shops, platforms := d.entries(t, shop, action); shops != 1 || platforms != 1 {
		t.Errorf("%s: %d entries in the shop's log, %d in the platform's, want 1 and 1", action, shops, platforms)
	}
}

func platformPath(r, tenantID string) string {
	return strings.NewReplacer(
		":tenant", tenantID, ":quota", "staff", ":plan", "starter", ":event", "0193f1a0-0000-7000-8000-000000000000", ":look", "1", ":application", "t_000000000000", ":kind", "event", ":id", "1", ":job", "shop.upkeep",
	).Replace(r)
}

// T007, T018: to a shop's people the platform's pages do not exist, whatever their role.
func TestT018PlatformRoutesAreNotThereForShops(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, b := range map[string]*browser{"owner": d.signedIn(t, d.owner), "clerk": d.signedIn(t, d.clerk)} {
		b.get("/console/" + d.env.Tenant.Handle)
		token := b.token()
		n := 0
		for _, r := range d.console.Declarations() {
			if r.Access.Platform() == "" {
				continue
			}
			n++
			path := platformPath(r.Path, d.env.Tenant.ID.String())
			var res answer
			if r.Method == http.MethodGet {
				res = b.get(path)
			} else {
				res = b.post(path, url.Values{"csrf": {token}, "reason": {"x"}, "confirm": {d.env.Tenant.Handle}})
			}
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s %s: status %d, want 404", name, r.Method, path, res.StatusCode)
			}
		}
		if n < 30 {
			t.Errorf("%d platform routes, want all of them", n)
		}
	}
	shop, err := d.env.Registry.ByID(t.Context(), d.env.Tenant.ID)
	if err != nil || shop.Status != tenant.Active {
		t.Errorf("shop is %s, %v", shop.Status, err)
	}
}

func TestPlatformAccessMatrix(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	roles := []string{authz.PlatformAdmin, authz.PlatformSupport, authz.PlatformFinance, authz.PlatformAuditor}
	var matrix strings.Builder
	matrix.WriteString("| route | access | " + strings.Join(roles, " | ") + " |\n| --- | --- | --- | --- | --- | --- |\n")
	browsers := map[string]*browser{}
	for _, role := range roles {
		browsers[role] = d.signedIn(t, d.appoint(t, role))
	}
	d.env.Clock().Set(time.Now().Add(session.ProofLasts + time.Second))
	for _, r := range d.console.Declarations() {
		if r.Access.Platform() == "" {
			continue
		}
		fmt.Fprintf(&matrix, "| %s %s | %s |", r.Method, r.Path, r.Access)
		for _, role := range roles {
			b, path := browsers[role], platformPath(r.Path, d.env.Tenant.ID.String())
			if r.Method == http.MethodGet {
				fmt.Fprintf(&matrix, " %s |", wordFor(b.get(path)))
				continue
			}
			b.get("/console/platform")
			res := b.post(path, nil)
			word := wordFor(res)
			if res.StatusCode == http.StatusOK && strings.Contains(b.page, `action="/console/reauth"`) {
				word = "asks for a proof"
			}
			fmt.Fprintf(&matrix, " %s |", word)
		}
		matrix.WriteString("\n")
	}
	const golden = "testdata/platform_access.golden.md"
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

var onceField = regexp.MustCompile(`name="once" value="([^"]+)"`)

func TestPlatformOpensMovesAndClosesAShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	b.wantStatus("/console", http.StatusSeeOther)
	b.wantStatus("/console/platform/shops/new", http.StatusOK)
	once := onceField.FindStringSubmatch(b.page)[1]
	handle := "new-" + tenanttest.RandomHex(5)
	form := url.Values{"once": {once}, "handle": {"X"}, "name": {"新店"}, "reason": {"签约 2026-118"}}
	if res := b.post("/console/platform/shops", form); res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("bad handle: status %d", res.StatusCode)
	}
	b.see("新店", "签约 2026-118", `value="X"`, "problem-handle", once)
	form.Set("handle", handle)
	form.Del("csrf")
	first := b.post("/console/platform/shops", form)
	form.Del("csrf")
	b.get("/console/platform/shops/new")
	second := b.post("/console/platform/shops", form)
	if first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != second.Header.Get("Location") {
		t.Fatalf("opened %d %s, then %d %s", first.StatusCode, first.Header.Get("Location"), second.StatusCode, second.Header.Get("Location"))
	}
	shop, err := d.env.Registry.ByHandle(t.Context(), handle)
	if err != nil || shop.Status != tenant.Active {
		t.Fatalf("shop: %v, %v", shop, err)
	}
	d.wantTwice(t, shop.ID, "platform.shop.opened")
	home := "/console/platform/shops/" + shop.ID.String()
	b.wantStatus(home, http.StatusOK)
	b.see("新店", handle, "营业中", "起步版")

	act := func(word string, to tenant.Status, values url.Values, want int) {
		t.Helper()
		b.wantStatus(home+"/"+word, http.StatusOK)
		values.Set("to", string(to))
		values.Del("csrf")
		if res := b.post(home+"/"+word, values); res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", word, res.StatusCode, want)
		}
	}
	act("suspend", tenant.Suspended, url.Values{"reason": {" "}}, http.StatusUnprocessableEntity)
	act("suspend", tenant.Suspended, url.Values{"reason": {"欠费"}}, http.StatusSeeOther)
	d.wantTwice(t, shop.ID, "platform.shop.suspend")
	act("suspend", tenant.Suspended, url.Values{"reason": {"欠费"}}, http.StatusSeeOther) // pressed twice
	d.wantTwice(t, shop.ID, "platform.shop.suspend")
	act("resume", tenant.Active, url.Values{"reason": {"已缴费"}}, http.StatusSeeOther)
	d.wantTwice(t, shop.ID, "platform.shop.resume")
	act("close", tenant.Closing, url.Values{"reason": {"停业"}, "confirm": {"wrong"}}, http.StatusUnprocessableEntity)
	act("close", tenant.Closed, url.Values{"reason": {"停业"}, "confirm": {handle}}, http.StatusConflict)
	act("close", tenant.Closing, url.Values{"reason": {"停业"}, "confirm": {handle}}, http.StatusSeeOther)
	d.wantTwice(t, shop.ID, "platform.shop.close")
	// One act, one entry per chain: the registry's own stay for other ways than the console.
	if n := one[int](t, d, "SELECT count(*)::int FROM platform.audit_log WHERE tenant_id = $1 AND action IN ('tenant.suspend', 'tenant.resume', 'tenant.close')", shop.ID.String()); n != 0 {
		t.Errorf("%d more entries of the same moves", n)
	}
	if shop, err = d.env.Registry.ByID(t.Context(), shop.ID); err != nil || shop.Status != tenant.Closing {
		t.Errorf("shop is %s, %v; want closing", shop.Status, err)
	}
	b.wantStatus("/console/platform?q="+handle, http.StatusOK)
	b.see(handle, "关闭中")
	b.wantStatus("/console/platform?q="+handle+"&status=active", http.StatusOK)
	b.see("没有符合条件")
}

func TestPlatformPlansAndLimits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	id := d.env.Tenant.ID
	home := "/console/platform/shops/" + id.String()
	b.wantStatus(home+"/plan", http.StatusOK)
	if res := b.post(home+"/plan", url.Values{"plan": {"pro"}, "reason": {"升级"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("assign: status %d", res.StatusCode)
	}
	d.wantTwice(t, id, "platform.shop.plan")
	b.wantStatus(home+"/limits/staff", http.StatusOK)
	if res := b.post(home+"/limits/staff", url.Values{"choice": {"agree"}, "soft": {"9"}, "hard": {"3"}, "reason": {"约定"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("soft beyond hard: status %d", res.StatusCode)
	}
	b.wantStatus(home+"/limits/staff", http.StatusOK)
	if res := b.post(home+"/limits/staff", url.Values{"choice": {"agree"}, "soft": {"2"}, "hard": {"3"}, "reason": {"约定"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("agree: status %d", res.StatusCode)
	}
	d.wantTwice(t, id, "platform.shop.limit")
	terms, err := d.env.Plans.Of(t.Context(), id)
	if err != nil || terms.Plan.Code != "pro" || terms.Limit(plan.Staff) != (plan.Limit{Soft: 2, Hard: 3}) {
		t.Errorf("terms %v, %v", terms, err)
	}

	// Two people work there: the soft limit shows on the shop's own dashboard. A third may
	// come, a fourth may not; who leaves makes room.
	owner := d.signedIn(t, d.owner)
	owner.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
	owner.see("员工席位接近上限")
	owner.wantStatus("/console/"+d.env.Tenant.Handle+"/plan", http.StatusOK)
	owner.see("专业版", "2 / 3")
	third := d.hire(t, d.env.Tenant, authz.Support)
	fourth, err := d.staff.Add(t.Context(), addInput("four-"+tenanttest.RandomHex(4)+"@shop.test", "四", password))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.staff.Grant(t.Context(), id, fourth.ID, authz.Clerk); codeOf(err) != "QUOTA_EXCEEDED" {
		t.Errorf("fourth person: %v, want QUOTA_EXCEEDED", err)
	}
	owner.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
	owner.see("员工席位已达上限")
	if err := d.staff.Revoke(t.Context(), id, third.ID, authz.Support); err != nil {
		t.Fatal(err)
	}
	if err := d.staff.Grant(t.Context(), id, fourth.ID, authz.Clerk); err != nil {
		t.Errorf("after somebody left: %v", err)
	}

	code := "t" + tenanttest.RandomHex(4)
	b.wantStatus("/console/platform/plans/new", http.StatusOK)
	form := url.Values{"plan": {code}, "name": {"试用版"}, "name_en": {"Trial"}, "price": {"9.90"}, "sort": {"5"}, "feature": {"coupon", "export"}, "hard_staff": {"2"}, "hard_storage": {"x"}, "reason": {"新品"}}
	if res := b.post("/console/platform/plans", form); res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("bad storage: status %d", res.StatusCode)
	}
	b.see("problem-hard_storage", "试用版")
	form.Set("hard_storage", "500")
	form.Del("csrf")
	if res := b.post("/console/platform/plans", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("new plan: status %d", res.StatusCode)
	}
	b.wantStatus("/console/platform/plans/"+code, http.StatusOK)
	b.see("试用版", `value="500"`, `value="9.90"`)
}

func TestPlatformDeadLetters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	topic := outbox.Topic("test.dead_" + strings.Map(func(r rune) rune { return 'a' + r%26 }, tenanttest.RandomHex(6)))
	for i := range 3 {
		d.env.InTenant(t, func(tx tenantdb.Tx) error {
			return d.env.Outbox.Append(t.Context(), tx, topic, fmt.Sprintf("NO%d", i), map[string]any{"order_no": i})
		})
	}
	d.env.Owner(t, "UPDATE platform.outbox SET dead_at = now(), failures = 12, last_error = 'provider is away' WHERE topic = $1", string(topic))
	events := d.env.Events(t, topic)
	queues := "/console/platform/queues"
	b.wantStatus(queues+"?topic="+string(topic), http.StatusOK)
	b.see(string(topic), "provider is away", "NO0", "NO2", d.env.Tenant.Handle)
	dead := queues + "/dead/" + events[0].ID.String()
	if res := b.post(dead+"/replay", nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("replay: status %d", res.StatusCode)
	}
	d.wantTwice(t, d.env.Tenant.ID, "platform.dead_letter.replayed")
	b.get(queues)
	if res := b.post(dead+"/replay", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("replay of what is owed: status %d, want 404", res.StatusCode)
	}
	dead = queues + "/dead/" + events[1].ID.String()
	b.wantStatus(dead+"/discard", http.StatusOK)
	if res := b.post(dead+"/discard", url.Values{"reason": {""}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("discard without a reason: status %d", res.StatusCode)
	}
	if res := b.post(dead+"/discard", url.Values{"reason": {"手工处理"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("discard: status %d", res.StatusCode)
	}
	d.wantTwice(t, d.env.Tenant.ID, "platform.dead_letter.discarded")
	b.wantStatus(queues+"?state=discarded&topic="+string(topic), http.StatusOK)
	b.see("手工处理", "NO1") // kept, and marked
	b.wantStatus(queues+"/replay?topic="+string(topic), http.StatusOK)
	if res := b.post(queues+"/replay", url.Values{"topic": {string(topic)}, "reason": {"已恢复"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("replay all: status %d", res.StatusCode)
	}
	var owed, discarded int
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE dead_at IS NULL), count(*) FILTER (WHERE dead_at IS NOT NULL) FROM platform.outbox WHERE topic = $1", string(topic)).Scan(&owed, &discarded)
	})
	if owed != 2 || discarded != 1 {
		t.Errorf("%d owed, %d dead; want 2 and the discarded one", owed, discarded)
	}
}

// T007: without a look a shop does not exist for the platform's staff; with one, only what
// can be read does, masked, recorded, and not longer than it lasts.
func TestT007ALookIsBoundedRecordedAndMasked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲同学")
	guest := d.appoint(t, authz.PlatformSupport)
	b := d.signedIn(t, guest)
	shop, home := "/console/"+d.env.Tenant.Handle, "/console/platform/shops/"+d.env.Tenant.ID.String()
	pages := []string{"", "/orders", "/orders/" + g.orderNos[0], "/products", "/apps", "/payment-accounts", "/plan", "/callbacks"}
	for _, page := range pages {
		b.wantStatus(shop+page, http.StatusNotFound)
	}
	b.wantStatus(home+"/look", http.StatusOK)
	if res := b.post(home+"/look", url.Values{"ticket": {""}, "reason": {"x"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("look without a ticket: status %d", res.StatusCode)
	}
	if res := b.post(home+"/look", url.Values{"ticket": {"CS-1"}, "reason": {"买家反馈无法付款"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("look: status %d", res.StatusCode)
	}
	d.wantTwice(t, d.env.Tenant.ID, "look.begun")
	for _, page := range pages {
		b.wantStatus(shop+page, http.StatusOK)
		b.see("您正在以平台人员身份只读查看本店", "CS-1")
		b.miss("阿哲同学", "5678")
	}
	b.wantStatus(shop+"/orders", http.StatusOK) // again: no second entry
	var kinds int
	err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'look.page' AND actor = $2",
			d.env.Tenant.ID.String(), fmt.Sprintf("staff:%d", guest.ID)).Scan(&kinds)
	})
	if err != nil || kinds != len(pages) {
		t.Errorf("%d kinds of pages recorded, %v; want %d", kinds, err, len(pages))
	}
	b.wantStatus(shop+"/orders?q="+url.QueryEscape("阿哲"), http.StatusOK)
	b.see(g.orderNos[0], g.orderNos[1]) // the words were not searched for
	b.wantStatus(shop+"/orders?q="+g.orderNos[1], http.StatusOK)
	b.see(">" + g.orderNos[1] + "<") // a number is
	b.miss(">" + g.orderNos[0] + "<")
	b.wantStatus("/console/"+d.env.OpenShop(t).Handle+"/orders", http.StatusNotFound)
	for _, r := range d.console.Declarations() { // nothing of the shop changes
		if r.Method == http.MethodPost && strings.HasPrefix(r.Path, "/console/:handle") {
			b.get(home)
			path := strings.NewReplacer(":handle", d.env.Tenant.Handle, ":kind", "event", ":id", "1", ":code", "x").Replace(r.Path)
			if res := b.post(path, nil); res.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s: status %d, want 404", path, res.StatusCode)
			}
		}
	}

	d.env.Clock().Set(time.Now().Add(look.Lasts - time.Minute))
	b.wantStatus(shop+"/orders", http.StatusOK)
	d.env.Clock().Advance(2 * time.Minute)
	b.wantStatus(shop+"/orders", http.StatusNotFound)
	b.wantStatus(home, http.StatusOK)
	d.wantTwice(t, d.env.Tenant.ID, "look.ended")
}

func TestALookEndsWhenItIsEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b, other := d.signedIn(t, d.appoint(t, authz.PlatformAdmin)), d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	shop, home := "/console/"+d.env.Tenant.Handle, "/console/platform/shops/"+d.env.Tenant.ID.String()
	b.wantStatus(home+"/look", http.StatusOK)
	b.post(home+"/look", url.Values{"ticket": {"CS-2"}, "reason": {"核对"}})
	b.wantStatus(shop, http.StatusOK)
	action := regexp.MustCompile(`/console/platform/looks/[0-9]+/`).FindString(b.page)
	other.get(home)
	if res := other.post(action+"extend", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("extending another's look: status %d, want 404", res.StatusCode)
	}
	other.wantStatus(shop, http.StatusNotFound)
	if res := b.post(action+"extend", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("extend: status %d", res.StatusCode)
	}
	b.wantStatus(shop, http.StatusOK)
	if res := b.post(action+"end", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("end: status %d", res.StatusCode)
	}
	b.wantStatus(shop, http.StatusNotFound)
	for _, action := range []string{"look.begun", "look.extended", "look.ended"} {
		d.wantTwice(t, d.env.Tenant.ID, action)
	}
}

func TestFleetShowsWhoIsBehind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	behind := d.env.OpenShop(t)
	d.env.Owner(t, "UPDATE platform.tenant SET schema_version = 5, last_error = 'relation is locked' WHERE id = $1", behind.ID.String())
	b := d.signedIn(t, d.appoint(t, authz.PlatformAuditor))
	b.wantStatus("/console/platform/fleet", http.StatusOK)
	b.see("galleria migrate up", "relation is locked", behind.Handle)
	b.wantStatus("/console/platform?q="+behind.Handle, http.StatusOK)
	b.see("升级失败")
}
