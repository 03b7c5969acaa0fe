package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
)

// shopChoose lets staff of several shops choose; who has one lands in it.
func (s *Console) shopChoose(c *fiber.Ctx, v *visit) error {
	if len(v.session.Shops) == 0 && v.session.OnPlatform {
		return c.Redirect("/console/platform", fiber.StatusSeeOther)
	}
	if len(v.session.Shops) == 1 {
		return c.Redirect(view.Shop{Handle: v.session.Shops[0].Handle}.URL(""), fiber.StatusSeeOther)
	}
	if len(v.session.Shops) == 0 && v.session.OnPlatform {
		return c.Redirect(platformURL, fiber.StatusSeeOther)
	}
	choices := make([]view.ShopChoice, 0, len(v.session.Shops))
	for _, shop := range v.session.Shops {
		choices = append(choices, view.ShopChoice{
			Shop:   view.Shop{Handle: shop.Handle, Name: shop.Name, Role: roleName(v.text, shop.Role)},
			Status: string(shop.Status),
		})
	}
	return render(c, view.ShopListPage(s.page(c, v, v.text.T("shop.title"), ""), choices, s.Opening.open()))
}
