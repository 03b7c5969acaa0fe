package console

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/points"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Points is what staff do with points; *points.Service is one.
type Points interface {
	Terms(ctx context.Context, id tenant.ID) (points.Terms, error)
	SaveTerms(ctx context.Context, id tenant.ID, t points.Terms, actor string) error
	Rates(ctx context.Context, id tenant.ID) ([]points.Rate, error)
	SetRates(ctx context.Context, id tenant.ID, spuIDs []int64, r points.Rate, actor string) error
	EndRate(ctx context.Context, id tenant.ID, spuID int64, actor string) error
	Report(ctx context.Context, id tenant.ID, from, to time.Time) (points.Report, error)
	Entries(ctx context.Context, id tenant.ID, f points.EntryFilter) ([]points.Entry, int64, error)
	Balance(ctx context.Context, id tenant.ID, memberID int64) (points.Balance, error)
	Adjust(ctx context.Context, id tenant.ID, in points.AdjustInput) error
	Offers(ctx context.Context, id tenant.ID, status points.OfferStatus, before int64) ([]points.MallOffer, int64, error)
	Offer(ctx context.Context, id tenant.ID, offerID int64) (points.MallOffer, []points.Exchange, error)
	SaveOffer(ctx context.Context, id tenant.ID, offerID, version int64, in points.OfferInput, actor string) (int64, error)
	StopOffer(ctx context.Context, id tenant.ID, offerID int64, actor string) error
}

func (s *Console) pointsTabs(v *visit, here string) view.PointsTabs {
	return view.PointsTabs{Here: here, MayUpdate: v.granted[authz.PointsUpdate]}
}

// pointsReport shows what was issued and spent, and what the shop owes.
func (s *Console) pointsReport(c *fiber.Ctx, v *visit) error {
	shown, period := s.booksPeriod(c.Query("from"), c.Query("to"))
	report, err := s.Points.Report(c.UserContext(), v.shop.ID, period.From, period.To)
	if fault.KindOf(err) == fault.Invalid {
		shown, period = s.booksPeriod("", "")
		shown.Invalid = "points.too_long"
		report, err = s.Points.Report(c.UserContext(), v.shop.ID, period.From, period.To)
	}
	if err != nil {
		return err
	}
	return render(c, view.PointsReportPage(s.page(c, v, v.text.T("points.title"), "nav.points"), view.PointsReport{
		PointsTabs: s.pointsTabs(v, ""), Report: report, Period: shown,
	}))
}

// pointsExport sends the report's days as a table.
func (s *Console) pointsExport(c *fiber.Ctx, v *visit) error {
	shown, period := s.booksPeriod(form(c, "from"), form(c, "to"))
	report, err := s.Points.Report(c.UserContext(), v.shop.ID, period.From, period.To)
	if err != nil {
		return err
	}
	t := v.text.T
	return s.export(c, v, table{
		name: "points", title: t("points.title"), action: "points.exported", detail: map[string]any{"from": shown.From, "to": shown.To},
		head: []string{t("points.day"), t("points.issued"), t("points.spent"), t("points.expired"), t("points.taken")},
		stream: func(_ context.Context, row func(...sheet.Cell) error) error {
			for _, d := range report.Days {
				if err := row(sheet.Day(d.Day), sheet.Count(d.Issued), sheet.Count(d.Spent), sheet.Count(d.Expired), sheet.Count(d.Taken)); err != nil {
					return err
				}
			}
			if err := row(sheet.Text(t("points.sum")), sheet.Count(report.Sum.Issued), sheet.Count(report.Sum.Spent), sheet.Count(report.Sum.Expired), sheet.Count(report.Sum.Taken)); err != nil {
				return err
			}
			return row(sheet.Text(t("points.outstanding")), sheet.Count(report.Outstanding()), sheet.Text(t("points.worth")), sheet.Yuan(report.WorthFen))
		},
	})
}

// pointsEntries shows the journal of all members.
func (s *Console) pointsEntries(c *fiber.Ctx, v *visit) error {
	before, kind := cursor(c.Query("before")), points.EntryKind(c.Query("kind"))
	list, next, err := s.Points.Entries(c.UserContext(), v.shop.ID, points.EntryFilter{Kind: kind, Before: before})
	if err != nil {
		return err
	}
	if v.look != nil {
		for i := range list {
			list[i].Member, list[i].Reason = maskText(list[i].Member), hiddenIf(list[i].Reason)
		}
	}
	return render(c, view.PointsEntriesPage(s.page(c, v, v.text.T("points.entries"), "nav.points"), view.PointsEntries{
		PointsTabs: s.pointsTabs(v, "entries"), Kind: string(kind), Entries: list, Next: next, OnFirst: before == 0,
	}))
}

// pointsMember shows one member's points.
func (s *Console) pointsMember(c *fiber.Ctx, v *visit) error {
	return s.pointsMemberPage(c, v, view.PointsMember{Way: "give"})
}

func (s *Console) pointsMemberPage(c *fiber.Ctx, v *visit, show view.PointsMember) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	who, err := s.pages.Member(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	if show.Balance, err = s.Points.Balance(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	before := cursor(c.Query("before"))
	if show.Entries, show.Next, err = s.Points.Entries(c.UserContext(), v.shop.ID, points.EntryFilter{MemberID: id, Before: before}); err != nil {
		return err
	}
	show.ID, show.Name, show.OnFirst = id, who.Nickname, before == 0
	if v.look != nil {
		show.Name = maskText(show.Name)
		for i := range show.Entries {
			show.Entries[i].Reason = hiddenIf(show.Entries[i].Reason)
		}
	}
	show.MayAdjust = v.granted[authz.PointsAdjust] && who.Status != "left" && who.Status != "merged"
	if show.Key == "" {
		show.Key = rand.Text()
	}
	p := s.page(c, v, v.text.T("points.of_member"), "nav.points")
	p.Done = done(c, v)
	return render(c, view.PointsMemberPage(p, show))
}

// pointsAdjust gives a member points, or takes some; a form that is sent twice does it once.
func (s *Console) pointsAdjust(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.PointsMember{Way: form(c, "way"), Points: strings.TrimSpace(form(c, "points")), Reason: strings.TrimSpace(form(c, "reason")), Key: form(c, "key"), Bad: map[string]string{}}
	n, ok := whole(show.Points, mostPoints)
	if !ok || n == 0 {
		show.Bad["points"] = v.text.T("points.bad.points")
	}
	if show.Reason == "" {
		show.Bad["reason"] = v.text.T("points.bad.reason")
	}
	if show.Way == "take" {
		n = -n
	}
	if len(show.Bad) == 0 {
		err = s.Points.Adjust(c.UserContext(), v.shop.ID, points.AdjustInput{
			MemberID: id, Points: n, Reason: show.Reason, Key: "console:" + itoa64(id) + ":" + show.Key, Actor: actor(v.session.StaffID),
		})
	}
	switch {
	case len(show.Bad) > 0:
	case fault.KindOf(err) == fault.Invalid:
		show.Bad["reason"] = v.text.T("points.bad.reason")
	case fault.CodeOf(err) == points.ErrShort.Code():
		show.Bad["points"] = v.text.T("points.bad.short")
	case err != nil:
		return err
	default:
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(pointsPath+"/members/"+itoa64(id)+"?done=points_adjusted"), fiber.StatusSeeOther)
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return s.pointsMemberPage(c, v, show)
}

const mostPoints = 10_000_000
