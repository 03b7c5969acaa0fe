package plan

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan/internal/plandb"
	"galleria/tenant/tenantdb"
)

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)

const (
	// CacheFor is how long a shop's terms are believed before they are read again.
	CacheFor = 5 * time.Second
	maxShops = 5000
)

// Service keeps plans and counts use. Safe for concurrent use.
type Service struct {
	db  *tenantdb.DB
	now func() time.Time
	q   *plandb.Queries

	mu    sync.Mutex
	terms map[tenant.ID]held
}

type held struct {
	terms Terms
	until time.Time
}

// New returns the service.
func New(db *tenantdb.DB, now func() time.Time) *Service {
	return &Service{db: db, now: now, q: plandb.New(), terms: make(map[tenant.ID]held)}
}

// TakeTx counts n more of a quota for the transaction's tenant, or refuses. What is taken
// is given back when the transaction is rolled back. Faults: QUOTA_EXCEEDED.
func (s *Service) TakeTx(ctx context.Context, tx tenantdb.Tx, q Quota, n int64) error {
	return s.TakeForTx(ctx, tx, tx.TenantID(), q, n)
}

// TakeForTx is TakeTx for a platform transaction, which names the tenant itself.
func (s *Service) TakeForTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, q Quota, n int64) error {
	_, err := s.take(ctx, tx, id, q, q.period(tx.Now()), n)
	return err
}

// GiveBackTx counts n less for the transaction's tenant: something that stood is gone.
func (s *Service) GiveBackTx(ctx context.Context, tx tenantdb.Tx, q Quota, n int64) error {
	return s.GiveBackForTx(ctx, tx, tx.TenantID(), q, n)
}

// GiveBackForTx is GiveBackTx for a platform transaction.
func (s *Service) GiveBackForTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, q Quota, n int64) error {
	if err := s.q.GiveBack(ctx, tx, n, id.String(), string(q), q.period(tx.Now())); err != nil {
		return fmt.Errorf("give back %s: %w", q, err)
	}
	return nil
}

// take counts n and returns where the shop then stands.
func (s *Service) take(ctx context.Context, db tenantdb.Querier, id tenant.ID, q Quota, period string, n int64) (Use, error) {
	row, err := s.q.Take(ctx, db, Unlimited, string(q), id.String(), period, n)
	if err != nil {
		return Use{}, fmt.Errorf("take %s: %w", q, err)
	}
	use := Use{Quota: q, Used: row.Used, Limit: Limit{Soft: row.Soft, Hard: row.Hard}}
	if row.Used < 0 {
		return use, ErrQuota.WithData(map[string]any{"quota": q, "limit": row.Hard})
	}
	return use, nil
}

// SetUsedTx sets a standing count to what was found by counting, for a platform
// transaction that repairs it.
func (s *Service) SetUsedTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, q Quota, used int64) error {
	return s.q.SetUsed(ctx, tx, id.String(), string(q), q.period(tx.Now()), used)
}

// Of returns a shop's terms, at most CacheFor old.
func (s *Service) Of(ctx context.Context, id tenant.ID) (Terms, error) {
	s.mu.Lock()
	h, ok := s.terms[id]
	s.mu.Unlock()
	if ok && s.now().Before(h.until) {
		return h.terms, nil
	}
	var terms Terms
	err := s.db.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		terms, err = s.termsTx(ctx, tx, id)
		return err
	})
	if err != nil {
		return Terms{}, fmt.Errorf("terms of plan: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.terms) >= maxShops {
		clear(s.terms)
	}
	s.terms[id] = held{terms: terms, until: s.now().Add(CacheFor)}
	return terms, nil
}

// Need reports a feature that is not open to the shop. Faults: FEATURE_NOT_IN_PLAN.
func (s *Service) Need(ctx context.Context, id tenant.ID, f Feature) error {
	terms, err := s.Of(ctx, id)
	if err != nil {
		return err
	}
	if !terms.Has(f) {
		return ErrFeature.WithData(map[string]any{"feature": f, "plan": terms.Plan.Code})
	}
	return nil
}

func (s *Service) termsTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID) (Terms, error) {
	row, err := s.q.PlanOf(ctx, tx, id.String())
	if err != nil {
		return Terms{}, err
	}
	limits, err := s.q.LimitsOf(ctx, tx, row.Code, id.String())
	if err != nil {
		return Terms{}, err
	}
	t := Terms{Plan: planFromRow(plandb.PlansRow(row)), Limits: make(map[Quota]Limit, len(limits))}
	for _, l := range limits {
		t.Limits[Quota(l.Quota)] = Limit{Soft: l.Soft, Hard: l.Hard}
	}
	return t, nil
}

