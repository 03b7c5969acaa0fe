package payments

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// Status is where an attempt stands.
type Status string

// The statuses of an attempt.
const (
	StatusCreated   Status = "created"   // stored; the provider may or may not know it
	StatusPrepaid   Status = "prepaid"   // the provider knows it, the buyer may pay
	StatusClosing   Status = "closing"   // no longer offered to the buyer; the close has no known end yet
	StatusSucceeded Status = "succeeded" // the provider says that it was paid
	StatusClosed    Status = "closed"    // the provider will take no money for it
	StatusFailed    Status = "failed"    // the provider refused to begin
)

// open says that money may still arrive in the ordinary way.
func (s Status) open() bool {
	switch s {
	case StatusCreated, StatusPrepaid, StatusClosing:
		return true
	case StatusSucceeded, StatusClosed, StatusFailed:
		return false
	}
	return false
}

// Attempt is one try to collect one bill.
type Attempt struct {
	ID            int64
	OutTradeNo    string // ours, one per attempt
	BusinessNo    string
	AccountID     int64
	Channel       Code
	Scene         Scene
	AppID         string
	Payer         string // openid; empty where anybody may pay
	Title         string
	AmountFen     money.Fen
	Status        Status
	PrepayID      string
	PrepaidAt     time.Time // zero if never
	ExpiresAt     time.Time
	TransactionID string    // the provider's, once succeeded
	PaidAt        time.Time // zero unless succeeded
	Surplus       bool      // late or double money, given back
	ReservedFen   money.Fen // about to be refunded
	RefundedFen   money.Fen
	QueryStep     int
	LastError     string
	CreatedAt     time.Time

	accountVersion time.Time // of the account, when the attempt was read
}

// ForgetPayersTx erases who paid these bills: their buyer has left the shop and nothing of them
// is open. Refunds, late messages and the books go by numbers and amounts, which stay.
func (s *Service) ForgetPayersTx(ctx context.Context, tx tenantdb.Tx, businessNos []string) error {
	if err := s.q.ForgetPayers(ctx, tx, businessNos); err != nil {
		return fmt.Errorf("forget payers: %w", err)
	}
	return nil
}
