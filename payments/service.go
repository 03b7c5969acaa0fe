package payments

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"galleria/commerce/money"
	"galleria/payments/internal/paymentsdb"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Bill is what is to be paid, as the business says it.
type Bill struct {
	BusinessNo string // the order's number
	Title      string // shown to the buyer by the provider
	AmountFen  money.Fen
	ExpiresAt  time.Time
	MemberID   int64
	AppID      string
}

// BillSource gives the bill of a business number that may be paid now, read in the
// caller's transaction, or the business's own fault. Amount, title and deadline of a
// payment come from nowhere else. A bill that cannot be paid comes with its fault: nobody but
// its owner is told of it.
type BillSource interface {
	BillTx(ctx context.Context, tx tenantdb.Tx, businessNo string) (Bill, error)
}

// Deps is what the service needs; all are required.
type Deps struct {
	DB       *tenantdb.DB
	Accounts Accounts
	Bills    BillSource
	Channels []Channel
	Books    Books
	Payouts  Payouts // nil: no transfers, and messages about them are refused
	Audit    *audit.Log
	Outbox   *outbox.Outbox
	Timers   *timer.Timers
	Vault    *vault.Vault
	Now      func() time.Time
	Rand     io.Reader
	Log      *slog.Logger
	// PublicURL is where providers reach us, without a path: "https://pay.example.com".
	PublicURL string
}

// Service collects and refunds. Safe for concurrent use.
type Service struct {
	d        Deps
	channels map[Code]Channel
	q        *paymentsdb.Queries
	stats    counters
	lag      lagCounter
	refusals refusalGate
}

// counters of messages that were not answered with ok, since the process started.
type counters struct {
	probes, badSignatures, anomalies, surplus, overdue atomic.Int64
}

// Stats counts the messages that were refused since the process started.
type Stats struct {
	Probes        int64 // a provider's deliberate wrong signatures
	BadSignatures int64 // all other signatures that did not verify
	Anomalies     int64 // verified messages that did not fit
	Surplus       int64 // payments that came late or twice, and go back
	Overdue       int64 // times that such money was not on its way back in time
}

// New returns the service.
func New(d Deps) *Service {
	s := &Service{d: d, channels: make(map[Code]Channel, len(d.Channels)), q: paymentsdb.New()}
	s.d.PublicURL = strings.TrimRight(d.PublicURL, "/")
	for _, c := range d.Channels {
		s.channels[c.Code()] = c
	}
	return s
}

// Stats returns the counts of refused messages.
func (s *Service) Stats() Stats {
	return Stats{
		Probes: s.stats.probes.Load(), BadSignatures: s.stats.badSignatures.Load(), Anomalies: s.stats.anomalies.Load(),
		Surplus: s.stats.surplus.Load(), Overdue: s.stats.overdue.Load(),
	}
}

// channel finds the channel of an account.
func (s *Service) channel(code Code) (Channel, error) {
	c, ok := s.channels[code]
	if !ok {
		return nil, ErrNoAccount
	}
	return c, nil
}

// notifyURL is the callback address of an account: one endpoint, no query string.
func (s *Service) notifyURL(acc Account) string {
	return NotifyURL(s.d.PublicURL, acc)
}
