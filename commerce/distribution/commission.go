package distribution

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Concerns reports whether somebody may be owed something for an order: if its buyer had not
// been brought by anybody when it was placed, nobody ever is. One statement.
func (s *Service) Concerns(ctx context.Context, q tenantdb.Querier, orderNo string) (bool, error) {
	concerns, err := s.q.Concerns(ctx, q, orderNo)
	if err != nil {
		return false, fmt.Errorf("distribution of order %s: %w", orderNo, err)
	}
	return concerns, nil
}

// FollowOrderTx brings what is owed for an order to where the order stands: who is owed what is
// written when it is seen for the first time, by what held when it was placed. Unknown orders
// and tests owe nothing. Joins the caller's transaction; safe to repeat, in any order of events.
func (s *Service) FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	o, err := s.q.LockOrder(ctx, tx, orderNo)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err == nil {
		err = s.follow(ctx, tx, o)
	}
	if err != nil {
		return fmt.Errorf("distribution of order %s: %w", orderNo, err)
	}
	return nil
}

func (s *Service) follow(ctx context.Context, tx tenantdb.Tx, o distributiondb.LockOrderRow) error {
	lines, err := s.q.Lines(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	known, err := s.q.OwesOrder(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	if !known {
		if err := s.owe(ctx, tx, o, lines); err != nil {
			return err
		}
	}
	entries, err := s.q.Entries(ctx, tx, o.ID)
	if err != nil || len(entries) == 0 {
		return err
	}
	cases, err := s.q.CaseMoney(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	gone, err := wentBack(o, lines, money.Fen(cases))
	if err != nil {
		return err
	}
	return s.moveEntries(ctx, tx, o, entries, gone)
}

// owe writes who is owed what for an order, if its buyer had been brought by a distributor when
// it was placed.
func (s *Service) owe(ctx context.Context, tx tenantdb.Tx, o distributiondb.LockOrderRow, lines []distributiondb.LinesRow) error {
	plan, err := s.q.PlanAt(ctx, tx, o.PlacedAt)
	if tenantdb.NoRows(err) || (err == nil && !plan.Enabled) {
		return nil
	}
	if err != nil {
		return err
	}
	bond, err := s.q.BondAt(ctx, tx, o.PlacedAt, o.MemberID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	tiers, refused, err := s.others(ctx, tx, planOf(plan), beneficiaries(planOf(plan), bond, o.MemberID), o.MemberID)
	if err != nil {
		return err
	}
	fresh, err := s.q.AddOrder(ctx, tx, o.ID, o.OrderNo, o.MemberID, bond.ID, plan.Version)
	if err != nil || fresh == 0 {
		return err
	}
	var spus []int64
	for _, l := range lines {
		spus = append(spus, l.SpuID)
	}
	rates, err := s.q.RatesAt(ctx, tx, append(spus, 0), []int64{0, tiers[0].level, tiers[1].level}, o.PlacedAt)
	if err != nil {
		return err
	}
	in, err := entriesOf(lines, planOf(plan), tiers, rates)
	if err != nil {
		return err
	}
	if len(in.LineIds) > 0 {
		in.OrderID, in.Now = o.ID, tx.Now()
		if err := s.q.AddEntries(ctx, tx, in); err != nil {
			return err
		}
	}
	return s.mark(ctx, tx, o.ID, in.DistributorIds, refused)
}

// mark writes down what the buyer of an order shares with who earns from it, or was refused.
func (s *Service) mark(ctx context.Context, tx tenantdb.Tx, orderID int64, earning, refused []int64) error {
	looked := append(slices.Clone(refused), earning...)
	if len(looked) == 0 {
		return nil
	}
	return s.q.AddSignals(ctx, tx, orderID, tx.Now(), refused, looked)
}

// others leaves out who is the buyer himself, in another app, and, where the shop refuses such, who
// shares a phone with him: these are refused.
func (s *Service) others(ctx context.Context, tx tenantdb.Tx, p Plan, tiers [2]beneficiary, buyer int64) (out [2]beneficiary, refused []int64, err error) {
	refused = []int64{}
	for i, t := range tiers {
		if t.member == 0 {
			continue
		}
		found, err := s.q.SamePerson(ctx, tx, buyer, t.member, p.Shared == RefuseShared)
		if err != nil {
			return tiers, nil, err
		}
		if found.Shares && !found.Same {
			refused = append(refused, t.member)
		}
		if found.Same || found.Shares {
			tiers[i].member = 0
		}
	}
	return tiers, refused, nil
}

// beneficiary is who is paid for a tier; member 0 is nobody.
type beneficiary struct{ member, level int64 }

func beneficiaries(p Plan, b distributiondb.BondAtRow, buyer int64) (tiers [2]beneficiary) {
	pays := func(status string) bool { return Status(status) == Active || Status(status) == Frozen }
	level := func(id *int64) int64 {
		if id == nil {
			return 0
		}
		return *id
	}
	if pays(b.Status) && b.DistributorID != buyer {
		tiers[0] = beneficiary{b.DistributorID, level(b.LevelID)}
	}
	if p.Depth == 2 && pays(b.SecondStatus) && b.SecondID != buyer && b.SecondID != b.DistributorID {
		tiers[1] = beneficiary{b.SecondID, level(b.SecondLevelID)}
	}
	return tiers
}

func entriesOf(lines []distributiondb.LinesRow, p Plan, tiers [2]beneficiary, rates []distributiondb.RatesAtRow) (in distributiondb.AddEntriesParams, err error) {
	for _, l := range lines {
		first := rateOf(l, tiers[0].level, p, rates).first
		second := min(rateOf(l, tiers[1].level, p, rates).second, MostRate-first)
		for i, rate := range []money.Rate{first, second} {
			amount, err := rate.Of(l.PayableFen)
			if err != nil {
				return in, err
			}
			if tiers[i].member == 0 || amount <= 0 {
				continue
			}
			in.LineIds, in.DistributorIds, in.Tiers = append(in.LineIds, l.ID), append(in.DistributorIds, tiers[i].member), append(in.Tiers, int32(i+1))
			in.Bases, in.Rates, in.Amounts = append(in.Bases, int64(l.PayableFen)), append(in.Rates, int64(rate)), append(in.Amounts, int64(amount))
		}
	}
	return in, nil
}

type pair struct{ first, second money.Rate }

// rateOf is the most particular rate for a line: a variant's before its product's before all,
// and within each a level's before that of every level.
func rateOf(l distributiondb.LinesRow, level int64, p Plan, rates []distributiondb.RatesAtRow) pair {
	best, found := -1, pair{p.FirstBps, p.SecondBps}
	for _, r := range rates {
		if (r.SpuID != 0 && r.SpuID != l.SpuID) || (r.SkuID != 0 && r.SkuID != l.SkuID) || (r.LevelID != 0 && r.LevelID != level) {
			continue
		}
		weight := 0
		for i, given := range []bool{r.LevelID != 0, r.SpuID != 0, r.SkuID != 0} {
			if given {
				weight += 1 << i
			}
		}
		if weight > best {
			best, found = weight, pair{money.Rate(r.FirstBps), money.Rate(r.SecondBps)}
		}
	}
	return found
}

// wentBack is what went back of each line, by its id: what cases say, and a share of what went
// back otherwise, in proportion to what is left of lines and freight.
func wentBack(o distributiondb.LockOrderRow, lines []distributiondb.LinesRow, cases money.Fen) (map[int64]money.Fen, error) {
	gone := make(map[int64]money.Fen, len(lines))
	returned := money.Fen(0)
	weights := make([]int64, 0, len(lines)+1)
	for _, l := range lines {
		back := min(money.Fen(l.ReturnedFen), l.PayableFen)
		gone[l.ID], returned = back, returned+back
		weights = append(weights, int64(l.PayableFen-back))
	}
	freight := o.FreightFen - max(0, min(cases-returned, o.FreightFen))
	weights = append(weights, int64(freight))
	otherwise := o.RefundedFen - cases
	left := money.Fen(0)
	for _, w := range weights {
		left += money.Fen(w)
	}
	if otherwise = min(otherwise, left); otherwise <= 0 {
		return gone, nil
	}
	shares, err := money.Split(otherwise, weights)
	if err != nil {
		return nil, err
	}
	for i, l := range lines {
		gone[l.ID] += min(shares[i], l.PayableFen-gone[l.ID])
	}
	return gone, nil
}

// target is where an order's commission stands when nothing of it went back.
func target(o distributiondb.LockOrderRow) EntryStatus {
	switch st := order.Status(o.Status); {
	case o.PaidAt == nil && st == order.Closed:
		return Void
	case o.PaidAt == nil:
		return Estimated
	case order.Settlement(o.Settlement) == order.SettlementSettled:
		return Available
	case order.Settlement(o.Settlement) == order.SettlementWindow:
		return Pending
	}
	return Confirmed
}

// moveEntries brings entries to where the order stands, and accounts and books with them.
func (s *Service) moveEntries(ctx context.Context, tx tenantdb.Tx, o distributiondb.LockOrderRow, entries []distributiondb.EntriesRow, gone map[int64]money.Fen) error {
	var ids, reversed []int64
	var statuses []string
	owed := map[int64]money.Fen{} // by how much each account changes
	for _, e := range entries {
		to, back, err := entryAt(e, target(o), gone[e.LineID])
		if err != nil {
			return err
		}
		was := EntryStatus(e.Status)
		if to == was && back == e.ReversedFen {
			continue
		}
		ids, statuses, reversed = append(ids, e.ID), append(statuses, string(to)), append(reversed, int64(back))
		if was.counted() {
			owed[e.DistributorID] -= e.AmountFen - e.ReversedFen
		}
		if to.counted() {
			owed[e.DistributorID] += e.AmountFen - back
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := s.q.MoveEntries(ctx, tx, tx.Now(), ids, statuses, reversed); err != nil {
		return err
	}
	return s.account(ctx, tx, o, owed)
}

// entryAt is where an entry belongs, and how much of it went back.
func entryAt(e distributiondb.EntriesRow, to EntryStatus, gone money.Fen) (EntryStatus, money.Fen, error) {
	was := EntryStatus(e.Status)
	if was == Void || was == Reversed || to == Void {
		if was == Estimated {
			was = Void
		}
		return was, e.ReversedFen, nil
	}
	left, err := money.Rate(e.RateBps).Of(e.BaseFen - min(gone, e.BaseFen))
	if err != nil {
		return was, 0, err
	}
	back := e.AmountFen - left
	if back == e.AmountFen && was != Estimated {
		return Reversed, back, nil
	}
	if to == Estimated {
		return was, 0, nil
	}
	if back == e.AmountFen { // paid and given back before anybody looked
		return Reversed, back, nil
	}
	if !leads(was, to) { // withdrawn, and its order is where it was
		to = was
	}
	return to, back, nil
}

func (s *Service) account(ctx context.Context, tx tenantdb.Tx, o distributiondb.LockOrderRow, owed map[int64]money.Fen) error {
	sum := money.Fen(0)
	for _, member := range slices.Sorted(maps.Keys(owed)) {
		if owed[member] == 0 {
			continue
		}
		if _, err := s.q.Credit(ctx, tx, int64(owed[member]), member); err != nil {
			return err
		}
		sum += owed[member]
	}
	if sum == 0 {
		return nil
	}
	n, err := s.q.NextPosting(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	return s.d.Books.CommissionTx(ctx, tx, o.OrderNo+":"+strconv.FormatInt(n, 10), sum, tx.Now())
}

// Entry is a commission as people see it.
type Entry struct {
	ID                 int64
	OrderNo            string
	Tier               int
	Status             EntryStatus
	BaseFen            money.Fen
	RateBps            money.Rate
	AmountFen          money.Fen
	ReversedFen        money.Fen
	Title, Spec        string
	Qty                int64
	DistributorID      int64
	Distributor        string // nickname
	BuyerID            int64
	Buyer              string // nickname
	CreatedAt, MovedAt time.Time
}

// NetFen is what is left of it.
func (e Entry) NetFen() money.Fen { return e.AmountFen - e.ReversedFen }

// EntryFilter chooses commissions; zero values are all.
type EntryFilter struct {
	DistributorID int64
	Status        EntryStatus
	OrderNo       string
	Before        int64 // the id of the last one seen
}

// Entries returns a page of commissions, the newest first; next is 0 at the end.
func (s *Service) Entries(ctx context.Context, id tenant.ID, f EntryFilter) (list []Entry, next int64, err error) {
	if list, err = s.listEntries(ctx, id, f, page+1); err != nil {
		return nil, 0, err
	}
	list, next = cut(list, func(e Entry) int64 { return e.ID })
	return list, next, nil
}

func (s *Service) listEntries(ctx context.Context, id tenant.ID, f EntryFilter, most int32) (list []Entry, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.List(ctx, r, f.DistributorID, string(f.Status), f.OrderNo, from(f.Before), most)
		for _, row := range rows {
			list = append(list, Entry{
				ID: row.ID, OrderNo: row.OrderNo, Tier: int(row.Tier), Status: EntryStatus(row.Status), BaseFen: row.BaseFen, RateBps: money.Rate(row.RateBps),
				AmountFen: row.AmountFen, ReversedFen: row.ReversedFen, Title: row.Title, Spec: row.Spec, Qty: int64(row.Qty), DistributorID: row.DistributorID,
				Distributor: row.Distributor, BuyerID: row.BuyerID, Buyer: row.Buyer, CreatedAt: row.CreatedAt, MovedAt: row.MovedAt,
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("commissions: %w", err)
	}
	return list, nil
}
