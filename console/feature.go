package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/tenant/plan"
)

// begins is what of a plan somebody needs who begins something by a route. What a shop has begun
// goes on when its plan changes, can be looked at, changed and ended: nobody's buyers lose what
// they were promised.
type begins struct {
	feature plan.Feature
	by      func(c *fiber.Ctx) bool // nil: the request does so whatever its form says
}

// featureRoutes says which routes begin what a plan may lack, by method and path.
func featureRoutes() map[string]begins {
	const get, post = fiber.MethodGet + " ", fiber.MethodPost + " "
	switchedOn := func(c *fiber.Ctx) bool { return form(c, "enabled") != "" }
	return map[string]begins{
		get + shopPath + couponsPath + "/new":          {feature: plan.Coupon},
		post + shopPath + couponsPath + "/new":         {feature: plan.Coupon},
		post + shopPath + pointsPath + "/settings":     {plan.Points, switchedOn},
		get + shopPath + mallPath + "/new":             {feature: plan.Points},
		post + shopPath + mallPath + "/new":            {feature: plan.Points},
		get + shopPath + campaignsPath + "/new":        {feature: plan.Campaign},
		post + shopPath + campaignsPath + "/new":       {feature: plan.Campaign},
		post + shopPath + campaignsPath + "/:id/start": {feature: plan.Campaign},
		post + shopPath + distributionPath + "/plan":   {plan.Distribution, switchedOn},
		get + shopPath + "/roles/new":                  {feature: plan.OwnRoles},
		post + shopPath + "/roles":                     {feature: plan.OwnRoles},
		post + exportsPath:                             {feature: plan.Export},
		post + shopPath + "/audit/export":              {feature: plan.Export},
	}
}

// withinPlan refuses what the shop's plan does not have. Faults: FEATURE_NOT_IN_PLAN.
func (s *Console) withinPlan(c *fiber.Ctx, v *visit, r route) error {
	b, ok := s.features[r.method+" "+r.path]
	if !ok || v.shop == nil || (b.by != nil && !b.by(c)) {
		return nil
	}
	return s.Plans.Need(c.UserContext(), v.shop.ID, b.feature)
}
