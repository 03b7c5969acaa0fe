package console

import (
	"crypto/rand"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/provision"
	"galleria/tenant/signup"
)

// signupShop asks for the shop's name and handle. With a handle in the query it says
// whether that one is free, which the page asks while somebody types.
func (s *Console) signupShop(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	show := view.SignUpShop{SignUpFrame: o.wizardStep(2, ""), Name: c.Query("name")}
	a, err := o.Signups.Of(ctx, v.session.StaffID)
	switch {
	case err == nil && a.Live() && a.Status != signup.Draft:
		return c.Redirect("/console/signup/progress", fiber.StatusSeeOther)
	case err == nil && (a.Status == signup.Draft || a.Status == signup.Expired):
		show.Name, show.Handle = a.Name, a.Handle
	case err != nil && !errors.Is(err, fault.ErrNotFound):
		return err
	}
	if typed := c.Query("handle"); typed != "" {
		show.Handle = canonicalHandle(typed)
		if err := s.judgeHandle(c, v, o, &show); err != nil {
			return err
		}
	}
	if show.Handle == "" {
		if show.Handle, err = s.suggestHandle(c, v, o); err != nil {
			return err
		}
	}
	return s.signupShopPage(c, v, show)
}

func canonicalHandle(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// judgeHandle writes into the page what became of the handle.
func (s *Console) judgeHandle(c *fiber.Ctx, v *visit, o *Opening, show *view.SignUpShop) error {
	state, suggestions, err := o.Signups.Check(c.UserContext(), v.session.StaffID, show.Handle)
	if err != nil {
		return err
	}
	switch state {
	case provision.HandleFree:
		show.HandleFree = true
	case provision.HandleMalformed:
		show.HandleProblem = v.text.T("signup.shop.malformed")
	case provision.HandleTaken:
		show.HandleProblem, show.Suggestions = v.text.T("signup.shop.taken"), suggestions
	}
	return nil
}

// suggestHandle proposes what stands before the @ of the person's address, or else a
// handle that nobody has.
func (s *Console) suggestHandle(c *fiber.Ctx, v *visit, o *Opening) (string, error) {
	own, _, isMail := strings.Cut(v.session.Login, "@")
	own = strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, own), "-")
	for _, candidate := range []string{own, "shop-" + randomLetters(6)} {
		if candidate == own && !isMail {
			continue
		}
		state, suggestions, err := o.Signups.Check(c.UserContext(), v.session.StaffID, candidate)
		switch {
		case err != nil:
			return "", err
		case state == provision.HandleFree:
			return candidate, nil
		case state == provision.HandleTaken && len(suggestions) > 0:
			return suggestions[0], nil
		}
	}
	return "", nil
}

// randomLetters are letters and digits that the eye does not confuse.
func randomLetters(n int) string {
	const letters = "abcdefghjkmnpqrtuvwxyz2346789"
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

func (s *Console) signupShopPage(c *fiber.Ctx, v *visit, show view.SignUpShop) error {
	show.Base = s.shopBase()
	p := s.page(c, v, v.text.T("signup.shop.title"), "")
	p.Back = "/console/signup/shop"
	return render(c, view.SignUpShopPage(p, show))
}

// shopBase is what stands before the handle in a shop's address.
func (s *Console) shopBase() string {
	_, host, _ := strings.Cut(s.origin, "://")
	return host + "/console/"
}

// signupDraft keeps name and handle.
func (s *Console) signupDraft(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	in := signup.DraftInput{
		StaffID: v.session.StaffID, Network: verify.Network(clientIP(c)), Name: strings.TrimSpace(form(c, "name")), Handle: canonicalHandle(form(c, "handle")),
		Locale: string(v.text.Lang()),
	}
	_, err = o.Signups.Draft(c.UserContext(), in)
	if err == nil {
		return c.Redirect("/console/signup/terms", fiber.StatusSeeOther)
	}
	show := view.SignUpShop{SignUpFrame: o.wizardStep(2, ""), Name: in.Name, Handle: in.Handle}
	f, known := errors.AsType[*fault.Error](err)
	switch {
	case errors.Is(err, signup.ErrUnderWay):
		return c.Redirect("/console/signup/progress", fiber.StatusSeeOther)
	case errors.Is(err, fault.ErrValidation):
		for _, field := range f.Fields() {
			switch field.Path {
			case "name":
				show.NameProblem = v.text.T("signup.shop.name_form")
			case "handle":
				show.HandleProblem = v.text.T("signup.shop.malformed")
			}
		}
	case errors.Is(err, provision.ErrHandleTaken):
		if err := s.judgeHandle(c, v, o, &show); err != nil {
			return err
		}
		show.HandleFree, show.HandleProblem = false, v.text.T("signup.shop.taken")
	case known && fault.KindOf(err) != fault.Internal:
		show.Problem = textOf(v, err)
	default:
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.signupShopPage(c, v, show)
}
