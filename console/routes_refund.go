package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const (
	refundPath = shopPath + "/refunds/:out_refund_no"
	askPath    = shopPath + "/orders/:order_no/refund"
)

// refundTable lists the routes of payments, refunds and anomalies.
func (s *Console) refundTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, shopPath + "/payments", authz.Require(authz.PaymentRead), s.paymentList},
		{get, shopPath + "/payments/:out_trade_no", authz.Require(authz.PaymentRead), s.paymentShow},
		{get, shopPath + "/refunds", authz.Require(authz.RefundRead), s.refundList},
		{post, shopPath + "/refunds/limit", authz.Require(authz.ShopManage).StepUp(), s.refundLimit},
		{get, refundPath, authz.Require(authz.RefundRead), s.refundShow},
		{post, refundPath + "/decide", authz.Require(authz.RefundApprove).StepUp(), s.refundDecide},
		{post, refundPath + "/retry", authz.Require(authz.RefundSettle), s.refundRetry},
		{post, refundPath + "/settle", authz.Require(authz.RefundSettle).StepUp(), s.refundSettle},
		{get, refundPath + "/evidence/:id", authz.Require(authz.RefundRead), s.evidenceShow},
		{post, refundPath + "/redirect", authz.Require(authz.RefundSettle).StepUp(), s.refundRedirect},
		{post, refundPath + "/withdraw", authz.Require(authz.RefundCreate), s.refundWithdraw},
		{get, askPath, authz.Require(authz.RefundCreate), s.refundNew},
		{post, askPath, authz.Require(authz.RefundCreate).StepUp(), s.refundCreate},
		{get, shopPath + "/anomalies", authz.Require(authz.PaymentRead), s.anomalyList},
		{get, shopPath + "/anomalies/:id", authz.Require(authz.PaymentRead), s.anomalyShow},
		{post, shopPath + "/anomalies/:id/resolve", authz.Require(authz.AnomalyResolve), s.anomalyResolve},
	}
}
