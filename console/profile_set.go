package console

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/picture"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
)

// profileShow shows what the shop says of itself in its Mini Programs.
func (s *Console) profileShow(c *fiber.Ctx, v *visit) error {
	p, err := s.MiniPrograms.Profile(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.profilePage(c, v, view.ProfileForm{Name: p.Name, Logo: p.Logo, Intro: p.Intro, Phone: p.ServicePhone})
}

func (s *Console) profilePage(c *fiber.Ctx, v *visit, f view.ProfileForm) error {
	f.MayUpdate, f.MaxIntro, f.PictureBytes = v.granted[authz.ShopUpdate], miniprogram.MaxIntro, picture.MaxBytes
	p := s.page(c, v, v.text.T("profile.title"), "nav.apps")
	p.Done = done(c, v)
	return render(c, view.ProfilePage(p, f))
}

// profileUpdate changes it, or shows the form again with what is wrong.
func (s *Console) profileUpdate(c *fiber.Ctx, v *visit) error {
	typedParts(c)
	now, err := s.MiniPrograms.Profile(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	f := view.ProfileForm{
		Name: now.Name, Logo: now.Logo, Intro: strings.ReplaceAll(form(c, "intro"), "\r\n", "\n"), Phone: strings.TrimSpace(form(c, "service_phone")), Bad: map[string]string{},
	}
	logo, err := s.onePicture(c, v)
	if err == nil {
		err = s.MiniPrograms.SetProfile(c.UserContext(), v.shop.ID, miniprogram.ProfileInput{Intro: f.Intro, Logo: logo, ServicePhone: f.Phone, Actor: actor(v.session.StaffID)})
	}
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/profile?done=profile_saved"), fiber.StatusSeeOther)
	}
	refused, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	for _, field := range refused.Fields() {
		f.Bad[field.Path] = v.text.Code("profile.bad", field.Path)
	}
	if strings.HasPrefix(refused.Code(), "PICTURE_") {
		f.Bad["logo"] = textOf(v, err)
	}
	if len(f.Bad) == 0 {
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.profilePage(c, v, f)
}
