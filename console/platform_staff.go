package console

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const platformStaffURL = platformURL + "/staff"

// platformStaffList shows the platform's own people and who was invited.
func (s *Console) platformStaffList(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	people, err := s.Staff.PlatformPeople(ctx)
	if err != nil {
		return err
	}
	invites, err := s.Staff.PlatformInvites(ctx)
	if err != nil {
		return err
	}
	list := view.PlatformStaff{MayManage: v.platform[authz.PlatformStaffManage]}
	for _, p := range people {
		list.People = append(list.People, platformRow(v, p))
	}
	for _, i := range invites {
		list.Invites = append(list.Invites, view.InviteRow{
			ID: i.ID, Address: i.Address.Value, Roles: i.Roles, Inviter: i.Inviter, ExpiresAt: i.ExpiresAt, Expired: !i.ExpiresAt.After(s.Now()),
		})
	}
	return render(c, view.PlatformStaffPage(s.platformStaffFrame(c, v, v.text.T("platform_staff.title")), list))
}

func (s *Console) platformStaffFrame(c *fiber.Ctx, v *visit, title string) view.Page {
	return s.platformPage(c, v, title, "nav.platform_staff")
}

func platformRow(v *visit, p staff.PlatformPerson) view.StaffRow {
	return view.StaffRow{
		ID: p.ID, Login: p.Login, Name: p.Name, Roles: p.Roles, Disabled: !p.Active, SecondFactor: p.SecondFactor, Self: p.ID == v.session.StaffID,
	}
}

// platformChoices are the platform's roles, those beyond the viewer's own blocked.
func platformChoices(v *visit, chosen []string) []view.RoleChoice {
	var out []view.RoleChoice
	for _, r := range authz.PlatformRoles() {
		out = append(out, view.RoleChoice{
			Code: r.Code, Name: v.text.Code("role", r.Code), Lead: v.text.T("platform_staff.lead." + r.Code),
			Chosen: slices.Contains(chosen, r.Code), Blocked: !v.platform.Covers(r.Permissions),
		})
	}
	return out
}

// platformInviteNew shows the form that invites somebody to the platform's staff.
func (s *Console) platformInviteNew(c *fiber.Ctx, v *visit) error {
	return s.showPlatformInvite(c, v, view.InviteForm{}, nil)
}

func (s *Console) showPlatformInvite(c *fiber.Ctx, v *visit, f view.InviteForm, chosen []string) error {
	f.NoWay = !s.Courier.Goes(courier.Mail, courier.PlatformInvite) && !s.Courier.Goes(courier.SMS, courier.PlatformInvite)
	f.Roles = platformChoices(v, chosen)
	return render(c, view.PlatformInvitePage(s.platformStaffFrame(c, v, v.text.T("platform_staff.invite")), f))
}

// platformInviteCreate invites an address and sends it the link, which goes nowhere else.
func (s *Console) platformInviteCreate(c *fiber.Ctx, v *visit) error {
	ctx, roles := c.UserContext(), formAll(c, "role")
	f := view.InviteForm{Address: form(c, "address")}
	to, err := staff.ParseAddress(f.Address)
	switch {
	case err != nil:
		f.AddressBad = v.text.T("invite.address_bad")
	case !s.Courier.Goes(to.Way, courier.PlatformInvite):
		f.AddressBad = courier.ErrOtherWay.Text(string(v.text.Lang()))
	case len(roles) == 0:
		f.RolesBad = v.text.T("invite.roles_none")
	}
	if f.AddressBad != "" || f.RolesBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showPlatformInvite(c, v, f, roles)
	}
	token := ""
	e := audit.Entry{Action: "platform.staff_invited", Detail: map[string]any{"way": string(to.Way), "roles": roles}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) (err error) {
		token, err = s.Staff.PlatformInviteTx(ctx, tx, v.session.StaffID, to, roles)
		return err
	})
	if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Throttled {
		f.RolesBad = sentence(v, err)
		refuseForm(c, err)
		return s.showPlatformInvite(c, v, f, roles)
	}
	if err != nil {
		return err
	}
	err = s.Courier.Send(ctx, courier.Message{
		Way: to.Way, To: to.Value, Kind: courier.PlatformInvite, Subject: v.text.T("mail.platform_invite.subject"),
		Text:   v.text.T("mail.platform_invite.text", v.session.Name, s.origin+"/console/team/"+token),
		Values: map[string]string{courier.ValueName: v.session.Name, courier.ValueToken: token},
	})
	if err != nil { // the invitation stands and can be sent again by inviting again
		s.note(c, v, err)
		f.AddressBad = courier.ErrNoWay.Text(string(v.text.Lang()))
		c.Status(fiber.StatusServiceUnavailable)
		return s.showPlatformInvite(c, v, f, roles)
	}
	return c.Redirect(platformStaffURL+"?done=invited", fiber.StatusSeeOther)
}

