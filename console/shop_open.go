package console

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
)

// shopOpen opens a shop for business once everything it needs is there.
func (s *Console) shopOpen(c *fiber.Ctx, v *visit) error {
	if s.Opening == nil {
		return fault.ErrNotFound
	}
	steps, err := s.onboardingSteps(c, v)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if !step.Passed() {
			return s.onboardingPage(c, v, ErrNotReady)
		}
	}
	err = s.Opening.Registry.Move(c.UserContext(), registry.MoveInput{
		ID: v.shop.ID, Event: registry.EventOpen, Actor: "staff:" + strconv.FormatInt(v.session.StaffID, 10),
	})
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(""), fiber.StatusSeeOther)
}

// shopClosed is the one page of a shop that is closed, for those who managed it.
func (s *Console) shopClosed(c *fiber.Ctx, v *visit) error {
	if !v.granted[authz.ShopManage] {
		return fault.ErrNotFound
	}
	p := s.page(c, v, v.text.T("shop.closed.title"), "")
	p.Nav = nil
	return render(c, view.ShopClosedPage(p, v.shop.Reason))
}
