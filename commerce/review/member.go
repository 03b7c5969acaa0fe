package review

import (
	"context"
	"fmt"

	"galleria/commerce/review/internal/reviewdb"
	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes the reviews of one member another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveMember(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move reviews of a member: %w", err)
	}
	if err := s.q.MoveReports(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move reports of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx erases texts, pictures and name of a member who has left; the scores that
// others saw stay, without a person.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetReports(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget reports of a member: %w", err)
	}
	rows, err := s.q.LockOfMember(ctx, tx, memberID)
	if err != nil {
		return fmt.Errorf("forget reviews of a member: %w", err)
	}
	if err := s.q.ForgetMember(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget reviews of a member: %w", err)
	}
	var sum reviewdb.AddSummaryParams
	for i, row := range rows {
		r := fromRow(row)
		after := r
		after.pictured, after.followed = false, false
		sum.SpuID = r.SPUID
		addTo(&sum, r, -1)
		addTo(&sum, after, 1)
		if i+1 == len(rows) || rows[i+1].SpuID != r.SPUID {
			if err := s.add(ctx, tx, sum); err != nil {
				return fmt.Errorf("forget reviews of a member: %w", err)
			}
			sum = reviewdb.AddSummaryParams{}
		}
		if err := s.erased(ctx, tx, r); err != nil {
			return fmt.Errorf("forget reviews of a member: %w", err)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return s.changed(ctx, tx)
}
