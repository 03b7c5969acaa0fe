package campaign

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Reasons of this room why a price is not given.
const (
	ReasonSoldOut pricing.Reason = "sold_out" // fewer units of the flash sale are left than the line has pieces
	ReasonLimit   pricing.Reason = "limit"    // more pieces than an order, or the member, may have of it
)

// spanned is a campaign whose time is that of its sessions, of which there may be none.
func (in Input) spanned() Input {
	if in.Kind == Flash && len(in.Sessions) > 0 {
		in.StartsAt, in.EndsAt = in.Sessions[0].StartsAt, in.Sessions[len(in.Sessions)-1].EndsAt
	}
	return in
}

func (in Input) checkFlash() error {
	for i, n := range in.Sessions {
		switch {
		case n.StartsAt.IsZero() || n.EndsAt.Sub(n.StartsAt) < time.Minute:
			return fault.Invalidf(fmt.Sprintf("session_%d", i), "must end a minute after its beginning or later")
		case i > 0 && n.StartsAt.Before(in.Sessions[i-1].EndsAt):
			return fault.Invalidf(fmt.Sprintf("session_%d", i), "must not begin before the one before it ends")
		}
	}
	for _, p := range in.Prices {
		if !within(p.Units, 1, MaxUnits) {
			return fault.Invalidf(fmt.Sprintf("units_%d", p.SKUID), "must be 1 to %d", MaxUnits)
		}
	}
	switch {
	case in.OffBps != 0 || len(in.Prices) == 0:
		return fault.Invalidf("products", "must have prices")
	case !within(in.PerOrder, 0, 999):
		return fault.Invalidf("per_order", "must be 0 to 999")
	case !within(in.PerMember, 0, 999):
		return fault.Invalidf("per_member", "must be 0 to 999")
	}
	return in.checkTimed()
}

// keepsSessions refuses a change of sessions that have begun.
func (s *Service) keepsSessions(ctx context.Context, tx tenantdb.Tx, campaignID int64, in Input, status Status) error {
	if in.Kind != Flash || status != Live {
		return nil
	}
	had, err := s.q.Sessions(ctx, tx, campaignID)
	if err != nil {
		return err
	}
	for i, n := range had {
		if n.StartsAt.After(tx.Now()) {
			break
		}
		if i >= len(in.Sessions) || !in.Sessions[i].StartsAt.Equal(n.StartsAt) || !in.Sessions[i].EndsAt.Equal(n.EndsAt) {
			return fault.Invalidf(fmt.Sprintf("session_%d", min(i, len(in.Sessions)-1)), "has begun and stays as it is")
		}
	}
	return nil
}

