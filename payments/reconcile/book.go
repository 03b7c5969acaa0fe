package reconcile

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant/tenantdb"
)

const (
	feesAtOnce = 10_000
	system     = "system"
)

// book tells the books of a day's fees and payouts. It goes on from where it ended.
func (s *Service) book(ctx context.Context, acc account, d *day) error {
	trade, fund := d.files[payments.TradeBill].id, d.files[payments.FundBill].id
	ends := s.d.Now().Add(budget / 2)
	for !d.booked {
		if s.d.Now().After(ends) {
			return nil // finish makes it due again
		}
		err := s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
			rows, err := s.q.FeesToBook(ctx, tx, d.feeCursor, feesAtOnce, fund, trade)
			if err != nil {
				return err
			}
			fees := make([]ledger.Fee, 0, len(rows))
			for _, r := range rows {
				fees = append(fees, ledger.Fee{Ref: r.Ref, AmountFen: money.Fen(r.Fen), At: r.MovedAt})
				d.feeCursor = r.Ref
			}
			if _, err := s.d.Books.PostFeesTx(ctx, tx, acc.Channel, acc.ID, fees); err != nil {
				return err
			}
			if len(rows) < feesAtOnce {
				if err := s.bookPayouts(ctx, tx, acc, trade, fund); err != nil {
					return err
				}
				d.booked = true
			}
			return s.q.SetBooked(ctx, tx, d.feeCursor, d.booked, d.id)
		})
		if err != nil {
			return fmt.Errorf("book fees: %w", err)
		}
	}
	return nil
}

// bookPayouts posts what went to the shop's bank, or came from it.
func (s *Service) bookPayouts(ctx context.Context, tx tenantdb.Tx, acc account, trade, fund int64) error {
	rows, err := s.q.Settlements(ctx, tx, trade, fund)
	if err != nil {
		return fmt.Errorf("list payouts: %w", err)
	}
	for _, r := range rows {
		receivable := ledger.Receivable(acc.Channel, acc.ID)
		move := ledger.Transfer{Debit: ledger.Bank, Credit: receivable, AmountFen: -r.AmountFen}
		if r.AmountFen > 0 {
			move = ledger.Transfer{Debit: receivable, Credit: ledger.Bank, AmountFen: r.AmountFen}
		}
		_, err := s.d.Books.PostTx(ctx, tx, ledger.Fact{Kind: ledger.KindSettlement, Ref: r.ProviderNo, At: r.MovedAt, Actor: system, Transfers: []ledger.Transfer{move}})
		if err != nil {
			return fmt.Errorf("book payout: %w", err)
		}
	}
	return nil
}

// days is a list of one.
func days(at time.Time) []time.Time { return []time.Time{at} }