// platformInviteDelete takes an open invitation back.
func (s *Console) platformInviteDelete(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	e := audit.Entry{Action: "platform.staff_invite_revoked", Detail: map[string]any{"invite": id}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error {
		return s.Staff.RevokePlatformInviteTx(c.UserContext(), tx, v.session.StaffID, id)
	})
	if err != nil && !errors.Is(err, fault.ErrConflict) { // it was answered meanwhile; the list says so
		return err
	}
	return c.Redirect(platformStaffURL+"?done=revoked", fiber.StatusSeeOther)
}

// platformStaffShow shows what one of the platform's people may do, for changing it.
func (s *Console) platformStaffShow(c *fiber.Ctx, v *visit) error {
	return s.showPlatformStaff(c, v, "")
}

func (s *Console) showPlatformStaff(c *fiber.Ctx, v *visit, problem string) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	person, err := s.Staff.PlatformPerson(c.UserContext(), id)
	if err != nil {
		return err
	}
	if person.ID == v.session.StaffID {
		return ErrForbidden
	}
	show := view.StaffShow{Person: platformRow(v, person), Roles: platformChoices(v, person.Roles), Problem: problem}
	return render(c, view.PlatformStaffShowPage(s.platformStaffFrame(c, v, person.Name), show))
}

// platformStaffSetRoles gives a person exactly the ticked roles.
func (s *Console) platformStaffSetRoles(c *fiber.Ctx, v *visit) error {
	roles := formAll(c, "role")
	e := audit.Entry{Action: "platform.staff_roles_set", After: map[string]any{"roles": roles}}
	return s.changePlatformStaff(c, v, &e, "roles", func(tx tenantdb.Tx, id int64) error {
		before, err := s.Staff.SetPlatformRolesTx(c.UserContext(), tx, v.session.StaffID, id, roles)
		e.Before = map[string]any{"roles": before}
		return err
	})
}

// platformStaffDisable keeps a person out of the platform's pages.
func (s *Console) platformStaffDisable(c *fiber.Ctx, v *visit) error {
	return s.changePlatformStaff(c, v, &audit.Entry{Action: "platform.staff_disabled"}, "disabled", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.DisablePlatformTx(c.UserContext(), tx, v.session.StaffID, id)
	})
}

// platformStaffEnable lets a person in again.
func (s *Console) platformStaffEnable(c *fiber.Ctx, v *visit) error {
	return s.changePlatformStaff(c, v, &audit.Entry{Action: "platform.staff_enabled"}, "enabled", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.EnablePlatformTx(c.UserContext(), tx, v.session.StaffID, id)
	})
}

// changePlatformStaff does one change to the person of the address, and shows the list or
// what was wrong.
func (s *Console) changePlatformStaff(c *fiber.Ctx, v *visit, e *audit.Entry, did string, do func(tx tenantdb.Tx, id int64) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	e.Object = actor(id)
	defer s.rights.ForgetPlatform()
	err = s.act(c, v, e, func(tx tenantdb.Tx) error { return do(tx, id) })
	if fault.KindOf(err) == fault.Conflict {
		s.note(c, v, err)
		c.Status(fiber.StatusConflict)
		return s.showPlatformStaff(c, v, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(platformStaffURL+"?done="+did, fiber.StatusSeeOther)
}
