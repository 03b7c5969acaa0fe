package console

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/distribution"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Distribution is what staff do with those who sell for the shop; *distribution.Service is one.
type Distribution interface {
	Plan(ctx context.Context, id tenant.ID) (distribution.Plan, error)
	SavePlan(ctx context.Context, id tenant.ID, p distribution.Plan, actor string) error
	Rates(ctx context.Context, id tenant.ID, before int64) (list []distribution.Rate, next int64, err error)
	SetRate(ctx context.Context, id tenant.ID, r distribution.Rate, actor string) error
	EndRate(ctx context.Context, id tenant.ID, r distribution.Rate, actor string) error
	Levels(ctx context.Context, id tenant.ID) ([]distribution.Level, error)
	SaveLevel(ctx context.Context, id tenant.ID, levelID int64, name, actor string) (int64, error)

	Distributors(ctx context.Context, id tenant.ID, f distribution.Filter) (list []distribution.Distributor, more bool, err error)
	Counts(ctx context.Context, id tenant.ID) (map[distribution.Status]int64, error)
	Find(ctx context.Context, id tenant.ID, memberID int64) (distribution.Overview, error)
	Team(ctx context.Context, id tenant.ID, distributorID int64, tier int, before int64) ([]distribution.TeamMember, int64, error)
	Brought(ctx context.Context, id tenant.ID, distributorID, before int64) ([]distribution.Brought, int64, error)
	Appoint(ctx context.Context, id tenant.ID, memberID int64, actor string) (distribution.Distributor, error)
	Decide(ctx context.Context, id tenant.ID, memberID int64, admit bool, reason, actor string) error
	Freeze(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) error
	Unfreeze(ctx context.Context, id tenant.ID, memberID int64, actor string) error
	SetLevel(ctx context.Context, id tenant.ID, memberID, levelID int64, actor string) error
	Assign(ctx context.Context, id tenant.ID, memberID, distributorID int64, note, actor string) error
	Unbind(ctx context.Context, id tenant.ID, memberID, distributorID int64, note, actor string) error
	Ranking(ctx context.Context, id tenant.ID, month string) ([]distribution.Rank, error)
	Signals(ctx context.Context, id tenant.ID, distributorID int64, open bool, before int64) (list []distribution.Signal, next int64, err error)
	ClearSignals(ctx context.Context, id tenant.ID, distributorID, upto int64, actor string) error
	Poster(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, spuID int64) ([]byte, error)

	Entries(ctx context.Context, id tenant.ID, f distribution.EntryFilter) ([]distribution.Entry, int64, error)
	EachEntry(ctx context.Context, id tenant.ID, f distribution.EntryFilter, take func(distribution.Entry) error) error
	Sums(ctx context.Context, id tenant.ID) (map[distribution.EntryStatus]distribution.Sum, error)

	Withdrawals(ctx context.Context, id tenant.ID, distributorID int64, status distribution.WithdrawalStatus, before int64) ([]distribution.Withdrawal, int64, error)
	Waiting(ctx context.Context, id tenant.ID) (map[distribution.WithdrawalStatus]int64, error)
	FindWithdrawal(ctx context.Context, id tenant.ID, no string) (distribution.Withdrawal, error)
	Approve(ctx context.Context, id tenant.ID, no, actor string) error
	Reject(ctx context.Context, id tenant.ID, no, reason, actor string) error
	MarkPaid(ctx context.Context, id tenant.ID, no, reference string, files []distribution.File, actor string) error
	Proofs(ctx context.Context, id tenant.ID, no string) ([]distribution.Proof, error)
	OpenProof(ctx context.Context, id tenant.ID, no string, proofID int64, actor string) (distribution.FoundProof, error)
	Reveal(ctx context.Context, id tenant.ID, no string) (account, name string, err error)
	EachPaidOut(ctx context.Context, id tenant.ID, p distribution.Period, take func(distribution.Withdrawal) error) error
	PaidByMonth(ctx context.Context, id tenant.ID, p distribution.Period) ([]distribution.MonthPaid, error)
}

const navDistribution = "nav.distribution"

// distributionNav counts what waits, for the tabs above every page of distribution.
func (s *Console) distributionNav(c *fiber.Ctx, v *visit, here string) (view.DistributionNav, error) {
	nav := view.DistributionNav{Here: here, MayMoney: v.granted[authz.WithdrawalRead]}
	people, err := s.Distribution.Counts(c.UserContext(), v.shop.ID)
	if err != nil {
		return nav, err
	}
	nav.Applied = people[distribution.Applied]
	if nav.MayMoney {
		waiting, err := s.Distribution.Waiting(c.UserContext(), v.shop.ID)
		if err != nil {
			return nav, err
		}
		nav.Requested = waiting[distribution.Requested]
	}
	return nav, nil
}

