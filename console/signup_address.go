package console

import (
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// signupAddress asks for the address of somebody who wants to open a shop. Who is signed
// in, or has begun, goes on where he was.
func (s *Console) signupAddress(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	if v.session != nil {
		return c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
	}
	form := view.SignUpAddress{SignUpFrame: o.wizardStep(1, "")}
	if v.binding != "" {
		state, err := o.Proofs.Find(c.UserContext(), v.binding, verify.SignUp)
		switch {
		case err == nil && c.Query("change") == "":
			return c.Redirect("/console/signup/code", fiber.StatusSeeOther)
		case err == nil:
			form.Address = state.Address.Text
		case !errors.Is(err, fault.ErrNotFound):
			return err
		}
	}
	return s.signupAddressPage(c, v, o, form)
}

func (s *Console) signupAddressPage(c *fiber.Ctx, v *visit, o *Opening, form view.SignUpAddress) error {
	for _, way := range []courier.Way{courier.Mail, courier.SMS} {
		if o.Courier.Goes(way, courier.SignUpCode) {
			form.Ways = append(form.Ways, string(way))
		}
	}
	p := s.page(c, v, v.text.T("signup.title"), "")
	p.Back = "/console/signup"
	return render(c, view.SignUpAddressPage(p, form))
}

// signupSend sends the code to an address that was typed.
func (s *Console) signupSend(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	refused := func(err error) error {
		f := (*fault.Error)(nil)
		if !errors.As(err, &f) || fault.KindOf(err) == fault.Internal {
			return err
		}
		s.note(c, v, err)
		refuseForm(c, err)
		return s.signupAddressPage(c, v, o, view.SignUpAddress{
			SignUpFrame: o.wizardStep(1, f.Text(string(v.text.Lang()))), Address: form(c, "address"),
		})
	}
	address, ok := verify.ParseAddress(form(c, "address"))
	if !ok {
		return refused(errAddress)
	}
	if !o.Courier.Goes(address.Way, courier.SignUpCode) {
		return refused(courier.ErrOtherWay)
	}
	if err := s.sendCode(c, v, o, address); err != nil {
		return refused(err)
	}
	return c.Redirect("/console/signup/code", fiber.StatusSeeOther)
}

// sendCode sends the code, or to an address with an account the word that it has one. On
// the page both look the same.
func (s *Console) sendCode(c *fiber.Ctx, v *visit, o *Opening, address verify.Address) error {
	ctx := c.UserContext()
	_, err := s.Staff.ByLogin(ctx, address.Text)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	known := err == nil
	return o.Proofs.Begin(ctx, verify.BeginInput{
		Visitor: v.binding, Purpose: verify.SignUp, Address: address, Network: verify.Network(clientIP(c)), Known: known,
		Message: func(code string) courier.Message {
			if known {
				return courier.Message{
					Kind: courier.SignUpKnown, Subject: v.text.T("signup.letter.known.subject"), Text: v.text.T("signup.letter.known.text", s.origin+"/console/login"),
				}
			}
			return courier.Message{
				Kind: courier.SignUpCode, Subject: v.text.T("signup.letter.code.subject"), Text: v.text.T("signup.letter.code.text", code),
				Values: map[string]string{courier.ValueCode: code},
			}
		},
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
