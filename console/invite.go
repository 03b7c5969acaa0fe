package console

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// inviteNew shows the form that invites somebody into the shop.
func (s *Console) inviteNew(c *fiber.Ctx, v *visit) error {
	return s.showInvite(c, v, view.InviteForm{}, nil)
}

func (s *Console) showInvite(c *fiber.Ctx, v *visit, f view.InviteForm, chosen []string) (err error) {
	f.NoWay = !s.Courier.Goes(courier.Mail, courier.Invite) && !s.Courier.Goes(courier.SMS, courier.Invite)
	if f.Roles, err = s.roleChoices(c, v, chosen); err != nil {
		return err
	}
	return render(c, view.InviteNewPage(s.page(c, v, v.text.T("invite.new"), "nav.staff"), f))
}

// inviteCreate invites an address and sends it the link. The link goes there and nowhere
// else: having it proves the address.
func (s *Console) inviteCreate(c *fiber.Ctx, v *visit) error {
	ctx, roles := c.UserContext(), formAll(c, "role")
	f := view.InviteForm{Address: form(c, "address")}
	to, err := staff.ParseAddress(f.Address)
	switch {
	case err != nil:
		f.AddressBad = v.text.T("invite.address_bad")
	case !s.Courier.Goes(to.Way, courier.Invite):
		f.AddressBad = courier.ErrOtherWay.Text(string(v.text.Lang()))
	case len(roles) == 0:
		f.RolesBad = v.text.T("invite.roles_none")
	}
	if f.AddressBad != "" || f.RolesBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showInvite(c, v, f, roles)
	}
	token := ""
	e := audit.Entry{Action: "staff.invited", Detail: map[string]any{"way": string(to.Way), "roles": roles}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) (err error) {
		token, err = s.Staff.InviteTx(ctx, tx, v.shop.ID, v.session.StaffID, to, roles)
		return err
	})
	if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Throttled {
		f.RolesBad = sentence(v, err)
		refuseForm(c, err)
		return s.showInvite(c, v, f, roles)
	}
	if err != nil {
		return err
	}
	err = s.Courier.Send(ctx, courier.Message{
		Way: to.Way, To: to.Value, Kind: courier.Invite, Subject: v.text.T("mail.invite.subject", v.shop.Name),
		Text:   v.text.T("mail.invite.text", v.session.Name, v.shop.Name, s.origin+"/console/invite/"+token),
		Values: map[string]string{courier.ValueShop: v.shop.Name, courier.ValueName: v.session.Name, courier.ValueToken: token},
	})
	if err != nil { // the invitation stands and can be sent again by inviting again
		s.note(c, v, err)
		f.AddressBad = courier.ErrNoWay.Text(string(v.text.Lang()))
		c.Status(fiber.StatusServiceUnavailable)
		return s.showInvite(c, v, f, roles)
	}
	return c.Redirect(s.shopURL(v, "/staff?done=invited"), fiber.StatusSeeOther)
}

// inviteDelete takes an open invitation back.
func (s *Console) inviteDelete(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	e := audit.Entry{Action: "staff.invite_revoked", Detail: map[string]any{"invite": id}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error {
		return s.Staff.RevokeInviteTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, id)
	})
	if err != nil && !errors.Is(err, fault.ErrConflict) { // it was answered meanwhile; the list says so
		return err
	}
	return c.Redirect(s.shopURL(v, "/staff?done=revoked"), fiber.StatusSeeOther)
}

// inviteShow is what an invitation's link opens.
func (s *Console) inviteShow(c *fiber.Ctx, v *visit) error {
	return s.showAccept(c, v, view.AcceptInvite{})
}

func (s *Console) showAccept(c *fiber.Ctx, v *visit, page view.AcceptInvite) error {
	ctx := c.UserContext()
	token := c.Params("token")
	page.Self = "/console/invite/" + token
	in, err := s.Staff.Invited(ctx, token)
	if errors.Is(err, staff.ErrInviteEnded) {
		return s.ended(c, v, err, "invite", "/console")
	}
	if err != nil {
		return err
	}
	page.Shop, page.Lead, page.Address = in.Name, v.text.T("accept.lead", in.Inviter), in.Address.Value
	if page.Roles, err = s.invitedRoles(ctx, v, in); err != nil {
		return err
	}
	if v.session != nil {
		page.Person = v.session.Name
	} else if _, err := s.Staff.ByLogin(ctx, in.Address.Value); err == nil {
		page.Taken = true // whoever has the link owns the address, so this tells nothing new
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	return render(c, view.AcceptInvitePage(s.page(c, v, v.text.T("accept.title", in.Name), ""), page))
}

func (s *Console) invitedRoles(ctx context.Context, v *visit, in staff.Invited) ([]string, error) {
	roles, err := s.Staff.Roles(ctx, in.Shop)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(in.Roles))
	for _, r := range roles {
		if slices.Contains(in.Roles, r.Code) {
			names = append(names, roleName(v.text, session.Role{Code: r.Code, Name: r.Name}))
		}
	}
	return names, nil
}

