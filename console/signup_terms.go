package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/signup"
)

// signupTerms shows what is handed in, and the terms.
func (s *Console) signupTerms(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	return s.signupTermsPage(c, v, o, nil)
}

func (s *Console) signupTermsPage(c *fiber.Ctx, v *visit, o *Opening, refused error) error {
	a, err := o.Signups.Of(c.UserContext(), v.session.StaffID)
	switch {
	case errors.Is(err, fault.ErrNotFound), err == nil && !a.Live():
		return c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
	case err != nil:
		return err
	case a.Status != signup.Draft:
		return c.Redirect("/console/signup/progress", fiber.StatusSeeOther)
	}
	show := view.SignUpTerms{
		SignUpFrame: o.wizardStep(3, ""), Base: s.shopBase(), Name: a.Name, Handle: a.Handle,
		Version: signup.TermsVersion, Review: o.Mode == signup.ModeReview,
	}
	if refused != nil {
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem = textOf(v, refused)
	}
	p := s.page(c, v, v.text.T("signup.terms.title"), "")
	p.Back = "/console/signup/terms"
	return render(c, view.SignUpTermsPage(p, show))
}

// signupSubmit hands the application in.
func (s *Console) signupSubmit(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	if form(c, "accept") != "yes" {
		return s.signupTermsPage(c, v, o, errNotAccepted)
	}
	_, err = o.Signups.Submit(c.UserContext(), v.session.StaffID, form(c, "version"))
	switch {
	case errors.Is(err, signup.ErrTerms):
		return s.signupTermsPage(c, v, o, err)
	case errors.Is(err, signup.ErrExpired):
		return c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
	case err != nil:
		return err
	}
	return c.Redirect("/console/signup/progress", fiber.StatusSeeOther)
}