// distributionShow shows figures, what waits, and who sells most.
func (s *Console) distributionShow(c *fiber.Ctx, v *visit) error {
	ctx, shop := c.UserContext(), v.shop.ID
	h := view.DistributionHome{Month: c.Query("month"), MayPlan: v.granted[authz.DistributionUpdate]}
	h.MayMoney = v.granted[authz.WithdrawalRead]
	var err error
	if h.Plan, err = s.Distribution.Plan(ctx, shop); err != nil {
		return err
	}
	if h.People, err = s.Distribution.Counts(ctx, shop); err != nil {
		return err
	}
	if h.Sums, err = s.Distribution.Sums(ctx, shop); err != nil {
		return err
	}
	if h.Waiting, err = s.Distribution.Waiting(ctx, shop); err != nil {
		return err
	}
	h.Applied, h.Requested = h.People[distribution.Applied], h.Waiting[distribution.Requested]
	h.Ranking, err = s.Distribution.Ranking(ctx, shop, h.Month)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		h.Bad, err = v.text.T("dist.bad.month"), nil
		c.Status(fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return render(c, view.DistributionHomePage(s.page(c, v, v.text.T("dist.title"), navDistribution), h))
}

// distributorList shows who sells for the shop, and who asks to.
func (s *Console) distributorList(c *fiber.Ctx, v *visit) error {
	return s.distributorListPage(c, v, view.DistributorList{Done: done(c, v)})
}

func (s *Console) distributorListPage(c *fiber.Ctx, v *visit, l view.DistributorList) error {
	ctx, shop := c.UserContext(), v.shop.ID
	nav, err := s.distributionNav(c, v, "people")
	if err != nil {
		return err
	}
	l.DistributionNav, l.Query, l.MayManage = nav, searchWords(c.Query("q")), v.granted[authz.DistributionManage]
	f := distribution.Filter{Query: l.Query}
	if status := distribution.Status(c.Query("status")); slices.Contains(distribution.Statuses(), status) {
		l.Status, f.Status = string(status), status
	}
	f.BeforeAt, f.BeforeID = placeOf(c.Query("after"))
	l.OnFirst = f.BeforeAt.IsZero()
	rows, more, err := s.Distribution.Distributors(ctx, shop, f)
	if err != nil {
		return err
	}
	if l.Rows = rows; more {
		last := rows[len(rows)-1]
		l.After = strconv.FormatInt(last.AppliedAt.UnixMicro(), 10) + "-" + itoa64(last.MemberID)
	}
	if l.Counts, err = s.Distribution.Counts(ctx, shop); err != nil {
		return err
	}
	return render(c, view.DistributorListPage(s.page(c, v, v.text.T("dist.nav.people"), navDistribution), l))
}

// placeOf reads the cursor of the list of distributors, microseconds and a member; what is none
// of ours is the beginning.
func placeOf(cursor string) (time.Time, int64) {
	at, id, ok := cutNumbers(cursor)
	if !ok {
		return time.Time{}, 0
	}
	return time.UnixMicro(at), id
}

// distributorAppoint makes a member a distributor.
func (s *Console) distributorAppoint(c *fiber.Ctx, v *visit) error {
	typed := form(c, "member")
	ids, ok := memberIDs(typed)
	if !ok || len(ids) != 1 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.distributorListPage(c, v, view.DistributorList{Member: typed, MemberBad: v.text.T("dist.bad.member")})
	}
	_, err := s.Distribution.Appoint(c.UserContext(), v.shop.ID, ids[0], actor(v.session.StaffID))
	if errors.Is(err, fault.ErrNotFound) {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.distributorListPage(c, v, view.DistributorList{Member: typed, MemberBad: v.text.T("dist.bad.member")})
	}
	if errors.Is(err, distribution.ErrJoin) {
		c.Status(fiber.StatusConflict)
		return s.distributorListPage(c, v, view.DistributorList{Member: typed, Problem: v.text.T("dist.bad.frozen")})
	}
	if err != nil {
		return err
	}
	return s.toDistribution(c, v, "/people/"+itoa64(ids[0])+"?done=distributor_appointed")
}

func (s *Console) toDistribution(c *fiber.Ctx, v *visit, rest string) error {
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(distributionPath+rest), fiber.StatusSeeOther)
}
