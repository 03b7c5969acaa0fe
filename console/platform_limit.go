package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// quotaUnit is in what people write an amount of a quota.
func quotaUnit(q plan.Quota) int64 {
	if q == plan.Storage {
		return 1_000_000 // megabytes
	}
	return 1
}

// limitText is a limit as a form shows it: empty for none.
func limitText(q plan.Quota, n int64) string {
	if n == plan.Unlimited {
		return ""
	}
	return strconv.FormatInt(n/quotaUnit(q), 10)
}

// parseLimit reads what limitText writes, and what people type for it.
func parseLimit(q plan.Quota, text string) (n int64, ok bool) {
	text = strings.NewReplacer(",", "", " ", "", "，", "").Replace(text)
	if text == "" {
		return plan.Unlimited, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > plan.Unlimited/quotaUnit(q) {
		return 0, false
	}
	return n * quotaUnit(q), true
}

// readLimit reads a pair of fields; what is wrong is noted under their names.
func readLimit(v *visit, q plan.Quota, soft, hard, softName, hardName string, problems map[string]string) plan.Limit {
	var l plan.Limit
	var ok bool
	if l.Hard, ok = parseLimit(q, hard); !ok {
		problems[hardName] = v.text.T("platform.problem.number")
	}
	if l.Soft, ok = parseLimit(q, soft); !ok {
		problems[softName] = v.text.T("platform.problem.number")
	} else if soft == "" {
		l.Soft = l.Hard // no warning before the end
	} else if l.Soft > l.Hard {
		problems[softName] = v.text.T("platform.problem.soft")
	}
	return l
}

func quotaOf(c *fiber.Ctx) (plan.Quota, error) {
	for _, q := range plan.Quotas() {
		if string(q) == c.Params("quota") {
			return q, nil
		}
	}
	return "", fault.ErrNotFound
}

// limitNew asks for a limit that is agreed with one shop.
func (s *Console) limitNew(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	q, err := quotaOf(c)
	if err != nil {
		return err
	}
	terms, err := s.Plans.Of(ctx, shop.ID)
	if err != nil {
		return err
	}
	limit := terms.Limit(q)
	return s.limitForm(c, v, shop, q, limitText(q, limit.Soft), limitText(q, limit.Hard), "agree", nil)
}

func (s *Console) limitForm(c *fiber.Ctx, v *visit, shop tenant.Tenant, q plan.Quota, soft, hard, choice string, problems map[string]string) error {
	unit := ""
	if q == plan.Storage {
		unit = " (" + v.text.T("plan.in_megabytes") + ")"
	}
	f := view.ActForm{
		Title: v.text.T("platform.agree_title", shop.Name, v.text.T("plan.quota."+string(q))), Lead: v.text.T("plan.quota_text." + string(q)),
		Submit: v.text.T("platform.save"), Back: platformURL + "/shops/" + shop.ID.String(), BackText: shop.Name, Problems: problems,
		Fields: []view.ActField{
			{Name: "choice", Label: v.text.T("platform.field.choice"), Value: choice, Options: []view.Option{
				{Value: "agree", Label: v.text.T("platform.choice.agree")}, {Value: "plan", Label: v.text.T("platform.choice.plan")},
			}},
			{Name: "soft", Label: v.text.T("plan.soft") + unit, Value: soft, Hint: v.text.T("platform.field.soft_hint"), Max: "19"},
			{Name: "hard", Label: v.text.T("plan.hard") + unit, Value: hard, Hint: v.text.T("platform.field.hard_hint"), Max: "19"},
			s.reasonField(v, reasonOf(c), false),
		},
	}
	f.Action = f.Back + "/limits/" + string(q)
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.shops"), f))
}

// limitCreate agrees a limit with a shop, or lets its plan's hold again.
func (s *Console) limitCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	q, err := quotaOf(c)
	if err != nil {
		return err
	}
	soft, hard, reason := strings.TrimSpace(form(c, "soft")), strings.TrimSpace(form(c, "hard")), reasonOf(c)
	agree, problems := form(c, "choice") != "plan", map[string]string{}
	checkReason(v, reason, problems)
	var limit plan.Limit
	if agree {
		limit = readLimit(v, q, soft, hard, "soft", "hard", problems)
	}
	if len(problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.limitForm(c, v, shop, q, soft, hard, form(c, "choice"), problems)
	}
	detail := map[string]any{"quota": string(q), "reason": reason}
	if !agree {
		err = s.termsChange(ctx, v, shop.ID, "platform.shop.limit_removed", detail, func(tx tenantdb.Tx) error {
			return s.Plans.DisagreeTx(ctx, tx, shop.ID, q)
		})
		if err != nil {
			return err
		}
		return s.back(c, shop, "disagreed")
	}
	detail["soft"], detail["hard"] = limit.Soft, limit.Hard
	err = s.termsChange(ctx, v, shop.ID, "platform.shop.limit", detail, func(tx tenantdb.Tx) error {
		return s.Plans.AgreeTx(ctx, tx, shop.ID, q, limit, reason)
	})
	if err != nil {
		return err
	}
	return s.back(c, shop, "agreed")
}
