package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
)

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
	return render(c, view.PlatformStaffPage(s.platformPage(c, v, v.text.T("platform_staff.title"), "nav.platform_staff"), rows))
}
