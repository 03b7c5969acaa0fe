package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const (
	distributionPath = "/distribution"
	withdrawalPath   = shopPath + distributionPath + "/withdrawals/:no"
	paidPath         = withdrawalPath + "/paid"
)

// distributionTable lists the routes of distribution.
func (s *Console) distributionTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = shopPath + distributionPath
	const people, person = all + "/people", all + "/people/:id"
	const draws, draw = all + "/withdrawals", withdrawalPath
	read, update, manage := authz.Require(authz.DistributionRead), authz.Require(authz.DistributionUpdate), authz.Require(authz.DistributionManage)
	look, handle := authz.Require(authz.WithdrawalRead), authz.Require(authz.WithdrawalHandle)
	return []route{
		{get, all, read, s.distributionShow},
		{get, all + "/plan", read, s.termsEdit},
		{post, all + "/plan", update, s.termsUpdate},
		{get, all + "/rates", read, s.rateList},
		{post, all + "/rates", update, s.rateSet},
		{post, all + "/rates/end", update, s.rateEnd},
		{post, all + "/levels", update, s.levelSave},
		{get, people, read, s.distributorList},
		{post, people, manage, s.distributorAppoint},
		{get, person, read, s.distributorShow},
		{post, person + "/decide", manage, s.distributorDecide},
		{post, person + "/freeze", manage, s.distributorFreeze},
		{post, person + "/unfreeze", manage, s.distributorUnfreeze},
		{post, person + "/level", manage, s.distributorLevel},
		{post, person + "/signals", manage, s.distributorSignals},
		{post, person + "/bond", manage, s.distributorBond},
		{get, all + "/commissions", read, s.commissionList},
		{post, all + "/commissions/export", authz.Require(authz.DistributionExport), s.commissionExport},
		{get, draws, look, s.withdrawalList},
		{post, draws + "/export", authz.Require(authz.WithdrawalExport), s.withdrawalExport},
		{get, draw, look, s.withdrawalShow},
		{post, draw + "/approve", handle.StepUp(), s.withdrawalApprove},
		{post, draw + "/reject", handle, s.withdrawalReject},
		{post, draw + "/reveal", handle.StepUp(), s.withdrawalReveal},
		{post, paidPath, handle.StepUp(), s.withdrawalPaid},
		{get, draw + "/proofs/:id", look, s.withdrawalProof},
	}
}
