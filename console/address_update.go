package console

import (
	"context"
	"errors"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const addressURL = "/console/account/address"

// proofMark names the proof of a new address: it is the person's, on whichever device the
// code is typed.
func proofMark(v *visit) string { return "staff:" + strconv.FormatInt(v.session.StaffID, 10) }

// proofs is what proves addresses, or the answer of an installation that cannot.
func (s *Console) proofs() (*verify.Service, error) {
	if s.Opening == nil {
		return nil, fault.ErrNotFound
	}
	return s.Opening.Proofs, nil
}

// addressNew asks for the new mail address or phone of a person.
func (s *Console) addressNew(c *fiber.Ctx, v *visit) error {
	return s.showAddress(c, v, view.AddressForm{})
}

func (s *Console) showAddress(c *fiber.Ctx, v *visit, f view.AddressForm) error {
	me, err := s.Staff.ByID(c.UserContext(), v.session.StaffID)
	if err != nil {
		return err
	}
	f.Mail, f.Phone = me.Mail, me.Phone
	f.NoWay = s.Opening == nil || (!s.Opening.Courier.Goes(courier.Mail, courier.AddressCode) && !s.Opening.Courier.Goes(courier.SMS, courier.AddressCode))
	p := s.page(c, v, v.text.T("address.title"), "")
	p.Back = addressURL
	return render(c, view.AddressPage(p, f))
}

// addressSend sends a code to the new address.
func (s *Console) addressSend(c *fiber.Ctx, v *visit) error {
	typed := form(c, "address")
	refused := func(err error, text string) error {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.showAddress(c, v, view.AddressForm{Value: typed, Bad: text})
	}
	proofs, err := s.proofs()
	if err != nil {
		return err
	}
	to, ok := verify.ParseAddress(typed)
	canonical, err := staff.ParseAddress(to.To())
	if !ok || err != nil {
		return refused(errAddress, textOf(v, errAddress))
	}
	me, err := s.Staff.ByID(c.UserContext(), v.session.StaffID)
	if err != nil {
		return err
	}
	if canonical.Value == me.Mail || canonical.Value == me.Phone {
		return refused(errAddress, v.text.T("address.same"))
	}
	if !s.Opening.Courier.Goes(to.Way, courier.AddressCode) {
		return refused(courier.ErrOtherWay, textOf(v, courier.ErrOtherWay))
	}
	if err := s.sendAddressCode(c, v, proofs, to); err != nil {
		if text := sentence(v, err); text != "" || errors.Is(err, courier.ErrNoWay) {
			return refused(err, textOf(v, err))
		}
		return err
	}
	return c.Redirect(addressURL+"/code", fiber.StatusSeeOther)
}

// sendAddressCode sends the code, or to another account's address the word that somebody
// wanted it. On the page both look the same.
func (s *Console) sendAddressCode(c *fiber.Ctx, v *visit, proofs *verify.Service, to verify.Address) error {
	ctx := c.UserContext()
	owner, err := s.Staff.ByLogin(ctx, to.Text)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	known := err == nil && owner.ID != v.session.StaffID
	return proofs.Begin(ctx, verify.BeginInput{
		Visitor: proofMark(v), Purpose: verify.NewAddress, Address: to, Network: verify.Network(clientIP(c)), Known: known,
		Message: func(code string) courier.Message {
			if known {
				return courier.Message{Kind: courier.AddressKnown, Subject: v.text.T("mail.address_known.subject"), Text: v.text.T("mail.address_known.text")}
			}
			return courier.Message{
				Kind: courier.AddressCode, Subject: v.text.T("mail.address_code.subject"), Text: v.text.T("mail.address_code.text", code),
				Values: map[string]string{courier.ValueCode: code},
			}
		},
	})
}

// addressCode asks for the code that was sent.
func (s *Console) addressCode(c *fiber.Ctx, v *visit) error {
	return s.showAddressCode(c, v, nil)
}

func (s *Console) showAddressCode(c *fiber.Ctx, v *visit, refused error) error {
	proofs, err := s.proofs()
	if err != nil {
		return err
	}
	state, err := proofs.Find(c.UserContext(), proofMark(v), verify.NewAddress)
	if errors.Is(err, fault.ErrNotFound) {
		return c.Redirect(addressURL, fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	show := view.AddressCode{Masked: state.Address.Masked(), Wait: int(math.Ceil(state.Wait.Seconds()))}
	if refused != nil {
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem, show.Spent = textOf(v, refused), errors.Is(refused, verify.ErrSpent)
	}
	p := s.page(c, v, v.text.T("address.code_title"), "")
	p.Back = addressURL + "/code"
	return render(c, view.AddressCodePage(p, show))
}

// addressResend sends another code to the same address.
func (s *Console) addressResend(c *fiber.Ctx, v *visit) error {
	proofs, err := s.proofs()
	if err != nil {
		return err
	}
	state, err := proofs.Find(c.UserContext(), proofMark(v), verify.NewAddress)
	if errors.Is(err, fault.ErrNotFound) {
		return c.Redirect(addressURL, fiber.StatusSeeOther)
	}
	if err == nil {
		err = s.sendAddressCode(c, v, proofs, state.Address)
	}
	if sentence(v, err) != "" || errors.Is(err, courier.ErrNoWay) {
		return s.showAddressCode(c, v, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(addressURL+"/code", fiber.StatusSeeOther)
}

// addressUpdate compares the code and takes the new address. Links that were sent to the
// old ones are worthless afterwards, and the old ones are told.
func (s *Console) addressUpdate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	proofs, err := s.proofs()
	if err != nil {
		return err
	}
	state, err := proofs.Find(ctx, proofMark(v), verify.NewAddress)
	if errors.Is(err, fault.ErrNotFound) {
		return c.Redirect(addressURL, fiber.StatusSeeOther)
	}
	if err == nil && !state.Proved {
		err = proofs.Check(ctx, proofMark(v), verify.NewAddress, form(c, "code"))
	}
	if sentence(v, err) != "" {
		return s.showAddressCode(c, v, err)
	}
	if err != nil {
		return err
	}
	to, err := staff.ParseAddress(state.Address.To())
	if err != nil {
		return err
	}
	var before staff.Member
	e := audit.Entry{Action: "console.address_changed", Object: actor(v.session.StaffID), Detail: map[string]any{"way": string(to.Way)}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) (err error) {
		before, err = s.Staff.SetAddressTx(ctx, tx, v.session.StaffID, to)
		return err
	})
	if errors.Is(err, staff.ErrAddressTaken) { // proven by another account meanwhile
		return s.showAddressCode(c, v, err)
	}
	if err != nil {
		return err
	}
	if err := proofs.Forget(ctx, proofMark(v), verify.NewAddress); err != nil {
		s.note(c, v, err) // it ends by itself
	}
	s.tellOld(ctx, v, before, state.Address.Masked())
	return c.Redirect("/console/account?done=address", fiber.StatusSeeOther)
}

// tellOld tells the addresses that a person had before, without letting the answer wait.
func (s *Console) tellOld(ctx context.Context, v *visit, before staff.Member, masked string) {
	for _, to := range []courier.Message{{Way: courier.Mail, To: before.Mail}, {Way: courier.SMS, To: before.Phone}} {
		if to.To == "" || !s.Courier.Goes(to.Way, courier.AddressChanged) {
			continue
		}
		to.Kind, to.Values = courier.AddressChanged, map[string]string{courier.ValueAddress: masked}
		to.Subject = v.text.T("mail.address_changed.subject")
		to.Text = v.text.T("mail.address_changed.text", before.Login, masked, s.origin+"/console/login")
		s.post(ctx, to)
	}
}
