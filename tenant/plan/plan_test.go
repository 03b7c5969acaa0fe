package plan_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func agree(t *testing.T, env *tenanttest.Env, s *plan.Service, id tenant.ID, q plan.Quota, l plan.Limit) {
	t.Helper()
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.AgreeTx(t.Context(), tx, id, q, l, "test") })
	if err != nil {
		t.Fatal(err)
	}
}

func used(t *testing.T, s *plan.Service, id tenant.ID, q plan.Quota) plan.Use {
	t.Helper()
	uses, err := s.Uses(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(uses, func(u plan.Use) bool { return u.Quota == q })
	if i < 0 {
		t.Fatalf("no use of %s", q)
	}
	return uses[i]
}

// T110: a quota of 1,000 with 995 used and 20 parallel takers ends at exactly 1,000.
func TestT110QuotaIsExact(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := plan.New(env.DB, env.Clock().Now)
	take := func(n int64) error {
		return env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error { return s.TakeTx(t.Context(), tx, plan.SKUs, n) })
	}
	if err := take(995); err != nil {
		t.Fatal(err)
	}
	var ok, refused atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			switch err := take(1); {
			case err == nil:
				ok.Add(1)
			case errors.Is(err, plan.ErrQuota):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ok.Load() != 5 || refused.Load() != 15 {
		t.Errorf("%d taken and %d refused, want 5 and 15", ok.Load(), refused.Load())
	}
	if u := used(t, s, env.Tenant.ID, plan.SKUs); u.Used != 1000 || !u.Full() || !u.Warn() {
		t.Errorf("use %+v, want 1,000 of 1,000", u)
	}
}

func TestRolledBackUseIsNone(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := plan.New(env.DB, env.Clock().Now)
	mishap := errors.New("mishap")
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		return errors.Join(s.TakeTx(t.Context(), tx, plan.SKUs, 7), mishap)
	})
	if !errors.Is(err, mishap) {
		t.Fatal(err)
	}
	if u := used(t, s, env.Tenant.ID, plan.SKUs); u.Used != 0 {
		t.Errorf("%d used, want none", u.Used)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return errors.Join(s.TakeTx(t.Context(), tx, plan.SKUs, 3), s.GiveBackTx(t.Context(), tx, plan.SKUs, 5))
	})
	if u := used(t, s, env.Tenant.ID, plan.SKUs); u.Used != 0 {
		t.Errorf("%d used after giving back more than was taken, want none", u.Used)
	}
}

// A shop's own transaction counts for that shop only, and cannot change what it may.
func TestTenantRoleKeepsToItself(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	s := plan.New(env.DB, env.Clock().Now)
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error { return s.TakeForTx(t.Context(), tx, other.ID, plan.SKUs, 1) })
	if err == nil {
		t.Error("a shop counted for another")
	}
	for _, sql := range []string{
		"UPDATE platform.plan SET price_fen = 0", "UPDATE platform.plan_limit SET hard = 9",
		"INSERT INTO platform.tenant_plan (tenant_id, plan_code, actor) VALUES (current_user, 'pro', 'me')",
		"INSERT INTO platform.tenant_limit (tenant_id, quota, soft, hard) VALUES (current_user, 'skus', 9, 9)",
		"DELETE FROM platform.quota_usage",
	} {
		err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42501" {
			t.Errorf("%s: %v, want permission denied", sql, err)
		}
	}
}

func TestPlanDecides(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	id := env.Tenant.ID
	s, elsewhere := plan.New(env.DB, env.Clock().Now), plan.New(env.DB, env.Clock().Now)
	terms, err := s.Of(t.Context(), id)
	if err != nil || terms.Plan.Code != "starter" || terms.Limit(plan.Staff).Hard != 5 {
		t.Fatalf("terms of a new shop: %+v %v, want the default plan's", terms, err)
	}
	if err := s.Need(t.Context(), id, plan.ManyApps); !errors.Is(err, plan.ErrFeature) {
		t.Errorf("several Mini Programs in the starter plan: %v, want FEATURE_NOT_IN_PLAN", err)
	}
	for _, had := range []plan.Feature{plan.Coupon, plan.Campaign, plan.Distribution, plan.Export} {
		if err := elsewhere.Need(t.Context(), id, had); err != nil {
			t.Error(err)
		}
	}
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.AssignTx(t.Context(), tx, id, "nothing", "staff:1", "") })
	if !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an unknown plan: %v, want NOT_FOUND", err)
	}
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.AssignTx(t.Context(), tx, id, "pro", "staff:1", "paid") })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Need(t.Context(), id, plan.Distribution); err != nil {
		t.Errorf("after the change, here: %v", err)
	}
	env.Clock().Advance(plan.CacheFor)
	if err := elsewhere.Need(t.Context(), id, plan.Distribution); err != nil {
		t.Errorf("after the change, elsewhere: %v", err)
	}
	agree(t, env, s, id, plan.Staff, plan.Limit{Soft: 1, Hard: 2})
	if terms, err = s.Of(t.Context(), id); err != nil || terms.Limit(plan.Staff).Hard != 2 || terms.Limit(plan.SKUs).Hard != 200_000 {
		t.Errorf("agreed: %+v %v", terms.Limits, err)
	}
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.DisagreeTx(t.Context(), tx, id, plan.Staff) })
	if terms, of := s.Of(t.Context(), id); err != nil || of != nil || terms.Limit(plan.Staff).Hard != 200 {
		t.Errorf("no longer agreed: %+v %v %v", terms.Limits, err, of)
	}
}

