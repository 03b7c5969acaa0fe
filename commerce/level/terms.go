package level

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/level/internal/leveldb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Terms is how members grow.
type Terms struct {
	Version      int64 // 0: the shop has none yet
	Since        time.Time
	Enabled      bool      // members grow and have levels; what they reached, they keep
	EarnFen      money.Fen // so much paid for goods
	EarnGrowth   int64     // is so much growth; 0: orders' money counts for nothing
	OrderGrowth  int64     // and so much more for each order; 0: none
	ReviewGrowth int64     // for a review that others see; 0: none
}

// NewTerms is what a shop that has none begins with.
func NewTerms() Terms { return Terms{EarnFen: 100, EarnGrowth: 1} }

func termsOf(t leveldb.LevelTerm) Terms {
	return Terms{
		Version: t.Version, Since: t.Since, Enabled: t.Enabled, EarnFen: t.EarnFen, EarnGrowth: t.EarnGrowth, OrderGrowth: t.OrderGrowth, ReviewGrowth: t.ReviewGrowth,
	}
}

// checker collects what is wrong with numbers.
type checker struct{ fields []fault.Field }

func (c *checker) between(path string, n, least, most int64) {
	if n < least || n > most {
		c.fields = append(c.fields, fault.Invalidf(path, "must be between %d and %d", least, most).Fields()...)
	}
}

func (c *checker) fault() error {
	if c.fields == nil {
		return nil
	}
	return fault.ErrValidation.With(c.fields...)
}

func (t Terms) check() error {
	var c checker
	c.between("earn_fen", int64(t.EarnFen), 1, 10_000_000)
	c.between("earn_growth", t.EarnGrowth, 0, 100_000)
	c.between("order_growth", t.OrderGrowth, 0, 100_000)
	c.between("review_growth", t.ReviewGrowth, 0, 100_000)
	return c.fault()
}

// Terms returns what counts now; Version 0 says that the shop has none, and then it is NewTerms.
func (s *Service) Terms(ctx context.Context, id tenant.ID) (t Terms, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		t, err = s.terms(ctx, r)
		return err
	})
	if err != nil {
		return Terms{}, fmt.Errorf("terms of levels: %w", err)
	}
	return t, nil
}

func (s *Service) terms(ctx context.Context, q tenantdb.Querier) (Terms, error) {
	row, err := s.q.Terms(ctx, q)
	if tenantdb.NoRows(err) {
		return NewTerms(), nil
	}
	return termsOf(row), err
}

// SaveTerms makes t what counts from now on; t.Version is the one that the editor saw. Opens a
// transaction. Faults: VALIDATION, LEVEL_CHANGED.
func (s *Service) SaveTerms(ctx context.Context, id tenant.ID, t Terms, actor string) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("save terms of levels: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.terms(ctx, tx)
		if err != nil {
			return err
		}
		if was.Version != t.Version {
			return ErrChanged
		}
		n, err := s.q.AddTerms(ctx, tx, leveldb.AddTermsParams{
			Version: t.Version + 1, Since: tx.Now(), Enabled: t.Enabled, EarnFen: t.EarnFen, EarnGrowth: t.EarnGrowth, OrderGrowth: t.OrderGrowth, ReviewGrowth: t.ReviewGrowth,
		})
		if err != nil {
			return err
		}
		if n == 0 { // somebody was faster
			return ErrChanged
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "level.terms", Object: "level:terms", Before: was.told(), After: t.told()})
	})
	if err != nil {
		return fmt.Errorf("save terms of levels: %w", err)
	}
	return nil
}

func (t Terms) told() map[string]any {
	return map[string]any{
		"enabled": t.Enabled, "earn_fen": int64(t.EarnFen), "earn_growth": t.EarnGrowth, "order_growth": t.OrderGrowth, "review_growth": t.ReviewGrowth,
	}
}
