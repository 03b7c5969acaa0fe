package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const couponsPath = "/coupons"

// couponTable lists the routes of coupons.
func (s *Console) couponTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, one = shopPath + couponsPath, shopPath + couponsPath + "/:id"
	read, update, issue := authz.Require(authz.CouponRead), authz.Require(authz.CouponUpdate), authz.Require(authz.CouponIssue)
	return []route{
		{get, all, read, s.couponList},
		{get, all + "/new", update, s.couponNew},
		{post, all + "/new", update, s.couponCreate},
		{get, one, read, s.couponShow},
		{get, one + "/edit", update, s.couponEdit},
		{post, one + "/edit", update, s.couponUpdate},
		{post, one + "/status", update, s.couponStatus},
		{post, one + "/issue", issue, s.couponIssue},
		{get, one + "/holders", read, s.couponHolders},
		{post, one + "/revoke", issue, s.couponRevoke},
		{post, one + "/codes", issue, s.couponCodes},
		{post, one + "/codes/export", issue, s.couponCodesExport},
	}
}
