package console

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/coupon"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// couponHolders shows who has a coupon.
func (s *Console) couponHolders(c *fiber.Ctx, v *visit) error {
	return s.couponHolderPage(c, v, view.CouponHolders{Done: done(c, v)})
}

func (s *Console) couponHolderPage(c *fiber.Ctx, v *visit, h view.CouponHolders) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if h.Coupon, err = s.Coupons.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if h.Stats, err = s.Coupons.Stats(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if h.Tab = c.Query("tab"); !slices.Contains(coupon.GrantStatuses(), coupon.GrantStatus(h.Tab)) {
		h.Tab = ""
	}
	before := cursor(c.Query("before"))
	if h.Rows, h.Next, err = s.Coupons.Holders(c.UserContext(), v.shop.ID, id, coupon.GrantStatus(h.Tab), before); err != nil {
		return err
	}
	h.OnFirst, h.MayRevoke, h.SeesMembers, h.SeesOrders = before == 0, v.granted[authz.CouponIssue], v.granted[authz.MemberRead], v.granted[authz.OrderRead]
	return render(c, view.CouponHoldersPage(s.page(c, v, v.text.T("coupon.holders"), "nav.coupons"), h))
}

// couponRevoke takes back the coupons that are chosen, as far as nobody has used them.
func (s *Console) couponRevoke(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	h := view.CouponHolders{Reason: form(c, "reason"), Chosen: map[int64]bool{}, Bad: map[string]string{}}
	var grants []int64
	for _, text := range formAll(c, "grant") {
		if grant, err := strconv.ParseInt(text, 10, 64); err == nil && grant > 0 {
			grants, h.Chosen[grant] = append(grants, grant), true
		}
	}
	if len(grants) == 0 {
		h.Bad["grants"] = v.text.T("coupon.bad.grants")
	} else {
		_, err = s.Coupons.Revoke(c.UserContext(), v.shop.ID, id, grants, h.Reason, actor(v.session.StaffID))
		if fault.KindOf(err) == fault.Invalid && err != nil {
			h.Bad["reason"] = v.text.T("coupon.bad.reason")
		}
	}
	if len(h.Bad) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponHolderPage(c, v, h)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(couponsPath+"/"+itoa64(id)+"/holders?done=coupon_revoked"), fiber.StatusSeeOther)
}
