package payments

import (
	"context"
	"fmt"
	"slices"
	"time"

	"galleria/tenant/tenantdb"
)

// BodiesKept is how long the messages of providers are kept at least: disputes about a
// payment come within half a year. Rows without their message stay for good.
const BodiesKept = 180 * 24 * time.Hour

// PurgeBodiesTx empties up to limit messages of events, of resolved anomalies and of
// refusals, and drops exchanges, each that came before a time, in the caller's transaction. after is where the
// last pass over the events ended; more says that there is more to do.
func (s *Service) PurgeBodiesTx(ctx context.Context, tx tenantdb.Tx, before time.Time, after int64, limit int) (reached int64, purged int, more bool, err error) {
	events, err := s.q.PurgeEventBodies(ctx, tx, after, before, int32(limit))
	if err != nil {
		return after, 0, false, fmt.Errorf("purge messages: %w", err)
	}
	reached = after
	if len(events) > 0 {
		reached = slices.Max(events)
	}
	anomalies, err := s.q.PurgeAnomalyBodies(ctx, tx, 0, before, int32(limit))
	if err != nil {
		return after, 0, false, fmt.Errorf("purge messages of anomalies: %w", err)
	}
	refusals, err := s.q.PurgeRefusals(ctx, tx, before, int32(limit))
	if err != nil {
		return after, 0, false, fmt.Errorf("purge refusals: %w", err)
	}
	exchanges, err := s.q.PurgeExchanges(ctx, tx, before, int32(limit))
	if err != nil {
		return after, 0, false, fmt.Errorf("purge exchanges: %w", err)
	}
	return reached, int(exchanges) + len(events) + len(anomalies) + int(refusals), len(events) == limit || len(anomalies) == limit || int(refusals) == limit || int(exchanges) == limit, nil
}
