package console

import "github.com/gofiber/fiber/v2"

// whose is a session as session.js asks for it.
type whose struct {
	Login string `json:"login"`
	CSRF  string `json:"csrf"` // the form token, for forms that a session before this one was given
}

// sessionShow tells a page of ours who is signed in, and keeps the session alive. Other sites
// cannot read it: nothing allows them to.
func (s *Console) sessionShow(c *fiber.Ctx, v *visit) error {
	return c.JSON(whose{Login: v.session.Login, CSRF: s.guard.Token(v.binding)})
}
