package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/console/view"
)

// couponNew shows the form of a new coupon.
func (s *Console) couponNew(c *fiber.Ctx, v *visit) error {
	return s.couponFormPage(c, v, view.CouponForm{Typed: map[string]string{
		"kind": string(coupon.Goods), "way": view.OffAmount, "scope_of": string(coupon.ScopeAll), "validity": view.ValidDays, "valid_days": "7",
		"on_refund": string(coupon.Restore), "again_days": "3", "claimable": "1", "per_member": "1",
	}}, couponScope{})
}

// couponScope is what a coupon is for, as it was chosen.
type couponScope struct{ categories, products []int64 }

func scopeOf(t coupon.Terms) (of couponScope) {
	switch t.ScopeOf {
	case coupon.ScopeCategories:
		of.categories = t.ScopeIDs
	case coupon.ScopeProducts:
		of.products = t.ScopeIDs
	case coupon.ScopeAll:
	}
	return of
}

func (s *Console) couponFormPage(c *fiber.Ctx, v *visit, f view.CouponForm, of couponScope) (err error) {
	if f.Levels, err = s.Levels.Levels(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	if f.Categories, err = s.categoryPicker(c, v, "category", v.text.T("coupon.scope_of.categories"), of.categories); err != nil {
		return err
	}
	if f.Products, err = s.productPicker(c, v, "product", v.text.T("coupon.scope_of.products"), of.products); err != nil {
		return err
	}
	if f.Typed["scope_of"] == string(coupon.ScopeProducts) {
		f.Products.Bad = f.Bad["scope_ids"]
	} else {
		f.Categories.Bad = f.Bad["scope_ids"]
	}
	return render(c, view.CouponFormPage(s.page(c, v, v.text.T("coupon.one"), "nav.coupons"), f))
}

// couponEdit shows the form of a coupon.
func (s *Console) couponEdit(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	have, err := s.Coupons.Find(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return s.couponFormPage(c, v, view.CouponForm{ID: have.ID, Typed: typedCoupon(have)}, scopeOf(have.Terms))
}

// couponCreate adds a coupon as a draft.
func (s *Console) couponCreate(c *fiber.Ctx, v *visit) error { return s.couponSave(c, v, 0) }

// couponUpdate writes new terms: who holds the coupon keeps the old ones.
func (s *Console) couponUpdate(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.couponSave(c, v, id)
}

func (s *Console) couponSave(c *fiber.Ctx, v *visit, id int64) error {
	f := view.CouponForm{ID: id, Typed: map[string]string{}}
	for _, name := range view.CouponFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	of := couponScope{categories: ticked(c, "category"), products: ticked(c, "product")}
	if form(c, "find") != "" { // something to choose is looked for
		return s.couponFormPage(c, v, f, of)
	}
	r := typedForm(f.Typed)
	in := readCoupon(r, of)
	version, _ := strconv.ParseInt(f.Typed["version"], 10, 64) // none fits no coupon
	if form(c, "preview") != "" && len(r.bad) == 0 {
		f.Words = in.Terms.Words(in.Kind, string(v.text.Lang()))
		return s.couponFormPage(c, v, f, of)
	}
	var err error
	if len(r.bad) == 0 {
		id, err = s.Coupons.Save(c.UserContext(), v.shop.ID, id, version, in, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, badWords(v, "coupon.bad.")); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.couponFormPage(c, v, f, of)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.couponFormPage(c, v, f, of)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(couponsPath+"/"+itoa64(id)+"?done=coupon_saved"), fiber.StatusSeeOther)
}

// readCoupon reads a coupon as it was typed.
func readCoupon(r typedReader, of couponScope) coupon.Input {
	in := coupon.Input{
		Kind: coupon.Kind(r.typed["kind"]), Title: r.typed["title"], Claimable: r.typed["claimable"] != "", Newcomers: r.typed["newcomers"] != "", LevelID: r.number("level"),
		ClaimFrom: r.moment("claim_from"), ClaimUntil: r.moment("claim_until"), GiftFromFen: r.optionalFen("gift_from_fen"),
		Total: r.optionalNumber("total"), PerMember: r.number("per_member"), PerDay: r.optionalNumber("per_day"), BudgetFen: r.optionalFen("budget_fen"),
		Terms: coupon.Terms{
			NeedFen: r.fen("need_fen"), NeedQty: r.number("need_qty"), ScopeOf: coupon.ScopeOf(r.typed["scope_of"]), ScopeExcept: r.typed["scope_except"] != "",
			OnRefund: coupon.OnRefund(r.typed["on_refund"]), Funder: pricing.FunderShop,
		},
	}
	t := &in.Terms
	switch r.typed["way"] {
	case view.OffAmount:
		t.OffFen = r.fen("off_fen")
	case view.OffShare:
		t.OffBps, t.CapFen = r.share("off_bps"), r.fen("cap_fen")
	case view.OffFree:
		t.Free = true
	}
	switch t.ScopeOf {
	case coupon.ScopeCategories:
		t.ScopeIDs = of.categories
	case coupon.ScopeProducts:
		t.ScopeIDs = of.products
	case coupon.ScopeAll:
		t.ScopeExcept = false
	}
	r.bad["scope_ids"] = t.ScopeOf != coupon.ScopeAll && len(t.ScopeIDs) == 0
	if r.typed["validity"] == view.ValidPeriod {
		t.ValidFrom, t.ValidUntil = r.moment("valid_from"), r.moment("valid_until")
	} else {
		t.ValidDays, t.NextDay = r.number("valid_days"), r.typed["next_day"] != ""
	}
	if t.OnRefund == coupon.Restore {
		t.AgainDays = r.number("again_days")
	}
	for name, bad := range r.bad {
		if !bad {
			delete(r.bad, name)
		}
	}
	return in
}

// typedCoupon is a coupon as it would be typed.
func typedCoupon(c coupon.Coupon) map[string]string {
	t := c.Terms
	typed := map[string]string{
		"version": itoa64(c.Version), "kind": string(c.Kind), "title": c.Title, "way": view.OffAmount, "scope_of": string(t.ScopeOf), "validity": view.ValidDays,
		"need_fen": orEmpty(t.NeedFen > 0, t.NeedFen.Yuan()), "need_qty": orEmpty(t.NeedQty > 0, itoa64(t.NeedQty)), "on_refund": string(t.OnRefund), "again_days": itoa64(t.AgainDays),
		"off_fen": orEmpty(t.OffFen > 0, t.OffFen.Yuan()), "cap_fen": orEmpty(t.CapFen > 0, t.CapFen.Yuan()), "scope_except": orEmpty(t.ScopeExcept, "1"),
		"valid_days": orEmpty(t.ValidDays > 0, itoa64(t.ValidDays)), "next_day": orEmpty(t.NextDay, "1"), "valid_from": typedMoment(t.ValidFrom), "valid_until": typedMoment(t.ValidUntil),
		"claimable": orEmpty(c.Claimable, "1"), "newcomers": orEmpty(c.Newcomers, "1"), "claim_from": typedMoment(c.ClaimFrom), "claim_until": typedMoment(c.ClaimUntil),
		"per_member": itoa64(c.PerMember), "level": itoa64(c.LevelID),
	}
	switch {
	case t.OffBps > 0:
		typed["way"], typed["off_bps"] = view.OffShare, money.Fen((10_000-int64(t.OffBps))/10).Yuan()
	case t.Free:
		typed["way"] = view.OffFree
	}
	if t.ValidUntil != nil {
		typed["validity"] = view.ValidPeriod
	}
	for name, n := range map[string]*int64{"total": c.Total, "per_day": c.PerDay} {
		if n != nil {
			typed[name] = itoa64(*n)
		}
	}
	for name, fen := range map[string]*money.Fen{"gift_from_fen": c.GiftFromFen, "budget_fen": c.BudgetFen} {
		if fen != nil {
			typed[name] = fen.Yuan()
		}
	}
	return typed
}

func orEmpty(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func typedMoment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.In(shanghai()).Format(clockForm)
}
