package staff

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ShopRole is a role as a shop's role list shows it.
type ShopRole struct {
	authz.Role
	Preset bool
	People int64 // how many hold it
}

// maxOwnRoles bounds the roles a shop makes itself.
const maxOwnRoles = 50

// Roles lists a shop's roles: the presets first, in their order, then its own.
func (s *Service) Roles(ctx context.Context, shop tenant.ID) ([]ShopRole, error) {
	rows, err := s.q.ListRoles(ctx, s.DB.Platform(), shop.String())
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	people, own := map[string]int64{}, []ShopRole{}
	for _, r := range rows {
		people[r.Code] = r.People
		if authz.IsOwnRole(r.Code) {
			own = append(own, ShopRole{Role: authz.Role{Code: r.Code, Name: r.Name, Permissions: authz.Effective(r.Code, r.Permissions)}, People: r.People})
		}
	}
	out := make([]ShopRole, 0, len(rows))
	for _, role := range authz.PresetRoles() {
		if role.Code == authz.Clerk && people[role.Code] == 0 {
			continue // the first version's; shops that do not use it need not see it
		}
		out = append(out, ShopRole{Role: role, Preset: true, People: people[role.Code]})
	}
	return append(out, own...), nil
}

// RoleInput is a role of the shop's own.
type RoleInput struct {
	Code        string // "" for a new one
	Name        string // 1 to 20 characters
	Permissions []authz.Permission
}

// PutRoleTx makes or changes a role of the shop's own, and returns its code. Nobody puts
// into a role what he does not hold, and nobody changes one that allows more than he may.
// Faults: VALIDATION, ABOVE_OWN_RIGHTS, NOT_FOUND, ROLE_NAME_TAKEN, TOO_MANY_ROLES.
func (s *Service) PutRoleTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor int64, in RoleInput) (string, error) {
	in.Name = strings.TrimSpace(in.Name)
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 20 || strings.ContainsFunc(in.Name, func(r rune) bool { return r < ' ' }) || !utf8.ValidString(in.Name) {
		return "", fault.Invalidf("name", "1–20 个字")
	}
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.RoleManage)
	if err != nil {
		return "", err
	}
	grantable := authz.Granted{}
	for _, p := range authz.Grantable() {
		grantable[p] = true
	}
	if !a.granted.Covers(in.Permissions) || !grantable.Covers(in.Permissions) {
		return "", ErrAboveOwn
	}
	if err := s.roleFits(ctx, tx, shop, in); err != nil {
		return "", err
	}
	codes := authz.Role{Permissions: in.Permissions}.Codes()
	if in.Code == "" {
		in.Code = authz.OwnRoleCode(strings.ToLower(rand.Text()[:12]))
		return in.Code, s.q.AddRole(ctx, tx, shop.String(), in.Code, in.Name, codes)
	}
	if err := s.mayChangeRole(ctx, tx, shop, a, in.Code); err != nil {
		return "", err
	}
	n, err := s.q.ChangeRole(ctx, tx, in.Name, codes, shop.String(), in.Code)
	return in.Code, oneRow(n, err, "change role")
}

// roleFits refuses a second role of the same name, and one too many.
func (s *Service) roleFits(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, in RoleInput) error {
	rows, err := s.q.ListRoles(ctx, tx, shop.String())
	if err != nil {
		return fmt.Errorf("put role: %w", err)
	}
	own := 0
	for _, r := range rows {
		if !authz.IsOwnRole(r.Code) {
			continue
		}
		own++
		if r.Name == in.Name && r.Code != in.Code {
			return ErrRoleName
		}
	}
	if in.Code == "" && own >= maxOwnRoles {
		return ErrTooManyRoles
	}
	return nil
}

func (s *Service) mayChangeRole(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, a authority, code string) error {
	if !authz.IsOwnRole(code) {
		return fault.ErrNotFound
	}
	row, err := s.q.RoleByCode(ctx, tx, shop.String(), code)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read role: %w", err)
	}
	if !a.mayGrant(row.Code, row.Permissions) {
		return ErrAboveOwn
	}
	return nil
}

// DropRoleTx deletes a role of the shop's own that nobody holds and no open invitation
// promises. Faults: ABOVE_OWN_RIGHTS, NOT_FOUND, ROLE_IN_USE.
func (s *Service) DropRoleTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor int64, code string) error {
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.RoleManage)
	if err != nil {
		return err
	}
	if err := s.mayChangeRole(ctx, tx, shop, a, code); err != nil {
		return err
	}
	promised, err := s.q.InvitesWithRole(ctx, tx, shop.String(), code, tx.Now())
	if err != nil {
		return fmt.Errorf("drop role: %w", err)
	}
	if promised > 0 {
		return ErrRoleInUse
	}
	n, err := s.q.DropRole(ctx, tx, shop.String(), code)
	if tenantdb.Violates(err, "staff_role_tenant_id_role_code_fkey") {
		return ErrRoleInUse
	}
	return oneRow(n, err, "drop role")
}