// Uses returns how far a shop has come with each quota that has a counter.
func (s *Service) Uses(ctx context.Context, id tenant.ID) (uses []Use, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		terms, err := s.termsTx(ctx, tx, id)
		if err != nil {
			return err
		}
		rows, err := s.q.UsedBy(ctx, tx, id.String(), Month(tx.Now()))
		if err != nil {
			return err
		}
		used := make(map[Quota]int64, len(rows))
		for _, r := range rows {
			used[Quota(r.Quota)] = r.Used
		}
		uses = nil
		for _, q := range Quotas() {
			if q != APICalls {
				uses = append(uses, Use{Quota: q, Used: used[q], Limit: terms.Limit(q)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("use of plan: %w", err)
	}
	return uses, nil
}

// Standing is a shop's plan and its use, for lists of shops.
type Standing struct {
	PlanCode string
	Used     map[Quota]int64
	Agreed   map[Quota]Limit // what goes before the plan's limits
}

// Standings returns the plan and the use of several shops in three statements.
func (s *Service) Standings(ctx context.Context, ids []tenant.ID) (map[tenant.ID]Standing, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	out := make(map[tenant.ID]Standing, len(ids))
	err := s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		plans, err := s.q.PlansOf(ctx, tx, texts)
		if err != nil {
			return err
		}
		byText := make(map[string]Standing, len(plans))
		for _, p := range plans {
			byText[p.TenantID] = Standing{PlanCode: p.PlanCode, Used: map[Quota]int64{}, Agreed: map[Quota]Limit{}}
		}
		agreed, err := s.q.AgreedByMany(ctx, tx, texts)
		if err != nil {
			return err
		}
		for _, a := range agreed {
			if st, ok := byText[a.TenantID]; ok {
				st.Agreed[Quota(a.Quota)] = Limit{Soft: a.Soft, Hard: a.Hard}
			}
		}
		used, err := s.q.UsedByMany(ctx, tx, texts, Month(tx.Now()))
		if err != nil {
			return err
		}
		for _, u := range used {
			if st, ok := byText[u.TenantID]; ok {
				st.Used[Quota(u.Quota)] = u.Used
			}
		}
		for _, id := range ids {
			out[id] = byText[id.String()]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("plans of shops: %w", err)
	}
	return out, nil
}

// Plans lists all plans with their limits.
func (s *Service) Plans(ctx context.Context) (list []Plan, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.Plans(ctx, tx)
		if err != nil {
			return err
		}
		limits, err := s.q.PlanLimits(ctx, tx)
		if err != nil {
			return err
		}
		list = make([]Plan, len(rows))
		for i, r := range rows {
			list[i] = planFromRow(r)
			for _, l := range limits {
				if l.PlanCode == r.Code {
					list[i].Limits[Quota(l.Quota)] = Limit{Soft: l.Soft, Hard: l.Hard}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return list, nil
}

// PutTx writes a plan and its limits. It joins the caller's platform transaction. Faults:
// VALIDATION.
func (s *Service) PutTx(ctx context.Context, tx tenantdb.Tx, p Plan) error {
	if err := p.Validate(); err != nil {
		return err
	}
	features := make([]string, len(p.Features))
	for i, f := range p.Features {
		features[i] = string(f)
	}
	status := "offered"
	if p.Retired {
		status = "retired"
	}
	err := s.q.PutPlan(ctx, tx, plandb.PutPlanParams{
		Code: p.Code, Name: p.Name, NameEn: p.NameEN, PriceFen: p.PriceFen, Features: features, Status: status, Sort: p.Sort,
	})
	if err != nil {
		return fmt.Errorf("put plan: %w", err)
	}
	if err := s.q.ClearLimits(ctx, tx, p.Code); err != nil {
		return fmt.Errorf("put plan: %w", err)
	}
	for _, q := range Quotas() {
		if l, ok := p.Limits[q]; ok {
			if err := s.q.AddLimit(ctx, tx, p.Code, string(q), l.Soft, l.Hard); err != nil {
				return fmt.Errorf("put plan: %w", err)
			}
		}
	}
	return nil
}

// AssignTx gives a shop a plan. It joins the caller's platform transaction. Faults:
// NOT_FOUND for a plan that is unknown or retired.
func (s *Service) AssignTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, code, actor, reason string) error {
	n, err := s.q.Assign(ctx, tx, id.String(), actor, reason, code)
	if err != nil {
		return fmt.Errorf("assign plan: %w", err)
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	tx.AfterCommit(func() { s.forget(id) })
	return nil
}

// AgreeTx sets a limit for one shop that goes before its plan's. It joins the caller's
// platform transaction. Faults: VALIDATION.
func (s *Service) AgreeTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, q Quota, l Limit, reason string) error {
	if !slices.Contains(Quotas(), q) {
		return fault.Invalidf("quota", "no such quota as %q", q)
	}
	if !l.valid() {
		return fault.Invalidf("hard", "must be 0 ≤ soft ≤ hard")
	}
	if err := s.q.Agree(ctx, tx, id.String(), string(q), l.Soft, l.Hard, reason); err != nil {
		return fmt.Errorf("agree limit: %w", err)
	}
	tx.AfterCommit(func() { s.forget(id) })
	return nil
}

// DisagreeTx lets the plan's limit hold again. It joins the caller's platform transaction.
func (s *Service) DisagreeTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, q Quota) error {
	if _, err := s.q.Disagree(ctx, tx, id.String(), string(q)); err != nil {
		return fmt.Errorf("disagree limit: %w", err)
	}
	tx.AfterCommit(func() { s.forget(id) })
	return nil
}

// forget lets this process see its own change at once; others see it within CacheFor.
func (s *Service) forget(id tenant.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.terms, id)
}

func planFromRow(r plandb.PlansRow) Plan {
	p := Plan{
		Code: r.Code, Name: r.Name, NameEN: r.NameEn, PriceFen: r.PriceFen, Limits: map[Quota]Limit{},
		Retired: r.Status == "retired", Default: r.IsDefault, Sort: r.Sort,
	}
	for _, f := range r.Features {
		p.Features = append(p.Features, Feature(f))
	}
	return p
}
