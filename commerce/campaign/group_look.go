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

// BuyGroup is a group of buyers.
type BuyGroup struct {
	GroupNo    string
	CampaignID int64
	Title      string // of the campaign
	SPUID      int64
	Product    string
	Cover      string
	Status     GroupStatus
	Stopped    bool // its campaign was stopped
	Seats      int64
	Taken      int64 // by orders that are not closed
	Paid       int64
	PlacedAt   time.Time
	DeadlineAt *time.Time // nil until the first seat is paid
	EndedAt    *time.Time
	OrderNo    string   // of the member who asks; only in that member's list
	Members    []Seated // only of one group; those who left are not shown to buyers
}

// GroupOffer is what groups of a product are for.
type GroupOffer struct {
	CampaignID          int64
	Title               string
	EndsAt              time.Time
	Seats, FillHours    int64
	PerOrder, PerMember int64 // 0: no limit
	SKUs                []SKU
}

// OpenGroup is a group with seats left.
type OpenGroup struct {
	GroupNo      string
	CampaignID   int64
	Seats, Taken int64
	DeadlineAt   time.Time
	Nicknames    []string // of those who have paid
}

// GroupsOfProduct lists what groups of a product are for in a Mini Program now, and at most 20 that
// have seats left, those that end first at the top. Two statements in one round trip.
func (s *Service) GroupsOfProduct(ctx context.Context, id tenant.ID, app string, spuID int64, now time.Time) (offers []GroupOffer, open []OpenGroup, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.GroupOffers(ctx, q, spuID, now, app)
			offers = groupOffers(rows)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.OpenGroups(ctx, q, spuID, now, app)
			for _, g := range rows {
				open = append(open, OpenGroup{GroupNo: g.GroupNo, CampaignID: g.CampaignID, Seats: g.Seats, Taken: g.Taken, DeadlineAt: *g.DeadlineAt, Nicknames: g.Nicknames})
			}
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("groups of a product: %w", err)
	}
	return offers, open, nil
}

func groupOffers(rows []campaigndb.GroupOffersRow) (offers []GroupOffer) {
	for _, r := range rows {
		if last := len(offers) - 1; last < 0 || offers[last].CampaignID != r.ID {
			o := GroupOffer{CampaignID: r.ID, Title: r.Title, EndsAt: r.EndsAt}
			for to, from := range map[*int64]*int64{&o.Seats: r.Seats, &o.FillHours: r.FillHours, &o.PerOrder: r.PerOrder, &o.PerMember: r.PerMember} {
				if from != nil {
					*to = *from
				}
			}
			offers = append(offers, o)
		}
		sku := SKU{SKUID: r.SkuID, Spec: r.Spec, RegularFen: r.RegularFen}
		if r.PriceFen != nil {
			sku.PriceFen = min(money.Fen(*r.PriceFen), r.RegularFen)
		}
		o := &offers[len(offers)-1]
		o.SKUs = append(o.SKUs, sku)
	}
	return offers
}

// BuyGroup returns one group with its members. Faults: NOT_FOUND.
func (s *Service) BuyGroup(ctx context.Context, id tenant.ID, groupNo string) (g BuyGroup, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			row, err := s.q.GroupByNo(ctx, q, groupNo)
			if tenantdb.NoRows(err) {
				return fault.ErrNotFound
			}
			members := g.Members
			g = BuyGroup{
				GroupNo: row.GroupNo, CampaignID: row.CampaignID, Title: row.Title, SPUID: row.SpuID, Product: row.Product, Cover: row.Cover, Status: GroupStatus(row.Status),
				Stopped: Status(row.CampaignStatus) == Stopped, Seats: row.Seats, Taken: row.Taken, Paid: row.Paid, PlacedAt: row.PlacedAt, DeadlineAt: row.DeadlineAt, EndedAt: row.EndedAt, Members: members,
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			g.Members, err = s.SeatedTx(ctx, q, groupNo)
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return BuyGroup{}, fmt.Errorf("find group: %w", err)
	}
	return g, nil
}

// GroupsOf lists the groups that a member is or was in, the newest first, at most 50. One statement.
func (s *Service) GroupsOf(ctx context.Context, id tenant.ID, memberID int64) (list []BuyGroup, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.GroupsOfMember(ctx, r, memberID)
		for _, row := range rows {
			list = append(list, BuyGroup{
				GroupNo: row.GroupNo, CampaignID: row.CampaignID, Title: row.Title, SPUID: row.SpuID, Product: row.Product, Cover: row.Cover, Status: GroupStatus(row.Status),
				Seats: row.Seats, Taken: row.Taken, Paid: row.Paid, PlacedAt: row.PlacedAt, DeadlineAt: row.DeadlineAt, EndedAt: row.EndedAt, OrderNo: row.OrderNo,
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("groups of a member: %w", err)
	}
	return list, nil
}

// GroupList returns a page of a campaign's groups, the newest first, and how many there are at each
// status; before 0 is the beginning, next 0 the end.
func (s *Service) GroupList(ctx context.Context, id tenant.ID, campaignID, before int64) (list []BuyGroup, counts map[GroupStatus]int64, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	counts = map[GroupStatus]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.GroupsOfCampaign(ctx, q, campaignID, before, page+1)
			for i, row := range rows {
				if i == page {
					next = rows[page-1].ID
					break
				}
				list = append(list, BuyGroup{
					GroupNo: row.GroupNo, CampaignID: campaignID, SPUID: row.SpuID, Product: row.Product, Status: GroupStatus(row.Status),
					Seats: row.Seats, Taken: row.Taken, Paid: row.Paid, PlacedAt: row.PlacedAt, DeadlineAt: row.DeadlineAt, EndedAt: row.EndedAt,
				})
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.CountGroups(ctx, q, campaignID)
			for _, row := range rows {
				counts[GroupStatus(row.Status)] = row.N
			}
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("groups of a campaign: %w", err)
	}
	return list, counts, next, nil
}
