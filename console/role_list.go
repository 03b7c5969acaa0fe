package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// roleList shows the shop's roles.
func (s *Console) roleList(c *fiber.Ctx, v *visit) error {
	roles, err := s.Staff.Roles(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	list := view.RoleList{MayManage: v.granted[authz.RoleManage], Done: done(c, v)}
	for _, r := range roles {
		row := view.RoleRow{Code: r.Code, Name: roleName(v.text, session.Role{Code: r.Code, Name: r.Name}), Preset: r.Preset, People: r.People, Count: len(r.Permissions)}
		if r.Preset {
			row.Lead = v.text.T("role.lead." + r.Code)
		}
		list.Roles = append(list.Roles, row)
	}
	return render(c, view.RoleListPage(s.page(c, v, v.text.T("role.title"), "nav.roles"), list))
}

// roleNew shows the editor for a role of the shop's own.
func (s *Console) roleNew(c *fiber.Ctx, v *visit) error {
	return s.showRole(c, v, view.RoleEdit{}, nil)
}

// roleEdit shows a role, to be changed if it is the shop's own and not beyond the viewer.
func (s *Console) roleEdit(c *fiber.Ctx, v *visit) error {
	role, err := s.roleOf(c, v)
	if err != nil {
		return err
	}
	return s.showRole(c, v, s.roleForm(v, role), role.Permissions)
}

func (s *Console) roleOf(c *fiber.Ctx, v *visit) (staff.ShopRole, error) {
	roles, err := s.Staff.Roles(c.UserContext(), v.shop.ID)
	if err != nil {
		return staff.ShopRole{}, err
	}
	for _, r := range roles {
		if r.Code == c.Params("code") {
			return r, nil
		}
	}
	return staff.ShopRole{}, fault.ErrNotFound
}

func (s *Console) roleForm(v *visit, role staff.ShopRole) view.RoleEdit {
	return view.RoleEdit{
		Code: role.Code, Name: roleName(v.text, session.Role{Code: role.Code, Name: role.Name}), Preset: role.Preset, InUse: role.People > 0,
		ReadOnly: role.Preset || !v.granted[authz.RoleManage] || !v.granted.Covers(role.Permissions),
	}
}

func (s *Console) showRole(c *fiber.Ctx, v *visit, page view.RoleEdit, ticked []authz.Permission) error {
	held := authz.Granted{}
	for _, p := range ticked {
		held[p] = true
	}
	shown := authz.Grantable()
	if page.Code == authz.Owner {
		shown = authz.Permissions()
	}
	for _, p := range shown {
		cell := view.MatrixCell{Permission: p, Ticked: held[p], Blocked: !v.granted[p]}
		if n := len(page.Matrix); n > 0 && page.Matrix[n-1].Screen == p.Screen() {
			page.Matrix[n-1].Cells = append(page.Matrix[n-1].Cells, cell)
			continue
		}
		page.Matrix = append(page.Matrix, view.MatrixRow{Screen: p.Screen(), Cells: []view.MatrixCell{cell}})
	}
	title := page.Name
	if page.Code == "" {
		title = v.text.T("role.new")
	}
	return render(c, view.RoleEditPage(s.page(c, v, title, "nav.roles"), page))
}

// roleCreate makes a role of the shop's own.
func (s *Console) roleCreate(c *fiber.Ctx, v *visit) error {
	return s.putRole(c, v, view.RoleEdit{}, "role_made")
}

// roleUpdate changes a role of the shop's own.
func (s *Console) roleUpdate(c *fiber.Ctx, v *visit) error {
	role, err := s.roleOf(c, v)
	if err != nil {
		return err
	}
	return s.putRole(c, v, s.roleForm(v, role), "role_changed")
}

func (s *Console) putRole(c *fiber.Ctx, v *visit, page view.RoleEdit, did string) error {
	codes := formAll(c, "permission")
	in := staff.RoleInput{Code: page.Code, Name: form(c, "name"), Permissions: authz.Known(codes)}
	e := audit.Entry{Action: "staff." + did, Detail: map[string]any{"name": in.Name, "permissions": in.Permissions}}
	err := s.act(c, v, &e, func(tx tenantdb.Tx) error {
		code, err := s.Staff.PutRoleTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, in)
		e.Detail["role"] = code
		return err
	})
	page.Name = in.Name
	switch {
	case errors.Is(err, fault.ErrValidation):
		page.NameBad = v.text.T("role.name_hint")
		c.Status(fiber.StatusUnprocessableEntity)
	case errors.Is(err, staff.ErrRoleName):
		page.NameBad = sentence(v, err)
		c.Status(fiber.StatusConflict)
	case fault.KindOf(err) == fault.Conflict:
		page.Problem = sentence(v, err)
		c.Status(fiber.StatusConflict)
	case err != nil:
		return err
	default:
		return c.Redirect(s.shopURL(v, "/roles?done="+did), fiber.StatusSeeOther)
	}
	s.note(c, v, err)
	return s.showRole(c, v, page, in.Permissions)
}

// roleDelete deletes a role of the shop's own that nobody needs.
func (s *Console) roleDelete(c *fiber.Ctx, v *visit) error {
	role, err := s.roleOf(c, v)
	if err != nil {
		return err
	}
	page := s.roleForm(v, role)
	if form(c, "sure") != "1" {
		page.Problem = v.text.T("staff.remove_unsure")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showRole(c, v, page, role.Permissions)
	}
	e := audit.Entry{Action: "staff.role_deleted", Detail: map[string]any{"role": role.Code, "name": role.Name}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error {
		return s.Staff.DropRoleTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, role.Code)
	})
	if fault.KindOf(err) == fault.Conflict {
		s.note(c, v, err)
		page.Problem = sentence(v, err)
		c.Status(fiber.StatusConflict)
		return s.showRole(c, v, page, role.Permissions)
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/roles?done=role_deleted"), fiber.StatusSeeOther)
}
