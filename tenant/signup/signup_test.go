package signup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/signup"
	"galleria/tenant/tenanttest"
)

// desk takes applications over a database of its own.
type desk struct {
	*tenanttest.Env
	*signup.Service
	t      *testing.T
	mu     sync.Mutex
	owners map[tenant.ID]int64 // guarded by mu: several workers may open shops at once
}

func (d *desk) own(_ context.Context, shop tenant.ID, staffID int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owners[shop] = staffID
	return nil
}

func newDesk(t *testing.T, mode signup.Mode, fill ...provision.FillStep) *desk {
	t.Helper()
	d := &desk{Env: tenanttest.NewAlone(t), t: t, owners: map[tenant.ID]int64{}}
	d.Service = d.service(mode, fill...)
	return d
}

// service is another process of the same installation.
func (d *desk) service(mode signup.Mode, fill ...provision.FillStep) *signup.Service {
	opener := provision.New(provision.Deps{DB: d.DB, Runner: d.Runner, Registry: d.Registry, Log: d.Log, Fill: fill})
	return signup.New(signup.Deps{
		DB: d.DB, Provision: opener, Registry: d.Registry, Audit: d.Audit, Outbox: d.Outbox, Mode: mode,
		Owner: d.own,
	})
}

func (d *desk) person() int64 {
	d.t.Helper()
	return ask[int64](d, "INSERT INTO platform.staff (login, name, password_hash) VALUES ($1, '李店长', 'x') RETURNING id", "p-"+tenanttest.RandomHex(6)+"@test")
}

func ask[T any](d *desk, sql string, args ...any) (v T) {
	d.t.Helper()
	conn, err := pgx.Connect(d.t.Context(), d.OwnerURL)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(d.t.Context())) }()
	if err := conn.QueryRow(d.t.Context(), sql, args...).Scan(&v); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (d *desk) draft(person int64, network, handle string) (signup.Application, error) {
	return d.Draft(d.t.Context(), signup.DraftInput{StaffID: person, Network: network, Name: "青禾生活", Handle: handle})
}

func (d *desk) apply(person int64, handle string) signup.Application {
	d.t.Helper()
	if _, err := d.draft(person, "192.0.2.1", handle); err != nil {
		d.t.Fatal(err)
	}
	a, err := d.Submit(d.t.Context(), person, signup.TermsVersion)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// schemasAreTenants is what T100 asks for: no schema without its row, no shop without its
// schema.
func (d *desk) schemasAreTenants() {
	d.t.Helper()
	schemas := ask[int](d, `SELECT count(*)::int FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{12}$'`)
	rows := ask[int](d, "SELECT count(*)::int FROM platform.tenant WHERE id <> 'tenant_template' AND status <> 'building'")
	if schemas != rows {
		d.t.Errorf("%d schemas, %d tenants", schemas, rows)
	}
}

func TestAnApplicationBecomesAShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeOpen)
	person := d.person()
	a := d.apply(person, "qinghe-life")
	if a.Status != signup.Provisioning || a.Step != signup.StepClaim {
		t.Fatalf("handed in: %+v", a)
	}
	if n := ask[int](d, "SELECT count(*)::int FROM platform.outbox WHERE topic = $1 AND key = $2 AND done_at IS NULL", string(signup.Topic), a.ID.String()); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	for range 2 { // the second run finds nothing to do
		if err := d.Advance(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	a, err := d.Of(t.Context(), person)
	if err != nil || a.Status != signup.Opened || a.Step != signup.StepDone {
		t.Fatalf("done: %+v, %v", a, err)
	}
	shop, err := d.Registry.ByHandle(t.Context(), "qinghe-life")
	if err != nil || shop.Status != tenant.Onboarding || shop.ID != a.TenantID || d.owners[shop.ID] != person {
		t.Errorf("shop: %+v of %d, %v", shop, d.owners[shop.ID], err)
	}
	if n := ask[int](d, "SELECT count(*)::int FROM platform.audit_log WHERE action IN ('signup.apply', 'signup.approve', 'tenant.ready')"); n != 3 {
		t.Errorf("%d audit entries, want 3", n)
	}
	if ask[bool](d, "SELECT terms_version = $1 AND terms_at IS NOT NULL FROM platform.signup", signup.TermsVersion) != true {
		t.Error("the accepted terms are not kept")
	}
	d.schemasAreTenants()
}

// A worker dies before and after every step: the next run finishes the same shop.
func TestT100_KilledBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	errKilled := errors.New("killed")
	d := newDesk(t, signup.ModeOpen)
	for i, step := range signup.Steps() {
		for _, moment := range []string{"before", "after"} {
			handle := fmt.Sprintf("killed-%c-%s", 'a'+i, moment)
			person := d.person()
			if _, err := d.draft(person, "192.0.2."+handle, handle); err != nil {
				t.Fatal(err)
			}
			a, err := d.Submit(t.Context(), person, signup.TermsVersion)
			if err != nil {
				t.Fatal(err)
			}
			died := false
			restore := signup.AtStep(d.Service, func(at signup.Step, done bool) error {
				if at == step && done == (moment == "after") && !died {
					died = true
					return errKilled
				}
				return nil
			})
			if err := d.Advance(t.Context(), a.ID); !errors.Is(err, errKilled) {
				t.Fatalf("%s %s: %v, want to be killed", moment, step, err)
			}
			restore()
			if err := d.Advance(t.Context(), a.ID); err != nil {
				t.Fatalf("%s %s, resumed: %v", moment, step, err)
			}
			shop, err := d.Registry.ByHandle(t.Context(), handle)
			if err != nil || shop.Status != tenant.Onboarding || d.owners[shop.ID] != person {
				t.Errorf("%s %s: %+v, %v", moment, step, shop, err)
			}
			if n := ask[int](d, "SELECT count(*)::int FROM platform.tenant WHERE request_key = 'signup:' || $1", a.ID.String()); n != 1 {
				t.Errorf("%s %s: %d shops of one application", moment, step, n)
			}
		}
	}
	d.schemasAreTenants()
}

func TestTwoWorkersAtOnceOpenOneShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeOpen)
	a := d.apply(d.person(), "twice")
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if err := d.Advance(t.Context(), a.ID); err != nil {
				t.Errorf("advance: %v", err)
			}
		})
	}
	wait.Wait()
	if n := ask[int](d, "SELECT count(*)::int FROM platform.tenant WHERE status = 'onboarding'"); n != 1 {
		t.Errorf("%d shops, want 1", n)
	}
	if n := ask[int](d, "SELECT count(*)::int FROM platform.audit_log WHERE action = 'tenant.ready'"); n != 1 {
		t.Errorf("%d entries of the one move", n)
	}
}

// A step that fails says so on the application, and goes on when its cause is gone.
func TestAFailedStepIsSeenAndRetried(t *testing.T) {
	t.Parallel()
	broken := true
	d := newDesk(t, signup.ModeOpen, func(context.Context, tenant.Tenant) error {
		if broken {
			return errors.New("roles cannot be written")
		}
		return nil
	})
	person := d.person()
	a := d.apply(person, "stumbles")
	if err := d.Advance(t.Context(), a.ID); err == nil {
		t.Fatal("a broken step was passed")
	}
	if a, _ = d.Of(t.Context(), person); a.Step != signup.StepRoles || !a.StepFailed {
		t.Errorf("%+v, want the failed step", a)
	}
	broken = false
	if err := d.Advance(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if a, _ = d.Of(t.Context(), person); a.Status != signup.Opened || a.StepFailed {
		t.Errorf("%+v, want the shop", a)
	}
}

// T100: sign-ups from one network and of one person end; the handles of abandoned ones are
// free again, and no schema was taken.
func TestT100_ManySignUpsFromOnePlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeOpen)
	before := ask[int](d, "SELECT count(*)::int FROM platform.tenant WHERE status = 'spare'")
	var wait sync.WaitGroup
	var mu sync.Mutex
	taken, refused := 0, 0
	people := make([]int64, 40)
	for i := range people {
		people[i] = d.person()
	}
	for i, person := range people {
		wait.Go(func() {
			_, err := d.draft(person, "198.51.100.7", fmt.Sprintf("pump-%c%c", 'a'+i/10, 'a'+i%10*2))
			mu.Lock()
			defer mu.Unlock()
			switch f, _ := errors.AsType[*fault.Error](err); {
			case err == nil:
				taken++
			case errors.Is(err, signup.ErrThrottled) && f.RetryAfter() > 0:
				refused++
			default:
				t.Errorf("draft: %v", err)
			}
		})
	}
	wait.Wait()
	if taken != 10 || refused != 30 {
		t.Errorf("%d taken, %d refused; want 10 and 30", taken, refused)
	}
	other := d.person()
	handle := ask[string](d, "SELECT handle FROM platform.signup LIMIT 1")
	if _, err := d.draft(other, "203.0.113.9", handle); !errors.Is(err, provision.ErrHandleTaken) {
		t.Errorf("a held handle: %v", err)
	}
	d.Owner(t, "UPDATE platform.signup SET expires_at = now() - interval '1 second'")
	if n, err := d.Sweep(t.Context()); err != nil || n != 10 {
		t.Errorf("%d expired, %v; want 10", n, err)
	}
	if _, err := d.draft(other, "203.0.113.9", handle); err != nil {
		t.Errorf("the handle of an abandoned sign-up: %v", err)
	}
	if after := ask[int](d, "SELECT count(*)::int FROM platform.tenant WHERE status = 'spare'"); after != before {
		t.Errorf("%d spares before, %d after", before, after)
	}
	d.schemasAreTenants()
}

func TestOnePersonCannotBeginWithoutEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeReview)
	person := d.person()
	for i := range 5 {
		a := d.apply(person, fmt.Sprintf("again-%c", 'a'+i))
		if err := d.Reject(t.Context(), a.ID, "资料不全", "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.draft(person, "203.0.113.1", "again-x"); !errors.Is(err, signup.ErrThrottled) {
		t.Errorf("the sixth of a day: %v", err)
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeReview)
	person := d.person()
	a := d.apply(person, "waits")
	if a.Status != signup.Applied {
		t.Fatalf("%+v, want to wait", a)
	}
	if err := d.Advance(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Waiting(t.Context()); err != nil || len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("waiting: %+v, %v", list, err)
	}
	if _, err := d.draft(person, "192.0.2.1", "other-name"); !errors.Is(err, signup.ErrUnderWay) {
		t.Errorf("changing what was handed in: %v", err)
	}
	if err := d.Reject(t.Context(), a.ID, "", "staff:1"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a rejection without a reason: %v", err)
	}
	if err := d.Reject(t.Context(), a.ID, "店名与他人商标相同", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if a, _ = d.Of(t.Context(), person); a.Status != signup.Rejected || a.Reason == "" {
		t.Errorf("%+v, want a reason", a)
	}
	if err := d.Approve(t.Context(), a.ID, "staff:1"); !errors.Is(err, signup.ErrUnderWay) {
		t.Errorf("approving what was rejected: %v", err)
	}
	second := d.person() // the handle is free again
	b := d.apply(second, "waits")
	for range 2 {
		if err := d.Approve(t.Context(), b.ID, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := ask[int](d, "SELECT count(*)::int FROM platform.outbox WHERE topic = $1", string(signup.Topic)); n != 1 {
		t.Errorf("%d events of one approval", n)
	}
	if err := d.Advance(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	if b, _ = d.Of(t.Context(), second); b.Status != signup.Opened {
		t.Errorf("%+v, want the shop", b)
	}
}

func TestRefusedApplications(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeOpen)
	person := d.person()
	if _, err := d.Submit(t.Context(), person, signup.TermsVersion); !errors.Is(err, signup.ErrExpired) {
		t.Errorf("handing in nothing: %v", err)
	}
	for _, bad := range []string{"", "ab", "UPPER", "a--b", "-ab", "店铺", strings.Repeat("a", 33), `x"; drop`} {
		if _, err := d.draft(person, "192.0.2.1", bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("handle %q: %v", bad, err)
		}
	}
	if _, err := d.draft(person, "192.0.2.1", "fine-name"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Submit(t.Context(), person, "2020-01"); !errors.Is(err, signup.ErrTerms) {
		t.Errorf("old terms: %v", err)
	}
	closed := d.service(signup.ModeClosed)
	if _, err := closed.Submit(t.Context(), person, signup.TermsVersion); !errors.Is(err, signup.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := d.draft(person, "192.0.2.1", "other-name"); err != nil {
		t.Errorf("another handle for a draft: %v", err)
	}
	if state, _, err := d.Check(t.Context(), d.person(), "fine-name"); err != nil || state != provision.HandleFree {
		t.Errorf("the handle that was let go is %s, %v", state, err)
	}
}

// The table in Go and the CHECK of the schema name the same statuses and steps, and moves
// between a shop's statuses are the shop's own.
func TestTransitions(t *testing.T) {
	t.Parallel()
	d := newDesk(t, signup.ModeOpen)
	for constraint, want := range map[string][]string{"signup_status": texts(signup.Statuses()), "signup_step": texts(append(signup.Steps(), signup.StepDone))} {
		var got []string
		for i, part := range strings.Split(ask[string](d, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", constraint), "'") {
			if i%2 == 1 {
				got = append(got, part)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s allows %v, the code knows %v", constraint, got, want)
		}
	}
	for _, m := range signup.Moves() {
		if m.From == signup.Draft || m.To == signup.Opened {
			continue
		}
		if to, ok := registry.Next(tenant.Status(m.From), m.Event); !ok || signup.Status(to) != m.To {
			t.Errorf("%s at %s leads a shop to %q, an application to %s", m.Event, m.From, to, m.To)
		}
	}
}

func texts[T ~string](in []T) (out []string) {
	for _, v := range in {
		out = append(out, string(v))
	}
	return out
}
