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
	PlatformKeyRotate   PlatformPermission = "platform.key.rotate"
	PlatformAuditRead   PlatformPermission = "platform.audit.read"
	PlatformStaffRead   PlatformPermission = "platform.staff.read"
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
		PlatformNoticeRead, PlatformNoticeRaw, PlatformNoticePlay, PlatformKeyRotate, PlatformAuditRead, PlatformStaffRead,
	}
}

// PlatformRoles are the roles and what they allow; the admin holds everything.
func PlatformRoles() []PlatformRole {
	return []PlatformRole{
		{PlatformAdmin, PlatformPermissions()},
		{PlatformSupport, []PlatformPermission{
			PlatformShopRead, PlatformShopReview, PlatformShopLook, PlatformPlanRead, PlatformFleetRead, PlatformQueueRead, PlatformNoticeRead,
		}},
		{PlatformFinance, []PlatformPermission{PlatformShopRead, PlatformPlanRead, PlatformPlanAssign, PlatformNoticeRead}},
		{PlatformAuditor, []PlatformPermission{
			PlatformShopRead, PlatformPlanRead, PlatformFleetRead, PlatformQueueRead, PlatformNoticeRead, PlatformAuditRead, PlatformStaffRead,
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
