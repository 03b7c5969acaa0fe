package idempotency

import (
	"context"
	"fmt"

	"galleria/tenant/idempotency/internal/idempotencydb"
	"galleria/tenant/tenantdb"
)

// Kept is how many days a key is remembered; the same key afterwards is a new request.
const Kept = 7

// Purge forgets up to limit keys that are older than Kept days, in the caller's
// transaction, and returns how many.
func Purge(ctx context.Context, tx tenantdb.Tx, limit int) (int64, error) {
	n, err := idempotencydb.New().Purge(ctx, tx, Kept, int32(limit))
	if err != nil {
		return 0, fmt.Errorf("purge idempotency keys: %w", err)
	}
	return n, nil
}
