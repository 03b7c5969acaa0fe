package coupon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// Reasons of this room why a coupon cannot be used.
const (
	ReasonNotYet pricing.Reason = pricing.ReasonNotYet
	ReasonBudget                = pricing.ReasonBudget // the shop's budget for it is spent
)

// Rules returns what the member's coupons would do to an order, for pricing: the id of each is
// its grant's. One statement, or none if there are none.
func (s *Service) Rules(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error) {
	if ask.Idle.Coupons {
		return nil, nil
	}
	rows, err := s.q.Usable(ctx, q, ask.MemberID, ask.At)
	if err != nil {
		return nil, fmt.Errorf("coupons of a member: %w", err)
	}
	rules := make([]pricing.Rule, len(rows))
	for i, r := range rows {
		t := termsOf(r.CouponTerm)
		t.ScopeIDs = r.Scope
		if t.ScopeOf == ScopeCategories && len(r.Scope) == 0 { // all of them are gone
			t.ScopeIDs = []int64{0}
		}
		rules[i] = pricing.Rule{
			Ref: pricing.Ref{Kind: Kind(r.Kind).rule(), ID: r.ID}, Version: r.Version, Title: r.Title, Funder: t.Funder, From: r.ValidFrom, Until: r.ValidUntil,
			Scope: t.scope(), Tiers: []pricing.Tier{t.tier()},
		}
		if r.Spent {
			rules[i].Unfit = ReasonBudget
		}
	}
	return rules, nil
}

// LockTx holds the coupons among the rules that were applied to an order of their owner. Each
// serves one order: whoever is faster has it. Faults: COUPON_UNAVAILABLE, COUPON_BUDGET.
func (s *Service) LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, applied []pricing.Answer) error {
	var ids, offs []int64
	for _, a := range applied {
		if a.Kind == pricing.KindCoupon || a.Kind == pricing.KindShippingCoupon {
			ids, offs = append(ids, a.ID), append(offs, int64(a.OffFen))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	locked, err := s.q.Lock(ctx, tx, orderNo, memberID, tx.Now(), ids, offs, actor(memberID))
	if err != nil {
		return fmt.Errorf("lock coupons for %s: %w", orderNo, err)
	}
	if len(locked) != len(ids) {
		return ErrUnavailable
	}
	for _, l := range locked { // in the coupons' order: two orders never wait for each other
		passed, err := s.q.Spend(ctx, tx, int64(l.OffFen), l.CouponID)
		if tenantdb.NoRows(err) {
			return ErrBudget
		}
		if err == nil && passed {
			err = s.announce(ctx, tx, l.CouponID)
		}
		if err != nil {
			return fmt.Errorf("lock coupons for %s: %w", orderNo, err)
		}
	}
	return nil
}

// UseTx makes what an order holds used: it was paid. Repeating it changes nothing.
func (s *Service) UseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	if err := s.q.Use(ctx, tx, tx.Now(), by, &orderNo); err != nil {
		return fmt.Errorf("use coupons of %s: %w", orderNo, err)
	}
	return nil
}

// ReleaseTx gives back what an order holds: it was closed unpaid. Repeating it changes nothing.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	return s.backTx(ctx, tx, orderNo, by, Locked, EventRelease)
}

// ReturnTx gives back what an order has used and whose terms say so: all its money went back.
// What is over by then is valid for some days more, if the terms say so. Repeating it changes
// nothing.
func (s *Service) ReturnTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	return s.backTx(ctx, tx, orderNo, by, Used, EventReturn)
}

func (s *Service) backTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string, from GrantStatus, event GrantEvent) error {
	held, err := s.q.Held(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("give back coupons of %s: %w", orderNo, err)
	}
	held = slices.DeleteFunc(held, func(h coupondb.HeldRow) bool {
		return GrantStatus(h.Status) != from || (event == EventReturn && OnRefund(h.OnRefund) == Forfeit)
	})
	var again []coupondb.GrantRow
	for _, h := range held {
		until := h.ValidUntil
		if least := tx.Now().Add(time.Duration(h.AgainDays) * 24 * time.Hour); event == EventReturn && h.AgainDays > 0 && until.Before(least) {
			until = least
		}
		to := Active
		if !until.After(tx.Now()) {
			to = Expired
		} else {
			again = append(again, coupondb.GrantRow{ID: h.ID, ValidUntil: until})
		}
		err := s.q.GiveBack(ctx, tx, coupondb.GiveBackParams{
			ID: h.ID, ToStatus: string(to), ValidUntil: until, Now: tx.Now(), Actor: by, Event: string(event), OrderNo: orderNo,
		})
		if err != nil {
			return fmt.Errorf("give back coupons of %s: %w", orderNo, err)
		}
	}
	for _, h := range held {
		if err := s.q.Unspend(ctx, tx, int64(h.OffFen), h.CouponID); err != nil {
			return fmt.Errorf("give back coupons of %s: %w", orderNo, err)
		}
	}
	return s.ageLater(ctx, tx, again)
}
