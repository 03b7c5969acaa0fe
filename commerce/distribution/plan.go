package distribution

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MostRate is what both tiers together may take of what was paid.
const MostRate money.Rate = 5000

// JoinBy is how members become distributors.
type JoinBy string

// The ways to become one.
const (
	JoinAnyone      JoinBy = "anyone"      // whoever asks
	JoinApplication JoinBy = "application" // staff decide
	JoinSpending    JoinBy = "spending"    // who has bought enough and asks
	JoinStaff       JoinBy = "staff"       // whom staff name
)

// Binding is which click binds a buyer.
type Binding string

// The rules of binding.
const (
	BindFirst    Binding = "first"    // the first; later ones change nothing while it lasts
	BindNewcomer Binding = "newcomer" // the first of who has never paid
	BindLatest   Binding = "latest"   // each takes the place of the one before
)

// Plan is on what terms members sell for the shop.
type Plan struct {
	Version         int64 // 0: there is none yet
	Since           time.Time
	Enabled         bool
	Depth           int // tiers that are paid: 1 or 2
	JoinBy          JoinBy
	JoinFromFen     money.Fen // paid in all, less what went back; for JoinSpending
	Binding         Binding
	BoundDays       int // 0: for good
	FirstBps        money.Rate
	SecondBps       money.Rate
	Review          bool      // withdrawals wait for staff
	WithdrawFromFen money.Fen // least of one withdrawal
	DayCount        int       // withdrawals of one member in a day of Asia/Shanghai
	DayFen          money.Fen // and their sum
	FeeBps          money.Rate
	TaxBps          money.Rate
	SecondFen       money.Fen // a withdrawal of more takes two people, review or not; 0: none does
	CodePage        string    // that a distributor's code opens; "": the app's first one
	ProductPage     string    // that the code of a product's poster opens; "": CodePage
	CodeEnv         CodeEnv
	Shared          OnShared
	Proof           bool // nobody marks a withdrawal as paid by hand without a file that proves it
}

// CodeEnv is the version of an app that codes open.
type CodeEnv string

// The versions; pages of the last two need not be released.
const (
	EnvRelease CodeEnv = "release"
	EnvTrial   CodeEnv = "trial"
	EnvDevelop CodeEnv = "develop"
)

// OnShared is what becomes of who shares a phone or an address with buyers.
type OnShared string

// What may become of it.
const (
	MarkShared OnShared = "mark" // staff see it
	HoldShared OnShared = "hold" // and withdrawals wait until somebody has looked
	// RefuseShared is HoldShared, and who shares a phone brings nobody by it and earns nothing from it.
	RefuseShared OnShared = "refuse"
)

// OnShareds lists them, the strictest last.
func OnShareds() []OnShared { return []OnShared{MarkShared, HoldShared, RefuseShared} }

// NewPlan is what a shop that has none begins with.
func NewPlan() Plan {
	return Plan{
		Depth: 1, JoinBy: JoinApplication, Binding: BindFirst, BoundDays: 30, FirstBps: 500, SecondBps: 200, Review: true,
		WithdrawFromFen: 1000, DayCount: 3, DayFen: 200_000, CodeEnv: EnvRelease, Shared: RefuseShared,
	}
}

func planOf(p distributiondb.DistributionPlan) Plan {
	return Plan{
		Version: p.Version, Since: p.Since, Enabled: p.Enabled, Depth: int(p.Depth), JoinBy: JoinBy(p.JoinBy), JoinFromFen: p.JoinFromFen, Binding: Binding(p.Binding),
		BoundDays: int(p.BoundDays), FirstBps: money.Rate(p.FirstBps), SecondBps: money.Rate(p.SecondBps), Review: p.Review, WithdrawFromFen: p.WithdrawFromFen,
		DayCount: int(p.DayCount), DayFen: p.DayFen, FeeBps: money.Rate(p.FeeBps), TaxBps: money.Rate(p.TaxBps), SecondFen: p.SecondFen,
		CodePage: p.CodePage, ProductPage: p.ProductPage, CodeEnv: CodeEnv(p.CodeEnv), Shared: OnShared(p.Shared), Proof: p.Proof,
	}
}

