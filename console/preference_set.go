package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// localeSet changes the language of the pages.
func (s *Console) localeSet(c *fiber.Ctx, _ *visit) error {
	lang, ok := i18n.ParseLang(form(c, "locale"))
	if !ok {
		return fault.ErrValidation
	}
	c.Cookie(preference(localeCookie, string(lang)))
	return c.Redirect(orHome(localPath(form(c, "back"))), fiber.StatusSeeOther)
}

// themeSet changes between light and dark.
func (s *Console) themeSet(c *fiber.Ctx, _ *visit) error {
	theme := view.Theme(form(c, "theme"))
	if theme != view.Light && theme != view.Dark {
		return fault.ErrValidation
	}
	c.Cookie(preference(themeCookie, string(theme)))
	return c.Redirect(orHome(localPath(form(c, "back"))), fiber.StatusSeeOther)
}
