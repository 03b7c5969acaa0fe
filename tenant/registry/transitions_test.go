package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func ask[T any](t *testing.T, env *tenanttest.Env, sql string, args ...any) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// Every status is reached from nothing, every end is meant to be one, no event leads two
// ways under one guard.
func TestTransitionsWalk(t *testing.T) {
	t.Parallel()
	reached := map[tenant.Status]bool{tenant.None: true}
	for range len(registry.Transitions()) {
		for _, row := range registry.Transitions() {
			if reached[row.From] {
				reached[row.To] = true
			}
		}
	}
	all := append(registry.InDirectory(), tenant.Applied, tenant.Rejected)
	for _, s := range all {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
		leaves := slices.ContainsFunc(registry.Transitions(), func(row registry.Transition) bool { return row.From == s })
		if end := s == tenant.Rejected || s == tenant.Closed; leaves == end {
			t.Errorf("%s: leaves %v, is an end %v", s, leaves, end)
		}
	}
	seen := map[[3]string]bool{}
	for _, row := range registry.Transitions() {
		key := [3]string{string(row.From), string(row.Event), string(row.Guard)}
		if seen[key] {
			t.Errorf("%v twice", key)
		}
		seen[key] = true
	}
}

// The table in Go and the CHECKs of the migrated schema name the same statuses.
func TestStatusesMatchTheSchema(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	const def = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1"
	want := []string{"template", "building", "spare"} // schemas that are no shop's
	for _, s := range registry.InDirectory() {
		want = append(want, string(s))
	}
	if got := quoted(ask[string](t, env, def, "tenant_status")); !same(got, want) {
		t.Errorf("tenant_status allows %v, the table has %v", got, want)
	}
	applications := quoted(ask[string](t, env, def, "signup_status"))
	for _, s := range []tenant.Status{tenant.Applied, tenant.Rejected, tenant.Provisioning} {
		if !slices.Contains(applications, string(s)) {
			t.Errorf("signup_status does not allow %s", s)
		}
	}
}

