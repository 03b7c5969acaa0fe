package campaign

import (
	"context"
	"fmt"
	"math"
	"time"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func (s *Service) find(ctx context.Context, q tenantdb.Querier, campaignID int64) (Campaign, error) {
	row, err := s.q.Find(ctx, q, campaignID)
	if tenantdb.NoRows(err) {
		return Campaign{}, fault.ErrNotFound
	}
	if err != nil {
		return Campaign{}, err
	}
	return campaignOf(row)
}

// SKU is a variant whose price a campaign makes.
type SKU struct {
	SKUID      int64
	SPUID      int64
	Product    string
	Spec       string    // "" for a product without specs
	RegularFen money.Fen // now
	OwnFen     money.Fen // 0: by the share off
	PriceFen   money.Fen // in the campaign
	Units      int64     // of a flash sale: that each session sells
}

// Bucket is what a session of a flash sale has of a SKU.
type Bucket struct {
	No    int64 // of the session, from 1
	SKUID int64
	Units int64
	Taken int64 // by orders that are not closed
	Paid  int64 // of those
}

// Report is what a campaign cost and brought, over orders that were paid and are no test.
type Report struct {
	Orders, Buyers int64
	Units          int64     // pieces that it made cheaper; of free delivery, all that was sent
	CostFen        money.Fen // what it took off orders whose money did not all go back
	SoldFen        money.Fen // what was paid in its orders
	RefundedFen    money.Fen // and went back of that
	Unpaid         int64     // orders that wait for their money
}

// ReturnBps is what was kept of the sales for each fen given, in hundredths of a percent; 0
// where nothing was given.
func (r Report) ReturnBps() int64 {
	if r.CostFen <= 0 {
		return 0
	}
	return int64(r.SoldFen-r.RefundedFen) * 10_000 / int64(r.CostFen)
}

// Shown is a campaign with its SKUs and its report.
type Shown struct {
	Campaign
	SKUs    []SKU
	Buckets []Bucket // of a flash sale
	Gifts   []GiftSKU
	Budget  Budget
	Report  Report
}

// Find returns one campaign. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, campaignID int64) (shown Shown, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			shown.Campaign, err = s.find(ctx, q, campaignID)
			return err
		})
		var skus []campaigndb.SKUsOfRow
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			skus, err = s.q.SKUsOf(ctx, q, campaignID)
			return err
		})
		var sessions []campaigndb.SessionsRow
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			sessions, err = s.q.Sessions(ctx, q, campaignID)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.GiftsOf(ctx, q, campaignID)
			for _, g := range rows {
				shown.Gifts = append(shown.Gifts, GiftSKU{
					SKUID: g.ID, SPUID: g.SpuID, Product: g.Title, Spec: g.Spec, RegularFen: g.PriceFen, CostFen: g.CostFen, Available: g.Available, Given: g.Given,
				})
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			row, err := s.q.Budget(ctx, q, campaignID)
			if tenantdb.NoRows(err) {
				return nil
			}
			shown.Budget = Budget{SpentFen: money.Fen(row.SpentFen), LeastFen: money.Fen(row.LeastFen)}
			if row.BudgetFen != nil {
				shown.Budget.LimitFen = money.Fen(*row.BudgetFen)
			}
			return err
		})
		var buckets []campaigndb.BucketsRow
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			buckets, err = s.q.Buckets(ctx, q, campaignID)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			row, err := s.q.Report(ctx, q, campaignID)
			shown.Report = Report{
				Orders: row.Orders, Buyers: row.Buyers, Units: row.Units, CostFen: money.Fen(row.CostFen), SoldFen: money.Fen(row.SoldFen),
				RefundedFen: money.Fen(row.RefundedFen), Unpaid: row.Unpaid,
			}
			return err
		})
		err := pipe.Run(ctx)
		shown.BudgetFen = shown.Budget.LimitFen
		units := map[int64]int64{}
		for _, b := range buckets {
			shown.Buckets = append(shown.Buckets, Bucket{No: b.No, SKUID: b.SkuID, Units: b.Units, Taken: b.Taken, Paid: b.Paid})
			units[b.SkuID] = b.Units // of the last session, which is the one that can still be changed
		}
		for _, n := range sessions {
			shown.Sessions = append(shown.Sessions, Session{StartsAt: n.StartsAt, EndsAt: n.EndsAt})
		}
		for _, k := range skus {
			sku := SKU{SKUID: k.SkuID, SPUID: k.SpuID, Product: k.Title, Spec: k.Spec, RegularFen: k.RegularFen, Units: units[k.SkuID]}
			if k.PriceFen != nil {
				sku.OwnFen = money.Fen(*k.PriceFen)
			}
			sku.PriceFen = priceOf(sku.RegularFen, sku.OwnFen, shown.OffBps)
			shown.SKUs = append(shown.SKUs, sku)
		}
		return err
	})
	if err != nil {
		return Shown{}, fmt.Errorf("find campaign: %w", err)
	}
	return shown, nil
}

// Variants are the SKUs on offer of products, for a form in which prices are typed.
func (s *Service) Variants(ctx context.Context, id tenant.ID, products []int64) (list []SKU, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Variants(ctx, r, products, MaxSKUs)
		for _, k := range rows {
			list = append(list, SKU{SKUID: k.ID, SPUID: k.SpuID, Product: k.Title, Spec: k.Spec, RegularFen: k.PriceFen})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("variants of products: %w", err)
	}
	return list, nil
}

const page = 20

// List returns a page of campaigns, the newest first, and how many there are in each state; state
// "" is all of them, before 0 the beginning. next is 0 at the end.
func (s *Service) List(ctx context.Context, id tenant.ID, state State, before int64, now time.Time) (list []Campaign, counts map[State]int64, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	counts = map[State]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.List(ctx, q, string(state), now, before, page+1)
			if err != nil {
				return err
			}
			list, err = campaignsOf(rows, func(r campaigndb.ListRow) campaigndb.Campaign { return r.Campaign })
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.Count(ctx, q, now)
			for _, row := range rows {
				counts[State(row.State)] = row.N
			}
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("list campaigns: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, counts, next, nil
}

// Between lists what is, was or will be in force in a time, by when it begins; at most 500.
func (s *Service) Between(ctx context.Context, id tenant.ID, from, until time.Time) (list []Campaign, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Between(ctx, r, until, from)
		if err != nil {
			return err
		}
		list, err = campaignsOf(rows, func(r campaigndb.BetweenRow) campaigndb.Campaign { return r.Campaign })
		for i, c := range list {
			if c.StoppedAt != nil && c.StoppedAt.Before(c.EndsAt) {
				list[i].EndsAt = *c.StoppedAt
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("calendar of campaigns: %w", err)
	}
	return list, nil
}
