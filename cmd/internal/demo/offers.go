package demo

import (
	"context"
	"slices"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/distribution"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
)

// coupons are what the shop gives away: one for everybody, one for who has never paid, and one
// for a code.
func coupons() []coupon.Input {
	const least, off, newcomerOff, share, most = 9900, 1000, 1500, 1200, 3000
	terms := coupon.Terms{ScopeOf: coupon.ScopeAll, OnRefund: coupon.Restore, Funder: pricing.FunderShop}
	with := func(change func(t *coupon.Terms)) coupon.Terms {
		t := terms
		change(&t)
		return t
	}
	return []coupon.Input{
		{Kind: coupon.Goods, Title: "满99减10", Claimable: true, PerMember: 3, Terms: with(func(t *coupon.Terms) { t.NeedFen, t.OffFen, t.ValidDays = least, off, 30 })},
		{Kind: coupon.Goods, Title: "新客立减15元", Claimable: true, Newcomers: true, PerMember: 1, Terms: with(func(t *coupon.Terms) { t.OffFen, t.ValidDays = newcomerOff, 7 })},
		{Kind: coupon.Goods, Title: codeCoupon, PerMember: 1, Terms: with(func(t *coupon.Terms) { t.OffBps, t.CapFen, t.ValidDays = share, most, 60 })},
	}
}

// codeCoupon is the one that is had for a code.
const codeCoupon = "老友专享8.8折"

// codesMade is how many codes the shop has for it.
const codesMade = 5

// offer gives the shop coupons, terms of points and something to have for them. What is there
// already stays.
func (s *seeding) offer(ctx context.Context) error {
	there, _, err := s.Coupons.List(ctx, s.shop.ID, "", 0)
	if err != nil {
		return err
	}
	var first int64
	for _, in := range coupons() {
		if slices.ContainsFunc(there, func(c coupon.Coupon) bool { return c.Title == in.Title }) {
			continue
		}
		id, err := s.Coupons.Save(ctx, s.shop.ID, 0, 0, in, "system")
		if err != nil {
			return err
		}
		if err := s.Coupons.SetStatus(ctx, s.shop.ID, id, coupon.Live, "system"); err != nil {
			return err
		}
		if in.Title == codeCoupon {
			if err := s.Coupons.MakeCodes(ctx, s.shop.ID, id, codesMade, "system"); err != nil {
				return err
			}
		}
		if first == 0 {
			first = id
		}
	}
	if err := s.reward(ctx, first); err != nil {
		return err
	}
	if err := s.distribute(ctx); err != nil {
		return err
	}
	return s.promote(ctx)
}

// distribute lets whoever asks sell for the shop, if it has no terms of distribution.
func (s *seeding) distribute(ctx context.Context) error {
	p, err := s.Distributed.Plan(ctx, s.shop.ID)
	if err != nil || p.Version > 0 {
		return err
	}
	p.Enabled, p.JoinBy = true, distribution.JoinAnyone
	return s.Distributed.SavePlan(ctx, s.shop.ID, p, "system")
}

// promoted are the products of the flash sale and of group buying: the last two of the plan that are
// on the shelf in some number.
func (s *seeding) promoted() (flash, group int) {
	goods := s.plan.products()
	before := func(i int) int {
		for i--; i > 0 && (goods[i].shelf == catalog.Draft || goods[i].shelf == catalog.OffShelf || goods[i].stock < flashUnits); i-- {
		}
		return max(0, i)
	}
	flash = before(len(goods))
	return flash, before(flash)
}

// flashUnits is how many pieces the flash sale has.
const flashUnits = 20

// promote gives the shop a reduction and group buying for a month, and a flash sale with sessions for three days, if
// it has no campaign.
func (s *seeding) promote(ctx context.Context) error {
	there, _, _, err := s.Campaigns.List(ctx, s.shop.ID, "", 0, s.now)
	if err != nil || len(there) > 0 {
		return err
	}
	const need, off, freeFrom, freeOff, perMember, seats, fillHours = 19900, 2000, 29900, 3000, 1, 3, 24
	goods := s.plan.products()
	last, group := s.promoted()
	sale := campaign.Input{
		Kind: campaign.Flash, Title: "每日秒杀", PerMember: perMember,
		Prices: []campaign.Price{{SKUID: s.skus[last][0], PriceFen: goods[last].price * 7 / 10, Units: flashUnits}},
	}
	for day := range 3 {
		begins := s.now.Truncate(time.Hour).AddDate(0, 0, day)
		sale.Sessions = append(sale.Sessions,
			campaign.Session{StartsAt: begins, EndsAt: begins.Add(2 * time.Hour)}, campaign.Session{StartsAt: begins.Add(10 * time.Hour), EndsAt: begins.Add(12 * time.Hour)})
	}
	for _, in := range []campaign.Input{
		{
			Kind: campaign.Group, Title: "三人成团", StartsAt: s.now.Truncate(time.Hour), EndsAt: s.now.AddDate(0, 1, 0), Seats: seats, FillHours: fillHours, PerMember: perMember,
			Prices: []campaign.Price{{SKUID: s.skus[group][0], PriceFen: goods[group].price * 8 / 10}},
		},
		{
			Kind: campaign.Reduction, Title: "满199减20，满299减30包邮", StartsAt: s.now.Truncate(time.Hour), EndsAt: s.now.AddDate(0, 1, 0), ScopeOf: campaign.ScopeAll,
			Tiers: []campaign.Tier{{NeedFen: need, OffFen: off}, {NeedFen: freeFrom, OffFen: freeOff, Free: true}},
		},
		sale,
	} {
		id, err := s.Campaigns.Save(ctx, s.shop.ID, 0, 0, in, "system")
		if err == nil {
			err = s.Campaigns.Start(ctx, s.shop.ID, id, "system")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reward gives the shop terms of points and a mall, if it has none.
func (s *seeding) reward(ctx context.Context, couponID int64) error {
	terms, err := s.Points.Terms(ctx, s.shop.ID)
	if err != nil {
		return err
	}
	if terms.Version == 0 {
		terms.Enabled, terms.SignPoints, terms.WeekPoints, terms.InvitePoints = true, 5, 20, 100
		if err := s.Points.SaveTerms(ctx, s.shop.ID, terms, "system"); err != nil {
			return err
		}
	}
	there, _, err := s.Points.Offers(ctx, s.shop.ID, "", 0)
	if err != nil || len(there) > 0 {
		return err
	}
	const stock, goodsPoints, goodsCash, couponPoints = 50, 300, 100, 200
	offers := []points.OfferInput{{Title: "积分加一元换购", SKUID: s.skus[0][0], Points: goodsPoints, CashFen: goodsCash, Stock: stock, PerMember: 1}}
	if couponID != 0 {
		offers = append(offers, points.OfferInput{Title: "积分换优惠券", CouponID: couponID, Points: couponPoints, Stock: stock})
	}
	for _, in := range offers {
		in.StartsAt = s.now
		if _, err := s.Points.SaveOffer(ctx, s.shop.ID, 0, 0, in, "system"); err != nil {
			return err
		}
	}
	return nil
}
