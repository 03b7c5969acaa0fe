package console

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
)

// appList shows the shop's Mini Programs.
func (s *Console) appList(c *fiber.Ctx, v *visit) error {
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	uses, err := s.pages.AppUses(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	list := view.AppList{MaySeeProfile: v.granted[authz.ShopRead], MayChange: v.granted[authz.AppUpdate], Done: done(c, v)}
	for _, a := range apps {
		list.Apps = append(list.Apps, view.AppCard{App: a, Use: uses[a.ID.String()]})
	}
	return render(c, view.AppListPage(s.page(c, v, v.text.T("app.title"), "nav.apps"), list))
}

// appShow shows one Mini Program.
func (s *Console) appShow(c *fiber.Ctx, v *visit) error {
	return s.showApp(c, v, view.AppShow{Done: done(c, v)})
}

func (s *Console) showApp(c *fiber.Ctx, v *visit, page view.AppShow) error {
	id, err := pathApp(c)
	if err != nil {
		return err
	}
	if page.App, err = s.MiniPrograms.App(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if page.Use, err = s.pages.AppUse(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	page.PushURL = s.BaseURL + notifyPush + id.String()
	page.MayChange, page.Addresses = v.granted[authz.AppUpdate], s.EgressAddresses
	return render(c, view.AppShowPage(s.page(c, v, page.Name, "nav.apps"), page))
}

// pathApp reads an AppID out of the address. Faults: NOT_FOUND.
func pathApp(c *fiber.Ctx) (tenant.AppID, error) {
	id, ok := tenant.ParseAppID(c.Params("app_id"))
	if !ok {
		return tenant.AppID{}, fault.ErrNotFound
	}
	return id, nil
}

// changeApp does something to the app of the address and shows it again, with what was done
// or why it was not.
func (s *Console) changeApp(c *fiber.Ctx, v *visit, did string, do func(ctx context.Context, id tenant.AppID) error) error {
	id, err := pathApp(c)
	if err != nil {
		return err
	}
	err = do(c.UserContext(), id)
	switch fault.KindOf(err) { //nolint:exhaustive // what else goes wrong is a page of its own
	case fault.Conflict, fault.Throttled:
		s.note(c, v, err)
		refuseForm(c, err)
		return s.showApp(c, v, view.AppShow{Problem: textOf(v, err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/apps/"+id.String()+"?done="+did), fiber.StatusSeeOther)
}

// appCheck asks the provider whether the app's keys are good.
func (s *Console) appCheck(c *fiber.Ctx, v *visit) error {
	return s.changeApp(c, v, "app_checked", func(ctx context.Context, id tenant.AppID) error {
		_, err := s.MiniPrograms.CheckNow(ctx, v.shop.ID, id)
		return err
	})
}

// notifyPush is where the API takes what WeChat tells a Mini Program's server.
const notifyPush = "/notify/miniprogram/"

// appPush makes the keys with which WeChat's messages are signed and sealed, and shows them,
// this once.
func (s *Console) appPush(c *fiber.Ctx, v *visit) error {
	id, err := pathApp(c)
	if err != nil {
		return err
	}
	app, err := s.MiniPrograms.App(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	if app.Push.Keys && form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showApp(c, v, view.AppShow{Problem: v.text.T("app.push_unsure")})
	}
	keys, err := s.MiniPrograms.NewPush(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return s.showApp(c, v, view.AppShow{PushKeys: keys})
}

// appRename changes what the shop calls an app.
func (s *Console) appRename(c *fiber.Ctx, v *visit) error {
	err := s.changeApp(c, v, "app_renamed", func(ctx context.Context, id tenant.AppID) error {
		return s.MiniPrograms.Rename(ctx, v.shop.ID, id, form(c, "name"))
	})
	if errors.Is(err, fault.ErrValidation) {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.showApp(c, v, view.AppShow{NameBad: v.text.T("app.problem.name.length")})
	}
	return err
}

// appEnable lets buyers use an app again.
func (s *Console) appEnable(c *fiber.Ctx, v *visit) error {
	return s.changeApp(c, v, "app_enabled", func(ctx context.Context, id tenant.AppID) error {
		return s.MiniPrograms.SetEnabled(ctx, v.shop.ID, id, true)
	})
}

// appDisable keeps buyers out of an app.
func (s *Console) appDisable(c *fiber.Ctx, v *visit) error {
	if form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showApp(c, v, view.AppShow{Problem: v.text.T("staff.remove_unsure")})
	}
	return s.changeApp(c, v, "app_disabled", func(ctx context.Context, id tenant.AppID) error {
		return s.MiniPrograms.SetEnabled(ctx, v.shop.ID, id, false)
	})
}

// appRemove takes an app out of the shop if nothing depends on it.
func (s *Console) appRemove(c *fiber.Ctx, v *visit) error {
	id, err := pathApp(c)
	if err != nil {
		return err
	}
	if form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showApp(c, v, view.AppShow{Problem: v.text.T("staff.remove_unsure")})
	}
	err = s.MiniPrograms.Remove(c.UserContext(), v.shop.ID, id, func(ctx context.Context, tx tenantdb.Tx) error {
		use, err := s.pages.AppUseTx(ctx, tx, id)
		if err == nil && use.Any() {
			err = ErrAppUsed
		}
		return err
	})
	if errors.Is(err, ErrAppUsed) {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.showApp(c, v, view.AppShow{Problem: textOf(v, err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/apps?done=app_removed"), fiber.StatusSeeOther)
}

// checkSoon checks keys that were just stored. The page that follows shows the result; that
// there is none is worth a line, not the page.
func (s *Console) checkSoon(c *fiber.Ctx, v *visit, id tenant.AppID) {
	if _, err := s.MiniPrograms.CheckNow(c.UserContext(), v.shop.ID, id); err != nil {
		s.note(c, v, err)
	}
}

// problemsOf are the sentences about the fields that were refused.
func problemsOf(v *visit, provider string, err error) map[string]string {
	bad := map[string]string{}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return bad
	}
	for _, field := range f.Fields() {
		bad[field.Path] = v.text.T("app.problem." + field.Message)
		for _, key := range []string{field.Path + "." + field.Message, field.Path + "." + field.Message + "." + provider} {
			if v.text.Has("app.problem." + key) { // said more exactly
				bad[field.Path] = v.text.T("app.problem." + key)
			}
		}
	}
	return bad
}

// modeOf is the mode of a form; what is not said is live.
func modeOf(c *fiber.Ctx) miniprogram.Mode {
	if form(c, "mode") == string(miniprogram.Sandbox) {
		return miniprogram.Sandbox
	}
	return miniprogram.Live
}
