package distribution

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// SignalKind is what a distributor shares with a buyer whom he earns from.
type SignalKind string

// What may be shared.
const (
	SharedPhone   SignalKind = "phone"          // a number of both accounts or address books
	ParcelPhone   SignalKind = "parcel_phone"   // the parcel's number is that of an own order
	ParcelAddress SignalKind = "parcel_address" // it goes where an own order went
)

// Signal is one thing that a distributor shares with the buyer of an order that he earns from, as
// it was when the order was placed. It may have honest reasons: a family, an office.
type Signal struct {
	ID         int64
	OrderNo    string
	BuyerID    int64
	Buyer      string // nickname
	Kind       SignalKind
	OwnOrderNo string    // the distributor's own order; "" for SharedPhone
	Fen        money.Fen // what he is owed for the order
	SeenAt     time.Time
	ClearedAt  time.Time // zero: nobody has looked
	ClearedBy  string
	Refused    bool // he is owed nothing because of it
}

// Signals returns a page of what a distributor shares with buyers, the latest first; open leaves out
// what somebody has looked at, next is 0 at the end.
func (s *Service) Signals(ctx context.Context, id tenant.ID, distributorID int64, open bool, before int64) (list []Signal, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Signals(ctx, r, distributorID, from(before), open, page+1)
		for _, row := range rows {
			one := Signal{
				ID: row.ID, OrderNo: row.OrderNo, BuyerID: row.BuyerID, Buyer: row.Buyer, Kind: SignalKind(row.Kind), OwnOrderNo: row.OwnOrderNo, Fen: money.Fen(row.Fen), SeenAt: row.SeenAt, Refused: row.Refused,
			}
			if row.ClearedAt != nil && row.ClearedBy != nil {
				one.ClearedAt, one.ClearedBy = *row.ClearedAt, *row.ClearedBy
			}
			list = append(list, one)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("what a distributor shares with buyers: %w", err)
	}
	list, next = cut(list, func(s Signal) int64 { return s.ID })
	return list, next, nil
}

// ClearSignals says that somebody has looked at what a distributor shares with buyers, up to the
// latest one seen, and found nothing wrong: withdrawals are not held for it. Opens a transaction.
// Faults: DISTRIBUTION_STATE if there is nothing to look at.
func (s *Service) ClearSignals(ctx context.Context, id tenant.ID, distributorID, upto int64, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.ClearSignals(ctx, tx, tx.Now(), actor, distributorID, upto)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrState
		}
		return s.record(ctx, tx, actor, "distributor.signals_cleared", distributorID, map[string]any{"signals": n})
	})
	if err != nil {
		return fmt.Errorf("clear what a distributor shares with buyers: %w", err)
	}
	return nil
}

// held reports whether a withdrawal waits for who looks at what its owner shares with buyers.
func (s *Service) held(ctx context.Context, q tenantdb.Querier, p Plan, distributorID int64) (bool, error) {
	if p.Shared == MarkShared {
		return false, nil
	}
	n, err := s.q.OpenSignals(ctx, q, distributorID)
	return n > 0, err
}

// Refusal is an order that a distributor earns nothing from, because he shares a phone with its buyer.
type Refusal struct {
	ID      int64
	OrderNo string
	At      time.Time
}

// Refusals returns a page of the orders that a distributor earns nothing from, the latest first; next
// is 0 at the end.
func (s *Service) Refusals(ctx context.Context, id tenant.ID, distributorID, before int64) (list []Refusal, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Refused(ctx, r, distributorID, from(before), page+1)
		for _, row := range rows {
			list = append(list, Refusal{ID: row.ID, OrderNo: row.OrderNo, At: row.SeenAt})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("orders that nothing is earned from: %w", err)
	}
	list, next = cut(list, func(r Refusal) int64 { return r.ID })
	return list, next, nil
}
