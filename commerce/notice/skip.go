package notice

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// SkipTx ends a message that was begun and is not sent after all, and gives the buyer's
// consent back, or the use of the number.
func (s *Service) SkipTx(ctx context.Context, tx tenantdb.Tx, m Message, reason string) error {
	if err := s.finish(ctx, tx, m, Outcome{State: Skipped, Reason: reason}); err != nil {
		return err
	}
	switch m.Channel {
	case SMS:
		return s.uncountSMS(ctx, tx, m)
	case Email:
		return nil
	case Inbox, WeChatSubscribe, AlipayTemplate:
	}
	if err := s.giveBack(ctx, tx, m); err != nil {
		return fmt.Errorf("skip message: %w", err)
	}
	return nil
}