// Check reports what of a plan cannot be. Faults: VALIDATION.
func (p Plan) Check() error {
	var fields []fault.Field
	bad := func(wrong bool, path, format string, args ...any) {
		if wrong {
			fields = append(fields, fault.Invalidf(path, format, args...).Fields()...)
		}
	}
	bad(p.Depth < 1 || p.Depth > 2, "depth", "must be 1 or 2")
	bad(!slices.Contains([]JoinBy{JoinAnyone, JoinApplication, JoinSpending, JoinStaff}, p.JoinBy), "join_by", "is unknown")
	bad(p.JoinFromFen < 0, "join_from", "must not be negative")
	bad(!slices.Contains([]Binding{BindFirst, BindNewcomer, BindLatest}, p.Binding), "binding", "is unknown")
	bad(p.BoundDays < 0 || p.BoundDays > 3650, "bound_days", "must be between 0 and 3650")
	bad(!rates(p.FirstBps, p.SecondBps), "first_bps", "both rates together must not be more than 50 %%")
	bad(p.WithdrawFromFen < 10 || p.WithdrawFromFen > 20_000_000, "withdraw_from", "must be between 0.10 and 200000 yuan")
	bad(p.DayCount < 1 || p.DayCount > 100, "day_count", "must be between 1 and 100")
	bad(p.DayFen < p.WithdrawFromFen, "day_fen", "must not be less than the least withdrawal")
	bad(!isPage(p.CodePage), "code_page", "must be the path of a page, without a leading slash")
	bad(!isPage(p.ProductPage), "product_page", "must be the path of a page, without a leading slash")
	bad(!slices.Contains([]CodeEnv{EnvRelease, EnvTrial, EnvDevelop}, p.CodeEnv), "code_env", "is unknown")
	bad(!slices.Contains(OnShareds(), p.Shared), "shared", "is unknown")
	bad(p.FeeBps < 0 || p.FeeBps > 2000, "fee_bps", "must be between 0 and 20 %%")
	bad(p.SecondFen < 0 || p.SecondFen > 20_000_000, "second_fen", "must be between 0 and 200000 yuan")
	bad(p.TaxBps < 0 || p.TaxBps > 4500, "tax_bps", "must be between 0 and 45 %%")
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// takesTwo reports whether two people have to approve a withdrawal of so much.
func (p Plan) takesTwo(fen money.Fen) bool { return p.SecondFen > 0 && fen > p.SecondFen }

func rates(first, second money.Rate) bool {
	return first >= 0 && second >= 0 && first+second <= MostRate
}

// Plan returns what counts now; Version 0 says that the shop has none, and then it is NewPlan.
func (s *Service) Plan(ctx context.Context, id tenant.ID) (p Plan, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		p, err = s.plan(ctx, r)
		return err
	})
	if err != nil {
		return Plan{}, fmt.Errorf("plan of distribution: %w", err)
	}
	return p, nil
}

func (s *Service) plan(ctx context.Context, q tenantdb.Querier) (Plan, error) {
	row, err := s.q.Plan(ctx, q)
	if tenantdb.NoRows(err) {
		return NewPlan(), nil
	}
	return planOf(row), err
}

// SavePlan makes p what counts for orders from now on; p.Version is the one that the editor saw.
// Opens a transaction. Faults: VALIDATION, DISTRIBUTION_CHANGED.
func (s *Service) SavePlan(ctx context.Context, id tenant.ID, p Plan, actor string) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("save plan of distribution: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.plan(ctx, tx)
		if err != nil {
			return err
		}
		if was.Version != p.Version {
			return ErrPlanChanged
		}
		err = s.q.AddPlan(ctx, tx, distributiondb.AddPlanParams{
			Version: p.Version + 1, Since: tx.Now(), Enabled: p.Enabled, Depth: int32(p.Depth), JoinBy: string(p.JoinBy), JoinFromFen: p.JoinFromFen, Binding: string(p.Binding),
			BoundDays: int32(p.BoundDays), FirstBps: int64(p.FirstBps), SecondBps: int64(p.SecondBps), Review: p.Review, WithdrawFromFen: p.WithdrawFromFen,
			DayCount: int32(p.DayCount), DayFen: p.DayFen, FeeBps: int64(p.FeeBps), TaxBps: int64(p.TaxBps), SecondFen: p.SecondFen,
			CodePage: p.CodePage, ProductPage: p.ProductPage, CodeEnv: string(p.CodeEnv), Shared: string(p.Shared), Proof: p.Proof,
		})
		if tenantdb.Violates(err, "distribution_plan_pkey") {
			return ErrPlanChanged
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "distribution.plan", Object: "distribution:plan", Before: was.told(), After: p.told()})
	})
	if err != nil {
		return fmt.Errorf("save plan of distribution: %w", err)
	}
	return nil
}

func (p Plan) told() map[string]any {
	return map[string]any{
		"enabled": p.Enabled, "depth": p.Depth, "join_by": string(p.JoinBy), "join_from_fen": int64(p.JoinFromFen), "binding": string(p.Binding), "bound_days": p.BoundDays,
		"first_bps": int64(p.FirstBps), "second_bps": int64(p.SecondBps), "review": p.Review, "withdraw_from_fen": int64(p.WithdrawFromFen), "day_count": p.DayCount,
		"day_fen": int64(p.DayFen), "fee_bps": int64(p.FeeBps), "tax_bps": int64(p.TaxBps), "second_fen": int64(p.SecondFen),
		"code_page": p.CodePage, "product_page": p.ProductPage, "code_env": string(p.CodeEnv), "shared": string(p.Shared), "proof": p.Proof,
	}
}

