package points

import (
	"context"
	"fmt"

	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// Rules returns how a member may pay with points, for pricing: one rule, or none where the shop
// takes no points. For an exchange of the mall it is the offer's instead. One statement, or none
// where it is known that points pay nothing.
func (s *Service) Rules(ctx context.Context, q tenantdb.Querier, ask pricing.Ask) ([]pricing.Rule, error) {
	if ask.Exchange != 0 {
		return s.mallRule(ctx, q, ask)
	}
	if ask.Idle.Points {
		return nil, nil
	}
	row, err := s.q.Payable(ctx, q, ask.MemberID, ask.At)
	if tenantdb.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("points of a member: %w", err)
	}
	t := termsOf(row.PointsTerm)
	if !t.Enabled || !t.Redeem {
		return nil, nil
	}
	return []pricing.Rule{{
		Ref: pricing.Ref{Kind: pricing.KindPoints, ID: 1}, Version: t.Version, Title: Title, Funder: pricing.FunderShop,
		Points: pricing.PointsTerms{PerYuan: t.PerYuan, Step: t.Step, Least: t.Least, Most: t.Most, CapBps: t.CapBps, Have: row.Have},
	}}, nil
}

// LockTx holds the points that an order is paid with, and takes what it exchanges of the mall.
// Faults: POINTS_SHORT: another order was faster, or their time is over; MALL_LIMIT, MALL_GONE.
func (s *Service) LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, applied []pricing.Answer) error {
	points := int64(0)
	for _, a := range applied {
		points += a.Points
	}
	if points == 0 {
		return nil
	}
	err := s.within(ctx, tx, memberID, actorOf(memberID), func(a *account) error {
		if a.Available < points {
			return ErrShort
		}
		held, err := s.q.Hold(ctx, tx, memberID, points, orderNo)
		if err != nil {
			return err
		}
		if held != points {
			return ErrShort
		}
		a.Held += points
		a.change(EntrySpend, -points, orderNo, "")
		if x := exchanged(applied); x != nil {
			return a.exchange(ctx, orderNo, *x)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hold points for %s: %w", orderNo, err)
	}
	return nil
}

// UseTx makes what an order holds spent: it was paid. Repeating it changes nothing.
func (s *Service) UseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	return s.endHold(ctx, tx, orderNo, by, func(a *account, exchange bool) error {
		n, err := s.q.Use(ctx, tx, orderNo)
		a.Held -= n
		if err != nil || !exchange {
			return err
		}
		return s.q.MallDone(ctx, tx, orderNo)
	})
}

// ReleaseTx gives back what an order holds to the lots that it came from: it was closed unpaid.
// What is over meanwhile is lost. Repeating it changes nothing.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, by string) error {
	return s.endHold(ctx, tx, orderNo, by, func(a *account, exchange bool) error {
		r, err := s.q.Release(ctx, tx, orderNo, tx.Now())
		if err != nil {
			return err
		}
		a.Held -= r.Points
		a.change(EntryRelease, r.Points, orderNo, "")
		a.change(EntryExpire, -r.Lapsed, orderNo, "")
		if err := a.payDebt(ctx); err != nil || !exchange {
			return err
		}
		return s.q.MallEnd(ctx, tx, string(ExchangeReleased), orderNo, string(ExchangeHeld))
	})
}

func (s *Service) endHold(ctx context.Context, tx tenantdb.Tx, orderNo, by string, end func(a *account, exchange bool) error) error {
	held, err := s.q.HeldBy(ctx, tx, orderNo)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err == nil {
		err = s.within(ctx, tx, held.MemberID, by, func(a *account) error { return end(a, held.Exchange) })
	}
	if err != nil {
		return fmt.Errorf("points of order %s: %w", orderNo, err)
	}
	return nil
}

// payDebt pays what is owed with what has come back.
func (a *account) payDebt(ctx context.Context) error {
	due := a.owed(a.Available)
	if due == 0 {
		return nil
	}
	paid, err := a.q.Take(ctx, a.tx, 0, a.member, due)
	if err != nil {
		return err
	}
	a.note(EntryDebt, -paid, -paid, "", "")
	return nil
}

// ReturnTx gives back what an order was paid with, all of whose money went back, and takes back
// what it has earned. Repeating it changes nothing.
func (s *Service) ReturnTx(ctx context.Context, tx tenantdb.Tx, orderNo, _ string) error {
	return s.FollowOrderTx(ctx, tx, orderNo)
}
