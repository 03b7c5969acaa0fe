package level

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"galleria/commerce/level/internal/leveldb"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// EntryKind is what an entry of the journal of growth is.
type EntryKind string

// The kinds of entries.
const (
	EntryOrder   EntryKind = "order"   // an order whose money is final
	EntryReverse EntryKind = "reverse" // what of it went back
	EntryReview  EntryKind = "review"  // a review of goods that others see
	EntryGive    EntryKind = "give"    // by staff
	EntryTake    EntryKind = "take"    // by staff
	EntryKeep    EntryKind = "keep"    // taken when a level's days were over
)

// EntryKinds lists them all.
func EntryKinds() []EntryKind {
	return []EntryKind{EntryOrder, EntryReverse, EntryReview, EntryGive, EntryTake, EntryKeep}
}

// Reason is why a member's level changed, or stayed.
type Reason string

// The reasons.
const (
	Upgrade   Reason = "upgrade"
	Downgrade Reason = "downgrade"
	Kept      Reason = "kept"  // by a review
	Ended     Reason = "ended" // the level is no more
	Merged    Reason = "merge" // two members became one
	Left      Reason = "leave"
)

// Reasons lists them all.
func Reasons() []Reason { return []Reason{Upgrade, Downgrade, Kept, Ended, Merged, Left} }

// account is a member's account while it is locked; within writes it down.
type account struct {
	*Service
	tx     tenantdb.Tx
	member int64
	actor  string
	levels []Level // that go on, the lowest first
	leveldb.OpenRow
}

// within locks a member's account, does something with it and writes it down.
func (s *Service) within(ctx context.Context, tx tenantdb.Tx, member int64, actor string, do func(a *account) error) error {
	a, err := s.open(ctx, tx, member, actor)
	if err == nil {
		err = do(a)
	}
	if err == nil {
		err = a.close(ctx)
	}
	if err != nil {
		return fmt.Errorf("level of member %d: %w", member, err)
	}
	return nil
}

func (s *Service) open(ctx context.Context, tx tenantdb.Tx, member int64, actor string) (*account, error) {
	row, err := s.q.Open(ctx, tx, member)
	if err != nil {
		return nil, err
	}
	a := &account{Service: s, tx: tx, member: member, actor: actor, OpenRow: row}
	a.levels, err = s.levels(ctx, tx)
	return a, err
}

func (a *account) close(ctx context.Context) error {
	return a.q.Close(ctx, a.tx, a.Growth, a.LevelID, a.Since, a.ReviewAt, a.member)
}

// entry is a change of growth.
type entry struct {
	kind    EntryKind
	n       int64
	orderNo string
	key     string // of what may come twice
	reason  string
}

// grow counts and notes; false if it was noted before.
func (a *account) grow(ctx context.Context, e entry) (bool, error) {
	if e.n == 0 {
		return true, nil
	}
	n, err := a.q.AddEntry(ctx, a.tx, leveldb.AddEntryParams{
		MemberID: a.member, At: a.tx.Now(), Kind: string(e.kind), Change: e.n, Balance: a.Growth + e.n, OrderNo: e.orderNo, SourceKey: e.key, Actor: a.actor, Reason: e.reason,
	})
	if err != nil || n == 0 {
		return false, err
	}
	a.Growth += e.n
	return true, nil
}

// place is the account's level among those that go on; -1: none.
func (a *account) place() int {
	return slices.IndexFunc(a.levels, func(l Level) bool { return a.LevelID != nil && l.ID == *a.LevelID })
}

// reached is the highest level that the account has grown to; -1: none.
func (a *account) reached() int { return reached(a.levels, a.Growth) }

func reached(levels []Level, growth int64) int {
	at := -1
	for i, l := range levels {
		if l.Threshold <= growth {
			at = i
		}
	}
	return at
}

// settle follows a change of growth: up at once; down at the next review, which a level for good
// has at the end of this day.
func (a *account) settle(ctx context.Context) error {
	here, there := a.place(), a.reached()
	switch {
	case here < 0 && a.LevelID != nil: // it has ended, and the background was not here yet
		return a.move(ctx, there, Ended)
	case there > here:
		return a.move(ctx, there, Upgrade)
	case there < here && a.ReviewAt == nil:
		a.ReviewAt = new(midnight(a.tx.Now(), 0))
		return a.reviewLater(ctx)
	}
	return nil
}

// move gives the account a level, for its days; -1: none.
func (a *account) move(ctx context.Context, to int, why Reason) error {
	from, name := a.LevelID, ""
	a.LevelID, a.Since, a.ReviewAt = nil, nil, nil
	if to >= 0 {
		l := a.levels[to]
		name, a.LevelID, a.Since = l.Name, &l.ID, new(a.tx.Now())
		if l.ValidDays > 0 {
			a.ReviewAt = new(midnight(a.tx.Now(), l.ValidDays))
		}
	}
	return a.moved(ctx, from, name, why)
}

// moved notes what became of a level, and tells it where it is another one.
func (a *account) moved(ctx context.Context, from *int64, name string, why Reason) error {
	err := a.q.AddChange(ctx, a.tx, leveldb.AddChangeParams{
		MemberID: a.member, At: a.tx.Now(), FromID: from, ToID: a.LevelID, Reason: string(why), Growth: a.Growth, Until: a.ReviewAt, Actor: a.actor,
	})
	if err == nil {
		err = a.reviewLater(ctx)
	}
	if err != nil || (why != Upgrade && why != Downgrade && why != Ended) {
		return err
	}
	ev := ChangedEvent{MemberID: a.member, Level: name, Reason: why}
	if a.LevelID != nil {
		ev.LevelID = *a.LevelID
	}
	return a.d.Outbox.Append(ctx, a.tx, TopicChanged, strconv.FormatInt(a.member, 10), ev)
}

// reviewLater has the shop's levels looked at after this day, and then day by day.
func (a *account) reviewLater(ctx context.Context) error {
	if a.ReviewAt == nil {
		return nil
	}
	return a.reviewAfterToday(ctx, a.tx)
}

// reviewAfterToday leaves a timer that is set as it is.
func (s *Service) reviewAfterToday(ctx context.Context, tx tenantdb.Tx) error {
	return s.d.Timers.SetNew(ctx, tx, TimerReview, []timer.Plan{{Tenant: tx.TenantID(), Key: "levels", Due: midnight(tx.Now(), 0), Payload: struct{}{}}})
}
