package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
)

// onboardingShow lists what a new shop still needs before it can open.
func (s *Console) onboardingShow(c *fiber.Ctx, v *visit) error {
	return s.onboardingPage(c, v, nil)
}

func (s *Console) onboardingPage(c *fiber.Ctx, v *visit, refused error) error {
	steps, err := s.onboardingSteps(c, v)
	if err != nil {
		return err
	}
	show := view.Onboarding{Steps: steps, Open: v.shop.Status != tenant.Onboarding, MayOpen: v.granted[authz.ShopManage]}
	if refused != nil {
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem = textOf(v, refused)
	}
	p := s.page(c, v, v.text.T("onboarding.title"), "")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/onboarding")
	p.Shop.NoticeHref = "" // it leads here
	return render(c, view.OnboardingPage(p, show))
}

// onboardingSteps computes the steps from the shop's data.
func (s *Console) onboardingSteps(c *fiber.Ctx, v *visit) ([]view.OnboardingStep, error) {
	o, err := s.pages.Overview(c.UserContext(), v.shop.ID, s.Now(), s.texts.Shanghai())
	if err != nil {
		return nil, err
	}
	return onboardingSteps(o), nil
}

func onboardingSteps(o readmodel.Overview) []view.OnboardingStep {
	return []view.OnboardingStep{
		{Key: "app", Icon: "apps", Href: "/apps", Done: o.Apps > 0},
		{Key: "account", Icon: "credit-card", Href: "/payment-accounts", Done: o.Accounts > 0},
		{Key: "product", Icon: "package", Href: "/products", Done: o.Products > 0},
	}
}
