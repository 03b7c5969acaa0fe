package console

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/vault"
)

// appNew asks whose Mini Program is added, and then for its keys.
func (s *Console) appNew(c *fiber.Ctx, v *visit) error {
	provider := c.Query("provider")
	if !knownProvider(provider) {
		return render(c, view.AppChoicePage(s.page(c, v, v.text.T("app.add"), "nav.apps")))
	}
	mode := miniprogram.Live
	if v.shop.Status == tenant.Onboarding && s.SandboxURL != "" && c.Query("mode") == string(miniprogram.Sandbox) {
		mode = miniprogram.Sandbox
	}
	return s.showAppForm(c, v, view.AppForm{Provider: provider, Mode: string(mode), KeyMode: string(miniprogram.PublicKeyMode)})
}

func knownProvider(provider string) bool {
	return provider == string(tenant.WeChat) || provider == string(tenant.Alipay)
}

func (s *Console) showAppForm(c *fiber.Ctx, v *visit, f view.AppForm) error {
	title := v.text.T("app.add")
	if f.Rekey {
		title = v.text.T("app.rekey")
	}
	f.Sandbox = s.SandboxURL != ""
	return render(c, view.AppFormPage(s.page(c, v, title, "nav.apps"), f))
}

// appCreate binds a Mini Program to the shop and checks its keys at once.
func (s *Console) appCreate(c *fiber.Ctx, v *visit) error {
	f := appForm(c)
	if !knownProvider(f.Provider) {
		return c.Redirect(s.shopURL(v, "/apps/new"), fiber.StatusSeeOther)
	}
	in := miniprogram.AddInput{AppID: f.AppID, Provider: tenant.Provider(f.Provider), Name: f.Name, Mode: modeOf(c), Keys: keysOf(c)}
	if in.Mode == miniprogram.Sandbox {
		in.APIBase = s.SandboxURL
	}
	id, err := s.MiniPrograms.Add(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return s.refuseApp(c, v, f, err)
	}
	s.checkSoon(c, v, id)
	return c.Redirect(s.shopURL(v, "/apps/"+id.String()+"?done=app_added"), fiber.StatusSeeOther)
}

// refuseApp shows a form again with what is wrong; another failure is a page of its own.
func (s *Console) refuseApp(c *fiber.Ctx, v *visit, f view.AppForm, err error) error {
	switch kind := fault.KindOf(err); {
	case errors.Is(err, fault.ErrValidation):
		f.Bad = problemsOf(v, f.Provider, err)
	case kind == fault.Conflict, kind == fault.Forbidden:
		f.Problem = textOf(v, err)
	default:
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.showAppForm(c, v, f)
}

// appKeys asks for new keys of a Mini Program.
func (s *Console) appKeys(c *fiber.Ctx, v *visit) error {
	f, err := s.rekeyForm(c, v)
	if err != nil {
		return err
	}
	return s.showAppForm(c, v, f)
}

// appRekey stores them and checks them at once.
func (s *Console) appRekey(c *fiber.Ctx, v *visit) error {
	f, err := s.rekeyForm(c, v)
	if err != nil {
		return err
	}
	typed := appForm(c)
	f.KeyMode, f.PublicKey, f.AppCert, f.AlipayCert, f.RootCert = typed.KeyMode, typed.PublicKey, typed.AppCert, typed.AlipayCert, typed.RootCert
	id, err := pathApp(c)
	if err != nil {
		return err
	}
	if err := s.MiniPrograms.ReplaceKeys(c.UserContext(), v.shop.ID, id, keysOf(c)); err != nil {
		return s.refuseApp(c, v, f, err)
	}
	s.checkSoon(c, v, id)
	return c.Redirect(s.shopURL(v, "/apps/"+id.String()+"?done=app_rekeyed"), fiber.StatusSeeOther)
}

func (s *Console) rekeyForm(c *fiber.Ctx, v *visit) (view.AppForm, error) {
	id, err := pathApp(c)
	if err != nil {
		return view.AppForm{}, err
	}
	app, err := s.MiniPrograms.App(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return view.AppForm{}, err
	}
	f := view.AppForm{
		Rekey: true, Provider: string(app.Provider), AppID: id.String(), Name: app.Name, Mode: string(app.Mode), KeyMode: string(app.Config.KeyMode),
		HasContentKey: app.Config.HasContentKey,
	}
	if f.KeyMode == "" {
		f.KeyMode = string(miniprogram.PublicKeyMode)
	}
	return f, nil
}

// appForm is what was typed and may be shown again.
func appForm(c *fiber.Ctx) view.AppForm {
	return view.AppForm{
		Provider: form(c, "provider"), AppID: strings.TrimSpace(form(c, "app_id")), Name: form(c, "name"), Mode: string(modeOf(c)), KeyMode: form(c, "key_mode"),
		PublicKey: form(c, "public_key"), AppCert: form(c, "app_cert"), AlipayCert: form(c, "alipay_cert"), RootCert: form(c, "root_cert"),
	}
}

// keysOf is the secrets of a form with what belongs to them.
func keysOf(c *fiber.Ctx) miniprogram.KeysInput {
	secret := func(name string) vault.Secret { return vault.NewSecret([]byte(form(c, name))) }
	return miniprogram.KeysInput{
		Secret: secret("secret"),
		Alipay: miniprogram.AlipayInput{
			KeyMode: miniprogram.KeyMode(form(c, "key_mode")), PrivateKey: secret("private_key"), PublicKey: form(c, "public_key"),
			AppCert: form(c, "app_cert"), AlipayCert: form(c, "alipay_cert"), RootCert: form(c, "root_cert"), ContentKey: secret("content_key"),
		},
	}
}
