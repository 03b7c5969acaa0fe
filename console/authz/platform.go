package authz

import "slices"

// PlatformPermission is one thing that the platform's own staff may do. It is a type of
// its own, so that no shop's role can be mistaken for one.
type PlatformPermission string

// The permissions of the pages under /console/platform.
const (
	PlatformShopRead    PlatformPermission = "platform.shop.read"
	PlatformShopReview  PlatformPermission = "platform.shop.review"  // decide about applications
	PlatformShopSuspend PlatformPermission = "platform.shop.suspend" // stop a shop and let it go on
	PlatformShopOpen    PlatformPermission = "platform.shop.open"
	PlatformShopClose   PlatformPermission = "platform.shop.close"
	PlatformShopLook    PlatformPermission = "platform.shop.look" // look into a shop, for a while
	PlatformPlanRead    PlatformPermission = "platform.plan.read"
	PlatformPlanManage  PlatformPermission = "platform.plan.manage" // what plans contain
	PlatformPlanAssign  PlatformPermission = "platform.plan.assign" // which a shop has, and what was agreed beside it
	PlatformFleetRead   PlatformPermission = "platform.fleet.read"
	PlatformQueueRead   PlatformPermission = "platform.queue.read"
	PlatformQueueManage PlatformPermission = "platform.queue.manage" // replay and discard dead letters
	PlatformNoticeRead  PlatformPermission = "platform.callback.read"
	PlatformNoticeRaw   PlatformPermission = "platform.callback.raw" // what the provider wrote
	PlatformNoticePlay  PlatformPermission = "platform.callback.replay"
	PlatformKeyRead     PlatformPermission = "platform.key.read"   // alarms about merchants' keys
	PlatformKeyRotate   PlatformPermission = "platform.key.rotate" // and to end them
	PlatformAuditRead   PlatformPermission = "platform.audit.read"
	PlatformAuditExport PlatformPermission = "platform.audit.export"
	PlatformStaffRead   PlatformPermission = "platform.staff.read"
	PlatformStaffManage PlatformPermission = "platform.staff.manage" // invite, change roles, disable
)

// The roles of the platform's staff, as platform.platform_role stores them.
const (
	PlatformAdmin   = "platform_admin"
	PlatformSupport = "platform_support"
	PlatformFinance = "platform_finance"
	PlatformAuditor = "platform_auditor"
)

// PlatformRole is a named set of permissions on the platform.
type PlatformRole struct {
	Code        string
	Permissions []PlatformPermission
}

// PlatformPermissions lists all of them.
func PlatformPermissions() []PlatformPermission {
	return []PlatformPermission{
		PlatformShopRead, PlatformShopReview, PlatformShopSuspend, PlatformShopOpen, PlatformShopClose, PlatformShopLook,
		PlatformPlanRead, PlatformPlanManage, PlatformPlanAssign, PlatformFleetRead, PlatformQueueRead, PlatformQueueManage,
		PlatformNoticeRead, PlatformNoticeRaw, PlatformNoticePlay, PlatformKeyRead, PlatformKeyRotate, PlatformAuditRead, PlatformAuditExport,
		PlatformStaffRead, PlatformStaffManage,
	}
}

// PlatformRoles are the roles and what they allow; the admin holds everything.
func PlatformRoles() []PlatformRole {
	return []PlatformRole{
		{PlatformAdmin, PlatformPermissions()},
		{PlatformSupport, []PlatformPermission{
			PlatformShopRead, PlatformShopReview, PlatformShopLook, PlatformPlanRead, PlatformFleetRead, PlatformQueueRead, PlatformNoticeRead, PlatformKeyRead,
		}},
		{PlatformFinance, []PlatformPermission{PlatformShopRead, PlatformPlanRead, PlatformPlanAssign, PlatformNoticeRead}},
		{PlatformAuditor, []PlatformPermission{
			PlatformShopRead, PlatformPlanRead, PlatformFleetRead, PlatformQueueRead, PlatformNoticeRead, PlatformKeyRead, PlatformAuditRead, PlatformAuditExport, PlatformStaffRead,
		}},
	}
}

// IsPlatformRole tells whether code is one of them.
func IsPlatformRole(code string) bool {
	return slices.ContainsFunc(PlatformRoles(), func(r PlatformRole) bool { return r.Code == code })
}

// PlatformGranted is what somebody may do on the platform. It is shared: never written
// after it was made.
type PlatformGranted map[PlatformPermission]bool

// Covers reports whether every permission is granted.
func (g PlatformGranted) Covers(permissions []PlatformPermission) bool {
	return !slices.ContainsFunc(permissions, func(p PlatformPermission) bool { return !g[p] })
}

// PlatformRights is what roles allow together.
func PlatformRights(roles []string) PlatformGranted {
	granted := PlatformGranted{}
	for _, role := range PlatformRoles() {
		if slices.Contains(roles, role.Code) {
			for _, p := range role.Permissions {
				granted[p] = true
			}
		}
	}
	return granted
}
