package console

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant/audit"
)

// sessionDelete signs out: the token is worth nothing from then on.
func (s *Console) sessionDelete(c *fiber.Ctx, v *visit) error {
	if err := s.sessions.End(c.UserContext(), s.cookies.Token(c)); err != nil {
		return err
	}
	s.cookies.ClearToken(c)
	if err := s.Audit.Record(c.UserContext(), audit.Entry{
		Actor: "staff:" + strconv.FormatInt(v.session.StaffID, 10), Action: "console.logout",
	}); err != nil {
		return err
	}
	return c.Redirect("/console/login", fiber.StatusSeeOther)
}
