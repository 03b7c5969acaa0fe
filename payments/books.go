package payments

import (
	"context"
	"time"

	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// Books keeps account of money that moved; payments/ledger is one. Each call joins the
// transaction of the fact itself and is repeatable: a number is posted once.
type Books interface {
	// CapturedTx: the provider has collected money for the shop. Number is out_trade_no.
	CapturedTx(ctx context.Context, tx tenantdb.Tx, m Movement) error
	// SurplusTx: what was collected for a bill turned out to be of no use to it. Number is
	// out_trade_no.
	SurplusTx(ctx context.Context, tx tenantdb.Tx, m Movement) error
	// RefundedTx: money was given back. Number is out_refund_no.
	RefundedTx(ctx context.Context, tx tenantdb.Tx, m Movement) error
}

// Movement is money that moved at a provider.
type Movement struct {
	Number    string
	Channel   Code
	AccountID int64
	AmountFen money.Fen
	At        time.Time
	Surplus   bool // the money belongs to no bill
	Elsewhere bool // a refund that did not pass the provider: the shop paid it from its bank
}
