package trial_test

import (
	"strings"
	"testing"

	"galleria/commerce/trial"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type kit struct {
	*tenanttest.Env
	s *trial.Service
}

func newKit(t *testing.T) *kit {
	t.Helper()
	env := tenanttest.New(t)
	return &kit{Env: env, s: trial.New(trial.Deps{DB: env.DB, Outbox: env.Outbox, Audit: env.Audit})}
}

func (k *kit) scan(t *testing.T, sql string, into ...any) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), sql).Scan(into...) })
}

func (k *kit) begin(t *testing.T, app string, anew bool) error {
	t.Helper()
	return k.s.Begin(t.Context(), k.Tenant.ID, trial.BeginInput{AppID: app, Anew: anew, Actor: "staff:7"})
}

// The schema knows exactly the steps of the code.
func TestStepsMatchTheSchema(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var check string
	k.scan(t, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'test_purchase_step' AND connamespace = current_schema()::regnamespace", &check)
	for _, step := range trial.Steps() {
		if !strings.Contains(check, "'"+string(step)+"'") {
			t.Errorf("%s is not in %s", step, check)
		}
	}
	if n := strings.Count(check, "::text"); n < len(trial.Steps()) || strings.Count(check, "'")/2 != len(trial.Steps()) {
		t.Errorf("%s has other steps, too", check)
	}
}

// However often the button is pressed, one purchase is under way; a stopped one goes on
// where it was, and can be begun anew.
func TestOnePurchaseAtATime(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for range 3 {
		if err := k.begin(t, "wx1", false); err != nil {
			t.Fatal(err)
		}
	}
	var id int64
	var rows int
	k.scan(t, "SELECT max(id), count(*) FROM test_purchase", &id, &rows)
	if rows != 1 {
		t.Fatalf("%d purchases", rows)
	}
	if err := k.begin(t, "wx1", true); err == nil {
		t.Error("a running purchase was begun anew")
	}
	p, err := k.s.Find(t.Context(), k.Tenant.ID, id)
	if err != nil || p.Step != trial.SignIn {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := k.s.Reached(t.Context(), k.Tenant.ID, p); err != nil {
		t.Fatal(err)
	}
	if err := k.s.Reached(t.Context(), k.Tenant.ID, p); err != nil { // by a second run of the same
		t.Fatal(err)
	}
	if p, err = k.s.Find(t.Context(), k.Tenant.ID, id); err != nil || p.Step != trial.Cart {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := k.s.Stopped(t.Context(), k.Tenant.ID, p, "NO_PRODUCT", strings.Repeat("长", 1000)); err != nil {
		t.Fatal(err)
	}
	if err := k.begin(t, "wx1", false); err != nil {
		t.Fatal(err)
	}
	if p, err = k.s.Find(t.Context(), k.Tenant.ID, id); err != nil || p.Step != trial.Cart || p.Fault != "" {
		t.Errorf("taken up: %+v, %v", p, err)
	}
	if err := k.s.Stopped(t.Context(), k.Tenant.ID, p, "NO_PRODUCT", ""); err != nil {
		t.Fatal(err)
	}
	if err := k.begin(t, "wx1", true); err != nil {
		t.Fatal(err)
	}
	k.scan(t, "SELECT max(id), count(*) FROM test_purchase", &id, &rows)
	if p, err = k.s.Find(t.Context(), k.Tenant.ID, id); err != nil || p.Step != trial.SignIn || rows != 1 {
		t.Errorf("anew: %d, %+v, %v", rows, p, err)
	}
}
