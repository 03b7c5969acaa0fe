package handle

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/notice"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// withinQuota counts a message that is ready to be sent. Beyond the plan's hard limit it is
// skipped: an order does not wait for a message, and the buyer's consent is not spent.
func (h *Handlers) withinQuota(ctx context.Context, tx tenantdb.Tx, m notice.Message, ready bool) (bool, error) {
	if !ready {
		return false, nil
	}
	err := h.Plans.TakeTx(ctx, tx, plan.Messages, 1)
	if errors.Is(err, plan.ErrQuota) {
		return false, h.Notices.SkipTx(ctx, tx, m, "quota")
	}
	if err != nil {
		return false, fmt.Errorf("count message: %w", err)
	}
	return true, nil
}
