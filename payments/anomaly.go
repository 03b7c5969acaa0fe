package payments

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// ResolveAnomaly says that a person has dealt with an anomaly, and how. It moves no money.
// Opens a transaction. Faults: VALIDATION, ANOMALY_RESOLVED.
func (s *Service) ResolveAnomaly(ctx context.Context, id tenant.ID, anomalyID int64, note, actor string) error {
	note = strings.TrimSpace(note)
	if err := checkRemark("note", note, true); err != nil {
		return err
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		at := tx.Now()
		n, err := s.q.CloseAnomaly(ctx, tx, &at, actor, note, anomalyID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrAnomalyResolved
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "anomaly.resolved", Object: "anomaly:" + strconv.FormatInt(anomalyID, 10), Detail: map[string]any{"note": note},
		})
	})
	if err != nil {
		return fmt.Errorf("resolve anomaly %d: %w", anomalyID, err)
	}
	return nil
}
