package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/console/staff"
)

// The shop always has an owner: a transfer needs the handle typed and an heir with a second
// factor, two at once leave one owner, and no tool takes the last one away.
func TestOwnerTransfer(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	owner := d.signedIn(t, d.owner)
	owner.enrol(d)
	first, second := d.hire(t, d.env.Tenant, authz.Manager), d.hire(t, d.env.Tenant, authz.Support)
	id := func(m staff.Member) string { return strconv.FormatInt(m.ID, 10) }
	send := func(b *browser, heir, confirm string) int {
		b.get(d.shop("/transfer"))
		return b.post(d.shop("/transfer"), url.Values{"heir": {heir}, "confirm": {confirm}}).StatusCode
	}
	if got := send(owner, id(first), "not the handle"); got != http.StatusUnprocessableEntity {
		t.Errorf("wrong handle: status %d, want 422", got)
	}
	if got := send(owner, id(first), d.env.Tenant.Handle); got != http.StatusConflict {
		t.Errorf("heir without a second factor: status %d, want 409", got)
	}
	if got := send(owner, "999999999", d.env.Tenant.Handle); got != http.StatusConflict {
		t.Errorf("a stranger as heir: status %d, want 409", got)
	}
	for _, heir := range []staff.Member{first, second} {
		d.signedIn(t, heir).enrol(d)
	}
	owner.get(d.shop("/transfer"))
	var wg sync.WaitGroup
	statuses := make([]int, 2)
	for i, heir := range []staff.Member{first, second} {
		b := owner.on(t)
		b.page = owner.page
		wg.Go(func() {
			statuses[i] = b.post(d.shop("/transfer"), url.Values{"heir": {id(heir)}, "confirm": {d.env.Tenant.Handle}}).StatusCode
		})
	}
	wg.Wait()
	var owners int
	var roles string
	query(t, d, &owners, "SELECT count(*) FROM platform.staff_role WHERE tenant_id = $1 AND role_code = 'owner'", d.env.Tenant.ID.String())
	query(t, d, &roles, "SELECT string_agg(role_code, ',') FROM platform.staff_role WHERE tenant_id = $1 AND staff_id = $2", d.env.Tenant.ID.String(), d.owner.ID)
	if owners != 1 || roles != authz.Manager || (statuses[0] == http.StatusSeeOther) == (statuses[1] == http.StatusSeeOther) {
		t.Errorf("statuses %v: %d owners, the old one is %s; want one transfer, one owner and a manager", statuses, owners, roles)
	}
	heir := first
	if statuses[1] == http.StatusSeeOther {
		heir = second
	}
	if err := d.staff.Revoke(t.Context(), d.env.Tenant.ID, heir.ID, authz.Owner); codeOf(err) != "NOT_FOUND" {
		t.Errorf("revoking the last owner: %v, want refused", err)
	}
}
