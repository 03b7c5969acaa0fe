package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/commerce/points"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// pointsSettings shows how points are earned and what they are good for.
func (s *Console) pointsSettings(c *fiber.Ctx, v *visit) error {
	t, err := s.Points.Terms(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.pointsSettingsPage(c, v, view.PointsForm{Typed: typedPoints(t)})
}

func (s *Console) pointsSettingsPage(c *fiber.Ctx, v *visit, f view.PointsForm) error {
	f.PointsTabs = s.pointsTabs(v, "settings")
	p := s.page(c, v, v.text.T("points.settings"), "nav.points")
	p.Done = done(c, v)
	return render(c, view.PointsSettingsPage(p, f))
}

// pointsSave makes new terms count for what comes.
func (s *Console) pointsSave(c *fiber.Ctx, v *visit) error {
	f := view.PointsForm{Typed: map[string]string{}}
	for _, name := range view.PointsFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	r := typedForm(f.Typed)
	t := points.Terms{
		Enabled: f.Typed["enabled"] != "", Redeem: f.Typed["redeem"] != "", EarnFen: r.fen("earn_fen"), EarnPoints: r.number("earn_points"), SignPoints: r.number("sign_points"),
		WeekPoints: r.number("week_points"), InvitePoints: r.number("invite_points"), PerYuan: r.number("per_yuan"), Step: max(r.number("step"), 1), Least: r.number("least"),
		Most: r.number("most"), CapBps: money.Rate(r.fen("cap_bps")), ValidDays: r.number("valid_days"), GraceDays: r.number("grace_days"),
	}
	t.Version, _ = strconv.ParseInt(f.Typed["version"], 10, 64) // none is never the present one
	var err error
	if len(r.bad) == 0 {
		err = s.Points.SaveTerms(c.UserContext(), v.shop.ID, t, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, badWords(v, "points.bad.")); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.pointsSettingsPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.pointsSettingsPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(pointsPath+"/settings?done=points_saved"), fiber.StatusSeeOther)
}

// typedPoints is how terms would be typed.
func typedPoints(t points.Terms) map[string]string {
	return map[string]string{
		"version": itoa64(t.Version), "enabled": orEmpty(t.Enabled, "1"), "redeem": orEmpty(t.Redeem, "1"), "earn_fen": t.EarnFen.Yuan(), "earn_points": itoa64(t.EarnPoints),
		"sign_points": itoa64(t.SignPoints), "week_points": itoa64(t.WeekPoints), "invite_points": itoa64(t.InvitePoints), "per_yuan": itoa64(t.PerYuan), "step": itoa64(t.Step),
		"least": itoa64(t.Least), "most": itoa64(t.Most), "cap_bps": money.Fen(t.CapBps).Yuan(), "valid_days": itoa64(t.ValidDays), "grace_days": itoa64(t.GraceDays),
	}
}

// pointsProducts shows which products earn otherwise.
func (s *Console) pointsProducts(c *fiber.Ctx, v *visit) error {
	return s.pointsProductsPage(c, v, view.PointsProducts{Typed: map[string]string{"times": "2"}}, nil)
}

func (s *Console) pointsProductsPage(c *fiber.Ctx, v *visit, show view.PointsProducts, chosen []int64) (err error) {
	if show.Products, err = s.productPicker(c, v, "product", v.text.T("points.field.product"), chosen); err != nil {
		return err
	}
	show.Products.Bad = show.Bad["product"]
	if show.Rates, err = s.Points.Rates(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	show.PointsTabs, show.MayUpdate = s.pointsTabs(v, "products"), v.granted[authz.PointsUpdate]
	p := s.page(c, v, v.text.T("points.products"), "nav.points")
	p.Done = done(c, v)
	return render(c, view.PointsProductsPage(p, show))
}

// pointsRate lets products earn otherwise from now on.
func (s *Console) pointsRate(c *fiber.Ctx, v *visit) error {
	show := view.PointsProducts{Typed: map[string]string{}, Bad: map[string]string{}}
	for _, name := range []string{"times", "extra"} {
		show.Typed[name] = strings.TrimSpace(form(c, name))
	}
	chosen := ticked(c, "product")
	if form(c, "find") != "" { // a product is looked for
		return s.pointsProductsPage(c, v, show, chosen)
	}
	r := typedForm(show.Typed)
	rate := points.Rate{TimesBps: money.Rate(r.fen("times") * 100), Extra: r.number("extra")}
	if len(chosen) == 0 {
		r.bad["product"] = true
	}
	var err error
	if len(r.bad) == 0 {
		err = s.Points.SetRates(c.UserContext(), v.shop.ID, chosen, rate, actor(v.session.StaffID))
	}
	if fault.KindOf(err) == fault.NotFound {
		r.bad["product"] = true
	}
	if show.Bad = r.faults(err, badWords(v, "points.bad.")); show.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.pointsProductsPage(c, v, show, chosen)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(pointsPath+"/products?done=points_rate"), fiber.StatusSeeOther)
}

// pointsRateEnd lets a product earn as all others do.
func (s *Console) pointsRateEnd(c *fiber.Ctx, v *visit) error {
	spu, err := strconv.ParseInt(form(c, "product"), 10, 64)
	if err != nil {
		return fault.ErrNotFound
	}
	if err := s.Points.EndRate(c.UserContext(), v.shop.ID, spu, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(pointsPath+"/products?done=points_rate_ended"), fiber.StatusSeeOther)
}
