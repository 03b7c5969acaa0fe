package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
)

// appList shows the shop's Mini Programs.
func (s *Console) appList(c *fiber.Ctx, v *visit) error {
	apps, err := s.pages.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return render(c, view.AppListPage(s.page(c, v, v.text.T("app.title"), "nav.apps"), view.AppList{Apps: apps}))
}
