package order

import (
	"context"
	"fmt"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// TermsInput is how long a shop waits, and for how much.
type TermsInput struct {
	UnpaidMinutes int64 // for money; 1 to 10080
	ReceiveDays   int64 // from the last parcel until an order counts as received; 1 to 60
	SignedDays    int64 // from the courier's word that all was signed for, if that is earlier; 1 to 60
	FinishDays    int64 // from receipt until its money is final; 0 to 60
	// What one buyer may leave unpaid at a time, so that nobody can hold all the stock.
	MaxOpenOrders int64 // 1 to 1000
	MaxOpenPieces int64 // in all these orders; 0 for no limit, at most 1,000,000
	Version       int32 // of the terms as they were seen; 0 saves over any
	Actor         string
}

// SetTerms changes how long the shop waits, for orders that come to that point from now
// on. Opens a transaction. Faults: VALIDATION, TERMS_CHANGED.
func (s *Service) SetTerms(ctx context.Context, id tenant.ID, in TermsInput) error {
	if err := in.check(); err != nil {
		return err
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.SetDeliveryTerms(ctx, tx, orderdb.SetDeliveryTermsParams{
			ReceiveDays: int32(in.ReceiveDays), SignedDays: int32(in.SignedDays), FinishDays: int32(in.FinishDays), UnpaidTtlSeconds: int32(in.UnpaidMinutes * 60),
			MaxOpenOrders: int32(in.MaxOpenOrders), MaxOpenPieces: int32(in.MaxOpenPieces), Version: in.Version,
		})
		if err == nil && n != 1 {
			err = ErrTermsChanged
		}
		if err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "shop.terms", Object: "shop", Detail: map[string]any{
			"unpaid_minutes": in.UnpaidMinutes, "receive_days": in.ReceiveDays, "signed_days": in.SignedDays, "finish_days": in.FinishDays,
			"max_open_orders": in.MaxOpenOrders, "max_open_pieces": in.MaxOpenPieces,
		}})
	})
	if err != nil {
		return fmt.Errorf("set terms: %w", err)
	}
	return nil
}

func (in TermsInput) check() error {
	const week, most, mostOrders, mostPieces = 7 * 24 * 60, 60, 1000, 1_000_000
	switch {
	case in.UnpaidMinutes < 1 || in.UnpaidMinutes > week:
		return fault.Invalidf("unpaid", "must be 1 to %d minutes", week)
	case in.ReceiveDays < 1 || in.ReceiveDays > most:
		return fault.Invalidf("receive", "must be 1 to %d days", most)
	case in.SignedDays < 1 || in.SignedDays > most:
		return fault.Invalidf("signed", "must be 1 to %d days", most)
	case in.FinishDays < 0 || in.FinishDays > most:
		return fault.Invalidf("finish", "must be 0 to %d days", most)
	case in.MaxOpenOrders < 1 || in.MaxOpenOrders > mostOrders:
		return fault.Invalidf("open_orders", "must be 1 to %d", mostOrders)
	case in.MaxOpenPieces < 0 || in.MaxOpenPieces > mostPieces:
		return fault.Invalidf("open_pieces", "must be 0 to %d", mostPieces)
	}
	return nil
}
