package card

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/card/internal/carddb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// Sold is a card that an order got.
type Sold struct {
	LineID, SKUID int64
	Card
}

const maxShown = 200

// OfOrder opens an order's cards, a page of at most 200; next is the cursor of the one after, 0
// on the last. The caller has seen to it that who asks is the order's buyer.
func (s *Service) OfOrder(ctx context.Context, id tenant.ID, orderNo string, after int64) (list []Sold, next int64, err error) {
	var rows []carddb.OfOrderRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.OfOrder(ctx, r, orderNo, after, maxShown+1)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("cards of an order: %w", err)
	}
	return s.open(ctx, id, rows)
}

// Reveal is OfOrder for staff: that they looked is in the audit log before they see anything.
// Opens a transaction.
func (s *Service) Reveal(ctx context.Context, id tenant.ID, orderNo string, after int64, actor string) (list []Sold, next int64, err error) {
	var rows []carddb.OfOrderRow
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		if rows, err = s.q.OfOrder(ctx, tx, orderNo, after, maxShown+1); err != nil || len(rows) == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "card.reveal", Object: "order:" + orderNo, Detail: map[string]any{"cards": min(len(rows), maxShown)},
		})
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reveal cards of an order: %w", err)
	}
	return s.open(ctx, id, rows)
}

func (s *Service) open(ctx context.Context, id tenant.ID, rows []carddb.OfOrderRow) (list []Sold, next int64, err error) {
	if len(rows) > maxShown {
		rows = rows[:maxShown]
		next = rows[maxShown-1].ID
	}
	list = make([]Sold, len(rows))
	for i, r := range rows {
		text, err := s.d.Vault.Open(ctx, fieldOf(id, r.Ref), r.Sealed)
		if err != nil {
			return nil, 0, fmt.Errorf("open card %d: %w", r.ID, err)
		}
		list[i].SKUID = r.SkuID
		if r.LineID != nil {
			list[i].LineID = *r.LineID
		}
		var said [2]string
		if err := json.Unmarshal(text.Reveal(), &said); err != nil {
			return nil, 0, fmt.Errorf("read card %d: %w", r.ID, err)
		}
		list[i].Card = Card{Number: said[0], Secret: said[1]}
	}
	return list, next, nil
}