// Rate is what differs from the plan for a product, a variant, a level, or two of these.
type Rate struct {
	ID                    int64
	SPUID, SKUID, LevelID int64 // 0: any
	FirstBps, SecondBps   money.Rate
	Since                 time.Time
	Product, Spec, Level  string // names, for people
}

// SetRate makes a rate count for orders from now on. Opens a transaction. Faults: VALIDATION,
// NOT_FOUND.
func (s *Service) SetRate(ctx context.Context, id tenant.ID, r Rate, actor string) error {
	return s.changeRate(ctx, id, r, actor, "distribution.rate_set", func(tx tenantdb.Tx) error {
		return s.q.AddRate(ctx, tx, r.SPUID, r.SKUID, r.LevelID, int64(r.FirstBps), int64(r.SecondBps), tx.Now())
	})
}

// EndRate lets the plan's own rate count again. Opens a transaction. Faults: VALIDATION.
func (s *Service) EndRate(ctx context.Context, id tenant.ID, r Rate, actor string) error {
	return s.changeRate(ctx, id, r, actor, "distribution.rate_ended", func(tenantdb.Tx) error { return nil })
}

func (s *Service) changeRate(ctx context.Context, id tenant.ID, r Rate, actor, action string, then func(tx tenantdb.Tx) error) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		switch {
		case r.SPUID < 0 || r.SKUID < 0 || r.LevelID < 0 || r.SPUID+r.LevelID == 0 || (r.SKUID > 0 && r.SPUID == 0):
			return fault.Invalidf("product", "needs a product or a level")
		case !rates(r.FirstBps, r.SecondBps):
			return fault.Invalidf("first_bps", "both rates together must not be more than 50 %%")
		}
		if r.SPUID > 0 {
			there, err := s.q.SKUOf(ctx, tx, r.SPUID, r.SKUID)
			if err != nil {
				return err
			}
			if !there {
				return fault.ErrNotFound
			}
		}
		if _, err := s.q.EndRate(ctx, tx, tx.Now(), r.SPUID, r.SKUID, r.LevelID); err != nil {
			return err
		}
		if err := then(tx); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: action, Object: "distribution:rate",
			Detail: map[string]any{"spu_id": r.SPUID, "sku_id": r.SKUID, "level_id": r.LevelID, "first_bps": int64(r.FirstBps), "second_bps": int64(r.SecondBps)},
		})
	})
	if err != nil {
		return fmt.Errorf("rate of distribution: %w", err)
	}
	return nil
}

// Rates returns a page of the rates that differ from the plan's, the newest first; before 0 is
// the beginning, next 0 the end.
func (s *Service) Rates(ctx context.Context, id tenant.ID, before int64) (list []Rate, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Rates(ctx, r, from(before), page+1)
		for _, row := range rows {
			list = append(list, Rate{
				ID: row.ID, SPUID: row.SpuID, SKUID: row.SkuID, LevelID: row.LevelID, FirstBps: money.Rate(row.FirstBps), SecondBps: money.Rate(row.SecondBps), Since: row.Since,
				Product: row.Title, Spec: row.Spec, Level: row.Level,
			})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("rates of distribution: %w", err)
	}
	list, next = cut(list, func(r Rate) int64 { return r.ID })
	return list, next, nil
}

func from(before int64) int64 {
	if before <= 0 {
		return math.MaxInt64
	}
	return before
}

// Level is a rank of distributors, which may have rates of its own.
type Level struct {
	ID      int64
	Name    string
	Members int64 // active ones
}

// Levels lists all levels.
func (s *Service) Levels(ctx context.Context, id tenant.ID) (list []Level, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Levels(ctx, r)
		for _, row := range rows {
			list = append(list, Level{ID: row.ID, Name: row.Name, Members: row.Members})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("levels of distributors: %w", err)
	}
	return list, nil
}

// SaveLevel adds a level, or renames the one with this id. Opens a transaction. Faults:
// VALIDATION, NOT_FOUND, DISTRIBUTION_LEVEL_NAME.
func (s *Service) SaveLevel(ctx context.Context, id tenant.ID, levelID int64, name, actor string) (int64, error) {
	if n := utf8.RuneCountInString(name); n < 1 || n > 20 {
		return 0, fault.Invalidf("name", "must have 1 to 20 characters")
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		if levelID == 0 {
			levelID, err = s.q.AddLevel(ctx, tx, name)
		} else {
			var n int64
			if n, err = s.q.RenameLevel(ctx, tx, name, levelID); err == nil && n == 0 {
				return fault.ErrNotFound
			}
		}
		if tenantdb.Violates(err, "distributor_level_name") {
			return ErrLevelName
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "distribution.level", Object: "distributor_level:" + strconv.FormatInt(levelID, 10), Detail: map[string]any{"name": name},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("save level of distributors: %w", err)
	}
	return levelID, nil
}