func TestPutPlan(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := plan.New(env.DB, env.Clock().Now)
	put := func(p plan.Plan) error {
		return env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.PutTx(t.Context(), tx, p) })
	}
	good := plan.Plan{
		Code: "festival", Name: "节日版", NameEN: "Festival", PriceFen: 100, Sort: 5, Features: []plan.Feature{plan.Coupon},
		Limits: map[plan.Quota]plan.Limit{plan.Staff: {Soft: 1, Hard: 2}, plan.Orders: {Soft: 10, Hard: 20}},
	}
	for range 2 {
		if err := put(good); err != nil {
			t.Fatal(err)
		}
	}
	delete(good.Limits, plan.Orders)
	good.Retired = true
	if err := put(good); err != nil {
		t.Fatal(err)
	}
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return s.AssignTx(t.Context(), tx, env.Tenant.ID, good.Code, "staff:1", "")
	})
	if !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a retired plan was given to a shop: %v", err)
	}
	list, err := s.Plans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(p plan.Plan) bool { return p.Code == "festival" })
	if i < 0 || !list[i].Retired || len(list[i].Limits) != 1 || list[i].Limits[plan.Staff].Hard != 2 || !slices.Equal(list[i].Features, good.Features) {
		t.Errorf("stored %+v", list)
	}
	for name, bend := range map[string]func(p *plan.Plan){
		"code":    func(p *plan.Plan) { p.Code = "Ü" },
		"name":    func(p *plan.Plan) { p.NameEN = "" },
		"price":   func(p *plan.Plan) { p.PriceFen = -1 },
		"feature": func(p *plan.Plan) { p.Features = []plan.Feature{"flying"} },
		"quota":   func(p *plan.Plan) { p.Limits = map[plan.Quota]plan.Limit{"love": {}} },
		"order":   func(p *plan.Plan) { p.Limits = map[plan.Quota]plan.Limit{plan.Staff: {Soft: 3, Hard: 2}} },
	} {
		p := good
		bend(&p)
		if err := put(p); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%s: %v, want VALIDATION", name, err)
		}
	}
}

// Three processes hand out a month's places from their blocks: together exactly as many as
// there are.
func TestMetersShareAMonth(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	id := env.Tenant.ID
	const places = 337
	s := plan.New(env.DB, env.Clock().Now)
	agree(t, env, s, id, plan.Orders, plan.Limit{Soft: 300, Hard: places})
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 3 {
		m := plan.NewMeter(plan.New(env.DB, env.Clock().Now), plan.Orders)
		for range 8 {
			all.Go(func() {
				for {
					err := m.Take(t.Context(), id)
					if err != nil {
						if !errors.Is(err, plan.ErrQuota) {
							t.Error(err)
						}
						return
					}
					taken.Add(1)
				}
			})
		}
	}
	all.Wait()
	if taken.Load() != places {
		t.Errorf("%d places were handed out of %d", taken.Load(), places)
	}
	env.Clock().Set(time.Date(2027, 1, 31, 16, 0, 0, 0, time.UTC)) // February in Shanghai
	m := plan.NewMeter(s, plan.Orders)
	if err := m.Take(t.Context(), id); err != nil {
		t.Errorf("in the next month: %v", err)
	}
}

func TestMeterGivesBack(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	id := env.Tenant.ID
	s := plan.New(env.DB, env.Clock().Now)
	m := plan.NewMeter(s, plan.Orders)
	for range 10 {
		if err := m.Take(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	m.GiveBack(id)
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u := used(t, s, id, plan.Orders); u.Used != 9 {
		t.Errorf("%d used after 10 places were taken and one came to nothing, want 9", u.Used)
	}
}
