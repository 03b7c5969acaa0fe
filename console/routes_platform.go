package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
)

// platformTable lists the routes of the platform's own staff. Every act asks for a recent
// proof.
func (s *Console) platformTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const shop = "/console/platform/shops/:tenant"
	may := authz.RequirePlatform
	return []route{
		{get, "/console/platform", may(authz.PlatformShopRead), s.tenantList},
		{get, "/console/platform/shops/new", may(authz.PlatformShopOpen), s.tenantNew},
		{post, "/console/platform/shops", may(authz.PlatformShopOpen).StepUp(), s.tenantCreate},
		{get, shop, may(authz.PlatformShopRead), s.tenantShow},
		{get, shop + "/suspend", may(authz.PlatformShopSuspend), s.moveNew(suspendMove())},
		{post, shop + "/suspend", may(authz.PlatformShopSuspend).StepUp(), s.moveCreate(suspendMove())},
		{get, shop + "/resume", may(authz.PlatformShopSuspend), s.moveNew(resumeMove())},
		{post, shop + "/resume", may(authz.PlatformShopSuspend).StepUp(), s.moveCreate(resumeMove())},
		{get, shop + "/close", may(authz.PlatformShopClose), s.moveNew(closeMove())},
		{post, shop + "/close", may(authz.PlatformShopClose).StepUp(), s.moveCreate(closeMove())},
		{get, shop + "/plan", may(authz.PlatformPlanAssign), s.assignNew},
		{post, shop + "/plan", may(authz.PlatformPlanAssign).StepUp(), s.assignCreate},
		{get, shop + "/limits/:quota", may(authz.PlatformPlanAssign), s.limitNew},
		{post, shop + "/limits/:quota", may(authz.PlatformPlanAssign).StepUp(), s.limitCreate},
		{get, shop + "/callbacks", may(authz.PlatformNoticeRead), s.tenantCallbacks},
		{post, shop + "/callbacks/:kind/:id/raw", may(authz.PlatformNoticeRaw).StepUp(), s.tenantCallbackRaw},
		{post, shop + "/callbacks/:kind/:id/replay", may(authz.PlatformNoticePlay).StepUp(), s.tenantCallbackReplay},
		{get, shop + "/look", may(authz.PlatformShopLook), s.lookNew},
		{post, shop + "/look", may(authz.PlatformShopLook).StepUp(), s.lookCreate},
		{post, "/console/platform/looks/:look/extend", may(authz.PlatformShopLook).StepUp(), s.lookExtend},
		{post, "/console/platform/looks/:look/end", may(authz.PlatformShopLook), s.lookEnd},
		{get, applicationsURL, may(authz.PlatformShopReview), s.applicationList},
		{get, applicationsURL + "/:application", may(authz.PlatformShopReview), s.applicationShow},
		{get, applicationsURL + "/:application/approve", may(authz.PlatformShopReview), s.decisionNew(approval())},
		{post, applicationsURL + "/:application/approve", may(authz.PlatformShopReview).StepUp(), s.decisionCreate(approval())},
		{get, applicationsURL + "/:application/reject", may(authz.PlatformShopReview), s.decisionNew(rejection())},
		{post, applicationsURL + "/:application/reject", may(authz.PlatformShopReview).StepUp(), s.decisionCreate(rejection())},
		{get, platformURL + "/audit", may(authz.PlatformAuditRead), s.platformAuditList},
		{post, platformURL + "/audit/verify", may(authz.PlatformAuditRead), s.platformAuditVerify},
		{post, platformURL + "/audit/export", may(authz.PlatformAuditExport).StepUp(), s.auditExport},
		{get, platformURL + "/audit/:seq", may(authz.PlatformAuditRead), s.auditShow},
		{get, keysURL, may(authz.PlatformKeyRead), s.keyAlarmList},
		{post, keysURL + "/:id/handle", may(authz.PlatformKeyRotate).StepUp(), s.keyAlarmHandle},
		{get, platformStaffURL, may(authz.PlatformStaffRead), s.platformStaffList},
		{get, platformStaffURL + "/invite", may(authz.PlatformStaffManage), s.platformInviteNew},
		{post, platformStaffURL + "/invite", may(authz.PlatformStaffManage).StepUp(), s.platformInviteCreate},
		{post, platformStaffURL + "/invite/:id/revoke", may(authz.PlatformStaffManage), s.platformInviteDelete},
		{get, platformStaffURL + "/:id", may(authz.PlatformStaffManage), s.platformStaffShow},
		{post, platformStaffURL + "/:id/roles", may(authz.PlatformStaffManage).StepUp(), s.platformStaffSetRoles},
		{post, platformStaffURL + "/:id/disable", may(authz.PlatformStaffManage).StepUp(), s.platformStaffDisable},
		{post, platformStaffURL + "/:id/enable", may(authz.PlatformStaffManage).StepUp(), s.platformStaffEnable},
		{get, "/console/team/:token", authz.Public(), s.teamShow},
		{post, "/console/team/:token", authz.Public(), s.teamSignUp},
		{post, "/console/team/:token/join", authz.SignedIn().BeforeSecondFactor(), s.teamJoin},
		{get, "/console/platform/plans", may(authz.PlatformPlanRead), s.planList},
		{get, "/console/platform/plans/new", may(authz.PlatformPlanManage), s.planNew},
		{post, "/console/platform/plans", may(authz.PlatformPlanManage).StepUp(), s.planCreate},
		{get, "/console/platform/plans/:plan", may(authz.PlatformPlanManage), s.planEdit},
		{post, "/console/platform/plans/:plan", may(authz.PlatformPlanManage).StepUp(), s.planUpdate},
		{get, "/console/platform/fleet", may(authz.PlatformFleetRead), s.fleetShow},
		{get, view.JobsURL, may(authz.PlatformQueueRead), s.jobList},
		{get, view.JobsURL + "/:job", may(authz.PlatformQueueRead), s.jobShow},
		{get, view.JobsURL + "/:job/run", may(authz.PlatformQueueManage), s.jobRunNew},
		{post, view.JobsURL + "/:job/run", may(authz.PlatformQueueManage).StepUp(), s.jobRun},
		{get, "/console/platform/queues", may(authz.PlatformQueueRead), s.queueShow},
		{get, "/console/platform/queues/replay", may(authz.PlatformQueueManage), s.replayNew},
		{post, "/console/platform/queues/replay", may(authz.PlatformQueueManage).StepUp(), s.replayCreate},
		{post, "/console/platform/queues/dead/:event/replay", may(authz.PlatformQueueManage).StepUp(), s.letterReplay},
		{get, "/console/platform/queues/dead/:event/discard", may(authz.PlatformQueueManage), s.discardNew},
		{post, "/console/platform/queues/dead/:event/discard", may(authz.PlatformQueueManage).StepUp(), s.discardCreate},
	}
}
