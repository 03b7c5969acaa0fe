package payments

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func attemptFromRow(r paymentsdb.AttemptRow) Attempt {
	return Attempt{
		ID: r.ID, OutTradeNo: r.OutTradeNo, BusinessNo: r.BusinessNo, AccountID: r.AccountID, Channel: Code(r.Channel), Scene: Scene(r.Scene),
		AppID: r.AppID, Payer: r.Payer, Title: r.Title, AmountFen: r.AmountFen, Status: Status(r.Status),
		PrepayID: orZero(r.PrepayID), PrepaidAt: orZero(r.PrepaidAt), ExpiresAt: r.ExpiresAt,
		TransactionID: orZero(r.TransactionID), PaidAt: orZero(r.PaidAt), Surplus: r.Surplus,
		ReservedFen: r.RefundReservedFen, RefundedFen: r.RefundedFen,
		QueryStep: int(r.QueryStep), LastError: r.LastError, CreatedAt: r.CreatedAt, accountVersion: r.AccountVersion,
	}
}

func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// attempt reads one attempt in the caller's transaction or reader. Faults: NOT_FOUND.
func (s *Service) attempt(ctx context.Context, q tenantdb.Querier, outTradeNo string) (Attempt, error) {
	r, err := s.q.Attempt(ctx, q, outTradeNo)
	if err != nil {
		return Attempt{}, notFound(err, "read attempt")
	}
	return attemptFromRow(r), nil
}

// lockAttempt is attempt with the row locked until the transaction ends.
func (s *Service) lockAttempt(ctx context.Context, tx tenantdb.Tx, outTradeNo string) (Attempt, error) {
	r, err := s.q.LockAttempt(ctx, tx, outTradeNo)
	if err != nil {
		return Attempt{}, notFound(err, "lock attempt")
	}
	return attemptFromRow(paymentsdb.AttemptRow(r)), nil
}

// relevant lists the open attempts of a bill and the success that counts, oldest first.
func (s *Service) relevant(ctx context.Context, q tenantdb.Querier, businessNo string) ([]Attempt, error) {
	rows, err := s.q.OpenAttempts(ctx, q, businessNo)
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	attempts := make([]Attempt, 0, len(rows))
	for _, r := range rows {
		attempts = append(attempts, attemptFromRow(paymentsdb.AttemptRow(r)))
	}
	return attempts, nil
}

// move makes a transition that changes nothing but the status. moved is false if the
// attempt was in a status from which the event is not legal.
func (s *Service) move(ctx context.Context, tx tenantdb.Tx, outTradeNo string, ev event, cause string) (moved bool, err error) {
	from, to := transitions.Sources(ev)
	n, err := s.q.SetStatus(ctx, tx, string(to), clip(cause), tx.Now(), outTradeNo, from)
	if err != nil {
		return false, fmt.Errorf("move attempt %s: %w", ev, err)
	}
	return n == 1, nil
}

// noteError keeps why a call failed with the attempt, for people.
func (s *Service) noteError(ctx context.Context, id tenant.ID, outTradeNo string, cause error) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.q.SetError(ctx, tx, clip(cause.Error()), tx.Now(), outTradeNo)
	})
}

// refundTask is a refund with what the provider must know of its payment.
type refundTask struct {
	id                                  int64
	outRefundNo, outTradeNo, businessNo string
	transactionID, refundID             string // the provider's
	attemptID, accountID                int64
	channel                             Code
	scene                               Scene
	appID                               string
	reason                              RefundReason
	note                                string
	requestedBy                         string
	status                              RefundStatus
	hold                                RefundHold
	amountFen, totalFen                 money.Fen
	tries                               int
	requestedAt, sentAt, paidAt         time.Time
}

func refundFromRow(r paymentsdb.RefundTaskRow) refundTask {
	return refundTask{
		id: r.ID, outRefundNo: r.OutRefundNo, outTradeNo: r.OutTradeNo, businessNo: r.BusinessNo, attemptID: r.AttemptID, accountID: r.AccountID,
		channel: Code(r.Channel), scene: Scene(r.Scene), appID: r.AppID, transactionID: orZero(r.TransactionID), refundID: r.ProviderRefundID,
		reason: RefundReason(r.Reason), note: r.Note, requestedBy: r.RequestedBy, status: RefundStatus(r.Status), hold: RefundHold(r.Hold),
		amountFen: r.AmountFen, totalFen: r.TotalFen, tries: int(r.Tries), requestedAt: r.RequestedAt, sentAt: orZero(r.SentAt), paidAt: orZero(r.PaidAt),
	}
}

// text is what the buyer reads beside the refund in the provider's app: the same for every
// repeat.
func (t refundTask) text() string {
	if t.note != "" {
		return t.note
	}
	return t.reason.text()
}

func notFound(err error, doing string) error {
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// clip makes a text of the outside fit to be stored.
func clip(text string) string { return tenantdb.Storable(text, 500) }
