package console

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/review"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Reviews is the part of review.Service that staff work with.
type Reviews interface {
	Get(ctx context.Context, id tenant.ID, reviewID int64) (review.Review, error)
	Act(ctx context.Context, id tenant.ID, in review.ActInput) error
	Reports(ctx context.Context, id tenant.ID, reviewID int64) ([]review.Report, error)
	Keep(ctx context.Context, id tenant.ID, reviewID int64, actor string) error
	Reply(ctx context.Context, id tenant.ID, reviewID int64, reply, actor string) error
	SummaryOf(ctx context.Context, id tenant.ID, spuID int64) (review.Summary, error)
	Terms(ctx context.Context, id tenant.ID) (review.Terms, error)
	SetTerms(ctx context.Context, id tenant.ID, in review.Terms, actor string) error
}

// reviewList shows what buyers have written.
func (s *Console) reviewList(c *fiber.Ctx, v *visit) error {
	list := view.ReviewList{Tab: c.Query("tab")}
	// What is no number is no filter.
	list.Product, _ = strconv.ParseInt(c.Query("product"), 10, 64)
	list.Score, _ = strconv.Atoi(c.Query("score"))
	if list.Score < 1 || list.Score > 5 {
		list.Score = 0
	}
	list.Product = max(list.Product, 0)
	offset := cursor(c.Query("before"))
	var err error
	list.MoneyPage, err = s.pages.Reviews(c.UserContext(), v.shop.ID, readmodel.ReviewFilter{Tab: list.Tab, Product: list.Product, Score: list.Score, Offset: offset})
	if err != nil {
		return err
	}
	if list.Product > 0 {
		if list.Summary, err = s.Reviews.SummaryOf(c.UserContext(), v.shop.ID, list.Product); err != nil {
			return err
		}
	}
	list.OnFirst = offset == 0
	return render(c, view.ReviewListPage(s.page(c, v, v.text.T("review.title"), "nav.reviews"), list))
}

// reviewShow shows one review.
func (s *Console) reviewShow(c *fiber.Ctx, v *visit) error {
	return s.reviewPage(c, v, view.ReviewShow{Done: done(c, v)})
}

func (s *Console) reviewPage(c *fiber.Ctx, v *visit, show view.ReviewShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.Review, err = s.Reviews.Get(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if show.Reports, err = s.Reviews.Reports(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	show.MayModerate, show.MayReply = v.granted[authz.ReviewModerate], v.granted[authz.ReviewReply]
	show.SeesMember, show.SeesOrder, show.SeesProduct = v.granted[authz.MemberRead], v.granted[authz.OrderRead], v.granted[authz.ProductRead]
	return render(c, view.ReviewShowPage(s.page(c, v, v.text.T("review.one"), "nav.reviews"), show))
}

// reviewAct approves, hides or shows a text.
func (s *Console) reviewAct(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.ReviewShow{Part: form(c, "part"), Event: form(c, "event"), Reason: form(c, "reason")}
	err = s.Reviews.Act(c.UserContext(), v.shop.ID, review.ActInput{
		ReviewID: id, Part: review.Part(show.Part), Event: review.Event(show.Event), Reason: show.Reason, Actor: actor(v.session.StaffID),
	})
	return s.reviewDone(c, v, id, show, err, "reason")
}

// reviewKeep leaves a reported review as it is.
func (s *Console) reviewKeep(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	err = s.Reviews.Keep(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	return s.reviewDone(c, v, id, view.ReviewShow{}, err, "reason")
}

// reviewReply answers a review.
func (s *Console) reviewReply(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.ReviewShow{Reply: new(form(c, "reply"))}
	err = s.Reviews.Reply(c.UserContext(), v.shop.ID, id, *show.Reply, actor(v.session.StaffID))
	return s.reviewDone(c, v, id, show, err, "reply")
}

// reviewDone goes back to the review, or says what of the form was refused.
func (s *Console) reviewDone(c *fiber.Ctx, v *visit, id int64, show view.ReviewShow, err error, field string) error {
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/reviews/"+strconv.FormatInt(id, 10)+"?done=review"), fiber.StatusSeeOther)
	}
	switch fault.KindOf(err) {
	case fault.Conflict:
		show.Problem = textOf(v, err)
		c.Status(fiber.StatusConflict)
	case fault.Invalid:
		show.Bad = v.text.T("review.bad." + field)
		c.Status(fiber.StatusUnprocessableEntity)
	default:
		return err
	}
	s.note(c, v, err)
	return s.reviewPage(c, v, show)
}

// reviewSettings shows how long buyers may review.
func (s *Console) reviewSettings(c *fiber.Ctx, v *visit) error {
	terms, err := s.Reviews.Terms(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	set := view.ReviewSettings{
		ReviewDays: strconv.FormatInt(terms.ReviewDays, 10), FollowUpDays: strconv.FormatInt(terms.FollowUpDays, 10), Auto: terms.Auto, Checks: terms.Checks,
		ReportLimit: strconv.FormatInt(terms.ReportLimit, 10),
		Done:        done(c, v),
	}
	return s.reviewSettingsPage(c, v, set)
}

func (s *Console) reviewSettingsPage(c *fiber.Ctx, v *visit, set view.ReviewSettings) error {
	set.MaySet = v.granted[authz.ShopUpdate]
	return render(c, view.ReviewSettingsPage(s.page(c, v, v.text.T("review.settings"), "nav.reviews"), set))
}

// reviewTerms changes it.
func (s *Console) reviewTerms(c *fiber.Ctx, v *visit) error {
	set := view.ReviewSettings{
		ReviewDays: strings.TrimSpace(form(c, "review_days")), FollowUpDays: strings.TrimSpace(form(c, "follow_up_days")),
		ReportLimit: strings.TrimSpace(form(c, "report_limit")), Auto: form(c, "auto") == "1", Checks: form(c, "checks") == "1", Bad: map[string]string{},
	}
	in := review.Terms{Auto: set.Auto, Checks: set.Checks}
	in.ReviewDays, _ = strconv.ParseInt(set.ReviewDays, 10, 64) // 0, which is refused
	in.FollowUpDays, _ = strconv.ParseInt(set.FollowUpDays, 10, 64)
	in.ReportLimit, _ = strconv.ParseInt(set.ReportLimit, 10, 64)
	err := s.Reviews.SetTerms(c.UserContext(), v.shop.ID, in, actor(v.session.StaffID))
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/review-settings?done=review_set"), fiber.StatusSeeOther)
	}
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		for _, f := range refused.Fields() {
			set.Bad[f.Path] = v.text.T("review.bad." + f.Path)
		}
	}
	s.note(c, v, err)
	c.Status(fiber.StatusUnprocessableEntity)
	return s.reviewSettingsPage(c, v, set)
}
