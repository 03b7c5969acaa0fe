package distribution

import (
	"context"
	"fmt"
	"slices"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes two members one: what one is owed, and whom he brought, are the other's.
// What either was to earn from the other is void, and so is a bond between them.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.moveMember(ctx, tx, from, to); err != nil {
		return fmt.Errorf("move distribution of a member: %w", err)
	}
	return nil
}

func (s *Service) moveMember(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.OneBinder(ctx, tx); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.q.EndOwnBonds(ctx, tx, tx.Now(), from, to) },
		func() error { return s.q.EndSecondBond(ctx, tx, tx.Now(), from, to) },
		func() error { return s.q.MoveBonds(ctx, tx, to, from) },
		func() error { return s.q.MoveBuyer(ctx, tx, to, from) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := s.moveDistributor(ctx, tx, from, to); err != nil {
		return err
	}
	if err := s.dropOwn(ctx, tx, to); err != nil {
		return err
	}
	up, err := s.q.Upward(ctx, tx, to)
	if err == nil && slices.Contains(up, to) { // two chains became a circle
		_, err = s.q.EndBond(ctx, tx, tx.Now(), to)
	}
	return err
}

// moveDistributor makes a distributor another member. Who was none before keeps the code that
// stands in links and posters.
func (s *Service) moveDistributor(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	fresh, err := s.q.TakeOver(ctx, tx, to, newCode(), from)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.q.MoveTeam(ctx, tx, to, from) },
		func() error { return s.q.MoveCommission(ctx, tx, to, from) },
		func() error { return s.q.MoveWithdrawals(ctx, tx, to, from) },
		func() error { return s.q.MoveCodes(ctx, tx, to, from) },
		func() error { return s.q.MoveSignals(ctx, tx, to, from) },
		func() error { return s.q.DropSignals(ctx, tx, from) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	code, err := s.q.Drop(ctx, tx, from)
	if err != nil || !fresh {
		return err
	}
	return s.q.SetCode(ctx, tx, code, to)
}

// dropOwn takes back what a member is owed for what he bought himself, as another.
func (s *Service) dropOwn(ctx context.Context, tx tenantdb.Tx, member int64) error {
	own, err := s.q.OwnOrders(ctx, tx, member)
	if err != nil {
		return err
	}
	for _, no := range own {
		o, err := s.q.LockOrder(ctx, tx, no)
		if err != nil {
			return err
		}
		entries, err := s.q.Entries(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, tx, o, entries, member); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) drop(ctx context.Context, tx tenantdb.Tx, o distributiondb.LockOrderRow, entries []distributiondb.EntriesRow, member int64) error {
	var ids, reversed []int64
	var statuses []string
	owed := map[int64]money.Fen{}
	for _, e := range entries {
		was := EntryStatus(e.Status)
		if e.DistributorID != member || was == Void || was == Reversed {
			continue
		}
		to, back := Reversed, e.AmountFen
		if was == Estimated {
			to, back = Void, e.ReversedFen
		}
		ids, statuses, reversed = append(ids, e.ID), append(statuses, string(to)), append(reversed, int64(back))
		if was.counted() {
			owed[member] -= e.AmountFen - e.ReversedFen
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

// ForgetMemberTx ends a member's bonds and forgets how they came about. What is owed stays in
// the books; nobody draws it any more.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	for _, step := range []func() error{
		func() error { return s.q.ForgetBonds(ctx, tx, tx.Now(), memberID) },
		func() error { return s.q.ForgetEvidence(ctx, tx, memberID) },
		func() error { return s.q.ForgetDistributor(ctx, tx, memberID) },
		func() error { return s.forgetCodes(ctx, tx, memberID) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("forget distribution of a member: %w", err)
		}
	}
	return nil
}

// OpenOfTx counts the withdrawals of a member that are under way: who leaves waits for them.
func (s *Service) OpenOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) (int64, error) {
	n, err := s.q.OpenWithdrawals(ctx, q, memberID)
	if err != nil {
		return 0, fmt.Errorf("open withdrawals of a member: %w", err)
	}
	return n, nil
}