func quoted(check string) (out []string) {
	for i, part := range strings.Split(check, "'") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Every pair of a status and an event does what the table says, and nothing else.
func TestEveryMove(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	events := []registry.Event{
		registry.EventReady, registry.EventOpen, registry.EventSuspend, registry.EventResume, registry.EventClose, registry.EventFinish,
	}
	for _, from := range registry.InDirectory() {
		for _, event := range events {
			for _, wasOpen := range []bool{false, true} {
				var want tenant.Status
				for _, row := range registry.Transitions() {
					fits := row.Guard != registry.GuardWasOpen && row.Guard != registry.GuardNeverWas || (row.Guard == registry.GuardWasOpen) == wasOpen
					if row.From == from && row.Event == event && fits {
						want = row.To
					}
				}
				env.Owner(t, "UPDATE platform.tenant SET status = $2, went_live_at = CASE WHEN $3 THEN now() END WHERE id = $1", env.Tenant.ID.String(), string(from), wasOpen)
				audited := ask[int](t, env, "SELECT count(*)::int FROM platform.audit_log")
				err := env.Registry.Move(t.Context(), registry.MoveInput{ID: env.Tenant.ID, Event: event, Reason: "检查", Actor: "staff:1"})
				got := tenant.Status(ask[string](t, env, "SELECT status FROM platform.tenant WHERE id = $1", env.Tenant.ID.String()))
				entries := ask[int](t, env, "SELECT count(*)::int FROM platform.audit_log") - audited
				switch {
				case want != "" && (err != nil || got != want || entries != 1):
					t.Errorf("%s at %s (was open %v): %v, %s, %d entries; want %s and one entry", event, from, wasOpen, err, got, entries, want)
				case want == "" && (got != from || entries != 0):
					t.Errorf("%s at %s moved to %s with %d entries, want nothing", event, from, got, entries)
				}
			}
		}
	}
}

func TestAMoveNeedsItsReasonAndItsShop(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for _, event := range []registry.Event{registry.EventSuspend, registry.EventClose} {
		if err := env.Registry.Move(t.Context(), registry.MoveInput{ID: env.Tenant.ID, Event: event, Reason: " ", Actor: "staff:1"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s without a reason: %v", event, err)
		}
	}
	if err := env.Registry.Move(t.Context(), registry.MoveInput{ID: tenant.NewID(), Event: registry.EventOpen, Actor: "staff:1"}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an unknown shop: %v", err)
	}
}

// The move, its entry and nothing between: an audit log that refuses takes the move back.
func TestAMoveThatCannotBeAuditedIsNotMade(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	env.Owner(t, "ALTER TABLE platform.audit_log ADD CONSTRAINT refuse CHECK (action NOT LIKE 'tenant.suspend')")
	if err := env.Registry.Move(t.Context(), registry.MoveInput{ID: env.Tenant.ID, Event: registry.EventSuspend, Reason: "欠费", Actor: "staff:1"}); err == nil {
		t.Error("the move was made without its entry")
	}
	if got := ask[string](t, env, "SELECT status FROM platform.tenant WHERE id = $1", env.Tenant.ID.String()); got != "active" {
		t.Errorf("status %s, want active", got)
	}
}

// Resuming makes due what waited.
func TestResumeWakesWhatWaited(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	move := func(event registry.Event) {
		t.Helper()
		if err := env.Registry.Move(t.Context(), registry.MoveInput{ID: env.Tenant.ID, Event: event, Reason: "欠费", Actor: "system"}); err != nil {
			t.Fatal(err)
		}
	}
	move(registry.EventSuspend)
	env.InTenant(t, func(tx tenantdb.Tx) error { return env.Outbox.Append(t.Context(), tx, "test.waits", "1", nil) })
	env.Owner(t, "UPDATE platform.outbox SET next_at = now() + interval '10 minutes'")
	move(registry.EventResume)
	if due := ask[int](t, env, "SELECT count(*)::int FROM platform.outbox WHERE next_at <= now()"); due != 1 {
		t.Errorf("%d events are due, want 1", due)
	}
}

// What each state means at each door, as a table to read.
func TestPolicyOfEveryState(t *testing.T) {
	t.Parallel()
	for status, want := range map[tenant.Status]struct {
		storefront, orders, callbacks, jobs, console string
	}{
		tenant.Applied:         {"UNKNOWN_APP", "", "anomaly", "money", "absent"},
		tenant.Rejected:        {"UNKNOWN_APP", "", "anomaly", "money", "absent"},
		tenant.Provisioning:    {"MAINTENANCE", "", "taken", "all", "absent"},
		tenant.Onboarding:      {"", "", "taken", "all", "full"},
		tenant.Active:          {"", "", "taken", "all", "full"},
		tenant.Suspended:       {"TENANT_SUSPENDED", "", "taken", "money", "read"},
		tenant.Closing:         {"", "TENANT_CLOSING", "taken", "all", "full"},
		tenant.Closed:          {"UNKNOWN_APP", "", "anomaly", "money", "notice"},
		tenant.Status("other"): {"UNKNOWN_APP", "", "anomaly", "money", "absent"},
	} {
		policy := status.Policy()
		code := func(err error) string {
			if err == nil {
				return ""
			}
			return fault.CodeOf(err)
		}
		if got := code(registry.Storefront(tenant.Tenant{Status: status, SchemaVersion: 1000})); got != want.storefront {
			t.Errorf("%s: storefront %q, want %q", status, got, want.storefront)
		}
		if got := code(registry.NewOrders(status)); got != want.orders {
			t.Errorf("%s: new orders %q, want %q", status, got, want.orders)
		}
		if taken := policy.Callbacks == tenant.CallbacksTaken; taken != (want.callbacks == "taken") {
			t.Errorf("%s: callbacks taken %v, want %s", status, taken, want.callbacks)
		}
		if all := policy.Jobs == tenant.JobsAll; all != (want.jobs == "all") {
			t.Errorf("%s: all jobs %v, want %s", status, all, want.jobs)
		}
		consoles := map[tenant.ConsoleAccess]string{tenant.ConsoleAbsent: "absent", tenant.ConsoleNotice: "notice", tenant.ConsoleRead: "read", tenant.ConsoleFull: "full"}
		if got := consoles[policy.Console]; got != want.console {
			t.Errorf("%s: console %s, want %s", status, got, want.console)
		}
	}
}
