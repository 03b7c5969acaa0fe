package level

import (
	"context"
	"fmt"
	"math"
	"time"

	"galleria/commerce/level/internal/leveldb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Standing is where a member stands.
type Standing struct {
	Terms    Terms
	Growth   int64
	Level    *Level // nil: none
	Since    *time.Time
	ReviewAt *time.Time // exclusive; nil: for good
	Next     *Level     // nil: there is none above
	Missing  int64      // growth to the next one
	Keep     int64      // growth that is missing for the review to leave the level as it is
	Levels   []Level    // all of them, the lowest first
	Changes  []Change   // the newest first; at most 20
}

// Change is a line of the history of a member's level.
type Change struct {
	At     time.Time
	From   string // names of then; "": none
	To     string
	Reason Reason
	Growth int64
	Until  *time.Time // when it is reviewed
	Actor  string
}

const mostChanges = 20

// Standing returns where a member stands, and how that came.
func (s *Service) Standing(ctx context.Context, id tenant.ID, memberID int64) (st Standing, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		var row leveldb.AccountRow
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			st.Terms, err = s.terms(ctx, q)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			st.Levels, err = s.levels(ctx, q)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			if row, err = s.q.Account(ctx, q, memberID); tenantdb.NoRows(err) {
				return nil
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.Changes(ctx, q, memberID, mostChanges)
			for _, c := range rows {
				st.Changes = append(st.Changes, Change{
					At: c.LevelChange.At, From: c.FromName, To: c.ToName, Reason: Reason(c.LevelChange.Reason), Growth: c.LevelChange.Growth, Until: c.LevelChange.Until, Actor: c.LevelChange.Actor,
				})
			}
			return err
		})
		if err := pipe.Run(ctx); err != nil {
			return err
		}
		st.fill(row)
		return nil
	})
	if err != nil {
		return Standing{}, fmt.Errorf("level of member %d: %w", memberID, err)
	}
	return st, nil
}

func (st *Standing) fill(row leveldb.AccountRow) {
	st.Growth = row.Growth
	at := -1
	for i := range st.Levels {
		if row.LevelID != nil && st.Levels[i].ID == *row.LevelID {
			at, st.Level, st.Since, st.ReviewAt = i, &st.Levels[i], row.Since, row.ReviewAt
		}
	}
	if at+1 < len(st.Levels) {
		st.Next = &st.Levels[at+1]
		st.Missing = max(0, st.Next.Threshold-st.Growth)
	}
	if st.Level != nil && st.ReviewAt != nil {
		st.Keep = max(0, st.Level.Threshold+st.Level.KeepGrowth-st.Growth)
	}
}

// Entry is a change of growth.
type Entry struct {
	ID      int64
	At      time.Time
	Kind    EntryKind
	Change  int64
	Balance int64
	OrderNo string
	Actor   string
	Reason  string
}

const page = 20

// Entries returns a page of a member's journal, the newest first, before the entry with an id (0:
// from the newest); next is 0 at the end.
func (s *Service) Entries(ctx context.Context, id tenant.ID, memberID, before int64) (list []Entry, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Entries(ctx, r, memberID, before, page+1)
		for _, e := range rows {
			entry := Entry{ID: e.ID, At: e.At, Kind: EntryKind(e.Kind), Change: e.Change, Balance: e.Balance, Actor: e.Actor, Reason: e.Reason}
			if e.OrderNo != nil {
				entry.OrderNo = *e.OrderNo
			}
			list = append(list, entry)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("growth of member %d: %w", memberID, err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}
