package inventory

import (
	"context"
	"fmt"
	"strconv"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// The coarse states of a SKU, as an alarm names them.
const (
	plenty = ""
	low    = "low"
	out    = "out"
)

// crossings are SKUs whose coarse state a statement has changed.
type crossings struct {
	ids    []int64
	states []string
}

// see compares what is available of a SKU before and after.
func (c *crossings) see(skuID, before, after, lowAt int64) {
	if to := coarse(after, lowAt); to != coarse(before, lowAt) {
		c.ids, c.states = append(c.ids, skuID), append(c.states, to)
	}
}

func coarse(available, lowAt int64) string {
	switch {
	case available <= 0:
		return out
	case available <= lowAt:
		return low
	default:
		return plenty
	}
}

// tell lets the shelf know, and raises or ends the alarms of staff.
func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, c crossings) error {
	if len(c.ids) == 0 {
		return nil
	}
	news, err := s.q.Tell(ctx, tx, s.channel, tx.TenantID().String(), c.ids, c.states, tx.Now())
	if err != nil {
		return fmt.Errorf("tell of stock: %w", err)
	}
	if len(news) == 0 || s.outbox == nil {
		return nil
	}
	return s.outbox.Append(ctx, tx, TopicScarce, strconv.FormatInt(news[0], 10), ScarceEvent{SKUs: news})
}

// TopicScarce is of SKUs that have become scarce or have run out.
const TopicScarce outbox.Topic = "stock.scarce"

// ScarceEvent is the payload of TopicScarce.
type ScarceEvent struct {
	SKUs []int64 `json:"sku_ids"`
}

// Scarce is a SKU on the shelf that an alarm stands for.
type Scarce struct {
	SKUID     int64
	Title     string
	Spec      string // "" for a product without specs
	Available int64  // pieces
}

// Scarce returns those of the SKUs that are still scarce, and on the shelf. One statement.
func (s *Service) Scarce(ctx context.Context, q tenantdb.Querier, skuIDs []int64) ([]Scarce, error) {
	rows, err := s.q.Scarce(ctx, q, skuIDs)
	if err != nil {
		return nil, fmt.Errorf("what is scarce: %w", err)
	}
	list := make([]Scarce, len(rows))
	for i, r := range rows {
		list[i] = Scarce{SKUID: r.SkuID, Title: r.Title, Spec: r.Spec, Available: r.Available}
	}
	return list, nil
}

// SetLowAtTx sets at how many available pieces a SKU counts as scarce; 0 warns only when it is
// sold out. Faults: SKU_NOT_FOUND.
func (s *Service) SetLowAtTx(ctx context.Context, tx tenantdb.Tx, skuID, lowAt int64) error {
	row, err := s.q.SetLowAt(ctx, tx, lowAt, skuID)
	if tenantdb.NoRows(err) {
		return ErrUnknownSKU
	}
	if err != nil {
		return fmt.Errorf("set alarm level: %w", err)
	}
	// Whatever it was before: an alarm that stands is not raised again.
	return s.tell(ctx, tx, crossings{[]int64{skuID}, []string{coarse(row.OnHand-row.Reserved, lowAt)}})
}

// SeeAlarmsTx notes that somebody knows of these alarms: they wait no longer.
func (s *Service) SeeAlarmsTx(ctx context.Context, tx tenantdb.Tx, skuIDs []int64, actor string) error {
	if _, err := s.q.SeeAlarm(ctx, tx, actor, tx.Now(), skuIDs); err != nil {
		return fmt.Errorf("see alarms: %w", err)
	}
	return nil
}
