package port

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// stint is how long a worker stays with a job before others have their turn; well below what a
// handler may take.
const stint = 8 * time.Second

// Step takes a job further, in portions, for a while, and asks for the next step if there is
// more to do. Safe to repeat, also at the same time.
func (s *Service) Step(ctx context.Context, shop tenant.ID, id int64) error {
	began := s.d.Now()
	for {
		more, err := s.Portion(ctx, shop, id)
		if errors.Is(err, fault.ErrNotFound) {
			return nil
		}
		if err != nil || !more {
			return err
		}
		if s.d.Now().Sub(began) > stint {
			return s.d.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) error {
				return s.d.Outbox.Append(ctx, tx, TopicStep, strconv.FormatInt(id, 10), struct{}{})
			})
		}
	}
}

// Portion does the next portion of a job, in one transaction with the step of its cursor, and
// tells whether there may be more.
func (s *Service) Portion(ctx context.Context, shop tenant.ID, id int64) (more bool, err error) {
	job, err := s.Find(ctx, shop, id)
	switch {
	case err != nil:
		return false, err
	case !job.State.Working():
		return false, nil
	case job.State == Reading:
		return true, s.stage(ctx, shop, job)
	case job.Way == Export:
		return s.exportPortion(ctx, shop, job)
	}
	err = s.locked(ctx, shop, id, func(tx tenantdb.Tx, job Job) error {
		more, err = s.rowsTx(ctx, tx, job)
		return err
	})
	return more, err
}

// rowsTx tries the next bunches of an import, or does them.
func (s *Service) rowsTx(ctx context.Context, tx tenantdb.Tx, job Job) (more bool, err error) {
	if job.State != Checking && job.State != Running {
		return false, nil
	}
	dry := job.State == Checking
	if job.reached >= job.bunches {
		event := EventFinish
		if dry {
			event = EventCheck
		}
		return false, s.moveTx(ctx, tx, job, event, nil)
	}
	of := s.kinds[job.Kind]
	until := min(job.reached+of.portion(), job.bunches)
	list, err := s.q.Portion(ctx, tx, job.ID, job.reached, until)
	if err != nil {
		return false, fmt.Errorf("read portion: %w", err)
	}
	rows := make([]*Row, len(list))
	for i, r := range list {
		if rows[i], err = rowFromDB(r); err != nil {
			return false, err
		}
	}
	todo := chosen(rows, dry)
	do := func(tx tenantdb.Tx) error { return of.applyTx(ctx, tx, job, todo) }
	if len(todo) > 0 {
		if dry {
			err = tx.Rehearse(ctx, do)
		} else {
			err = do(tx)
		}
	}
	if err != nil {
		return false, fmt.Errorf("bunches %d to %d: %w", job.reached+1, until, err)
	}
	settle(todo, dry)
	changed, err := toStored(rows, false)
	if err != nil {
		return false, err
	}
	if err := s.q.WriteRows(ctx, tx, job.ID, changed); err != nil {
		return false, fmt.Errorf("write rows: %w", err)
	}
	return true, s.q.Advance(ctx, tx, until, int64(len(rows)), job.ID)
}

// chosen are the rows to work on: of bunches in which none is wrong. When a check finds a wrong
// one, the others of its bunch are wrong with it.
func chosen(rows []*Row, dry bool) (todo []*Row) {
	bad, good := map[int64]bool{}, map[int64]bool{}
	for _, r := range rows {
		bad[r.Bunch] = bad[r.Bunch] || r.State == RowBad
		good[r.Bunch] = good[r.Bunch] || r.State == RowGood
	}
	for _, r := range rows {
		switch {
		case bad[r.Bunch]:
			if dry && r.State == RowNew {
				r.fail(whole(ErrTogether))
			}
		case r.State == RowNew && dry, good[r.Bunch] && !dry:
			todo = append(todo, r)
		}
	}
	return todo
}

// settle names what became of rows: nothing wrong and no change is the same as before.
func settle(todo []*Row, dry bool) {
	bad := map[int64]bool{}
	for _, r := range todo {
		bad[r.Bunch] = bad[r.Bunch] || r.State == RowBad
	}
	for _, r := range todo {
		if bad[r.Bunch] && r.State != RowBad {
			r.fail(whole(ErrTogether))
		}
		switch {
		case r.State == RowBad && !dry:
			r.State = RowFailed
		case r.State == RowBad:
		case len(r.Changes) == 0:
			r.State = RowSame
		case dry:
			r.State = RowGood
		default:
			r.State = RowDone
		}
	}
}

// bunched parts rows into their bunches, in their order.
func bunched(rows []*Row) (out [][]*Row) {
	for i, r := range rows {
		if i == 0 || rows[i-1].Bunch != r.Bunch {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// refusal is what a person is told of an error; ok is false for trouble that is none of the
// file's, which ends the transaction.
func refusal(err error) (f *fault.Error, ok bool) {
	f, ok = errors.AsType[*fault.Error](err)
	if !ok {
		return nil, false
	}
	switch f.Kind() {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Precondition, fault.Forbidden, fault.Throttled:
		return f, true
	default:
		return nil, false
	}
}
