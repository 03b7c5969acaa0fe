package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/tenant/audit"
	"galleria/tenant/tenanttest"
)

// The platform's own log: read, filtered, exported with an entry of its own, verified, and
// said to be broken when somebody changed a row behind the walls.
func TestPlatformAuditLog(t *testing.T) {
	t.Parallel()
	d := deskOver(t, tenanttest.NewAlone(t))
	auditor, support := d.signedIn(t, d.appoint(t, authz.PlatformAuditor)), d.signedIn(t, d.appoint(t, authz.PlatformSupport))
	support.wantStatus("/console/platform/audit", http.StatusForbidden)
	if err := d.env.Audit.Record(t.Context(), audit.Entry{
		Actor: "staff:1", ActorName: "平台小王", Action: "platform.staff_roles_set", Object: "staff:7",
		Before: map[string]any{"roles": []string{"platform_auditor"}}, After: map[string]any{"roles": []string{"platform_support"}},
	}); err != nil {
		t.Fatal(err)
	}
	auditor.wantStatus("/console/platform/audit", http.StatusOK)
	auditor.see("平台小王", "修改了员工 7 的平台角色", "登录了后台", "检查完整性", "尚未存证")
	auditor.wantStatus("/console/platform/audit?group=platform&object=STAFF:7", http.StatusOK)
	auditor.see("修改了员工 7 的平台角色")
	auditor.miss("登录了后台")
	entry := regexp.MustCompile(`/console/platform/audit/[0-9]+`).FindString(auditor.page)
	auditor.wantStatus(entry, http.StatusOK)
	auditor.see("platform_auditor", "platform_support", "防篡改")
	auditor.wantStatus("/console/platform/audit/99999999", http.StatusNotFound)

	auditor.get("/console/platform/audit?group=platform")
	res := auditor.post("/console/platform/audit/export", url.Values{"group": {"platform"}})
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Content-Disposition"), "audit-platform-") || !strings.Contains(auditor.page, "platform.staff_roles_set") {
		t.Errorf("export: status %d, %q, %.200s", res.StatusCode, res.Header.Get("Content-Disposition"), auditor.page)
	}
	if n := one[int](t, d, "SELECT count(*)::int FROM platform.audit_log WHERE action = 'audit.exported' AND tenant_id IS NULL"); n != 1 {
		t.Errorf("%d entries of the export", n)
	}

	if _, _, err := d.env.Audit.Anchor(t.Context()); err != nil {
		t.Fatal(err)
	}
	auditor.get("/console/platform/audit")
	auditor.see("最近一次存证")
	auditor.post("/console/platform/audit/verify", nil)
	auditor.see("日志完整", "检查了日志的完整性")
	d.env.Owner(t, "ALTER TABLE platform.audit_log DISABLE TRIGGER ALL")
	d.env.Owner(t, "UPDATE platform.audit_log SET actor_name = '别人' WHERE action = 'platform.staff_roles_set'")
	d.env.Owner(t, "ALTER TABLE platform.audit_log ENABLE TRIGGER ALL")
	auditor.get("/console/platform/audit")
	auditor.post("/console/platform/audit/verify", nil)
	auditor.see("内容被改动", "有问题")
}
