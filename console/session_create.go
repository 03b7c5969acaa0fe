package console

import (
	"errors"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
)

// sessionCreate signs in. The token is always new; one that came with the request ends.
func (s *Console) sessionCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	login, next := form(c, "login"), localPath(form(c, "next"))
	member, err := s.Staff.Authenticate(ctx, staff.Credentials{Login: login, Password: form(c, "password"), IP: clientIP(c)})
	if err != nil {
		return s.signInRefused(c, v, err, login, next)
	}
	factor, err := s.factors.State(ctx, member.ID)
	if err != nil {
		return err
	}
	if factor.Since.IsZero() {
		return s.begun(c, member.ID, orHome(next))
	}
	// The password alone signs nobody in; the code is asked for on the next page.
	token, err := s.sessions.Start(ctx, session.StartInput{
		StaffID: member.ID, Replaces: s.cookies.Token(c), UserAgent: c.Get(fiber.HeaderUserAgent), IP: clientIP(c), Pending: true,
	})
	if err != nil {
		return err
	}
	s.cookies.SetToken(c, token)
	return s.toCode(c, next)
}

// toCode leads to the second factor and remembers where the person wants to go.
func (s *Console) toCode(c *fiber.Ctx, next string) error {
	query := url.Values{}
	if next != "" {
		query.Set("next", next)
	}
	return s.detour(c, "/console/login/code", query)
}

// signInRefused shows the form again with what went wrong. The account's name is not
// recorded: people type their password there by mistake.
func (s *Console) signInRefused(c *fiber.Ctx, v *visit, err error, login, next string) error {
	var f *fault.Error
	if !errors.As(err, &f) || (!errors.Is(err, staff.ErrWrongLogin) && !errors.Is(err, staff.ErrTooManyTries)) {
		return err
	}
	s.note(c, v, err)
	c.Status(fiber.StatusUnauthorized)
	if errors.Is(err, staff.ErrTooManyTries) {
		c.Status(fiber.StatusTooManyRequests)
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(retryAfter(err)))
	} else if auditErr := s.Audit.Record(c.UserContext(), audit.Entry{
		Actor: "anonymous", Action: "console.login_failed", Detail: map[string]any{"ip": clientIP(c)},
	}); auditErr != nil {
		return auditErr
	}
	// This answer stands at an address without a form of its own; a change of language
	// leads back to one.
	p := s.page(c, v, v.text.T("signin.title"), "")
	p.Back = "/console/login"
	if next != "" {
		p.Back += "?" + url.Values{"next": {next}}.Encode()
	}
	return render(c, view.SignInPage(p, view.SignIn{Login: login, Next: next, SignUp: s.Opening.open(), Problem: f.Text(string(v.text.Lang()))}))
}
