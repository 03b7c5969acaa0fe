package points

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/points/internal/pointsdb"
	"galleria/tenant/tenantdb"
)

// Concerns reports whether an order may have to do with points: it cannot in a shop that has
// never had any. One statement.
func (s *Service) Concerns(ctx context.Context, q tenantdb.Querier) (bool, error) {
	concerns, err := s.q.Concerns(ctx, q)
	if err != nil {
		return false, fmt.Errorf("points of a shop: %w", err)
	}
	return concerns, nil
}

// FollowOrderTx brings the points of an order to where it stands: what it earns is frozen once it
// is paid and free once its money is final; of what went back, points that were paid come back,
// and what was earned is taken back. Unknown orders and tests have no points. Joins the caller's
// transaction; safe to repeat, in any order of events.
func (s *Service) FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	o, err := s.q.LockOrder(ctx, tx, orderNo)
	if tenantdb.NoRows(err) || (err == nil && !o.Paid) {
		return nil
	}
	if err == nil {
		err = s.follow(ctx, tx, o)
	}
	if err != nil {
		return fmt.Errorf("points of order %s: %w", orderNo, err)
	}
	return nil
}

// followed is an order and what belongs to it.
type followed struct {
	pointsdb.LockOrderRow
	terms    Terms // of its placing
	levelBps int64 // by how much its buyer's level earned more then
	lines    []pointsdb.LinesRow
	rates    map[int64]pointsdb.RatesAtRow // by product
	left     []money.Fen                   // paid for each line and not gone back
	earned   pointsdb.EarnedRow            // LotID 0: nothing yet
	uses     []pointsdb.UsesRow
}

func (s *Service) follow(ctx context.Context, tx tenantdb.Tx, o pointsdb.LockOrderRow) error {
	f, err := s.read(ctx, tx, o)
	if err != nil {
		return err
	}
	if f.earned.LotID == 0 && f.earns(f.full()) == 0 && len(f.uses) == 0 {
		return nil
	}
	owner := o.MemberID
	if err := s.within(ctx, tx, owner, system, func(a *account) error {
		if err := a.bring(ctx, f); err != nil {
			return err
		}
		if err := a.giveBack(ctx, f); err != nil {
			return err
		}
		if err := a.earn(ctx, f); err != nil || !f.Closed || !f.Exchange {
			return err
		}
		return s.q.MallEnd(ctx, tx, string(ExchangeReturned), o.OrderNo, string(ExchangeDone))
	}); err != nil {
		return err
	}
	return s.invite(ctx, tx, f)
}

func (s *Service) read(ctx context.Context, tx tenantdb.Tx, o pointsdb.LockOrderRow) (f followed, err error) {
	f.LockOrderRow = o
	f.levelBps = onceBps
	row, err := s.q.TermsAt(ctx, tx, o.MemberID, o.PlacedAt)
	if err != nil && !tenantdb.NoRows(err) {
		return f, err
	}
	if err == nil {
		f.terms, f.levelBps = termsOf(row.PointsTerm), row.LevelBps
	}
	if f.lines, err = s.q.Lines(ctx, tx, o.ID); err != nil {
		return f, err
	}
	var spus []int64
	for _, l := range f.lines {
		spus = append(spus, l.SpuID)
	}
	rates, err := s.q.RatesAt(ctx, tx, spus, o.PlacedAt)
	if err != nil {
		return f, err
	}
	f.rates = make(map[int64]pointsdb.RatesAtRow, len(rates))
	for _, r := range rates {
		f.rates[r.SpuID] = r
	}
	if f.earned, err = s.q.Earned(ctx, tx, o.ID); err != nil && !tenantdb.NoRows(err) {
		return f, err
	}
	if err == nil { // the order may have become another member's since
		f.levelBps = f.earned.LevelBps
	}
	if f.uses, err = s.q.Uses(ctx, tx, o.OrderNo); err != nil {
		return f, err
	}
	cases, err := s.q.CaseMoney(ctx, tx, o.ID)
	if err != nil {
		return f, err
	}
	f.left, err = f.stays(money.Fen(cases))
	return f, err
}

// stays is what was paid for each line and has not gone back: less what cases say of it, and
// less a share of what went back otherwise, in proportion to what is left of lines and freight.
func (f followed) stays(cases money.Fen) ([]money.Fen, error) {
	left := f.full()
	if f.Closed {
		return make([]money.Fen, len(left)), nil
	}
	weights, sum := make([]int64, len(left)+1), int64(0)
	lines := money.Fen(0)
	for i, l := range f.lines {
		back := min(money.Fen(l.BackFen), l.PayableFen)
		left[i], lines = left[i]-back, lines+back
		weights[i] = int64(left[i])
		sum += weights[i]
	}
	weights[len(left)] = int64(f.FreightFen - max(0, min(cases-lines, f.FreightFen)))
	sum += weights[len(left)]
	otherwise := min(f.RefundedFen-cases, money.Fen(sum))
	if otherwise <= 0 {
		return left, nil
	}
	shares, err := money.Split(otherwise, weights)
	if err != nil {
		return nil, err
	}
	for i := range left {
		left[i] -= min(shares[i], left[i])
	}
	return left, nil
}

func (f followed) full() []money.Fen {
	full := make([]money.Fen, len(f.lines))
	for i, l := range f.lines {
		full[i] = l.PayableFen
	}
	return full
}

