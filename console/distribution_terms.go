package console

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// termsEdit shows on what terms members sell for the shop.
func (s *Console) termsEdit(c *fiber.Ctx, v *visit) error {
	plan, err := s.Distribution.Plan(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.termsPage(c, v, view.TermsForm{Typed: typedPlan(plan), Effect: &plan, Done: done(c, v)})
}

func (s *Console) termsPage(c *fiber.Ctx, v *visit, f view.TermsForm) (err error) {
	if f.DistributionNav, err = s.distributionNav(c, v, "plan"); err != nil {
		return err
	}
	f.MayUpdate = v.granted[authz.DistributionUpdate]
	return render(c, view.TermsPage(s.page(c, v, v.text.T("dist.nav.plan"), navDistribution), f))
}

// termsUpdate makes other terms count from now on, or says what they would do.
func (s *Console) termsUpdate(c *fiber.Ctx, v *visit) error {
	f := view.TermsForm{Typed: map[string]string{}, Bad: map[string]string{}}
	for _, name := range view.TermsFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	r := planReader{typed: f.Typed, bad: map[string]bool{}}
	plan := r.read()
	var err error
	if preview := form(c, "preview") != ""; len(r.bad) == 0 && preview {
		err = plan.Check()
		f.Effect = &plan
	} else if len(r.bad) == 0 {
		err = s.Distribution.SavePlan(c.UserContext(), v.shop.ID, plan, actor(v.session.StaffID))
	}
	for _, name := range refusedFields(err) {
		r.bad[name] = true
	}
	if len(r.bad) > 0 {
		for name := range r.bad {
			f.Bad[name] = v.text.Code("dist.bad", name)
		}
		f.Effect = nil
		c.Status(fiber.StatusUnprocessableEntity)
		return s.termsPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.termsPage(c, v, f)
	}
	if err != nil || f.Effect != nil {
		if err == nil {
			err = s.termsPage(c, v, f)
		}
		return err
	}
	return s.toDistribution(c, v, "/plan?done=distribution_saved")
}

// planReader reads a plan as it was typed.
type planReader struct {
	typed map[string]string
	bad   map[string]bool
}

func (r planReader) read() distribution.Plan {
	version, _ := strconv.ParseInt(r.typed["version"], 10, 64) // none fits no plan
	depth, _ := strconv.Atoi(r.typed["depth"])                 // none is refused as none
	return distribution.Plan{
		Version: version, Enabled: r.typed["enabled"] != "", Depth: depth, JoinBy: distribution.JoinBy(r.typed["join_by"]), JoinFromFen: r.yuan("join_from"),
		Binding: distribution.Binding(r.typed["binding"]), BoundDays: int(r.whole("bound_days")), FirstBps: money.Rate(r.yuan("first_bps")), SecondBps: money.Rate(r.yuan("second_bps")),
		Review: r.typed["review"] != "", WithdrawFromFen: r.yuan("withdraw_from"), DayCount: int(r.whole("day_count")), DayFen: r.yuan("day_fen"),
		FeeBps: money.Rate(r.yuan("fee_bps")), TaxBps: money.Rate(r.yuan("tax_bps")), SecondFen: r.yuan("second_fen"),
		CodePage: r.typed["code_page"], ProductPage: r.typed["product_page"], CodeEnv: distribution.CodeEnv(cmp.Or(r.typed["code_env"], string(distribution.EnvRelease))),
		Shared: distribution.OnShared(cmp.Or(r.typed["shared"], string(distribution.RefuseShared))), Proof: r.typed["proof"] != "",
	}
}

// yuan reads an amount, or a percentage: both have two places. Nothing typed is 0.
func (r planReader) yuan(name string) money.Fen {
	text := strings.TrimSpace(strings.TrimSuffix(r.typed[name], "%"))
	if text == "" {
		return 0
	}
	fen, err := yuan(text)
	if err != nil || fen < 0 {
		r.bad[name] = true
	}
	return fen
}

func (r planReader) whole(name string) int64 {
	n, ok := whole(r.typed[name], mostOf)
	if !ok {
		r.bad[name] = true
	}
	return n
}

// typedPlan is a plan as it would be typed.
func typedPlan(p distribution.Plan) map[string]string {
	two := func(r money.Rate) string { return money.Fen(r).Yuan() }
	return map[string]string{
		"version": itoa64(p.Version), "enabled": orEmpty(p.Enabled, "1"), "depth": strconv.Itoa(p.Depth), "join_by": string(p.JoinBy), "join_from": p.JoinFromFen.Yuan(),
		"binding": string(p.Binding), "bound_days": strconv.Itoa(p.BoundDays), "first_bps": two(p.FirstBps), "second_bps": two(p.SecondBps), "review": orEmpty(p.Review, "1"),
		"withdraw_from": p.WithdrawFromFen.Yuan(), "day_count": strconv.Itoa(p.DayCount), "day_fen": p.DayFen.Yuan(), "fee_bps": two(p.FeeBps), "tax_bps": two(p.TaxBps), "second_fen": p.SecondFen.Yuan(),
		"code_page": p.CodePage, "product_page": p.ProductPage, "code_env": string(p.CodeEnv), "shared": string(p.Shared), "proof": orEmpty(p.Proof, "1"),
	}
}

// rateList shows the rates that differ from the plan's, and the levels.
func (s *Console) rateList(c *fiber.Ctx, v *visit) error {
	return s.ratePage(c, v, view.RateDesk{Product: cursor(c.Query("product")), Query: searchWords(c.Query("q")), Done: done(c, v)})
}

func (s *Console) ratePage(c *fiber.Ctx, v *visit, d view.RateDesk) (err error) {
	ctx, shop := c.UserContext(), v.shop.ID
	if d.DistributionNav, err = s.distributionNav(c, v, "rates"); err != nil {
		return err
	}
	if d.Plan, err = s.Distribution.Plan(ctx, shop); err != nil {
		return err
	}
	before := cursor(c.Query("before"))
	if d.Rates, d.Next, err = s.Distribution.Rates(ctx, shop, before); err != nil {
		return err
	}
	if d.Levels, err = s.Distribution.Levels(ctx, shop); err != nil {
		return err
	}
	d.OnFirst, d.MayUpdate = before == 0, v.granted[authz.DistributionUpdate]
	if err := s.rateProducts(c, v, &d); err != nil {
		return err
	}
	return render(c, view.RatePage(s.page(c, v, v.text.T("dist.nav.rates"), navDistribution), d))
}

// rateProducts reads the product that is chosen, or those that are looked for.
func (s *Console) rateProducts(c *fiber.Ctx, v *visit, d *view.RateDesk) error {
	switch {
	case !d.MayUpdate:
		return nil
	case d.Product > 0:
		p, err := s.pages.Product(c.UserContext(), v.shop.ID, d.Product)
		if fault.KindOf(err) == fault.NotFound {
			d.Product = 0
			return nil
		}
		d.Title = p.Title
		for _, sku := range p.SKUs {
			d.SKUs = append(d.SKUs, view.Choice{Value: itoa64(sku.ID), Label: strings.Join(sku.SpecValues, " / ") + " " + sku.Code})
		}
		return err
	case d.Query != "":
		page, err := s.pages.Products(c.UserContext(), v.shop.ID, readmodel.ProductFilter{Query: d.Query})
		for _, row := range page.Rows {
			d.Found = append(d.Found, view.Choice{Value: itoa64(row.ID), Label: row.Title})
		}
		return err
	}
	return nil
}

// rateOf is the rate that a form names.
func rateOf(c *fiber.Ctx) distribution.Rate {
	return distribution.Rate{SPUID: cursor(form(c, "product")), SKUID: cursor(form(c, "sku")), LevelID: cursor(form(c, "level"))}
}

// rateSet lets a rate count from now on.
func (s *Console) rateSet(c *fiber.Ctx, v *visit) error {
	d := view.RateDesk{Typed: map[string]string{}, Bad: map[string]string{}}
	for _, name := range []string{"sku", "level", "first_bps", "second_bps"} {
		d.Typed[name] = strings.TrimSpace(form(c, name))
	}
	r := planReader{typed: d.Typed, bad: map[string]bool{}}
	rate := rateOf(c)
	d.Product = rate.SPUID
	rate.FirstBps, rate.SecondBps = money.Rate(r.yuan("first_bps")), money.Rate(r.yuan("second_bps"))
	r.bad["first_bps"] = r.bad["first_bps"] || d.Typed["first_bps"] == ""
	var err error
	if !r.bad["first_bps"] && !r.bad["second_bps"] {
		err = s.Distribution.SetRate(c.UserContext(), v.shop.ID, rate, actor(v.session.StaffID))
	}
	for _, name := range refusedFields(err) {
		r.bad[name] = true
	}
	for name, bad := range r.bad {
		if bad {
			d.Bad[name] = v.text.Code("dist.bad", name)
		}
	}
	if fault.KindOf(err) == fault.NotFound {
		d.Bad["product"], err = v.text.T("dist.bad.product"), nil
	}
	if len(d.Bad) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.ratePage(c, v, d)
	}
	if err != nil {
		return err
	}
	return s.toDistribution(c, v, "/rates?done=rate_set")
}

// rateEnd lets the plan's rate count again.
func (s *Console) rateEnd(c *fiber.Ctx, v *visit) error {
	if err := s.Distribution.EndRate(c.UserContext(), v.shop.ID, rateOf(c), actor(v.session.StaffID)); err != nil {
		return err
	}
	return s.toDistribution(c, v, "/rates?done=rate_ended")
}

// levelSave adds a level or gives it another name.
func (s *Console) levelSave(c *fiber.Ctx, v *visit) error {
	name := strings.TrimSpace(form(c, "name"))
	_, err := s.Distribution.SaveLevel(c.UserContext(), v.shop.ID, cursor(form(c, "id")), name, actor(v.session.StaffID))
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.Conflict) {
		d := view.RateDesk{Typed: map[string]string{"name": name}, Bad: map[string]string{"name": v.text.T("dist.bad.level_name")}}
		if kind == fault.Conflict {
			d.Bad["name"] = sentence(v, err)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.ratePage(c, v, d)
	}
	if err != nil {
		return err
	}
	return s.toDistribution(c, v, "/rates?done=level_saved")
}
