package console

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// teamShow is what the link of an invitation to the platform's staff opens.
func (s *Console) teamShow(c *fiber.Ctx, v *visit) error {
	return s.showTeam(c, v, view.AcceptInvite{})
}

func (s *Console) showTeam(c *fiber.Ctx, v *visit, page view.AcceptInvite) error {
	ctx, token := c.UserContext(), c.Params("token")
	in, err := s.Staff.PlatformInvited(ctx, token)
	if errors.Is(err, staff.ErrInviteEnded) {
		return s.ended(c, v, err, "invite", "/console")
	}
	if err != nil {
		return err
	}
	page.Self, page.Shop, page.Address = "/console/team/"+token, v.text.T("platform.title"), in.Address.Value
	page.Lead = v.text.T("platform_staff.accept_lead", in.Inviter)
	for _, role := range in.Roles {
		page.Roles = append(page.Roles, v.text.Code("role", role))
	}
	if v.session != nil {
		page.Person = v.session.Name
	} else if _, err := s.Staff.ByLogin(ctx, in.Address.Value); err == nil {
		page.Taken = true // whoever has the link owns the address, so this tells nothing new
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	return render(c, view.AcceptInvitePage(s.page(c, v, v.text.T("accept.title", page.Shop), ""), page))
}

// teamJoin answers the invitation as the person who is signed in.
func (s *Console) teamJoin(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.joinTeam(c, tx, v.session.StaffID, false) })
	if errors.Is(err, staff.ErrInviteEnded) {
		return s.ended(c, v, err, "invite", "/console")
	}
	if err != nil {
		return err
	}
	s.rights.ForgetPlatform()
	return c.Redirect(platformURL, fiber.StatusSeeOther)
}

// joinTeam answers the invitation of the address, and records it.
func (s *Console) joinTeam(c *fiber.Ctx, tx tenantdb.Tx, staffID int64, created bool) error {
	in, err := s.Staff.AcceptPlatformTx(c.UserContext(), tx, c.Params("token"), staffID)
	if err != nil {
		return err
	}
	return s.Audit.RecordTx(c.UserContext(), tx, audit.Entry{
		Actor: actor(staffID), Action: "platform.staff_joined", Object: actor(staffID),
		Detail: map[string]any{"ip": clientIP(c), "roles": in.Roles, "new_account": created},
	})
}

// teamSignUp makes an account for the invited address, answers the invitation with it,
// and signs in.
func (s *Console) teamSignUp(c *fiber.Ctx, v *visit) error {
	ctx, token := c.UserContext(), c.Params("token")
	if v.session != nil {
		return c.Redirect("/console/team/"+token, fiber.StatusSeeOther)
	}
	in, err := s.Staff.PlatformInvited(ctx, token)
	if errors.Is(err, staff.ErrInviteEnded) {
		return s.ended(c, v, err, "invite", "/console")
	}
	if err != nil {
		return err
	}
	page := view.AcceptInvite{Name: strings.TrimSpace(form(c, "name"))}
	if n := len([]rune(page.Name)); n < 1 || n > 40 {
		page.NameBad = v.text.T("accept.name_bad")
	}
	if _, page.Password, err = s.newPassword(c, v, in.Address.Value, page.Name); err != nil {
		return err
	}
	if page.NameBad != "" || page.Password.NewBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showTeam(c, v, page)
	}
	prepared, err := s.Staff.Prepare(ctx, newcomer(in.Address, page.Name, form(c, "password")))
	if err != nil {
		return err
	}
	var me staff.Member
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if me, err = s.Staff.AddTx(ctx, tx, prepared); err != nil {
			return err
		}
		return s.joinTeam(c, tx, me.ID, true) //nolint:contextcheck // the context is the request's
	})
	switch {
	case errors.Is(err, staff.ErrInviteEnded):
		return s.ended(c, v, err, "invite", "/console")
	case fault.KindOf(err) == fault.Conflict: // an account of this address appeared meanwhile
		page.Problem = sentence(v, err)
		c.Status(fiber.StatusConflict)
		return s.showTeam(c, v, page)
	case err != nil:
		return err
	}
	s.rights.ForgetPlatform()
	return s.begun(c, me.ID, platformURL)
}

// newcomer is the account of somebody who has proven an address.
func newcomer(proven staff.Address, name, password string) staff.AddInput {
	add := staff.AddInput{Login: proven.Value, Name: name, Password: password}
	if proven.Way == courier.Mail {
		add.Mail = proven.Value
	} else {
		add.Phone = proven.Value
	}
	return add
}
