package authz

import "slices"

// Access is what a route demands of its caller. The zero Access is undeclared and
// lets nobody in.
type Access struct {
	public     bool
	signedIn   bool
	permission Permission
	platform   PlatformPermission
	stepUp     bool
	unenrolled bool
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

// RequirePlatform declares a route under /console/platform that needs p. A permission
// that is not in the registry leaves the route undeclared.
func RequirePlatform(p PlatformPermission) Access {
	if !slices.Contains(PlatformPermissions(), p) {
		return Access{}
	}
	return Access{platform: p}
}

// StepUp also asks for a password or code that was given within the last five minutes.
// A public route cannot ask for that and becomes undeclared.
func (a Access) StepUp() Access {
	if !a.Declared() || a.public {
		return Access{}
	}
	a.stepUp = true
	return a
}

// BeforeSecondFactor opens a route to a person who still has to set up the second
// factor: the pages that do so, and the way out. Only a SignedIn route may be one.
func (a Access) BeforeSecondFactor() Access {
	if !a.signedIn {
		return Access{}
	}
	a.unenrolled = true
	return a
}

// Declared tells whether a route said what it demands.
func (a Access) Declared() bool { return a != Access{} }

// IsPublic tells whether anyone may call.
func (a Access) IsPublic() bool { return a.public }

// Permission is what the route needs in the shop, "" when it is not about a shop.
func (a Access) Permission() Permission { return a.permission }

// Platform is what the route needs on the platform, "" when it is not about that.
func (a Access) Platform() PlatformPermission { return a.platform }

// NeedsStepUp tells whether the route asks for a recent proof.
func (a Access) NeedsStepUp() bool { return a.stepUp }

// OpenToUnenrolled tells whether a second factor that is owed does not close the route.
func (a Access) OpenToUnenrolled() bool { return a.public || a.unenrolled }

// String names the demand, for tests and matrices.
func (a Access) String() string {
	name := "undeclared"
	switch {
	case a.public:
		name = "public"
	case a.signedIn:
		name = "signed in"
	case a.permission != "":
		name = string(a.permission)
	case a.platform != "":
		name = string(a.platform)
	}
	if a.stepUp {
		name += " + step-up"
	}
	return name
}
