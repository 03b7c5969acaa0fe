package payments

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// BuyerRefund is a refund as its buyer may know it: nothing of who decided, and no word
// between the shop and its provider.
type BuyerRefund struct {
	OutRefundNo string
	Channel     Code
	AmountFen   money.Fen
	Done        bool   // the provider has sent the money, or the shop gave it by hand
	ByHand      bool   // the shop gave it back another way
	Note        string // why, as the shop told the buyer
	// Account is where the money goes, in the provider's words; empty if it did not say.
	Account     string
	RequestedAt time.Time
	// ExpectedAt is until when the money has usually come once the provider was asked; zero
	// if it was not asked or is done.
	ExpectedAt time.Time
	DoneAt     time.Time
}

// usualRefund is how long a refund to a bank card takes at most on ordinary days; to a wallet
// it takes minutes.
const usualRefund = 5 * 24 * time.Hour

// mostAccount bounds what a provider calls a buyer's account, in bytes.
const mostAccount = 100

// BuyerRefunds lists the refunds of a bill, newest first, at most 100. Whose bill it is must
// have been asked before. Opens a transaction.
func (s *Service) BuyerRefunds(ctx context.Context, id tenant.ID, businessNo string) (list []BuyerRefund, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.BuyerRefunds(ctx, r, businessNo)
		list = make([]BuyerRefund, 0, len(rows))
		for _, row := range rows {
			status := RefundStatus(row.Status)
			b := BuyerRefund{
				OutRefundNo: row.OutRefundNo, Channel: Code(row.Channel), AmountFen: row.AmountFen, Note: row.Note, Account: row.ReceivedAccount, RequestedAt: row.RequestedAt,
				Done: status == RefundSucceeded || status == RefundSettled, ByHand: status == RefundSettled,
			}
			switch {
			case b.Done && row.FinishedAt != nil:
				b.DoneAt = *row.FinishedAt
			case status == RefundProcessing && row.SentAt != nil:
				b.ExpectedAt = row.SentAt.Add(usualRefund)
			}
			list = append(list, b)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list refunds of %s: %w", businessNo, err)
	}
	return list, nil
}

// toldAccount keeps where the provider says that the money goes.
func (s *Service) toldAccount(ctx context.Context, tx tenantdb.Tx, result RefundResult) error {
	if result.ReceivedAccount == "" {
		return nil
	}
	if err := s.q.SetReceivedAccount(ctx, tx, tenantdb.Storable(result.ReceivedAccount, mostAccount), result.OutRefundNo); err != nil {
		return fmt.Errorf("keep the refund's account: %w", err)
	}
	return nil
}
