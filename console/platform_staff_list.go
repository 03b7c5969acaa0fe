package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// platformHome leads to the first page of the platform that the viewer may open.
func (s *Console) platformHome(c *fiber.Ctx, v *visit) (err error) {
	if !v.session.OnPlatform {
		return fault.ErrNotFound
	}
	if v.platform, err = s.rights.PlatformGranted(c.UserContext(), v.session.StaffID); err != nil {
		return err
	}
	menu := platformMenu(v, "")
	if len(menu) == 0 {
		return ErrForbidden
	}
	return c.Redirect(menu[0].Href, fiber.StatusSeeOther)
}

// platformStaffList shows the platform's own people.
func (s *Console) platformStaffList(c *fiber.Ctx, v *visit) error {
	people, err := s.Staff.PlatformPeople(c.UserContext())
	if err != nil {
		return err
	}
	rows := make([]view.StaffRow, 0, len(people))
	for _, p := range people {
		rows = append(rows, view.StaffRow{ID: p.ID, Login: p.Login, Name: p.Name, Roles: p.Roles, Disabled: !p.Active, SecondFactor: p.SecondFactor})
	}
	return render(c, view.PlatformStaffPage(s.page(c, v, v.text.T("platform_staff.title"), "nav.platform_staff"), rows))
}
