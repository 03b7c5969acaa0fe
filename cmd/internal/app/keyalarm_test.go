package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/jobs/handle"
)

// Keys that rested for weeks and are used again: the use is written with the others, a timer
// looks at its hour, the platform's people see the alarm and mark it as handled.
func TestKeysUsedAfterALongRestAreSeenAndHandled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("key-alarm", 10)
	b := w.login(s, "小明")
	order := b.order(1)
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 10*time.Second)

	var owner string
	eventually(t, 30*time.Second, "the uses are written and their hour is watched", func() bool {
		w.owner("SELECT coalesce(max(payload->>'owner'), '') FROM platform.timer WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), string(handle.TimerKeyWatch)}, &owner)
		return owner != ""
	})
	w.owner("INSERT INTO platform.key_usage (tenant_id, owner, purpose, hour, uses, last_at) SELECT tenant_id, owner, purpose, hour - interval '40 days', 1, last_at - interval '40 days' FROM platform.key_usage WHERE tenant_id = $1 AND owner = $2", []any{s.ID.String(), owner})
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), string(handle.TimerKeyWatch)})
	var alarm int64
	eventually(t, 30*time.Second, "the alarm", func() bool {
		w.owner("SELECT coalesce(max(id), 0) FROM platform.key_alarm WHERE tenant_id = $1 AND owner = $2 AND kind = 'idle' AND resolved_at IS NULL", []any{s.ID.String(), owner}, &alarm)
		return alarm != 0
	})
	var announced int
	w.owner("SELECT count(*)::int FROM platform.outbox WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), string(handle.TopicKeyUnusual)}, &announced)
	if announced != 1 {
		t.Errorf("announced %d times", announced)
	}

	var person int64
	w.owner("SELECT id FROM platform.staff WHERE login = $1", []any{s.owner.Login}, &person)
	w.owner("INSERT INTO platform.platform_role (staff_id, role_code) VALUES ($1, 'platform_admin')", []any{person})
	staff := w.signIn(s)
	const list = "/console/platform/keys"
	act := fmt.Sprintf("%s/%d/handle", list, alarm)
	if page := staff.get(list); !strings.Contains(page, act) {
		t.Fatalf("the alarm is not listed: %.500s", page)
	}
	if status, page := staff.press(list, act, nil); status != http.StatusOK || strings.Contains(page, act) {
		t.Errorf("handled: %d, and still listed: %v", status, strings.Contains(page, act))
	}
	var by string
	w.owner("SELECT coalesce(resolved_by, '') FROM platform.key_alarm WHERE id = $1 AND resolved_at IS NOT NULL", []any{alarm}, &by)
	var entries int
	w.owner("SELECT count(*)::int FROM platform.audit_log WHERE action = 'platform.key_alarm.handled'", nil, &entries)
	if by != fmt.Sprintf("staff:%d", person) || entries != 2 {
		t.Errorf("handled by %q with %d audit entries, want staff:%d and one in each log", by, entries, person)
	}
}
