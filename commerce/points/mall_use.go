package points

import (
	"context"
	"fmt"
	"strconv"

	"galleria/commerce/money"
	"galleria/commerce/points/internal/pointsdb"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// Why an offer of the mall is not for a member, beside what pricing says.
const (
	ReasonMallLevel pricing.Reason = "mall_level" // the level is too low
	ReasonMallLimit pricing.Reason = "mall_limit" // the member has had as many as one may have
	ReasonMallGone  pricing.Reason = "mall_gone"  // nothing is left, or it was stopped
)

// mallRule is the price of an offer of the mall, for the member and the pieces that are asked
// for; none for one that is not there or gives a coupon. One statement.
func (s *Service) mallRule(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error) {
	row, err := s.q.MallAsked(ctx, q, ask.MemberID, ask.At, ask.Exchange)
	if tenantdb.NoRows(err) || (err == nil && row.MallOffer.SkuID == nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("offer of the mall: %w", err)
	}
	o := row.MallOffer
	r := pricing.Rule{
		Ref: pricing.Ref{Kind: pricing.KindMall, ID: o.ID}, Version: o.Version, Title: o.Title, Funder: pricing.FunderShop, From: o.StartsAt,
		Scope: pricing.Scope{SKUs: []int64{*o.SkuID}}, Unfit: unfit(row, ask.Qty),
		Prices: map[int64]money.Fen{*o.SkuID: o.CashFen}, Points: pricing.PointsTerms{Each: o.Points, Have: row.Have},
	}
	if o.EndsAt != nil {
		r.Until = *o.EndsAt
	}
	return []pricing.Rule{r}, nil
}

func unfit(row pointsdb.MallAskedRow, qty int64) pricing.Reason {
	o := row.MallOffer
	switch {
	case OfferStatus(o.Status) != OfferLive || o.Taken+qty > o.Stock:
		return ReasonMallGone
	case !row.May:
		return ReasonMallLevel
	case o.PerMember > 0 && row.Mine+qty > o.PerMember:
		return ReasonMallLimit
	}
	return ""
}

// MallRefusal is why an order cannot be the exchange that it names, given what pricing said of
// its offer ("" where there is none).
func MallRefusal(why pricing.Reason) error {
	if err, known := map[pricing.Reason]error{pricing.ReasonNoPoints: ErrShort, ReasonMallLevel: ErrOfferLevel, ReasonMallLimit: ErrOfferLimit}[why]; known {
		return err
	}
	return ErrOfferGone
}

// exchanged is the answer of an order's offer of the mall, nil if it is no exchange.
func exchanged(applied []pricing.Answer) *pricing.Answer {
	for i, a := range applied {
		if a.Kind == pricing.KindMall && a.Points > 0 {
			return &applied[i]
		}
	}
	return nil
}

// exchange takes pieces of an offer for an order whose points are held. Faults: MALL_LIMIT,
// MALL_GONE.
func (a *account) exchange(ctx context.Context, orderNo string, by pricing.Answer) error {
	return a.takeOffer(ctx, by.ID, by.Version, by.Qty(), func() error {
		return a.q.MallAddOrder(ctx, a.tx, pointsdb.MallAddOrderParams{
			OfferID: by.ID, Version: by.Version, MemberID: a.member, Qty: by.Qty(), Points: by.Points, OrderNo: orderNo, Now: a.tx.Now(),
		})
	})
}

// takeOffer counts pieces of a member, does something, and takes them of the offer, whose row is
// locked last.
func (a *account) takeOffer(ctx context.Context, offerID, version, qty int64, between func() error) error {
	n, err := a.q.MallCount(ctx, a.tx, a.member, qty, offerID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOfferLimit
	}
	if err := between(); err != nil {
		return err
	}
	if n, err = a.q.MallTake(ctx, a.tx, qty, offerID, version, a.tx.Now()); err == nil && n == 0 {
		return ErrOfferGone
	}
	return err
}

// Coupons are given for points; *coupon.Service is one.
type Coupons interface {
	// ExchangeTx gives a member one coupon for a key, once.
	ExchangeTx(ctx context.Context, tx tenantdb.Tx, couponID, memberID int64, key string) (grantID int64, err error)
}

// ExchangeCoupon gives a member the coupon of an offer for points. key names the request:
// repeated, it finds the grant that it made. Opens a transaction. Faults: MALL_GONE, MALL_LEVEL,
// MALL_LIMIT, POINTS_SHORT, COUPON_GONE, IDEMPOTENCY_MISMATCH.
func (s *Service) ExchangeCoupon(ctx context.Context, id tenant.ID, memberID, offerID int64, key string) (grantID int64, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.MallAsked(ctx, tx, memberID, tx.Now(), offerID)
		if tenantdb.NoRows(err) || (err == nil && row.MallOffer.CouponID == nil) {
			return ErrOfferGone
		}
		if err != nil {
			return err
		}
		o := row.MallOffer
		exchange, err := s.q.MallAddCoupon(ctx, tx, o.ID, o.Version, memberID, o.Points, key, tx.Now())
		if tenantdb.NoRows(err) {
			grantID, err = s.given(ctx, tx, memberID, offerID, key)
			return err
		}
		if err != nil {
			return err
		}
		if why := unfit(row, 1); why != "" {
			return MallRefusal(why)
		}
		return s.within(ctx, tx, memberID, actorOf(memberID), func(a *account) (err error) {
			grantID, err = a.exchangeCoupon(ctx, o, exchange)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("exchange points for a coupon: %w", err)
	}
	return grantID, nil
}

// given is what a request has exchanged before.
func (s *Service) given(ctx context.Context, tx tenantdb.Tx, memberID, offerID int64, key string) (int64, error) {
	was, err := s.q.MallGiven(ctx, tx, memberID, key)
	if err != nil {
		return 0, err
	}
	if was.OfferID != offerID {
		return 0, idempotency.ErrMismatch
	}
	return orZero(was.GrantID), nil
}

// exchangeCoupon spends points at once; lots name the exchange as they name orders.
func (a *account) exchangeCoupon(ctx context.Context, o pointsdb.MallOffer, exchange int64) (grantID int64, err error) {
	if a.Available < o.Points {
		return 0, ErrShort
	}
	name := "mall:" + strconv.FormatInt(exchange, 10)
	held, err := a.q.Hold(ctx, a.tx, a.member, o.Points, name)
	if err != nil {
		return 0, err
	}
	if held != o.Points {
		return 0, ErrShort
	}
	if _, err := a.q.Use(ctx, a.tx, name); err != nil {
		return 0, err
	}
	a.change(EntrySpend, -o.Points, "", o.Title)
	return grantID, a.takeOffer(ctx, o.ID, o.Version, 1, func() (err error) {
		if grantID, err = a.d.Coupons.ExchangeTx(ctx, a.tx, *o.CouponID, a.member, name); err != nil {
			return err
		}
		return a.q.MallGranted(ctx, a.tx, grantID, exchange)
	})
}
