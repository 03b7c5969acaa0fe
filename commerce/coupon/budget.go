package coupon

import (
	"context"
	"fmt"
	"strconv"

	"galleria/commerce/money"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicBudget announces that a coupon comes to its end by itself. Payload BudgetEvent.
const TopicBudget outbox.Topic = "coupon.budget"

// BudgetEvent is the payload of TopicBudget.
type BudgetEvent struct {
	CouponID int64 `json:"coupon_id"`
}

// Mark is how far a live coupon has come by itself.
type Mark string

// The marks.
const (
	MarkNone   Mark = ""
	MarkNear   Mark = "coupon_near"   // four fifths of its budget are spent
	MarkSpent  Mark = "coupon_spent"  // less is left than it takes off: it is neither given nor used any more
	MarkIssued Mark = "coupon_issued" // all of them were given; who has one uses it
)

// Standing is what staff are told of a coupon.
type Standing struct {
	Title     string
	Mark      Mark
	BudgetFen money.Fen // 0: no limit
	Total     int64     // 0: no limit
}

// least is the least that a coupon of these terms takes off an order, fen.
func (t Terms) least() money.Fen {
	if t.OffFen > 0 && t.OffFen <= t.NeedFen {
		return t.OffFen
	}
	return 1 // a share or the freight: nobody knows how little
}

// UsedUp reports whether the budget holds no use of the coupon any more.
func (c Coupon) UsedUp() bool { return c.BudgetFen != nil && *c.BudgetFen-c.SpentFen < c.Terms.least() }

// Standing is how far a coupon has come; without a mark if it is not live. One statement.
func (s *Service) Standing(ctx context.Context, q tenantdb.Querier, couponID int64) (Standing, error) {
	row, err := s.q.Standing(ctx, q, couponID)
	if tenantdb.NoRows(err) {
		return Standing{}, nil
	}
	if err != nil {
		return Standing{}, fmt.Errorf("standing of a coupon: %w", err)
	}
	out := Standing{Title: row.Title, BudgetFen: money.Fen(row.BudgetFen), Total: row.Total}
	switch {
	case row.Spent:
		out.Mark = MarkSpent
	case row.Given:
		out.Mark = MarkIssued
	case row.Near:
		out.Mark = MarkNear
	}
	return out, nil
}

func (s *Service) announce(ctx context.Context, tx tenantdb.Tx, couponID int64) error {
	return s.d.Outbox.Append(ctx, tx, TopicBudget, strconv.FormatInt(couponID, 10), BudgetEvent{CouponID: couponID})
}
