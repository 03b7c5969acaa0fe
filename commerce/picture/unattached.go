package picture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// attachWithin is how long a buyer's upload waits for what it is to be shown in.
const attachWithin = 48 * time.Hour

// sweepBatch is how many uploads one run forgets at most.
const sweepBatch = 200

// SweepUnattached deletes what buyers uploaded two days ago or earlier and attached to nothing,
// and returns how many there were. Each goes in a transaction of its own, which looks again:
// one that was attached meanwhile stays. Safe to repeat.
func (s *Service) SweepUnattached(ctx context.Context, id tenant.ID) (int, error) {
	var ids []int64
	err := s.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		ids, err = s.q.Unattached(ctx, r, s.Now().Add(-attachWithin), sweepBatch)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find unattached pictures: %w", err)
	}
	swept := 0
	for _, n := range ids {
		switch err := s.Delete(ctx, id, n); {
		case err == nil:
			swept++
		case !errors.Is(err, ErrUsed) && !errors.Is(err, fault.ErrNotFound):
			return swept, err
		}
	}
	return swept, nil
}
