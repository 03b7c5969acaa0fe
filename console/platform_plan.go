package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// planList shows what shops can have.
func (s *Console) planList(c *fiber.Ctx, v *visit) error {
	plans, err := s.Plans.Plans(c.UserContext())
	if err != nil {
		return err
	}
	return render(c, view.PlanListPage(s.platformPage(c, v, v.text.T("platform.plans"), "platform.plans"), view.PlanList{
		Plans: plans, MayManage: v.platform[authz.PlatformPlanManage],
	}))
}

// planNew asks for a new plan.
func (s *Console) planNew(c *fiber.Ctx, v *visit) error {
	return s.planForm(c, v, view.PlanForm{New: true, Price: "0", Sort: "50"})
}

func (s *Console) planForm(c *fiber.Ctx, v *visit, f view.PlanForm) error {
	f.Action = platformURL + "/plans/" + f.ID
	title := v.text.T("platform.plan_edit", f.Name)
	if f.New {
		f.Action, title = platformURL+"/plans", v.text.T("platform.plan_new")
	}
	return render(c, view.PlanFormPage(s.platformPage(c, v, title, "platform.plans"), f))
}

// planNamed finds a plan. Faults: NOT_FOUND.
func (s *Console) planNamed(c *fiber.Ctx, code string) (plan.Plan, error) {
	plans, err := s.Plans.Plans(c.UserContext())
	if err != nil {
		return plan.Plan{}, err
	}
	if i := slices.IndexFunc(plans, func(p plan.Plan) bool { return p.Code == code }); i >= 0 {
		return plans[i], nil
	}
	return plan.Plan{}, fault.ErrNotFound
}

// planEdit shows a plan in its form.
func (s *Console) planEdit(c *fiber.Ctx, v *visit) error {
	p, err := s.planNamed(c, c.Params("plan"))
	if err != nil {
		return err
	}
	f := view.PlanForm{
		ID: p.Code, Name: p.Name, NameEN: p.NameEN, Price: strings.TrimSuffix(p.PriceFen.Yuan(), ".00"), Sort: strconv.Itoa(int(p.Sort)),
		Retired: p.Retired, Default: p.Default, Soft: map[plan.Quota]string{}, Hard: map[plan.Quota]string{},
	}
	for _, feature := range p.Features {
		f.Features = append(f.Features, string(feature))
	}
	for q, l := range p.Limits {
		f.Soft[q], f.Hard[q] = limitText(q, l.Soft), limitText(q, l.Hard)
	}
	return s.planForm(c, v, f)
}

// planCreate makes a plan that did not exist.
func (s *Console) planCreate(c *fiber.Ctx, v *visit) error {
	f, p := s.readPlan(c, v)
	f.New, f.ID, p.Code = true, strings.TrimSpace(form(c, "plan")), strings.TrimSpace(form(c, "plan"))
	if _, err := s.planNamed(c, p.Code); err == nil {
		f.Problems["plan"] = v.text.T("platform.problem.plan_taken")
	}
	if !plan.CodeOK(p.Code) {
		f.Problems["plan"] = v.text.T("platform.problem.plan_id")
	}
	return s.planSave(c, v, f, p)
}

// planUpdate changes a plan. Shops that have it follow within seconds.
func (s *Console) planUpdate(c *fiber.Ctx, v *visit) error {
	was, err := s.planNamed(c, c.Params("plan"))
	if err != nil {
		return err
	}
	f, p := s.readPlan(c, v)
	f.ID, f.Default, p.Code, p.Default = was.Code, was.Default, was.Code, was.Default
	p.Retired = p.Retired && !was.Default // new shops need one
	return s.planSave(c, v, f, p)
}

// readPlan reads the form of a plan, and keeps it as it was typed.
func (s *Console) readPlan(c *fiber.Ctx, v *visit) (view.PlanForm, plan.Plan) {
	f := view.PlanForm{
		Name: strings.TrimSpace(form(c, "name")), NameEN: strings.TrimSpace(form(c, "name_en")), Price: strings.TrimSpace(form(c, "price")),
		Sort: strings.TrimSpace(form(c, "sort")), Retired: form(c, "retired") == "1", Reason: reasonOf(c),
		Soft: map[plan.Quota]string{}, Hard: map[plan.Quota]string{}, Problems: map[string]string{},
	}
	p := plan.Plan{Name: f.Name, NameEN: f.NameEN, Retired: f.Retired, Limits: map[plan.Quota]plan.Limit{}}
	checkReason(v, f.Reason, f.Problems)
	for _, value := range c.Request().PostArgs().PeekMulti("feature") {
		if feature := plan.Feature(value); slices.Contains(plan.Features(), feature) {
			f.Features, p.Features = append(f.Features, string(feature)), append(p.Features, feature)
		}
	}
	for _, q := range plan.Quotas() {
		softName, hardName := "soft_"+string(q), "hard_"+string(q)
		f.Soft[q], f.Hard[q] = strings.TrimSpace(form(c, softName)), strings.TrimSpace(form(c, hardName))
		if l := readLimit(v, q, f.Soft[q], f.Hard[q], softName, hardName, f.Problems); l != plan.NoLimit() {
			p.Limits[q] = l
		}
	}
	for name, value := range map[string]string{"name": f.Name, "name_en": f.NameEN} {
		if n := len([]rune(value)); n < 1 || n > 40 {
			f.Problems[name] = v.text.T("platform.problem.name")
		}
	}
	price, err := money.ParseYuan(f.Price)
	if err != nil || price < 0 {
		f.Problems["price"] = v.text.T("platform.problem.price")
	}
	p.PriceFen = price
	sort, err := strconv.ParseInt(f.Sort, 10, 32)
	if err != nil || sort < 0 {
		f.Problems["sort"] = v.text.T("platform.problem.number")
	}
	p.Sort = int32(sort)
	return f, p
}

// planSave writes a plan with its entry in the platform's log.
func (s *Console) planSave(c *fiber.Ctx, v *visit, f view.PlanForm, p plan.Plan) error {
	ctx := c.UserContext()
	if len(f.Problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.planForm(c, v, f)
	}
	limits := map[string]any{}
	for q, l := range p.Limits {
		limits[string(q)] = []int64{l.Soft, l.Hard}
	}
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := s.Plans.PutTx(ctx, tx, p); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor(v.session.StaffID), Action: "platform.plan.saved", Detail: map[string]any{
			"plan": p.Code, "price_fen": int64(p.PriceFen), "features": f.Features, "limits": limits, "retired": p.Retired, "reason": f.Reason,
		}})
	})
	if err != nil {
		return err
	}
	return c.Redirect(platformURL+"/plans?done=saved", fiber.StatusSeeOther)
}

// planShow is the shop's own page about its plan and what it has used.
func (s *Console) planShow(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	terms, err := s.Plans.Of(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	uses, err := s.Plans.Uses(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	return render(c, view.PlanShowPage(s.page(c, v, v.text.T("plan.title"), "nav.plan"), view.PlanShow{Terms: terms, Uses: uses}))
}
