package console_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/tenant/audit"
)

// auditEntry records an act of the shop.
func (d *desk) auditEntry(t *testing.T, e audit.Entry) {
	t.Helper()
	e.TenantID = d.env.Tenant.ID
	if err := d.env.Audit.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestAuditLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.auditEntry(t, audit.Entry{
		Actor: "staff:99", ActorName: "陈会计", ActorRole: "owner", Action: "app.bound", Object: "app:wx00000000000000aa",
		Before: map[string]any{"service_phone": "13812345678"}, After: map[string]any{"name": "山野小程序", "service_phone": "13900001111"},
	})
	d.auditEntry(t, audit.Entry{Actor: "system", Action: "newer.thing"})
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/audit"
	b.wantStatus(page, http.StatusOK)
	b.see("操作日志", "陈会计", "绑定了小程序 wx00000000000000aa“山野小程序”", "（newer.thing）", "开通了店铺“"+d.env.Tenant.Name+"”", "店主")
	b.miss("13812345678", "13900001111")

	b.wantStatus(page+"?actor=staff:99", http.StatusOK)
	b.see("陈会计", "山野小程序")
	b.miss("（newer.thing）")
	b.wantStatus(page+"?group=newer", http.StatusOK)
	b.see("（newer.thing）")
	b.miss("山野小程序")
	b.wantStatus(page+"?object=WX00000000000000AA", http.StatusOK)
	b.see("山野小程序")
	b.miss("（newer.thing）")
	b.wantStatus(page+"?object=nothing", http.StatusOK)
	b.see("没有符合条件")
	b.wantStatus(page+"?from=2026-99-01", http.StatusOK)

	rows, _, err := d.env.Audit.Page(t.Context(), audit.Filter{TenantID: d.env.Tenant.ID, Group: "app"}, 0, 1)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	b.wantStatus(fmt.Sprintf("%s/%d", page, rows[0].Seq), http.StatusOK)
	b.see("138***5678", "139***1111", "改前", "改后", "陈会计", "app.bound")
	for _, missing := range []string{"/0", "/99999", "/x", "/-1"} {
		b.wantStatus(page+missing, http.StatusNotFound)
	}
}

// A day of the filter is a day of Shanghai.
func TestAuditLogDaysAreShanghaiDays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for moment, action := range map[time.Time]string{
		time.Date(2026, 11, 20, 15, 59, 59, 0, time.UTC): "day.before",
		time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC):   "day.first",
		time.Date(2026, 11, 21, 15, 59, 59, 0, time.UTC): "day.last",
		time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC):   "day.after",
	} {
		d.env.Clock().Set(moment)
		d.auditEntry(t, audit.Entry{Actor: "system", Action: action})
	}
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit?from=2026-11-21&to=2026-11-21", http.StatusOK)
	b.see("（day.first）", "（day.last）")
	b.miss("（day.before）", "（day.after）")
}

func TestAuditLogPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Owner(t, "INSERT INTO platform.audit_log (tenant_id, actor, action, object) SELECT $1, 'system', 'test.many', 'thing:' || i FROM generate_series(1, 70) i", d.env.Tenant.ID.String())
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/audit?group=test"
	seen := 0
	for range 3 {
		b.wantStatus(page, http.StatusOK)
		seen += strings.Count(b.page, `class="stretched`)
		_, rest, ok := strings.Cut(b.page, `rel="next"`)
		if !ok || rest == "" {
			break
		}
		i := strings.LastIndex(b.page[:len(b.page)-len(rest)], `href="`)
		next, _, _ := strings.Cut(b.page[i+len(`href="`):], `"`)
		page = strings.ReplaceAll(next, "&amp;", "&")
	}
	if seen != 70 {
		t.Errorf("%d entries on three pages, want 70", seen)
	}
}

