package console

import (
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"galleria/console/session"
)

// policy forbids inline code and everything from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// serve wraps a route: headers, who visits, what he may, the form's proof, the page,
// and a page for whatever went wrong.
func (s *Console) serve(r route) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		s.secure(c)
		v := &visit{text: s.texts.Printer(langOf(c))}
		defer func() {
			if p := recover(); p != nil {
				err = s.problem(c, v, &panicked{value: p, stack: debug.Stack()})
			}
		}()
		if err := s.run(c, &v, r); err != nil {
			return s.problem(c, v, err)
		}
		return nil
	}
}

func (s *Console) run(c *fiber.Ctx, v **visit, r route) error {
	if len(c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return ErrEncoding
	}
	if r.path == assetPath { // files need no visitor, and must not cost a statement
		return r.handle(c, *v)
	}
	known, err := s.begin(c)
	*v = known
	if err != nil {
		return err
	}
	if done, err := s.admit(c, known, r); done || err != nil {
		return err
	}
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead && r.method != "ALL" {
		if err := s.checkForm(c, known); err != nil {
			return err
		}
	}
	return r.handle(c, known)
}

// toSignIn sends a browser to the sign-in page and back again afterwards. A part of a
// page that was asked for by script gets 401, on which the script loads the page anew.
func (s *Console) toSignIn(c *fiber.Ctx, v *visit) error {
	if c.Get("HX-Request") != "" {
		return session.ErrEnded
	}
	query := url.Values{}
	if next := localPath(c.OriginalURL()); next != "" && next != "/console" && c.Method() == fiber.MethodGet {
		query.Set("next", next)
	}
	if v.ended {
		query.Set("expired", "1")
	}
	target := "/console/login"
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}

// maxForm is more than any form of ours sends, in bytes.
const maxForm = 64 << 10

// checkForm accepts a changing request only as a plain form of our own pages.
func (s *Console) checkForm(c *fiber.Ctx, v *visit) error {
	if len(c.Request().Body()) > maxForm {
		return ErrTooLarge
	}
	if !s.sameOrigin(c) {
		return ErrForm
	}
	contentType, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	if !strings.EqualFold(strings.TrimSpace(contentType), fiber.MIMEApplicationForm) {
		return ErrForm
	}
	token := c.Get("X-Csrf-Token")
	if token == "" {
		token = string(c.Request().PostArgs().Peek("csrf"))
	}
	if !s.guard.Valid(v.binding, token) {
		return ErrForm
	}
	return nil
}

// sameOrigin believes the browser's own word about where the request was made. A
// client that says nothing is no browser, and has the form token to prove itself.
func (s *Console) sameOrigin(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	own := c.Protocol() + "://" + string(c.Request().Host())
	return origin == s.origin || origin == own
}

// secure sets the headers of every answer.
func (s *Console) secure(c *fiber.Ctx) {
	if strings.HasPrefix(s.origin, "https:") {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, "no-store")
	// The pages follow the system's theme without a script. Critical-CH asks for the
	// first one again with the hint; where a browser does not do so (seen on plain
	// http), the theme comes with the second page.
	c.Set("Accept-CH", schemeHint)
	c.Set("Critical-CH", schemeHint)
	c.Vary(schemeHint)
}

func render(c *fiber.Ctx, page templ.Component) error {
	c.Type("html", "utf-8")
	return page.Render(c.UserContext(), c)
}

// ClientIPLocal is the fiber local in which the server, who knows its trusted proxies,
// leaves the client's address as a string.
const ClientIPLocal = "client_ip"

// clientIP is the client's address as the server found it, or else that of the
// connection; never what a header says.
func clientIP(c *fiber.Ctx) string {
	if ip, ok := c.Locals(ClientIPLocal).(string); ok && ip != "" {
		return ip
	}
	return c.Context().RemoteIP().String()
}

// form returns a value of the posted form.
func form(c *fiber.Ctx, name string) string { return string(c.Request().PostArgs().Peek(name)) }
