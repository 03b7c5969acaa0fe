package authz

import "slices"

// Permission is one thing that a role may allow, as stored in platform.role.
type Permission string

// The permissions of the console.
const (
	DashboardRead      Permission = "dashboard.read"
	OrderRead          Permission = "order.read"
	ProductRead        Permission = "product.read"
	AppRead            Permission = "app.read"
	PaymentAccountRead Permission = "payment_account.read"
	ShopManage         Permission = "shop.manage" // open and close it
)

// Permissions lists all of them, in the order a matrix shows them.
func Permissions() []Permission {
	return []Permission{DashboardRead, OrderRead, ProductRead, AppRead, PaymentAccountRead, ShopManage}
}

// Role is a named set of permissions.
type Role struct {
	Code        string
	Name        string
	Permissions []Permission
}

// The preset roles that every shop starts with.
const (
	Owner = "owner"
	Clerk = "clerk"
)

// PresetRoles are the roles a new shop gets. The names are for tools; the console
// prints a preset role in the viewer's language.
func PresetRoles() []Role {
	return []Role{
		{Code: Owner, Name: "Owner", Permissions: Permissions()},
		{Code: Clerk, Name: "Clerk", Permissions: []Permission{DashboardRead, OrderRead, ProductRead}},
	}
}

// Codes are the stored form of the role's permissions.
func (r Role) Codes() []string {
	codes := make([]string, len(r.Permissions))
	for i, p := range r.Permissions {
		codes[i] = string(p)
	}
	return codes
}

// Access is what a route demands of its caller. The zero Access is undeclared and
// lets nobody in.
type Access struct {
	public     bool
	signedIn   bool
	permission Permission
}

// Public declares a route that anyone may call.
func Public() Access { return Access{public: true} }

// SignedIn declares a route for any member of staff, outside a shop.
func SignedIn() Access { return Access{signedIn: true} }

// Require declares a route of one shop that needs p there. A permission that is not
// in the registry leaves the route undeclared.
func Require(p Permission) Access {
	if !slices.Contains(Permissions(), p) {
		return Access{}
	}
	return Access{permission: p}
}

// Declared tells whether a route said what it demands.
func (a Access) Declared() bool { return a != Access{} }

// IsPublic tells whether anyone may call.
func (a Access) IsPublic() bool { return a.public }

// Permission is what the route needs in the shop, "" when it is not about a shop.
func (a Access) Permission() Permission { return a.permission }

// String names the demand, for tests and matrices.
func (a Access) String() string {
	switch {
	case a.public:
		return "public"
	case a.signedIn:
		return "signed in"
	case a.permission != "":
		return string(a.permission)
	default:
		return "undeclared"
	}
}
