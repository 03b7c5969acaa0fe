package ledger

import (
	"context"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/tenant/tenantdb"
)

var _ payments.Books = (*Service)(nil)

// CapturedTx implements payments.Books.
func (s *Service) CapturedTx(ctx context.Context, tx tenantdb.Tx, m payments.Movement) error {
	_, err := s.PostTx(ctx, tx, Fact{
		Kind: KindCapture, Ref: m.Number, At: m.At, Actor: system,
		Transfers: []Transfer{{Debit: Receivable(m.Channel, m.AccountID), Credit: origin(m), AmountFen: m.AmountFen}},
	})
	return err
}

// SurplusTx implements payments.Books.
func (s *Service) SurplusTx(ctx context.Context, tx tenantdb.Tx, m payments.Movement) error {
	_, err := s.PostTx(ctx, tx, Fact{
		Kind: KindSurplus, Ref: m.Number, At: m.At, Actor: system,
		Transfers: []Transfer{{Debit: Sales, Credit: Surplus, AmountFen: m.AmountFen}},
	})
	return err
}

// RefundedTx implements payments.Books.
func (s *Service) RefundedTx(ctx context.Context, tx tenantdb.Tx, m payments.Movement) error {
	debit := Refunds
	if m.Surplus {
		debit = Surplus
	}
	credit := Receivable(m.Channel, m.AccountID)
	if m.Elsewhere {
		credit = Bank
	}
	_, err := s.PostTx(ctx, tx, Fact{
		Kind: KindRefund, Ref: m.Number, At: m.At, Actor: system,
		Transfers: []Transfer{{Debit: debit, Credit: credit, AmountFen: m.AmountFen}},
	})
	return err
}

// PaidOutTx implements transfer.Books.
func (s *Service) PaidOutTx(ctx context.Context, tx tenantdb.Tx, what string, m payments.Movement) error {
	debit := Payouts(what)
	if what == commission { // it was an expense when it became final
		debit = Payable(what)
	}
	_, err := s.PostTx(ctx, tx, Fact{
		Kind: KindPayout, Ref: m.Number, At: m.At, Actor: system,
		Transfers: []Transfer{{Debit: debit, Credit: Receivable(m.Channel, m.AccountID), AmountFen: m.AmountFen}},
	})
	return err
}

// commission is what distributors are owed and paid.
const commission = "commission"

// CommissionTx posts that so much more is owed to distributors, or, below zero, less. Ref is
// the fact's own number.
func (s *Service) CommissionTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, at time.Time) error {
	t := Transfer{Debit: Payouts(commission), Credit: Payable(commission), AmountFen: fen}
	if fen < 0 {
		t = Transfer{Debit: t.Credit, Credit: t.Debit, AmountFen: -fen}
	}
	_, err := s.PostTx(ctx, tx, Fact{Kind: KindCommission, Ref: ref, At: at, Actor: system, Transfers: []Transfer{t}})
	return err
}

// Drawn is a withdrawal of commission that is over. What a provider paid of it, the transfer
// posts.
type Drawn struct {
	Ref       string    // withdrawal_no
	FeeFen    money.Fen // the shop keeps it
	TaxFen    money.Fen // the shop owes it to the tax office now
	ByHandFen money.Fen // paid from the shop's bank
	At        time.Time
}

// DrawnTx posts what became of a withdrawal besides its transfer.
func (s *Service) DrawnTx(ctx context.Context, tx tenantdb.Tx, d Drawn) error {
	f := Fact{Kind: KindWithdrawal, Ref: d.Ref, At: d.At, Actor: system}
	for _, t := range []Transfer{
		{Debit: Payable(commission), Credit: Payouts(commission), AmountFen: d.FeeFen},
		{Debit: Payable(commission), Credit: Payable("tax"), AmountFen: d.TaxFen},
		{Debit: Payable(commission), Credit: Bank, AmountFen: d.ByHandFen},
	} {
		if t.AmountFen > 0 {
			f.Transfers = append(f.Transfers, t)
		}
	}
	if f.Transfers == nil {
		return nil
	}
	_, err := s.PostTx(ctx, tx, f)
	return err
}

// points is what members have, at what it is worth.
const points = "points"

// PointsTx posts that members have points worth so much more, or, below zero, less. Ref is the
// fact's own number.
func (s *Service) PointsTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, at time.Time) error {
	t := Transfer{Debit: Discount(points), Credit: Payable(points), AmountFen: fen}
	if fen < 0 {
		t = Transfer{Debit: t.Credit, Credit: t.Debit, AmountFen: -fen}
	}
	_, err := s.PostTx(ctx, tx, Fact{Kind: KindPoints, Ref: ref, At: at, Actor: system, Transfers: []Transfer{t}})
	return err
}

const system = "system"

// origin is where collected money comes from.
func origin(m payments.Movement) Account {
	if m.Surplus {
		return Surplus
	}
	return Sales
}
