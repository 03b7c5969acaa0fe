package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/payments"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// day is a row of bill_day that is worked on.
type day struct {
	id        int64
	date      time.Time
	status    Status
	tries     int
	feeCursor string
	booked    bool
	files     map[payments.BillKind]file // current ones
	readAt    time.Time                  // by the database's clock
}

// file is a current file of a day.
type file struct {
	id  int64
	sum []byte
}

func (s *Service) day(ctx context.Context, acc account, dayID int64) (d day, err error) {
	err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		row, err := s.q.Day(ctx, tx, dayID)
		if err != nil {
			return err
		}
		files, err := s.q.CurrentFiles(ctx, tx, dayID)
		if err != nil {
			return err
		}
		d = day{id: row.ID, date: row.Day, status: Status(row.Status), tries: int(row.Tries), feeCursor: row.FeeCursor, booked: row.Booked, files: map[payments.BillKind]file{}, readAt: tx.Now()}
		for _, f := range files {
			d.files[payments.BillKind(f.Kind)] = file{f.ID, f.Sha256}
		}
		return nil
	})
	if err != nil {
		return day{}, fmt.Errorf("read day: %w", err)
	}
	return d, nil
}

// work brings a day as far as it goes now. What it has done stays done: a run that ends
// early goes on from there.
func (s *Service) work(ctx context.Context, acc account, dayID int64) error {
	d, err := s.day(ctx, acc, dayID)
	if err != nil {
		return err
	}
	began := s.d.Now()
	if d.status == Waiting || d.status == Malformed {
		if err := s.fetch(ctx, acc, d); err != nil {
			return s.fail(ctx, acc, d, err)
		}
		if s.d.Now().After(began.Add(budget / 2)) {
			return nil // it is due: the next run goes on
		}
		if d, err = s.day(ctx, acc, dayID); err != nil {
			return err
		}
	}
	// An open day that is all in the books was compared before: it is looked at again.
	if d.status == Staged || d.booked {
		if err := s.match(ctx, acc, d); err != nil {
			return err
		}
		if s.d.Now().After(began.Add(budget / 2)) {
			return nil
		}
	}
	left, err := s.heal(ctx, acc, d)
	if err != nil {
		return err
	}
	if err := s.book(ctx, acc, &d); err != nil {
		return err
	}
	return s.finish(ctx, acc, d, left)
}

// finish closes what can be closed, and says when the day is worked on again: at once if
// there is more to do than a run takes, in an hour if the provider could not be asked, and
// daily as long as something is open.
func (s *Service) finish(ctx context.Context, acc account, d day, left leftover) error {
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		due := tx.Now().Add(dayLength)
		switch {
		case left == moreToAsk || !d.booked:
			due = tx.Now()
		case left == nobodyAnswers:
			due = tx.Now().Add(time.Hour)
		}
		if err := s.q.SetDue(ctx, tx, due, d.id); err != nil {
			return fmt.Errorf("set due: %w", err)
		}
		return s.settleTx(ctx, tx, acc.ID, d.id)
	})
}

// settleTx counts what is open on the days of an account and closes those with nothing.
func (s *Service) settleTx(ctx context.Context, tx tenantdb.Tx, accountID, dayID int64) error {
	if err := s.q.LockDays(ctx, tx, accountID, dayID); err != nil {
		return fmt.Errorf("lock days: %w", err)
	}
	if err := s.q.CountOpen(ctx, tx, accountID); err != nil {
		return fmt.Errorf("count what is open: %w", err)
	}
	from, _ := transitions.Sources(eventClosed)
	now := tx.Now()
	if _, err := s.q.CloseDays(ctx, tx, &now, accountID, from); err != nil {
		return fmt.Errorf("close days: %w", err)
	}
	return nil
}

// fail keeps why a day's bills could not be had, and when they are asked for again. What is
// no trouble of a provider's is returned.
func (s *Service) fail(ctx context.Context, acc account, d day, cause error) error {
	if errors.Is(cause, errMore) {
		return nil
	}
	kind := fault.KindOf(cause)
	if kind != fault.Upstream && kind != fault.UpstreamTimeout && !errors.Is(cause, payments.ErrProviderBusy) && !errors.Is(cause, vault.ErrSealed) {
		return cause
	}
	wait := patience(d.tries, cause)
	s.d.Log.WarnContext(ctx, "bill not had", "tenant_id", acc.TenantID.String(), "account_id", acc.ID, "channel", string(acc.Channel),
		"day", d.date.Format(time.DateOnly), "code", fault.CodeOf(cause), "error", cause.Error(), "wait", wait.String())
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		if errors.Is(cause, payments.ErrBillMalformed) {
			from, to := transitions.Sources(eventRejected)
			if _, err := s.q.Move(ctx, tx, string(to), tx.Now(), nil, d.id, from); err != nil {
				return fmt.Errorf("reject day: %w", err)
			}
		}
		return s.q.Fail(ctx, tx, fault.CodeOf(cause), tx.Now().Add(wait), d.id)
	})
}

// patience is the wait before a provider is asked again: half an hour for a bill that is
// being made, as the providers ask for, and longer and longer for trouble.
func patience(tries int, cause error) time.Duration {
	if errors.Is(cause, payments.ErrBillNotReady) || errors.Is(cause, payments.ErrBillNone) {
		return 30 * time.Minute
	}
	wait := 5 * time.Minute << min(tries, 6)
	return max(wait, fault.RetryAfterOf(cause))
}
