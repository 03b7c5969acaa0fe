package notice

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// SkipTx ends a message that was begun and is not sent after all, and gives the buyer's
// consent back.
func (s *Service) SkipTx(ctx context.Context, tx tenantdb.Tx, m Message, reason string) error {
	if err := s.q.Finish(ctx, tx, string(Skipped), reason, m.EventID); err != nil {
		return fmt.Errorf("skip message: %w", err)
	}
	if err := s.q.ReturnConsent(ctx, tx, m.AppID, m.OpenID, m.TemplateID); err != nil {
		return fmt.Errorf("skip message: %w", err)
	}
	return nil
}