// putSessions writes the sessions of a flash sale, what each may sell, and when they are told of.
func (s *Service) putSessions(ctx context.Context, tx tenantdb.Tx, campaignID int64, in Input, prices []Price, live bool) error {
	if in.Kind != Flash {
		return nil
	}
	skus, units := make([]int64, len(prices)), make([]int64, len(prices))
	for i, p := range prices {
		skus[i], units[i] = p.SKUID, p.Units
	}
	starts, ends := make([]time.Time, len(in.Sessions)), make([]time.Time, len(in.Sessions))
	for i, n := range in.Sessions {
		starts[i], ends[i] = n.StartsAt, n.EndsAt
	}
	most := int64(len(in.Sessions))
	for _, do := range []func() error{
		func() error { return s.q.DropSessions(ctx, tx, campaignID, most, skus) },
		func() error { return s.q.TrimSessions(ctx, tx, campaignID, most) },
		func() error { return s.q.PutSessions(ctx, tx, campaignID, starts, ends) },
		func() error { return s.q.PutBuckets(ctx, tx, campaignID, skus, units) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	if !live {
		return nil
	}
	return s.remindLater(ctx, tx, Campaign{ID: campaignID, Input: in})
}

// flashRule is one rule, or none where no line is in the sale or no session is running.
func flashRule(r campaigndb.RunningRow) []pricing.Rule {
	if len(r.SkuIds) == 0 || !r.OnSale {
		return nil
	}
	rule := ruleOf(r, pricing.KindFlash)
	if r.SessionEndsAt != nil {
		rule.Until = *r.SessionEndsAt
	}
	rule.Scope.SKUs = r.SkuIds
	rule.Prices, rule.Most = make(map[int64]money.Fen, len(r.SkuIds)), make(map[int64]pricing.Most, len(r.SkuIds))
	for i, sku := range r.SkuIds {
		most := pricing.Most{Qty: r.Lefts[i], Why: ReasonSoldOut}
		for _, limit := range []*int64{r.PerOrder, new(r.Mays[i])} {
			if limit != nil && *limit >= 0 && *limit < most.Qty {
				most = pricing.Most{Qty: *limit, Why: ReasonLimit}
			}
		}
		rule.Prices[sku], rule.Most[sku] = money.Fen(r.PricesFen[i]), most
	}
	return []pricing.Rule{rule}
}

// LockTx takes what an order gets of campaigns, all of it or nothing: units of flash sales, and of
// budgets. Faults: FLASH_SOLD_OUT and CAMPAIGN_BUDGET if somebody was faster, FLASH_LIMIT.
func (s *Service) LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, applied []pricing.Answer) error {
	if err := s.take(ctx, tx, orderNo, memberID, applied); err != nil {
		return err
	}
	return s.spend(ctx, tx, orderNo, applied)
}

func (s *Service) take(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, applied []pricing.Answer) error {
	var campaigns, skus, qtys []int64
	for _, a := range applied {
		if a.Kind != pricing.KindFlash {
			continue
		}
		for _, p := range a.Pieces {
			campaigns, skus, qtys = append(campaigns, a.ID), append(skus, p.SKUID), append(qtys, p.Qty)
		}
	}
	if len(skus) == 0 {
		return nil
	}
	got, err := s.q.Take(ctx, tx, memberID, campaigns, skus, qtys, tx.Now(), orderNo)
	if err != nil {
		return fmt.Errorf("take units for %s: %w", orderNo, err)
	}
	var over, gone []int64
	for _, sku := range skus {
		i := slices.IndexFunc(got, func(g campaigndb.TakeRow) bool { return g.SkuID == sku })
		switch {
		case i >= 0 && got[i].Over:
			over = append(over, sku)
		case i < 0 || !got[i].Taken:
			gone = append(gone, sku)
		}
	}
	switch {
	case len(over) > 0:
		return ErrLimit.WithData(map[string]any{"sku_ids": over})
	case len(gone) > 0:
		return ErrSoldOut.WithData(map[string]any{"sku_ids": gone})
	case slices.ContainsFunc(got, func(g campaigndb.TakeRow) bool { return g.Out }):
		return s.d.Tell(ctx, tx) // what is sold out costs what it costs again
	}
	return nil
}

// UseTx changes nothing: what was taken stays taken when its order is paid.
func (s *Service) UseTx(context.Context, tenantdb.Tx, string, string) error { return nil }

// ReleaseTx gives back the units and the budget that an order took: it was closed unpaid. They can
// be had again while the campaign runs. Repeating it changes nothing.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, _ string) error {
	again, err := s.q.GiveBack(ctx, tx, orderNo, tx.Now())
	if err != nil {
		return fmt.Errorf("give back units of %s: %w", orderNo, err)
	}
	if again {
		return s.d.Tell(ctx, tx)
	}
	return nil
}

// ReturnTx does what ReleaseTx does: all money of the order went back. A part that goes back
// returns nothing.
func (s *Service) ReturnTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	return s.ReleaseTx(ctx, tx, orderNo, by)
}

func orNil(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func sessionKey(campaignID, no int64) string {
	return strconv.FormatInt(campaignID, 10) + "/" + strconv.FormatInt(no, 10)
}
