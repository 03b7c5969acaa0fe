package authz

import "strings"

// The preset roles. Every shop has them; what they allow is in the registry, so that a
// new release gives them its new permissions. Clerk is the first version's.
const (
	Owner     = "owner"
	Manager   = "manager"
	Finance   = "finance"
	Warehouse = "warehouse"
	Support   = "support"
	Promoter  = "promoter"
	Clerk     = "clerk"
)

// preset is a set of preset roles in the registry.
type preset uint8

const (
	manager preset = 1 << iota
	finance
	warehouse
	support
	promoter
	clerk
)

// ownPrefix begins the code of every role that a shop made itself.
const ownPrefix = "own_"

// Role is a named set of permissions.
type Role struct {
	Code        string
	Name        string
	Permissions []Permission
}

// PresetRoles are the roles a shop has from the start. The names are for tools; the
// console prints a preset role in the viewer's language.
func PresetRoles() []Role {
	of := func(code, name string, which preset) Role {
		role := Role{Code: code, Name: name}
		for _, e := range registry() {
			if code == Owner || e.roles&which != 0 {
				role.Permissions = append(role.Permissions, e.permission)
			}
		}
		return role
	}
	return []Role{
		of(Owner, "Owner", 0), of(Manager, "Manager", manager), of(Finance, "Finance", finance), of(Warehouse, "Warehouse", warehouse),
		of(Support, "Support", support), of(Promoter, "Promoter", promoter), of(Clerk, "Clerk", clerk),
	}
}

// Preset returns the preset role with this code.
func Preset(code string) (Role, bool) {
	for _, role := range PresetRoles() {
		if role.Code == code {
			return role, true
		}
	}
	return Role{}, false
}

// OwnRoleCode makes the code of a shop's own role from random letters and digits.
func OwnRoleCode(random string) string { return ownPrefix + random }

// IsOwnRole tells a shop's own role from a preset one.
func IsOwnRole(code string) bool { return strings.HasPrefix(code, ownPrefix) }

// Effective is what a role allows: the registry's word for a preset role, the stored
// codes for a shop's own, and nothing for a code that is neither.
func Effective(code string, stored []string) []Permission {
	if role, ok := Preset(code); ok {
		return role.Permissions
	}
	if !IsOwnRole(code) {
		return nil
	}
	grantable := Grantable()
	out := make([]Permission, 0, len(stored))
	for _, p := range Known(stored) {
		for _, g := range grantable {
			if p == g {
				out = append(out, p)
			}
		}
	}
	return out
}

// GuardedRoles are the preset roles whose people need a second factor.
func GuardedRoles() []string { return []string{Owner, Finance} }

// GuardedPermissions make a shop's own role need a second factor, too: else a copy of
// finance would do without.
func GuardedPermissions() []string {
	return []string{string(PaymentAccountUpdate), string(AppUpdate), string(RefundApprove), string(RefundSettle)}
}

// Codes are the stored form of the role's permissions.
func (r Role) Codes() []string {
	codes := make([]string, len(r.Permissions))
	for i, p := range r.Permissions {
		codes[i] = string(p)
	}
	return codes
}
