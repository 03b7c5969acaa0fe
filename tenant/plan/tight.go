package plan

import (
	"context"
	"fmt"

	"galleria/tenant"
)

// Tight returns the quotas of a shop that are nearly used or full, in one round trip.
func (s *Service) Tight(ctx context.Context, id tenant.ID) ([]Use, error) {
	rows, err := s.q.Tight(ctx, s.db.Platform(), id.String(), Month(s.now()))
	if err != nil {
		return nil, fmt.Errorf("tight quotas: %w", err)
	}
	uses := make([]Use, len(rows))
	for i, r := range rows {
		uses[i] = Use{Quota: Quota(r.Quota), Used: r.Used, Limit: Limit{Soft: r.Soft, Hard: r.Hard}}
	}
	return uses, nil
}
