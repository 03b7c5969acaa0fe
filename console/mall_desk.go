package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/coupon"
	"galleria/commerce/points"
	"galleria/console/authz"
	"galleria/console/view"
)

const mallPath = pointsPath + "/mall"

// mallList shows what the shop gives for points.
func (s *Console) mallList(c *fiber.Ctx, v *visit) (err error) {
	list := view.MallList{PointsTabs: s.pointsTabs(v, "mall"), Status: c.Query("status"), Now: s.Now()}
	before := cursor(c.Query("before"))
	list.OnFirst = before == 0
	if list.Offers, list.Next, err = s.Points.Offers(c.UserContext(), v.shop.ID, points.OfferStatus(list.Status), before); err != nil {
		return err
	}
	return render(c, view.MallListPage(s.page(c, v, v.text.T("mall.title"), "nav.points"), list))
}

// mallShow shows one offer and what it gave.
func (s *Console) mallShow(c *fiber.Ctx, v *visit) error {
	return s.mallPage(c, v, view.MallShow{})
}

func (s *Console) mallPage(c *fiber.Ctx, v *visit, show view.MallShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.MallOffer, show.Last, err = s.Points.Offer(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	show.Now, show.MayUpdate = s.Now(), v.granted[authz.PointsUpdate]
	p := s.page(c, v, show.Title, "nav.points")
	p.Done = done(c, v)
	return render(c, view.MallShowPage(p, show))
}

// mallStop ends an offer for good, with a word of consent.
func (s *Console) mallStop(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if form(c, "sure") == "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.mallPage(c, v, view.MallShow{Bad: v.text.T("mall.bad.sure")})
	}
	err = s.Points.StopOffer(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.mallPage(c, v, view.MallShow{Problem: sentence(v, err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(mallPath+"/"+itoa64(id)+"?done=mall_stopped"), fiber.StatusSeeOther)
}

// mallNew shows the form of a new offer.
func (s *Console) mallNew(c *fiber.Ctx, v *visit) error {
	now := s.Now()
	return s.mallFormPage(c, v, view.MallForm{Coupon: c.Query("gives") == view.GivesCoupon, Typed: map[string]string{
		"starts_at": typedMoment(&now), "per_member": "0", "cash_fen": "0",
	}})
}

// mallEdit shows the form of an offer.
func (s *Console) mallEdit(c *fiber.Ctx, v *visit) error {
	o, err := s.mallOffer(c, v)
	if err != nil {
		return err
	}
	return s.mallFormPage(c, v, view.MallForm{ID: o.ID, Coupon: o.CouponID != 0, Gives: o.Gives, Spec: o.Spec, Typed: map[string]string{
		"version": itoa64(o.Version), "title": o.Title, "points": itoa64(o.Points), "cash_fen": o.CashFen.Yuan(), "stock": itoa64(o.Stock), "per_member": itoa64(o.PerMember),
		"level": itoa64(o.LevelID), "starts_at": typedMoment(&o.StartsAt), "ends_at": typedMoment(o.EndsAt),
	}})
}

func (s *Console) mallOffer(c *fiber.Ctx, v *visit) (points.MallOffer, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return points.MallOffer{}, err
	}
	o, _, err := s.Points.Offer(c.UserContext(), v.shop.ID, id)
	return o, err
}

// mallFormPage shows a form with what can be chosen.
func (s *Console) mallFormPage(c *fiber.Ctx, v *visit, f view.MallForm) (err error) {
	ctx := c.UserContext()
	if f.Levels, err = s.Levels.Levels(ctx, v.shop.ID); err != nil {
		return err
	}
	switch {
	case f.ID != 0:
	case f.Coupon:
		if f.Coupons, _, err = s.Coupons.List(ctx, v.shop.ID, coupon.Live, 0); err != nil {
			return err
		}
	default:
		if f.Products, err = s.productPicker(c, v, "product", v.text.T("mall.field.product"), f.ProductIDs); err != nil {
			return err
		}
		f.Products.Bad = f.Bad["product"]
		if len(f.ProductIDs) > 0 {
			if f.Variants, err = s.Campaigns.Variants(ctx, v.shop.ID, f.ProductIDs); err != nil {
				return err
			}
		}
	}
	title := v.text.T("mall.add.product")
	if f.Coupon {
		title = v.text.T("mall.add.coupon")
	}
	if f.ID != 0 {
		title = v.text.T("mall.edit")
	}
	return render(c, view.MallFormPage(s.page(c, v, title, "nav.points"), f))
}

// mallCreate adds an offer.
func (s *Console) mallCreate(c *fiber.Ctx, v *visit) error {
	return s.mallSave(c, v, view.MallForm{Coupon: form(c, "gives") == view.GivesCoupon}, points.OfferInput{})
}

// mallUpdate changes an offer for exchanges from now on.
func (s *Console) mallUpdate(c *fiber.Ctx, v *visit) error {
	o, err := s.mallOffer(c, v)
	if err != nil {
		return err
	}
	return s.mallSave(c, v, view.MallForm{ID: o.ID, Coupon: o.CouponID != 0, Gives: o.Gives, Spec: o.Spec}, points.OfferInput{SKUID: o.SKUID, CouponID: o.CouponID})
}

func (s *Console) mallSave(c *fiber.Ctx, v *visit, f view.MallForm, gives points.OfferInput) error {
	f.Typed = map[string]string{}
	for _, name := range view.MallFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	f.ProductIDs = ticked(c, "product")
	if form(c, "find") != "" { // a product is looked for, or its variants are wanted
		return s.mallFormPage(c, v, f)
	}
	r := typedForm(f.Typed)
	in := readOffer(r, f, gives)
	version, _ := strconv.ParseInt(f.Typed["version"], 10, 64) // none is never the present one
	var err error
	id := f.ID
	if len(r.bad) == 0 {
		id, err = s.Points.SaveOffer(c.UserContext(), v.shop.ID, f.ID, version, in, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, badWords(v, "mall.bad.")); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.mallFormPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.mallFormPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(mallPath+"/"+itoa64(id)+"?done=mall_saved"), fiber.StatusSeeOther)
}

// readOffer reads an offer as it was typed.
func readOffer(r typedReader, f view.MallForm, gives points.OfferInput) points.OfferInput {
	in := points.OfferInput{
		SKUID: gives.SKUID, CouponID: gives.CouponID, Title: r.typed["title"], Points: r.number("points"), CashFen: r.fen("cash_fen"), Stock: r.number("stock"),
		PerMember: r.number("per_member"), LevelID: r.number("level"), EndsAt: r.moment("ends_at"),
	}
	if from := r.moment("starts_at"); from != nil {
		in.StartsAt = *from
	}
	if f.ID != 0 {
		return in
	}
	if f.Coupon {
		if in.CouponID = r.number("coupon"); in.CouponID == 0 {
			r.bad["coupon"] = true
		}
		return in
	}
	if in.SKUID = r.number("sku"); in.SKUID == 0 {
		r.bad["product"] = true
	}
	return in
}