// earns is what an order earns of which so much was paid for each line and stays.
func (f followed) earns(left []money.Fen) int64 {
	if !f.terms.Enabled {
		return 0
	}
	weighted, extra := int64(0), int64(0)
	for i, l := range f.lines {
		times := int64(onceBps)
		if r, differs := f.rates[l.SpuID]; differs {
			times = r.TimesBps
			extra += part(r.Extra*int64(l.Qty), int64(left[i]), int64(l.PayableFen))
		}
		weighted += int64(left[i]) * times
	}
	earned := part(weighted, f.terms.EarnPoints, int64(f.terms.EarnFen)*onceBps) + extra
	return part(earned, f.levelBps, onceBps)
}

// onceBps earns what the terms say, neither more nor less.
const onceBps = 10_000

// bring makes the lot of an order that was paid and has none.
func (a *account) bring(ctx context.Context, f followed) error {
	n := f.earns(f.full())
	if f.earned.LotID != 0 || n == 0 || f.Closed {
		return nil
	}
	id, err := a.q.AddLot(ctx, a.tx, pointsdb.AddLotParams{
		MemberID: a.member, Source: string(FromOrder), SourceKey: f.OrderNo, Amount: n, Now: a.tx.Now(),
	})
	if err != nil {
		return err
	}
	return a.q.AddOrder(ctx, a.tx, f.ID, id, n, f.levelBps)
}

// earn takes back what an order earns no longer, and frees the rest once its money is final.
func (a *account) earn(ctx context.Context, f followed) error {
	e, err := a.q.Earned(ctx, a.tx, f.ID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if f.earned.LotID == 0 {
		a.Frozen += e.Earned
	}
	if back := e.Earned - e.Reversed - f.earns(f.left); back > 0 {
		if err := a.reverse(ctx, f, e, back); err != nil {
			return err
		}
		e.Remaining -= back
	}
	if !f.Final || !e.Frozen || e.Remaining <= 0 {
		return nil
	}
	paid, until := a.owed(e.Remaining), a.terms.expiry(a.tx.Now())
	if _, err := a.q.Thaw(ctx, a.tx, a.tx.Now(), until, paid, e.LotID); err != nil {
		return err
	}
	a.Frozen -= e.Remaining
	a.credit(EntryOrder, e.Remaining, paid, f.OrderNo, "")
	return a.endLater(ctx, a.tx, until)
}

// reverse takes back what an order earned: of its own lot, then of others; the rest is owed.
func (a *account) reverse(ctx context.Context, f followed, e pointsdb.EarnedRow, back int64) error {
	if err := a.q.Reverse(ctx, a.tx, back, f.ID); err != nil {
		return err
	}
	if e.Frozen {
		a.Frozen -= back
		return a.q.Shrink(ctx, a.tx, back, e.LotID)
	}
	took, err := a.q.Take(ctx, a.tx, e.LotID, a.member, back)
	if err != nil {
		return err
	}
	a.note(EntryReverse, -took, back-took, f.OrderNo, "")
	return nil
}

// giveBack returns the points that were paid for what went back, to the lots that they are of.
func (a *account) giveBack(ctx context.Context, f followed) error {
	n, weights, err := f.returns()
	if err != nil || n <= 0 {
		return err
	}
	parts, err := money.Split(money.Fen(n), weights)
	if err != nil {
		return err
	}
	var lots, points []int64
	for i, u := range f.uses {
		if parts[i] > 0 {
			lots, points = append(lots, u.LotID), append(points, int64(parts[i]))
		}
	}
	var again *time.Time
	if a.terms.GraceDays > 0 {
		again = new(midnight(a.tx.Now(), a.terms.GraceDays))
	}
	r, err := a.q.GiveBack(ctx, a.tx, lots, points, f.OrderNo, a.tx.Now(), again)
	if err != nil {
		return err
	}
	a.change(EntryReturn, r.Points, f.OrderNo, "")
	a.change(EntryExpire, -r.Lapsed, f.OrderNo, "")
	if err := a.payDebt(ctx); err != nil || !r.Again {
		return err
	}
	return a.endLater(ctx, a.tx, again)
}

// returns is how many more points come back, and how many each lot can take. What was paid for a
// line comes back as its money does, or, where it cost no money, as its pieces do.
func (f followed) returns() (n int64, weights []int64, err error) {
	used, back := int64(0), int64(0)
	for _, u := range f.uses {
		used, back = used+u.Points, back+u.Returned
		weights = append(weights, u.Points-u.Returned)
	}
	offs, fen := make([]int64, len(f.lines)), int64(0)
	for i, l := range f.lines {
		offs[i] = l.PointsFen
		fen += l.PointsFen
	}
	if used == back || fen == 0 {
		return 0, nil, nil
	}
	if f.Closed {
		return used - back, weights, nil
	}
	shares, err := money.Split(money.Fen(used), offs)
	if err != nil {
		return 0, nil, err
	}
	due := int64(0)
	for i, l := range f.lines {
		if l.PayableFen > 0 {
			due += part(int64(shares[i]), int64(l.PayableFen-f.left[i]), int64(l.PayableFen))
		} else {
			due += part(int64(shares[i]), min(l.BackQty, int64(l.Qty)), int64(l.Qty))
		}
	}
	return due - back, weights, nil
}

// invite rewards who had brought the buyer, for the first order that is final.
func (s *Service) invite(ctx context.Context, tx tenantdb.Tx, f followed) error {
	if !f.Final || f.Closed || !f.terms.Enabled || f.terms.InvitePoints == 0 {
		return nil
	}
	by, err := s.q.Inviter(ctx, tx, f.MemberID, f.PlacedAt)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.within(ctx, tx, by, system, func(a *account) error {
		_, err := a.give(ctx, lot{kind: EntryInvite, source: FromInvite, key: strconv.FormatInt(f.MemberID, 10), points: f.terms.InvitePoints})
		return err
	})
}
