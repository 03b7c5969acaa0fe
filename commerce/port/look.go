package port

import (
	"context"
	"fmt"

	"galleria/commerce/port/internal/portdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Find returns a job. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, shop tenant.ID, id int64) (job Job, err error) {
	err = s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) error {
		row, err := s.q.Job(ctx, r, id)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err == nil {
			job, err = jobFromRow(row)
		}
		return err
	})
	if err != nil {
		return Job{}, fmt.Errorf("find job: %w", err)
	}
	return job, nil
}

// Page is a part of the history.
type Page struct {
	Jobs []Job
	Next int64 // cursor of the following page, 0 at the end
}

const pageSize = 20

// List returns the jobs of a way and of some kinds, newest first.
func (s *Service) List(ctx context.Context, shop tenant.ID, w Way, kinds []Kind, before int64) (page Page, err error) {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	err = s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) error {
		page = Page{}
		rows, err := s.q.Jobs(ctx, r, string(w), names, before, pageSize+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			job, err := jobFromRow(row)
			if err != nil {
				return err
			}
			page.Jobs = append(page.Jobs, job)
		}
		if len(page.Jobs) > pageSize {
			page.Jobs = page.Jobs[:pageSize]
			page.Next = page.Jobs[pageSize-1].ID
		}
		return nil
	})
	if err != nil {
		return Page{}, fmt.Errorf("list jobs: %w", err)
	}
	return page, nil
}

// Report is a job with what is known of its rows.
type Report struct {
	Job
	Counts   map[RowState]int64
	Problems []*Row // the first of them
	Changes  []*Row // the first of what is or was done
	Again    int64  // the job that imported the same file before; 0 for none
}

// Shown is how many rows of each sort a report holds.
const Shown = 50

// Look returns a job with what is known of its rows. One round trip or two. Faults: NOT_FOUND.
func (s *Service) Look(ctx context.Context, shop tenant.ID, id int64) (out Report, err error) {
	job, err := s.Find(ctx, shop, id)
	if err != nil {
		return Report{}, err
	}
	if job.Way == Export {
		return Report{Job: job}, nil
	}
	err = s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) error {
		out = Report{Job: job, Counts: map[RowState]int64{}}
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			counts, err := s.q.Counts(ctx, q, id)
			for _, c := range counts {
				out.Counts[RowState(c.State)] = c.N
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.Problems(ctx, q, id, Shown)
			for _, r := range rows {
				row, err := rowFromDB(portdb.PortionRow(r))
				if err != nil {
					return err
				}
				out.Problems = append(out.Problems, row)
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.Changes(ctx, q, id, Shown)
			for _, r := range rows {
				row, err := rowFromDB(portdb.PortionRow(r))
				if err != nil {
					return err
				}
				out.Changes = append(out.Changes, row)
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			out.Again, err = s.q.SameFile(ctx, q, string(job.Kind), job.sum, id)
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return Report{}, fmt.Errorf("look at job: %w", err)
	}
	return out, nil
}

// EachRow gives every row of an import to take, in the order of its bunches, in bounded memory.
func (s *Service) EachRow(ctx context.Context, shop tenant.ID, id int64, take func(*Row) error) error {
	const atOnce = 1000
	bunch, line := int64(0), int64(0)
	for {
		var rows []portdb.LinesRow
		err := s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) (err error) {
			rows, err = s.q.Lines(ctx, r, id, bunch, line, atOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		for _, r := range rows {
			row, err := rowFromDB(portdb.PortionRow(r))
			if err != nil {
				return err
			}
			if err := take(row); err != nil {
				return err
			}
			bunch, line = r.Bunch, r.Line
		}
		if len(rows) < atOnce {
			return nil
		}
	}
}
