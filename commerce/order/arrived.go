package order

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant/tenantdb"
)

// Arrived is what its buyer has got of an order.
type Arrived struct {
	MemberID int64
	At       time.Time
	Lines    []ArrivedLine
}

// ArrivedLine is a line of which at least one piece arrived, as it was sold.
type ArrivedLine struct {
	LineID, SPUID, SKUID int64
	Title, Spec, Picture string
}

// ArrivedTx returns what arrived of a received order; nothing of one that was not received, or
// of a test order. One statement.
func (s *Service) ArrivedTx(ctx context.Context, q tenantdb.Querier, orderNo string) (Arrived, error) {
	rows, err := s.q.ArrivedLines(ctx, q, orderNo)
	if err != nil {
		return Arrived{}, fmt.Errorf("read what arrived of %s: %w", orderNo, err)
	}
	var out Arrived
	for _, r := range rows {
		out.MemberID, out.At = r.MemberID, *r.ReceivedAt
		out.Lines = append(out.Lines, ArrivedLine{LineID: r.ID, SPUID: r.SpuID, SKUID: r.SkuID, Title: r.Title, Spec: r.Spec, Picture: r.Picture})
	}
	return out, nil
}
