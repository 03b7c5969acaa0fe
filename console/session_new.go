package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
)

// sessionNew shows the sign-in form; who is signed in goes on to where he wanted.
func (s *Console) sessionNew(c *fiber.Ctx, v *visit) error {
	next := localPath(c.Query("next"))
	if v.session != nil {
		return c.Redirect(orHome(next), fiber.StatusSeeOther)
	}
	return render(c, view.SignInPage(s.page(c, v, v.text.T("signin.title"), ""), view.SignIn{
		Next: next, Expired: v.ended || c.Query("expired") == "1", Reset: c.Query("done") == "reset", SignUp: s.Opening.open(),
	}))
}

func orHome(next string) string {
	if next == "" {
		return "/console"
	}
	return next
}
