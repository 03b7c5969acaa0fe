package console

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/session"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// admit enforces the route's access. done means that the answer was given: the way to
// the page that comes first.
func (s *Console) admit(c *fiber.Ctx, v *visit, r route) (done bool, err error) {
	if r.access.IsPublic() {
		return false, nil
	}
	if v.session == nil {
		return true, s.toSignIn(c, v)
	}
	if s.SecondFactor && v.session.Guarded && !v.session.Enrolled && !r.access.OpenToUnenrolled() {
		return true, s.detour(c, "/console/account/totp", nil)
	}
	if done, err := s.admitShop(c, v, r); done || err != nil {
		return done, err
	}
	if err := s.authorize(c, v, r); err != nil {
		if home := s.otherHome(c, v, r, err); home != "" {
			return true, c.Redirect(home, fiber.StatusSeeOther)
		}
		return false, err
	}
	if r.access.NeedsStepUp() && !v.session.Proved(s.Now()) {
		return true, s.stepUp(c, v)
	}
	return false, nil
}

// authorize finds the shop or the platform that the route is about, and what the viewer
// may do there.
func (s *Console) authorize(c *fiber.Ctx, v *visit, r route) (err error) {
	ctx, access := c.UserContext(), r.access
	if need := access.Platform(); need != "" {
		if !v.session.OnPlatform { // to others, these pages do not exist
			return fault.ErrNotFound
		}
		if v.platform, err = s.rights.PlatformGranted(ctx, v.session.StaffID); err != nil {
			return err
		}
		if !v.platform[need] {
			return ErrForbidden
		}
		return nil
	}
	need := access.Permission()
	if need == "" {
		return nil
	}
	if v.shop == nil {
		return s.guest(ctx, c, v, r)
	}
	shop := *v.shop
	if v.granted, err = s.rights.Granted(ctx, shop.ID, v.session.StaffID); err != nil {
		return err
	}
	if !v.granted[need] { // perhaps granted a moment ago, on another process
		s.rights.ForgetOlder(shop.ID)
		if v.granted, err = s.rights.Granted(ctx, shop.ID, v.session.StaffID); err != nil {
			return err
		}
	}
	if !v.granted[need] {
		return ErrForbidden
	}
	if err := s.sessions.Visit(ctx, *v.session, shop, s.Now()); err != nil {
		s.note(c, v, err) // worth a line, not the page
	}
	return nil
}

// otherHome is the page that stands in for the shop's first one with a viewer who may not
// see that: the first of his menu.
func (s *Console) otherHome(c *fiber.Ctx, v *visit, r route, err error) string {
	if !errors.Is(err, ErrForbidden) || r.access.Permission() != authz.DashboardRead || v.shop == nil {
		return ""
	}
	if menu := s.menu(c, v, ""); len(menu) > 0 {
		return menu[0].Href
	}
	return ""
}

// detour sends a browser to a page that comes first. A part of a page that was asked for
// by script gets 401, on which the script loads the page anew.
func (s *Console) detour(c *fiber.Ctx, to string, query url.Values) error {
	if c.Get("HX-Request") != "" {
		return session.ErrEnded
	}
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// stepUp asks for the password or code again. A page comes after it; a form that was
// sent is kept as far as it is no secret, and has to prove first that it is ours.
func (s *Console) stepUp(c *fiber.Ctx, v *visit) error {
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		return s.detour(c, "/console/reauth", url.Values{"next": {localPath(c.OriginalURL())}})
	}
	if err := s.checkForm(c, v, false); err != nil {
		return err
	}
	ask := s.reauthForm(v, s.formPage(c))
	ask.Action = localPath(c.OriginalURL())
	ask.Kept, ask.Dropped = keepable(c)
	v.shop = nil // the question stands in a frame of its own
	return render(c, view.ReauthPage(s.page(c, v, v.text.T("reauth.title"), ""), ask))
}

// formPage is the page that a form was sent from, as the browser says.
func (s *Console) formPage(c *fiber.Ctx) string {
	from, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || (from.Host != "" && from.Host != string(c.Request().Host())) {
		return "/console"
	}
	return orHome(localPath(from.RequestURI()))
}

const (
	maxKept      = 100  // fields
	maxKeptValue = 4000 // bytes
)

// keepable returns the fields of a form that may stand in the page that interrupts it.
// dropped tells that there were others: the form then has to be filled in again.
func keepable(c *fiber.Ctx) (kept []view.Kept, dropped bool) {
	for name, value := range c.Request().PostArgs().All() {
		n, v := string(name), string(value)
		switch {
		case n == "csrf", v == "":
		case secretField(n) || len(v) > maxKeptValue || len(kept) == maxKept:
			dropped = true
		default:
			kept = append(kept, view.Kept{Name: n, Value: v})
		}
	}
	return kept, dropped
}

// secretField tells by its name whether a field may hold a secret.
func secretField(name string) bool {
	for _, word := range []string{"password", "secret", "token", "code", "key", "pem", "cert", "pfx"} {
		if strings.Contains(strings.ToLower(name), word) {
			return true
		}
	}
	return false
}

// admitShop finds the shop that the route is about, and what its state allows. done means
// that the answer was given.
func (s *Console) admitShop(c *fiber.Ctx, v *visit, r route) (done bool, err error) {
	if r.access.Platform() != "" || r.access.Permission() == "" {
		return false, nil
	}
	shop, ok := v.session.Shop(c.Params("handle"))
	if !ok {
		return false, nil // perhaps a guest's; authorize decides
	}
	v.shop = &shop
	return s.admitState(c, v, r)
}

// admitState holds the route to what the shop's state allows in the console: nothing but
// its first page when it is closed, nothing but looking when it is suspended.
func (s *Console) admitState(c *fiber.Ctx, v *visit, r route) (done bool, err error) {
	switch v.shop.Status.Policy().Console {
	case tenant.ConsoleFull:
		return false, nil
	case tenant.ConsoleRead:
		if r.method != fiber.MethodGet {
			return false, ErrReadOnly
		}
		return false, nil
	case tenant.ConsoleNotice:
		if r.method == fiber.MethodGet && r.path == shopPath {
			return false, nil
		}
		return true, c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(""), fiber.StatusSeeOther)
	case tenant.ConsoleAbsent:
	}
	return false, fault.ErrNotFound
}
