package points

import (
	"context"
	"fmt"
	"math/bits"
	"strconv"

	"galleria/commerce/points/internal/pointsdb"
	"galleria/tenant/tenantdb"
)

// EntryKind is what an entry of the journal is.
type EntryKind string

// The kinds of entries.
const (
	EntryOrder   EntryKind = "order"   // earned by an order whose money is final
	EntrySign    EntryKind = "sign"    // for signing in
	EntryInvite  EntryKind = "invite"  // for a buyer who was brought
	EntryGive    EntryKind = "give"    // by staff
	EntryTake    EntryKind = "take"    // by staff
	EntrySpend   EntryKind = "spend"   // held by an order
	EntryRelease EntryKind = "release" // of an order that was never paid
	EntryReturn  EntryKind = "return"  // of an order whose money went back
	EntryReverse EntryKind = "reverse" // what such an order had earned
	EntryExpire  EntryKind = "expire"
	EntryDebt    EntryKind = "debt" // points that pay what is owed
)

// EntryKinds lists them all.
func EntryKinds() []EntryKind {
	return []EntryKind{EntryOrder, EntrySign, EntryInvite, EntryGive, EntryTake, EntrySpend, EntryRelease, EntryReturn, EntryReverse, EntryExpire, EntryDebt}
}

// account is a member's account while it is locked. Its methods change lots and keep the sums;
// close writes these down, with the journal and the books.
type account struct {
	*Service
	tx     tenantdb.Tx
	member int64
	terms  Terms
	pointsdb.OpenRow
	row     pointsdb.CloseParams
	expired int64 // points that have ended and were written down
}

// open locks a member's account and ends what is over.
func (s *Service) open(ctx context.Context, tx tenantdb.Tx, member int64) (*account, error) {
	row, err := s.q.Open(ctx, tx, member)
	if err != nil {
		return nil, fmt.Errorf("points of member %d: %w", member, err)
	}
	a := &account{Service: s, tx: tx, member: member, OpenRow: row}
	if a.terms, err = s.terms(ctx, tx); err != nil {
		return nil, err
	}
	lapsed, err := s.q.Lapse(ctx, tx, member, tx.Now())
	if err != nil {
		return nil, fmt.Errorf("points of member %d: %w", member, err)
	}
	a.change(EntryExpire, -lapsed, "", "")
	return a, nil
}

// change counts what can be used and notes it; nothing is noted of nothing.
func (a *account) change(kind EntryKind, n int64, orderNo, reason string) {
	a.note(kind, n, 0, orderNo, reason)
}

func (a *account) note(kind EntryKind, n, debt int64, orderNo, reason string) {
	if n == 0 && debt == 0 {
		return
	}
	a.Available, a.Debt = a.Available+n, a.Debt+debt
	if kind == EntryExpire {
		a.expired -= n
	}
	r := &a.row
	r.Kinds, r.Changes, r.Debts, r.Balances = append(r.Kinds, string(kind)), append(r.Changes, n), append(r.Debts, debt), append(r.Balances, a.Available)
	r.OrderNos, r.Reasons, r.RequestKeys = append(r.OrderNos, orderNo), append(r.Reasons, reason), append(r.RequestKeys, "")
}

// owed is how much of n new points pays what is owed.
func (a *account) owed(n int64) int64 { return min(n, a.Debt) }

// credit notes n new points, of which paid have paid what was owed.
func (a *account) credit(kind EntryKind, n, paid int64, orderNo, reason string) {
	a.change(kind, n, orderNo, reason)
	a.note(EntryDebt, -paid, -paid, orderNo, "")
}

// lot is points that come together.
type lot struct {
	kind   EntryKind
	source Source
	key    string // what it is given for; given once
	points int64
	reason string
}

// give adds a lot that can be used at once; false if it was given before.
func (a *account) give(ctx context.Context, l lot) (bool, error) {
	now, paid := a.tx.Now(), a.owed(l.points)
	until := a.terms.expiry(now)
	_, err := a.q.AddLot(ctx, a.tx, pointsdb.AddLotParams{
		MemberID: a.member, Source: string(l.source), SourceKey: l.key, Amount: l.points, Taken: paid, Now: now, AvailableAt: &now, ExpiresAt: until,
	})
	if tenantdb.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("give points: %w", err)
	}
	a.credit(l.kind, l.points, paid, "", l.reason)
	return true, a.endLater(ctx, a.tx, until)
}

// close writes the account down, and in the books what its points are worth now.
func (a *account) close(ctx context.Context, actor string) error {
	worth := a.terms.WorthFen(a.Available + a.Held)
	if more := worth - a.BookedFen; more != 0 {
		a.Postings++
		ref := strconv.FormatInt(a.member, 10) + ":" + strconv.FormatInt(a.Postings, 10)
		if err := a.d.Books.PointsTx(ctx, a.tx, ref, more, a.tx.Now()); err != nil {
			return fmt.Errorf("points of member %d: %w", a.member, err)
		}
	}
	r := a.row
	r.MemberID, r.Now, r.Actor = a.member, a.tx.Now(), actor
	r.Available, r.Frozen, r.Held, r.Debt, r.BookedFen, r.Postings = a.Available, a.Frozen, a.Held, a.Debt, worth, a.Postings
	r.SignedOn, r.Streak = a.SignedOn, a.Streak
	err := a.q.Close(ctx, a.tx, r)
	if err == nil && a.expired > 0 {
		err = a.d.Outbox.Append(ctx, a.tx, TopicExpired, strconv.FormatInt(a.member, 10), ExpiredEvent{MemberID: a.member, Points: a.expired, At: a.tx.Now()})
	}
	if err != nil {
		return fmt.Errorf("points of member %d: %w", a.member, err)
	}
	return nil
}

// within opens an account, does something with it and closes it.
func (s *Service) within(ctx context.Context, tx tenantdb.Tx, member int64, actor string, do func(a *account) error) error {
	a, err := s.open(ctx, tx, member)
	if err != nil {
		return err
	}
	if err := do(a); err != nil {
		return err
	}
	return a.close(ctx, actor)
}

// part is n × share / whole, rounded down, of what is not negative; share is at most whole or
// small enough that the result is an int64.
func part(n, share, whole int64) int64 {
	if n <= 0 || share <= 0 || whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(n), uint64(share))
	if hi >= uint64(whole) {
		return 1<<62 - 1
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(min(q, 1<<62-1))
}

func actorOf(member int64) string { return "member:" + strconv.FormatInt(member, 10) }

const system = "system"
