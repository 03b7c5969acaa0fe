package member

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// SessionsKept is how many days the row of an ended session is kept: long enough to
// recognise a stolen refresh token that is used late.
const SessionsKept = 30

// PurgeSessionsTx deletes up to limit sessions that ended more than SessionsKept days ago,
// in the caller's transaction, and returns how many.
func (s *Service) PurgeSessionsTx(ctx context.Context, tx tenantdb.Tx, limit int) (int64, error) {
	n, err := s.q.PurgeSessions(ctx, tx, SessionsKept, int32(limit))
	if err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return n, nil
}
