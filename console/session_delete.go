package console

import (
	"net/url"

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
		Actor: actor(v.session.StaffID), Action: "console.logout",
	}); err != nil {
		return err
	}
	target := "/console/login"
	if next := localPath(form(c, "next")); next != "" {
		target += "?" + url.Values{"next": {next}}.Encode()
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}
