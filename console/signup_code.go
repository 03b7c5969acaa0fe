package console

import (
	"errors"
	"math"

	"github.com/gofiber/fiber/v2"

	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// proof is how far this browser has come in proving an address. done means that the answer
// was given: the way to the page that comes first.
func (s *Console) proof(c *fiber.Ctx, v *visit, o *Opening) (state verify.State, done bool, err error) {
	if v.session != nil {
		return state, true, c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
	}
	err = fault.ErrNotFound
	if v.binding != "" {
		state, err = o.Proofs.Find(c.UserContext(), v.binding, verify.SignUp)
	}
	if errors.Is(err, fault.ErrNotFound) {
		return state, true, c.Redirect("/console/signup", fiber.StatusSeeOther)
	}
	return state, false, err
}

// signupCode asks for the code that was sent.
func (s *Console) signupCode(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	state, done, err := s.proof(c, v, o)
	if done || err != nil {
		return err
	}
	if state.Proved {
		return c.Redirect("/console/signup/account", fiber.StatusSeeOther)
	}
	return s.signupCodePage(c, v, o, state, nil)
}

func (s *Console) signupCodePage(c *fiber.Ctx, v *visit, o *Opening, state verify.State, refused error) error {
	show := view.SignUpCode{
		SignUpFrame: o.wizardStep(1, ""), Masked: state.Address.Masked(), Wait: int(math.Ceil(state.Wait.Seconds())),
	}
	if refused != nil {
		f := (*fault.Error)(nil)
		if !errors.As(refused, &f) || fault.KindOf(refused) == fault.Internal {
			return refused
		}
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem, show.Spent = f.Text(string(v.text.Lang())), errors.Is(refused, verify.ErrSpent)
	}
	p := s.page(c, v, v.text.T("signup.code.title"), "")
	p.Back = "/console/signup/code"
	return render(c, view.SignUpCodePage(p, show))
}

// signupProve compares the code.
func (s *Console) signupProve(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	state, done, err := s.proof(c, v, o)
	if done || err != nil {
		return err
	}
	if !state.Proved {
		if err := o.Proofs.Check(c.UserContext(), v.binding, verify.SignUp, form(c, "code")); err != nil {
			return s.signupCodePage(c, v, o, state, err)
		}
	}
	return c.Redirect("/console/signup/account", fiber.StatusSeeOther)
}

// signupResend sends another code to the same address.
func (s *Console) signupResend(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	state, done, err := s.proof(c, v, o)
	if done || err != nil {
		return err
	}
	if err := s.sendCode(c, v, o, state.Address); err != nil {
		return s.signupCodePage(c, v, o, state, err)
	}
	return c.Redirect("/console/signup/code", fiber.StatusSeeOther)
}
