package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// pageSize is how many messages are read at once.
const pageSize = 20

// Letter is a message in somebody's inbox.
type Letter struct {
	ID    int64
	Kind  Kind
	Facts Facts
	At    time.Time
	Read  bool
}

// Inbox reads a page of a member's messages, the newest first, from before on; 0 is the
// beginning. next is 0 on the last page.
func (s *Service) Inbox(ctx context.Context, id tenant.ID, memberID, before int64) (list []Letter, unread, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Inbox(ctx, r, memberID, from(before), pageSize+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if list, err = letter(list, Letter{ID: row.ID, At: row.CreatedAt, Read: row.ReadAt != nil}, row.Event, row.Facts); err != nil {
				return err
			}
		}
		unread, err = s.q.Unread(ctx, r, memberID)
		return err
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("inbox: %w", err)
	}
	list, next = page(list)
	return list, unread, next, nil
}

// from is where a page begins.
func from(before int64) int64 {
	if before <= 0 {
		return math.MaxInt64
	}
	return before
}

// letter adds one; an event that the catalogue has no more is left out.
func letter(list []Letter, l Letter, event string, facts json.RawMessage) ([]Letter, error) {
	kind, ok := KindOf(event)
	if !ok {
		return list, nil
	}
	l.Kind = kind
	if err := json.Unmarshal(facts, &l.Facts); err != nil {
		return nil, fmt.Errorf("facts of message %d: %w", l.ID, err)
	}
	return append(list, l), nil
}

func page(list []Letter) (shown []Letter, next int64) {
	if len(list) <= pageSize {
		return list, 0
	}
	return list[:pageSize], list[pageSize-1].ID
}

// ReadUntil marks a member's messages up to and with one as read.
func (s *Service) ReadUntil(ctx context.Context, id tenant.ID, memberID, until int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		now := tx.Now()
		return s.q.ReadUntil(ctx, tx, &now, memberID, until)
	})
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	return nil
}

// seenBy are the events that somebody with certain permissions sees on the board.
func seenBy(may func(permission string) bool) []string {
	events := []string{}
	for _, k := range Catalogue() {
		if len(k.Staffs) > 0 && may(k.Permission) {
			events = append(events, k.Event)
		}
	}
	slices.Sort(events)
	return events
}

// Board reads a page of what the staff are told, as one account may see it.
func (s *Service) Board(ctx context.Context, id tenant.ID, accountID int64, may func(permission string) bool, before int64) (list []Letter, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.BoardPage(ctx, r, accountID, seenBy(may), from(before), pageSize+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if list, err = letter(list, Letter{ID: row.ID, At: row.CreatedAt, Read: row.Seen}, row.Event, row.Facts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("staff's board: %w", err)
	}
	list, next = page(list)
	return list, next, nil
}

// Unseen counts what an account has not looked at, up to a hundred.
func (s *Service) Unseen(ctx context.Context, id tenant.ID, accountID int64, may func(permission string) bool) (n int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		n, err = s.q.BoardUnseen(ctx, r, seenBy(may), accountID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("unseen notices: %w", err)
	}
	return n, nil
}

// See remembers up to which notice an account has looked.
func (s *Service) See(ctx context.Context, id tenant.ID, accountID, until int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.SeeBoard(ctx, tx, accountID, until) })
	if err != nil {
		return fmt.Errorf("see notices: %w", err)
	}
	return nil
}

// The log is kept for as long as a complaint may come, inboxes for half a year and the
// board for a month.
const (
	logKept   = 90 * 24 * time.Hour
	inboxKept = 180 * 24 * time.Hour
	boardKept = 30 * 24 * time.Hour
	spendKept = 2              // years: a row a month
	strayKept = 24 * time.Hour // receipts of messages that others have sent, numbers that let nothing more through
)

// PurgeTx deletes at most limit of each kind of what is too old, and says how much.
func (s *Service) PurgeTx(ctx context.Context, tx tenantdb.Tx, limit int) (int64, error) {
	most, total := int32(min(limit, math.MaxInt32)), int64(0)
	for _, purge := range []func() (int64, error){
		func() (int64, error) { return s.q.PurgeLog(ctx, tx, tx.Now().Add(-logKept), most) },
		func() (int64, error) { return s.q.PurgeForms(ctx, tx, tx.Now().Add(-strayKept), most) },
		func() (int64, error) { return s.q.PurgeReceipts(ctx, tx, tx.Now().Add(-strayKept), most) },
		func() (int64, error) { return s.q.PurgeSMSCounts(ctx, tx, smsDay(tx.Now()).AddDate(0, 0, -1), most) },
		func() (int64, error) { return s.q.PurgeSMSSpend(ctx, tx, smsMonth(tx.Now()).AddDate(-spendKept, 0, 0)) },
		func() (int64, error) { return s.q.PurgeInbox(ctx, tx, tx.Now().Add(-inboxKept), most) },
		func() (int64, error) { return s.q.PurgeBoard(ctx, tx, tx.Now().Add(-boardKept), most) },
	} {
		n, err := purge()
		if err != nil {
			return total, fmt.Errorf("purge messages: %w", err)
		}
		total = max(total, n)
	}
	return total, nil
}
