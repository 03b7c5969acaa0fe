package console

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/coupon"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Coupons is what staff do with coupons; *coupon.Service is one.
type Coupons interface {
	List(ctx context.Context, id tenant.ID, status coupon.Status, before int64) (list []coupon.Coupon, next int64, err error)
	Find(ctx context.Context, id tenant.ID, couponID int64) (coupon.Coupon, error)
	Save(ctx context.Context, id tenant.ID, couponID, version int64, in coupon.Input, actor string) (int64, error)
	SetStatus(ctx context.Context, id tenant.ID, couponID int64, to coupon.Status, actor string) error
	Issue(ctx context.Context, id tenant.ID, couponID int64, members []int64, key, staff string) (coupon.Issued, error)
	MakeCodes(ctx context.Context, id tenant.ID, couponID int64, n int, staff string) error
	Holders(ctx context.Context, id tenant.ID, couponID int64, status coupon.GrantStatus, before int64) ([]coupon.Holder, int64, error)
	Revoke(ctx context.Context, id tenant.ID, couponID int64, grants []int64, reason, staff string) (int64, error)
	Stats(ctx context.Context, id tenant.ID, couponID int64) (coupon.Stats, error)
	CountByStatus(ctx context.Context, id tenant.ID) (map[coupon.Status]int64, error)
	Codes(ctx context.Context, id tenant.ID, couponID int64, after string) ([]coupon.Code, error)
}

// couponList shows the shop's coupons and what they have done.
func (s *Console) couponList(c *fiber.Ctx, v *visit) error {
	list := view.CouponList{Tab: c.Query("tab"), MayUpdate: v.granted[authz.CouponUpdate]}
	before := cursor(c.Query("before"))
	var err error
	if list.Coupons, list.Next, err = s.Coupons.List(c.UserContext(), v.shop.ID, coupon.Status(list.Tab), before); err != nil {
		return err
	}
	if list.Counts, err = s.Coupons.CountByStatus(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	list.OnFirst = before == 0
	return render(c, view.CouponListPage(s.page(c, v, v.text.T("coupon.title"), "nav.coupons"), list))
}

// couponShow shows one coupon.
func (s *Console) couponShow(c *fiber.Ctx, v *visit) error {
	return s.couponPage(c, v, view.CouponShow{Done: done(c, v)})
}

func (s *Console) couponPage(c *fiber.Ctx, v *visit, show view.CouponShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.Coupon, err = s.Coupons.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if show.Stats, err = s.Coupons.Stats(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	codes, err := s.Coupons.Codes(c.UserContext(), v.shop.ID, id, "")
	if err != nil {
		return err
	}
	for _, code := range codes {
		show.Codes++
		if code.MemberID != 0 {
			show.CodesUsed++
		}
	}
	show.MoreCodes = len(codes) == maxCodesShown
	show.MayUpdate, show.MayIssue = v.granted[authz.CouponUpdate], v.granted[authz.CouponIssue]
	return render(c, view.CouponShowPage(s.page(c, v, show.Title, "nav.coupons"), show))
}

// maxCodesShown is how many codes are read at once.
const maxCodesShown = 1000

// couponStatus starts, pauses or ends a coupon.
func (s *Console) couponStatus(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	to := coupon.Status(form(c, "to"))
	if to == coupon.Ended && form(c, "sure") == "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponPage(c, v, view.CouponShow{Bad: map[string]string{"sure": v.text.T("coupon.bad.sure")}})
	}
	err = s.Coupons.SetStatus(c.UserContext(), v.shop.ID, id, to, actor(v.session.StaffID))
	return s.couponDone(c, v, id, view.CouponShow{}, err, "coupon_"+string(to))
}

// couponDone goes back to the coupon, or says what was refused.
func (s *Console) couponDone(c *fiber.Ctx, v *visit, id int64, show view.CouponShow, err error, what string) error {
	if s.refusedForm(c, v, err) {
		show.Problem = sentence(v, err)
		return s.couponPage(c, v, show)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(couponsPath+"/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
}

// couponIssue gives the coupon to members, after a second look at how many they are.
func (s *Console) couponIssue(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.CouponShow{Members: form(c, "members"), Key: form(c, "key"), Bad: map[string]string{}}
	members, ok := memberIDs(show.Members)
	switch {
	case !ok || len(members) == 0 || len(members) > view.MaxIssue:
		show.Bad["members"] = v.text.T("coupon.bad.members", strconv.Itoa(view.MaxIssue))
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponPage(c, v, show)
	case form(c, "sure") == "":
		show.Confirm, show.Key = int64(len(members)), rand.Text()
		return s.couponPage(c, v, show)
	}
	_, err = s.Coupons.Issue(c.UserContext(), v.shop.ID, id, members, show.Key, actor(v.session.StaffID))
	if fault.KindOf(err) == fault.Invalid {
		show.Bad["members"] = v.text.T("coupon.bad.unknown_member")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponPage(c, v, show)
	}
	return s.couponDone(c, v, id, show, err, "coupon_issued")
}

// memberIDs reads numbers of members, each once; false if something else stands between them.
func memberIDs(text string) ([]int64, bool) {
	var ids []int64
	seen := map[int64]bool{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,，;；、", r) }) {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || id <= 0 {
			return nil, false
		}
		if !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	return ids, true
}

// couponCodes makes codes.
func (s *Console) couponCodes(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.CouponShow{Count: form(c, "count")}
	n, badNumber := strconv.Atoi(show.Count)
	if badNumber == nil {
		err = s.Coupons.MakeCodes(c.UserContext(), v.shop.ID, id, n, actor(v.session.StaffID))
	}
	if badNumber != nil || (err != nil && fault.KindOf(err) == fault.Invalid) {
		show.Bad = map[string]string{"count": v.text.T("coupon.bad.count")}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponPage(c, v, show)
	}
	return s.couponDone(c, v, id, show, err, "coupon_codes")
}

// couponCodesExport sends the codes that nobody has used.
func (s *Console) couponCodesExport(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Coupons.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	return s.export(c, v, table{
		name: "codes", title: v.text.T("coupon.codes"), action: "coupon.codes_exported", detail: map[string]any{"coupon": id}, head: []string{v.text.T("coupon.code"), v.text.T("coupon.made_at")},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			for after := ""; ; {
				codes, err := s.Coupons.Codes(ctx, v.shop.ID, id, after)
				if err != nil {
					return err
				}
				for _, code := range codes {
					if code.MemberID != 0 {
						continue
					}
					if err := row(sheet.Text(code.Code), sheet.At(&code.MadeAt)); err != nil {
						return err
					}
				}
				if len(codes) < maxCodesShown {
					return nil
				}
				after = codes[len(codes)-1].Code
			}
		},
	})
}
