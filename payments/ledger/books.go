package ledger

import (
	"context"

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
	_, err := s.PostTx(ctx, tx, Fact{
		Kind: KindPayout, Ref: m.Number, At: m.At, Actor: system,
		Transfers: []Transfer{{Debit: Payouts(what), Credit: Receivable(m.Channel, m.AccountID), AmountFen: m.AmountFen}},
	})
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
