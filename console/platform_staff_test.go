package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// teamLink is the link of the newest invitation to the platform's staff.
func (d *desk) teamLink(t *testing.T, to string) string {
	t.Helper()
	for _, m := range d.mails.Messages() {
		if m.To == to {
			return regexp.MustCompile(`/console/team/[A-Za-z0-9_-]+`).FindString(m.Text)
		}
	}
	t.Fatalf("no message to %s", to)
	return ""
}

// The platform's people in the console: invited, joined by an address that nobody else
// reads, given other roles, kept out and let in again, each with one entry.
func TestPlatformStaffInTheConsole(t *testing.T) {
	t.Parallel()
	d := deskOver(t, tenanttest.NewAlone(t))
	root := d.appoint(t, authz.PlatformAdmin)
	admin, auditor := d.signedIn(t, root), d.signedIn(t, d.appoint(t, authz.PlatformAuditor))
	const base = "/console/platform/staff"
	auditor.wantStatus(base, http.StatusOK)
	auditor.miss("邀请平台人员")
	auditor.wantStatus(base+"/invite", http.StatusForbidden)

	mail := address()
	admin.wantStatus(base+"/invite", http.StatusOK)
	if res := admin.post(base+"/invite", url.Values{"address": {"?"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an address that is none: status %d", res.StatusCode)
	}
	admin.see("请输入正确的邮箱或手机号")
	if res := admin.post(base+"/invite", url.Values{"address": {mail}, "role": {"owner"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("a shop's role: status %d", res.StatusCode)
	}
	wantTo(t, admin.post(base+"/invite", url.Values{"address": {mail}, "role": {authz.PlatformSupport}}), base+"?done=invited")
	first := d.teamLink(t, mail)
	admin.get(base + "/invite")
	wantTo(t, admin.post(base+"/invite", url.Values{"address": {mail}, "role": {authz.PlatformSupport}}), base+"?done=invited")
	newcomer := d.browser(t)
	newcomer.wantStatus(first, http.StatusGone) // the second invitation replaced it
	link := d.teamLink(t, mail)
	newcomer.wantStatus(link, http.StatusOK)
	newcomer.see("加入“平台管理”", mail)
	wantTo(t, newcomer.post(link, url.Values{"name": {"平台小张"}, "password": {strongPassword}, "repeat": {strongPassword}}), "/console/platform")
	newcomer.wantStatus("/console/platform", http.StatusOK)
	newcomer.wantStatus(base, http.StatusForbidden)
	newcomer.wantStatus(link, http.StatusGone)
	id := one[int64](t, d, "SELECT id FROM platform.staff WHERE mail = $1", mail)
	person := base + "/" + strconv.FormatInt(id, 10)

	admin.wantStatus(person, http.StatusOK)
	if res := admin.post(person+"/roles", nil); res.StatusCode != http.StatusConflict {
		t.Errorf("no role at all: status %d", res.StatusCode)
	}
	wantTo(t, admin.post(person+"/roles", url.Values{"role": {authz.PlatformAuditor, authz.PlatformFinance}}), base+"?done=roles")
	newcomer.wantStatus(base, http.StatusOK)
	newcomer.wantStatus("/console/platform/applications", http.StatusForbidden)
	admin.get(person)
	wantTo(t, admin.post(person+"/disable", nil), base+"?done=disabled")
	newcomer.wantStatus("/console/platform", http.StatusNotFound)
	admin.get(person)
	admin.see("恢复使用")
	wantTo(t, admin.post(person+"/enable", nil), base+"?done=enabled")
	newcomer.wantStatus("/console/platform", http.StatusOK)
	admin.wantStatus(base+"/"+strconv.FormatInt(root.ID, 10), http.StatusForbidden) // nobody changes himself
	for action, want := range map[string]int{
		"platform.staff_invited": 2, "platform.staff_joined": 1, "platform.staff_roles_set": 1, "platform.staff_disabled": 1, "platform.staff_enabled": 1,
	} {
		if n := one[int](t, d, "SELECT count(*)::int FROM platform.audit_log WHERE action = $1 AND tenant_id IS NULL", action); n != want {
			t.Errorf("%s: %d entries, want %d", action, n, want)
		}
	}
	if changes := one[string](t, d, "SELECT changes::text FROM platform.audit_log WHERE action = 'platform.staff_roles_set'"); !strings.Contains(changes, authz.PlatformSupport) || !strings.Contains(changes, authz.PlatformFinance) {
		t.Errorf("changes of the roles: %s", changes)
	}
}

// Two administrators who take each other's power at the same moment: one of them stays.
func TestPlatformKeepsAnAdministrator(t *testing.T) {
	t.Parallel()
	d := deskOver(t, tenanttest.NewAlone(t))
	for round := range 6 {
		d.env.Owner(t, "DELETE FROM platform.platform_role")
		a, b := d.appoint(t, authz.PlatformAdmin), d.appoint(t, authz.PlatformAdmin)
		acts := []func(tx tenantdb.Tx, actor, target int64) error{
			func(tx tenantdb.Tx, actor, target int64) error {
				return d.staff.DisablePlatformTx(t.Context(), tx, actor, target)
			},
			func(tx tenantdb.Tx, actor, target int64) error {
				_, err := d.staff.SetPlatformRolesTx(t.Context(), tx, actor, target, []string{authz.PlatformAuditor})
				return err
			},
			func(tx tenantdb.Tx, _, target int64) error { // the command line
				return d.staff.RevokePlatformTx(t.Context(), tx, target, authz.PlatformAdmin)
			},
		}
		var wait sync.WaitGroup
		failed := make([]error, 2)
		for i, pair := range [][2]int64{{a.ID, b.ID}, {b.ID, a.ID}} {
			wait.Go(func() {
				failed[i] = d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return acts[(round+i)%3](tx, pair[0], pair[1]) })
			})
		}
		wait.Wait()
		if (failed[0] == nil) == (failed[1] == nil) {
			t.Errorf("round %d: %v and %v, want one to be refused", round, failed[0], failed[1])
		}
		for _, err := range failed {
			if err != nil && !errors.Is(err, staff.ErrLastAdmin) && !errors.Is(err, staff.ErrAboveOwn) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if n := one[int](t, d, "SELECT count(*)::int FROM platform.platform_role WHERE role_code = 'platform_admin' AND disabled_at IS NULL"); n != 1 {
			t.Errorf("round %d: %d administrators, want 1", round, n)
		}
	}
}

// T110: parallel invitations of one shop's day end exactly at the limit, and the next day
// begins anew.
func TestT110_InvitationsOfADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	invite := func(i int) error {
		return d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			_, err := d.staff.InviteTx(t.Context(), tx, d.env.Tenant.ID, d.owner.ID, staff.Address{Way: courier.Mail, Value: "pump-" + strconv.Itoa(i) + "@shop.test"}, []string{authz.Support})
			return err
		})
	}
	d.env.Owner(t, "INSERT INTO platform.invite_count (scope, day, sent) VALUES ($1, (now() AT TIME ZONE 'Asia/Shanghai')::date, $2)", d.env.Tenant.ID.String(), staff.InvitesPerDay-5)
	var wait sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	for i := range 20 {
		wait.Go(func() {
			err := invite(i)
			mu.Lock()
			defer mu.Unlock()
			f, _ := errors.AsType[*fault.Error](err)
			switch {
			case err == nil:
				sent++
			case !errors.Is(err, staff.ErrInviteLimit) || f.RetryAfter() <= 0:
				t.Errorf("invite: %v", err)
			}
		})
	}
	wait.Wait()
	if sent != 5 {
		t.Errorf("%d of 20 were sent with 5 left", sent)
	}
	b := d.signedIn(t, d.owner)
	b.get("/console/" + d.env.Tenant.Handle + "/staff/invite")
	if res := b.post("/console/"+d.env.Tenant.Handle+"/staff/invite", url.Values{"address": {"one@shop.test"}, "role": {authz.Support}}); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("beyond the limit: status %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	b.see("今天发出的邀请已达上限", "one@shop.test")
	d.env.Owner(t, "UPDATE platform.invite_count SET day = day - 1 WHERE scope = $1", d.env.Tenant.ID.String())
	if err := invite(99); err != nil {
		t.Errorf("the next day: %v", err)
	}
}
