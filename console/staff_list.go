package console

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// staffList shows who works in the shop and which invitations are open.
func (s *Console) staffList(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	people, err := s.Staff.People(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	invites, err := s.Staff.Invites(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	names, err := s.roleNames(c, v)
	if err != nil {
		return err
	}
	list := view.StaffList{
		MayInvite: v.granted[authz.StaffInvite], MayManage: v.granted[authz.StaffManage], MayTransfer: v.granted[authz.OwnerTransfer], Done: done(c, v),
	}
	for _, p := range people {
		list.People = append(list.People, staffRow(v, p, names))
	}
	for _, i := range invites {
		list.Invites = append(list.Invites, view.InviteRow{
			ID: i.ID, Address: i.Address.Value, Roles: named(i.Roles, names), Inviter: i.Inviter, ExpiresAt: i.ExpiresAt, Expired: !i.ExpiresAt.After(s.Now()),
		})
	}
	return render(c, view.StaffListPage(s.page(c, v, v.text.T("staff.title"), "nav.staff"), list))
}

func staffRow(v *visit, p staff.Person, names map[string]string) view.StaffRow {
	return view.StaffRow{
		ID: p.ID, Login: p.Login, Name: p.Name, Roles: named(p.Roles, names), SeenAt: p.SeenAt, Disabled: p.Disabled,
		SecondFactor: p.SecondFactor, Self: p.ID == v.session.StaffID, Owner: slices.Contains(p.Roles, authz.Owner),
	}
}

// roleNames are the shop's roles as the viewer reads them.
func (s *Console) roleNames(c *fiber.Ctx, v *visit) (map[string]string, error) {
	roles, err := s.Staff.Roles(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{authz.Clerk: v.text.T("role.clerk")}
	for _, r := range roles {
		names[r.Code] = roleName(v.text, session.Role{Code: r.Code, Name: r.Name})
	}
	return names, nil
}

func named(codes []string, names map[string]string) []string {
	out := make([]string, 0, len(codes))
	for _, code := range codes {
		name, ok := names[code]
		if !ok {
			name = code
		}
		out = append(out, name)
	}
	return out
}

// staffShow shows what one person may do here, for changing it.
func (s *Console) staffShow(c *fiber.Ctx, v *visit) error { return s.showStaff(c, v, "") }

func (s *Console) showStaff(c *fiber.Ctx, v *visit, problem string) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	person, err := s.Staff.Person(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	if person.ID == v.session.StaffID || slices.Contains(person.Roles, authz.Owner) {
		return ErrForbidden
	}
	choices, err := s.roleChoices(c, v, person.Roles)
	if err != nil {
		return err
	}
	names, err := s.roleNames(c, v)
	if err != nil {
		return err
	}
	return render(c, view.StaffShowPage(s.page(c, v, person.Name, "nav.staff"), view.StaffShow{Person: staffRow(v, person, names), Roles: choices, Problem: problem}))
}

// roleChoices are the roles that the viewer may hand out, and the others, blocked.
func (s *Console) roleChoices(c *fiber.Ctx, v *visit, chosen []string) ([]view.RoleChoice, error) {
	roles, err := s.Staff.Roles(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	out := make([]view.RoleChoice, 0, len(roles))
	for _, r := range roles {
		if r.Code == authz.Owner { // only a transfer makes an owner
			continue
		}
		choice := view.RoleChoice{
			Code: r.Code, Name: roleName(v.text, session.Role{Code: r.Code, Name: r.Name}),
			Chosen: slices.Contains(chosen, r.Code), Blocked: !v.granted.Covers(r.Permissions),
		}
		if r.Preset {
			choice.Lead = v.text.T("role.lead." + r.Code)
		}
		out = append(out, choice)
	}
	return out, nil
}

// staffSetRoles gives a person exactly the ticked roles.
func (s *Console) staffSetRoles(c *fiber.Ctx, v *visit) error {
	roles := formAll(c, "role")
	e := audit.Entry{Action: "staff.roles_set", Detail: map[string]any{"roles": roles}}
	return s.changeStaff(c, v, e, "roles", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.SetRolesTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, id, roles)
	})
}

// staffDisable keeps a person out of the shop.
func (s *Console) staffDisable(c *fiber.Ctx, v *visit) error {
	return s.changeStaff(c, v, audit.Entry{Action: "staff.disabled"}, "disabled", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.DisableTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, id)
	})
}

// staffEnable lets a person in again.
func (s *Console) staffEnable(c *fiber.Ctx, v *visit) error {
	return s.changeStaff(c, v, audit.Entry{Action: "staff.enabled"}, "enabled", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.EnableTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, id)
	})
}

// staffRemove takes a person out of the shop.
func (s *Console) staffRemove(c *fiber.Ctx, v *visit) error {
	if form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showStaff(c, v, v.text.T("staff.remove_unsure"))
	}
	return s.changeStaff(c, v, audit.Entry{Action: "staff.removed"}, "removed", func(tx tenantdb.Tx, id int64) error {
		return s.Staff.RemoveTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, id)
	})
}

// changeStaff does one change to the person of the address, and shows the list or what
// was wrong.
func (s *Console) changeStaff(c *fiber.Ctx, v *visit, e audit.Entry, did string, do func(tx tenantdb.Tx, id int64) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	e.Detail["staff_id"] = id
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error { return do(tx, id) })
	if kind := fault.KindOf(err); kind == fault.Conflict || errors.Is(err, staff.ErrNoRole) {
		s.note(c, v, err)
		c.Status(fiber.StatusConflict)
		return s.showStaff(c, v, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/staff?done="+did), fiber.StatusSeeOther)
}

func (s *Console) shopURL(v *visit, rest string) string {
	return view.Shop{Handle: v.shop.Handle}.URL(rest)
}
