package level

import (
	"context"
	"fmt"
	"strconv"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MostPrices is how many SKUs of a level may have a price of their own, and MostPasted how many
// of them one save changes.
const (
	MostPrices = 20_000
	MostPasted = 2_000
)

// Price is what a SKU costs the members of a level.
type Price struct {
	SKUID   int64
	SPUID   int64
	Code    string
	Product string
	Spec    []string
	ListFen money.Fen // what it costs others now
	Fen     money.Fen
}

const pricePage = 50

// Prices returns a page of a level's prices by SKU; next is 0 at the end.
func (s *Service) Prices(ctx context.Context, id tenant.ID, levelID, after int64) (list []Price, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Prices(ctx, r, levelID, after, pricePage+1)
		for _, row := range rows {
			list = append(list, Price{SKUID: row.SkuID, SPUID: row.SpuID, Code: row.Code, Product: row.Title, Spec: row.SpecValues, ListFen: row.ListFen, Fen: row.PriceFen})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("prices of level %d: %w", levelID, err)
	}
	if len(list) > pricePage {
		list = list[:pricePage]
		next = list[pricePage-1].SKUID
	}
	return list, next, nil
}

// Wish is one line of what staff typed: a SKU's code or number, and its price for a level.
type Wish struct {
	SKU string     // the merchant's code, or our number
	Fen *money.Fen // nil: no price of its own any longer
}

// Problem is why a line cannot be done.
type Problem string

// The problems.
const (
	ProblemUnknown Problem = "unknown" // no such SKU
	ProblemSeveral Problem = "several" // several SKUs have this code
	ProblemTwice   Problem = "twice"   // it was named before
	ProblemPrice   Problem = "price"   // not below what it costs others
)

// Wrong is a line that cannot be done.
type Wrong struct {
	Line    int // index
	Problem Problem
}

// SetPrices makes a level's prices those of the lines, leaving others as they are, as its next
// version; version is the one that the editor saw. Where a line cannot be done nothing is, and
// wrong says why. Opens a transaction. Faults: VALIDATION, NOT_FOUND, LEVEL_CHANGED, LEVEL_PRICES.
func (s *Service) SetPrices(ctx context.Context, id tenant.ID, levelID, version int64, lines []Wish, actor string) (wrong []Wrong, err error) {
	if len(lines) == 0 || len(lines) > MostPasted {
		return nil, fault.Invalidf("prices", "must have 1 to %d lines", MostPasted)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		have, err := s.levels(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := find(have, levelID); !ok {
			return fault.ErrNotFound
		}
		var set priceSet
		if set, wrong, err = s.resolve(ctx, tx, lines); err != nil || len(wrong) > 0 {
			return err
		}
		return s.setPrices(ctx, tx, levelID, version, set, actor)
	})
	if err != nil {
		return nil, fmt.Errorf("prices of level %d: %w", levelID, err)
	}
	return wrong, nil
}

// priceSet is what a save changes: every SKU it names, and the prices of those that have one.
type priceSet struct {
	named, skus, fens []int64
}

func (s *Service) resolve(ctx context.Context, tx tenantdb.Tx, lines []Wish) (set priceSet, wrong []Wrong, err error) {
	var codes []string
	var ids []int64
	for _, l := range lines {
		codes = append(codes, l.SKU)
		if n, err := strconv.ParseInt(l.SKU, 10, 64); err == nil {
			ids = append(ids, n)
		}
	}
	rows, err := s.q.FindSKUs(ctx, tx, codes, ids)
	if err != nil {
		return set, nil, err
	}
	byCode, byID := map[string][]listed{}, map[string][]listed{}
	for _, r := range rows {
		one := listed{r.ID, r.PriceFen}
		byID[strconv.FormatInt(r.ID, 10)] = []listed{one}
		if r.Code != "" {
			byCode[r.Code] = append(byCode[r.Code], one)
		}
	}
	seen := map[int64]bool{}
	for i, l := range lines {
		found := byCode[l.SKU] // a code of the merchant's own goes before our number
		if len(found) == 0 {
			found = byID[l.SKU]
		}
		if bad := l.problem(found, seen); bad != "" {
			wrong = append(wrong, Wrong{Line: i, Problem: bad})
			continue
		}
		seen[found[0].id] = true
		set.named = append(set.named, found[0].id)
		if l.Fen != nil {
			set.skus, set.fens = append(set.skus, found[0].id), append(set.fens, int64(*l.Fen))
		}
	}
	return set, wrong, nil
}

// listed is a SKU with the price that everybody pays.
type listed struct {
	id   int64
	list money.Fen
}

// problem is what is wrong with a line for which these SKUs were found; "" for nothing.
func (l Wish) problem(found []listed, seen map[int64]bool) Problem {
	switch {
	case len(found) == 0:
		return ProblemUnknown
	case len(found) > 1:
		return ProblemSeveral
	case seen[found[0].id]:
		return ProblemTwice
	case l.Fen != nil && (*l.Fen < 0 || *l.Fen >= found[0].list):
		return ProblemPrice
	}
	return ""
}

func (s *Service) setPrices(ctx context.Context, tx tenantdb.Tx, levelID, version int64, set priceSet, actor string) error {
	if err := s.endVersion(ctx, tx, levelID, version); err != nil {
		return err
	}
	if err := s.q.CopyVersion(ctx, tx, tx.Now(), levelID, version); err != nil {
		return err
	}
	if err := s.q.EndPrices(ctx, tx, version+1, levelID, set.named); err != nil {
		return err
	}
	if _, err := s.q.AddPrices(ctx, tx, levelID, version+1, set.skus, set.fens); err != nil {
		return err
	}
	n, err := s.q.PriceCount(ctx, tx, levelID)
	if err != nil {
		return err
	}
	if n > MostPrices {
		return ErrPrices
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: actor, Action: "level.priced", Object: objectOf(levelID), Detail: map[string]any{"version": version + 1, "set": len(set.skus), "ended": len(set.named) - len(set.skus)},
	})
}

// MemberPrice is what a SKU costs a member by level.
type MemberPrice struct {
	SKUID   int64
	ListFen money.Fen
	Fen     money.Fen
}

// MemberPrices returns what the SKUs of a product on the shelf cost a member by level, and the
// level's name; none where the member has no level. One statement.
func (s *Service) MemberPrices(ctx context.Context, id tenant.ID, memberID, spuID int64) (name string, list []MemberPrice, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.MemberPrices(ctx, r, spuID, memberID)
		for _, row := range rows {
			name = row.Name
			p := MemberPrice{SKUID: row.ID, ListFen: row.ListFen, Fen: row.ListFen}
			if row.OwnFen >= 0 {
				p.Fen = min(p.Fen, money.Fen(row.OwnFen))
			} else {
				off, err := money.Rate(row.OffBps).Of(row.ListFen)
				if err != nil {
					return err
				}
				p.Fen -= off
			}
			list = append(list, p)
		}
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("member prices of product %d: %w", spuID, err)
	}
	return name, list, nil
}
