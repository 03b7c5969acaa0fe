package reconcile

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/payments/reconcile/internal/reconciledb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Payments is the part of payments.Service that heals.
type Payments interface {
	Confirm(ctx context.Context, id tenant.ID, outTradeNo string) (payments.PaymentState, error)
	ConfirmRefund(ctx context.Context, id tenant.ID, outRefundNo string) (payments.RefundState, error)
}

// Books is the part of the ledger that is told of fees, payouts and explanations.
type Books interface {
	PostFeesTx(ctx context.Context, tx tenantdb.Tx, channel payments.Code, accountID int64, fees []ledger.Fee) (int64, error)
	PostTx(ctx context.Context, tx tenantdb.Tx, f ledger.Fact) (fresh bool, err error)
}

// Deps is what the service needs; all are required.
type Deps struct {
	DB       *tenantdb.DB
	Accounts payments.Accounts
	Channels []payments.Channel
	Payments Payments
	Books    Books
	Audit    *audit.Log
	Timers   *timer.Timers
	Now      func() time.Time
	Log      *slog.Logger
}

// Service reconciles the accounts of all shops. Safe for concurrent use.
type Service struct {
	d       Deps
	readers map[payments.Code]payments.BillReader
	q       *reconciledb.Queries
}

// New returns the service.
func New(d Deps) *Service {
	s := &Service{d: d, readers: map[payments.Code]payments.BillReader{}, q: reconciledb.New()}
	for _, c := range d.Channels {
		if r, ok := c.(payments.BillReader); ok {
			s.readers[c.Code()] = r
		}
	}
	return s
}

const (
	mostDays  = 89               // back: providers keep bills for three months
	spread    = time.Hour        // over which shops ask after a bill is ready
	soon      = 5 * time.Second  // when a run had more to do than it may take
	budget    = 18 * time.Second // of a run, well below a handler's limit
	dayLength = 24 * time.Hour
)

// account is a merchant account with the reader of its bills.
type account struct {
	payments.Account
	reader    payments.BillReader
	createdAt time.Time
}

func (s *Service) account(ctx context.Context, id tenant.ID, accountID int64) (account, error) {
	acc, err := s.d.Accounts.ByID(ctx, id, accountID)
	if err != nil {
		return account{}, err
	}
	reader, ok := s.readers[acc.Channel]
	if !ok {
		return account{}, ErrNoBills
	}
	out := account{Account: acc, reader: reader}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.Account(ctx, tx, accountID)
		out.createdAt = row.CreatedAt
		return err
	})
	if err != nil {
		return account{}, fmt.Errorf("read account %d: %w", accountID, err)
	}
	return out, nil
}

// today is the business day of a moment, midnight UTC.
func today(at time.Time) time.Time {
	y, m, d := at.In(time.FixedZone("CST", 8*60*60)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// lag is an account's own delay behind the moment at which bills are ready, so that not all
// shops ask at once.
func (a account) lag() time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.Key))
	return time.Duration(h.Sum32()) % spread
}

// due is when a day's bills are asked for first.
func (a account) due(day time.Time) time.Time { return a.reader.BillReady(day).Add(a.lag()) }

// Run does what is due for an account: it opens the days that are over, works on those that
// may be worked on, oldest first, within a bounded time, and sets its timer for the next.
// It serves payments.TimerBills. Safe to repeat. Opens transactions; providers are called
// outside of them. Trouble of a provider is kept with the day and is no error.
func (s *Service) Run(ctx context.Context, id tenant.ID, accountID int64) error {
	acc, err := s.account(ctx, id, accountID)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	if err := s.openDays(ctx, acc); err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	ends := s.d.Now().Add(budget)
	for s.d.Now().Before(ends) {
		var days []int64
		err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			days, err = s.q.DueDays(ctx, tx, accountID, tx.Now(), 1)
			return err
		})
		if err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		if len(days) == 0 {
			break
		}
		if err := s.work(ctx, acc, days[0]); err != nil {
			return fmt.Errorf("reconcile day %d: %w", days[0], err)
		}
	}
	return s.rearm(ctx, acc)
}

// openDays makes a row of every day that is over and has none, back to the account's first.
func (s *Service) openDays(ctx context.Context, acc account) error {
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		last, err := s.q.LastDay(ctx, tx, acc.ID)
		if err != nil {
			return fmt.Errorf("last day: %w", err)
		}
		now := today(tx.Now())
		from := today(acc.createdAt)
		for _, at := range []time.Time{last.AddDate(0, 0, 1), now.AddDate(0, 0, -mostDays)} {
			if at.After(from) {
				from = at
			}
		}
		var days, dues []time.Time
		for day := from; day.Before(now); day = day.AddDate(0, 0, 1) {
			days, dues = append(days, day), append(dues, acc.due(day))
		}
		if len(days) == 0 {
			return nil
		}
		return s.q.OpenDays(ctx, tx, acc.ID, days, dues)
	})
}

// rearm sets the account's timer: for the next day that may be worked on, or for the bill
// of today.
func (s *Service) rearm(ctx context.Context, acc account) error {
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		next, err := s.q.NextDue(ctx, tx, acc.ID)
		if err != nil {
			return fmt.Errorf("next day: %w", err)
		}
		if at := acc.due(today(tx.Now())); at.Before(next) {
			next = at
		}
		if earliest := tx.Now().Add(soon); next.Before(earliest) {
			next = earliest
		}
		return s.d.Timers.Set(ctx, tx, payments.TimerBills, acc.Key, next, payments.BillsV1{AccountID: acc.ID})
	})
}