// ended says that a link does not work any more: gone, not refused.
func (s *Console) ended(c *fiber.Ctx, v *visit, err error, link, href string) error {
	s.note(c, v, err)
	c.Status(fiber.StatusGone)
	title := v.text.T("ended." + link + "_title")
	return render(c, view.EndedPage(s.page(c, v, title, ""), title, v.text.T("ended."+link+"_text"), v.text.T("ended."+link+"_action"), href))
}

// inviteJoin answers the invitation as the person who is signed in.
func (s *Console) inviteJoin(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	var in staff.Invited
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if in, err = s.Staff.AcceptTx(ctx, tx, c.Params("token"), v.session.StaffID); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, joined(c, in, v.session.StaffID, false))
	})
	if errors.Is(err, staff.ErrInviteEnded) {
		return s.ended(c, v, err, "invite", "/console")
	}
	if err != nil {
		return err
	}
	s.rights.Forget(in.Shop)
	return c.Redirect(view.Shop{Handle: in.Handle}.URL(""), fiber.StatusSeeOther)
}

func joined(c *fiber.Ctx, in staff.Invited, staffID int64, created bool) audit.Entry {
	return audit.Entry{
		TenantID: in.Shop, Actor: actor(staffID), Action: "staff.joined",
		Detail: map[string]any{"ip": clientIP(c), "roles": in.Roles, "new_account": created},
	}
}

// inviteSignUp makes an account for the invited address, answers the invitation with it,
// and signs in.
func (s *Console) inviteSignUp(c *fiber.Ctx, v *visit) error {
	ctx, token := c.UserContext(), c.Params("token")
	if v.session != nil {
		return c.Redirect("/console/invite/"+token, fiber.StatusSeeOther)
	}
	in, err := s.Staff.Invited(ctx, token)
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
	if _, page.Password, err = s.newPassword(c, v, in.Address.Value, page.Name, in.Name, in.Handle); err != nil {
		return err
	}
	if page.NameBad != "" || page.Password.NewBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showAccept(c, v, page)
	}
	me, err := s.hire(c, token, in.Address, page.Name)
	switch {
	case errors.Is(err, staff.ErrInviteEnded):
		return s.ended(c, v, err, "invite", "/console")
	case fault.KindOf(err) == fault.Conflict: // an account of this address appeared meanwhile
		page.Problem = sentence(v, err)
		c.Status(fiber.StatusConflict)
		return s.showAccept(c, v, page)
	case err != nil:
		return err
	}
	s.rights.Forget(in.Shop)
	return s.begun(c, me.ID, view.Shop{Handle: in.Handle}.URL(""))
}

// hire makes the account and answers the invitation, both or neither.
func (s *Console) hire(c *fiber.Ctx, token string, proven staff.Address, name string) (me staff.Member, err error) {
	ctx := c.UserContext()
	prepared, err := s.Staff.Prepare(ctx, newcomer(proven, name, form(c, "password")))
	if err != nil {
		return staff.Member{}, err
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if me, err = s.Staff.AddTx(ctx, tx, prepared); err != nil {
			return err
		}
		in, err := s.Staff.AcceptTx(ctx, tx, token, me.ID)
		if err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, joined(c, in, me.ID, true))
	})
	return me, err
}

// begun starts the session of a person who has just proven who he is.
func (s *Console) begun(c *fiber.Ctx, staffID int64, next string) error {
	ctx := c.UserContext()
	token, err := s.sessions.Start(ctx, session.StartInput{
		StaffID: staffID, Replaces: s.cookies.Token(c), UserAgent: c.Get(fiber.HeaderUserAgent), IP: clientIP(c), Pending: false,
	})
	if err != nil {
		return err
	}
	err = s.Audit.Record(ctx, audit.Entry{Actor: actor(staffID), Action: "console.login", Detail: map[string]any{"ip": clientIP(c)}})
	if err != nil { // nobody works unrecorded
		return errors.Join(err, s.sessions.End(ctx, token))
	}
	s.cookies.SetToken(c, token)
	return c.Redirect(next, fiber.StatusSeeOther)
}