// T104: what is exported is safe to open, complete, and recorded itself.
func TestT104_AuditExport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.auditEntry(t, audit.Entry{Actor: "staff:99", ActorName: `=HYPERLINK("http://evil.test")`, Action: "test.csv", Object: "@SUM(A1)"})
	d.env.Owner(t, "INSERT INTO platform.audit_log (tenant_id, actor, action) SELECT $1, 'system', 'test.csv' FROM generate_series(1, 450)", d.env.Tenant.ID.String())
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/audit"
	b.get(page)
	res := b.post(page+"/export", url.Values{"group": {"test"}})
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), `attachment; filename="audit-`) {
		t.Fatalf("status %d, %v", res.StatusCode, res.Header)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.page, "\ufeff"))).ReadAll()
	if err != nil || len(records) != 452 || !strings.HasPrefix(b.page, "\ufeff") {
		t.Fatalf("%d records, %v", len(records), err)
	}
	last := records[451]
	if last[2] != `'=HYPERLINK("http://evil.test")` || last[5] != "'@SUM(A1)" {
		t.Errorf("record %q", last)
	}
	for _, record := range records[1:] {
		for _, cell := range record {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
	rows, _, err := d.env.Audit.Page(t.Context(), audit.Filter{TenantID: d.env.Tenant.ID, Group: "audit"}, 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Actor != fmt.Sprintf("staff:%d", d.owner.ID) || rows[0].ActorName != d.owner.Name || rows[0].ActorRole != authz.Owner {
		t.Errorf("entries of the export: %+v, %v", rows, err)
	}
	if got := audit.ValueText(rows[0].Detail); got != `{"filter":{"group":"test"},"format":"csv"}` {
		t.Errorf("detail %s", got)
	}
	if rows[0].ClientIP != b.address {
		t.Errorf("from %q, want %q", rows[0].ClientIP, b.address)
	}

	clerk := d.signedIn(t, d.clerk)
	clerk.get("/console/" + d.env.Tenant.Handle)
	if res := clerk.post(page+"/export", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("a clerk exports: status %d, want 403", res.StatusCode)
	}
	if res := b.post(page+"/export", url.Values{"csrf": {"x"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("without the form's token: status %d, want 403", res.StatusCode)
	}
	if res := b.get(page + "/export"); res.StatusCode != http.StatusNotFound {
		t.Errorf("by GET: status %d, want 404", res.StatusCode)
	}
}

// T115: an export that cannot be recorded does not happen.
func TestT115_UnrecordedExportIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/audit"
	b.get(page)
	d.env.Owner(t, "ALTER TABLE platform.audit_log ADD CONSTRAINT refuse_"+strings.ReplaceAll(d.env.Tenant.Handle, "-", "_")+" CHECK (tenant_id IS DISTINCT FROM '"+d.env.Tenant.ID.String()+"' OR action <> 'audit.exported') NOT VALID")
	if res := b.post(page+"/export", nil); res.StatusCode != http.StatusInternalServerError || strings.Contains(b.page, "\ufeff") {
		t.Errorf("status %d, want 500 and no table", res.StatusCode)
	}
}

// Administrative acts leave their entry in the shop's chain, with who did them.
func TestAdministrativeActsAreRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.staff.Revoke(t.Context(), d.env.Tenant.ID, d.clerk.ID, authz.Clerk); err != nil {
		t.Fatal(err)
	}
	d.env.App(t, d.env.Tenant)
	rows, _, err := d.env.Audit.Page(t.Context(), audit.Filter{TenantID: d.env.Tenant.ID}, 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Action)
	}
	const want = "app.bound role.revoked role.granted role.granted tenant.open tenant.created"
	if strings.Join(got, " ") != want {
		t.Errorf("acts %v, want %s", got, want)
	}
	if report, err := d.env.Audit.Verify(t.Context(), audit.Chain(d.env.Tenant.ID)); err != nil || report.Problem != nil {
		t.Errorf("%+v, %v", report.Problem, err)
	}
}
