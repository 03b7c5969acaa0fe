package notice

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Entry is one message that needed a template, and what became of it.
type Entry struct {
	ID        int64
	MemberID  int64 // whose, or 0
	AccountID int64 // of the staff, or 0
	Event     string
	Channel   Channel
	State     State
	Code      string // the provider's, of what it refused or did not deliver
	Reason    string
	At        time.Time
	Test      bool // asked for by staff
}

// Log reads a page of what became of messages, the newest first, of a state or of all.
func (s *Service) Log(ctx context.Context, id tenant.ID, state State, before int64) (list []Entry, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Log(ctx, r, from(before), string(state), pageSize+1)
		for _, row := range rows {
			list = append(list, Entry{row.ID, row.MemberID, row.AccountID, row.Event, Channel(row.Channel), State(row.State), row.Code, row.Reason, row.At, row.Test})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("message log: %w", err)
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		next = list[pageSize-1].ID
	}
	return list, next, nil
}
