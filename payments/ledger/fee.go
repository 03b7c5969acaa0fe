package ledger

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger/internal/ledgerdb"
	"galleria/tenant/tenantdb"
)

// Fee is what a provider kept of a payment, or gave back.
type Fee struct {
	Ref       string    // the provider's number; each is posted once
	AmountFen money.Fen // kept if positive, given back if negative; never nothing
	At        time.Time
}

// PostFeesTx posts many fees of an account in one statement, in the caller's transaction, and
// returns how many had not been posted before. Numbers must differ. Faults: LEDGER_POSTING.
func (s *Service) PostFeesTx(ctx context.Context, tx tenantdb.Tx, channel payments.Code, accountID int64, fees []Fee) (int64, error) {
	if len(fees) == 0 {
		return 0, nil
	}
	row := ledgerdb.PostFeesParams{
		Kind: string(KindFee), Now: tx.Now(), Fees: string(Fees(channel)), Receivable: string(Receivable(channel, accountID)),
	}
	for _, f := range fees {
		if f.Ref == "" || len(f.Ref) > 80 || f.AmountFen == 0 || f.At.IsZero() {
			return 0, ErrPosting.Because(fmt.Errorf("fee %q of %d fen", f.Ref, f.AmountFen))
		}
		row.Refs, row.Amounts, row.Ats = append(row.Refs, f.Ref), append(row.Amounts, int64(f.AmountFen)), append(row.Ats, f.At)
	}
	n, err := s.q.PostFees(ctx, tx, row)
	if err != nil {
		return 0, fmt.Errorf("post fees: %w", err)
	}
	return n, nil
}
