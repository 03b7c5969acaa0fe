package member

import (
	"context"
	"errors"
	"strconv"

	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicMerged says that one member has become part of another; its key is the id of the
// one that is gone.
const TopicMerged outbox.Topic = "member.merged"

// MergedEvent is the payload of TopicMerged.
type MergedEvent struct {
	From int64 `json:"from"`
	Into int64 `json:"into"`
	By   Proof `json:"by"`
}

// Proof is what showed that two members are one person.
type Proof string

// The proofs. Both are a provider's word, never a client's.
const (
	ByUnionID Proof = "unionid"
	ByPhone   Proof = "phone"
)

// proofDays is how long the proof of a phone number joins members. Carriers give a number
// that was given up to somebody else after ninety days: whoever proves it after that gets
// the number and nobody's orders.
const proofDays = 90

// Belongings is what another room keeps of members.
type Belongings interface {
	// MoveMemberTx hands all of it from one member to another.
	MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error
	// ForgetMemberTx erases what says who a member who has left was. What bookkeeping needs
	// stays.
	ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error
}

// mergeTx makes one member of two and returns the one that stays: the older one. Repeating
// it changes nothing. Two members whom one app knows as two accounts are two people,
// whatever they share: that is ErrTwoPeople.
func (s *Service) mergeTx(ctx context.Context, tx tenantdb.Tx, one, other int64, by Proof) (into int64, err error) {
	pair, err := s.q.LockPair(ctx, tx, one, other)
	if err != nil || one == other {
		return one, err
	}
	if len(pair) != 2 {
		return 0, fault.ErrNotFound
	}
	to, from := pair[0], pair[1]
	switch {
	case from.MergedInto != nil && *from.MergedInto == to.ID:
		return to.ID, nil
	case !Status(to.Status).present() || !Status(from.Status).present():
		return 0, fault.ErrConflict // another merge was faster, or one has left
	}
	shared, err := s.q.SharedApps(ctx, tx, to.ID, from.ID)
	if err != nil {
		return 0, err
	}
	if shared > 0 {
		return 0, errTwoPeople
	}
	if err := s.move(ctx, tx, from, to); err != nil {
		return 0, err
	}
	if err := s.outbox.Append(ctx, tx, TopicMerged, strconv.FormatInt(from.ID, 10), MergedEvent{From: from.ID, Into: to.ID, By: by}); err != nil {
		return 0, err
	}
	return to.ID, s.audit.RecordTx(ctx, tx, audit.Entry{
		Actor: "system", Action: "member.merged", Object: object(to.ID), Detail: map[string]any{"from": from.ID, "by": string(by)},
	})
}

// errTwoPeople are members who are two accounts of one app.
var errTwoPeople = errors.New("member: two accounts of one app")

func (s *Service) move(ctx context.Context, tx tenantdb.Tx, from, to memberdb.LockPairRow) error {
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveIdentities(ctx, tx, to.ID, from.ID) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveAddresses(ctx, tx, to.ID, from.ID) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveTags(ctx, tx, to.ID, from.ID) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveFavourites(ctx, tx, to.ID, from.ID) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveFootprints(ctx, tx, to.ID, from.ID) })
	if err := pipe.Run(ctx); err != nil {
		return err
	}
	ended, err := s.q.MoveSessions(ctx, tx, to.ID, from.ID)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.forgetAll(ended) })
	for _, b := range s.belongings() {
		if err := b.MoveMemberTx(ctx, tx, from.ID, to.ID); err != nil {
			return err
		}
	}
	if err := s.q.EmptyMerged(ctx, tx, to.ID, from.ID); err != nil {
		return err
	}
	status, reason := to.Status, to.BlockReason
	if Status(from.Status) == Blocked { // nobody gets round a block by being somebody else too
		status, reason = string(Blocked), or(to.BlockReason, from.BlockReason)
	}
	return s.q.TakeOver(ctx, tx, or(to.Nickname, from.Nickname), or(to.Avatar, from.Avatar), joinNotes(to.Note, from.Note), status, reason, to.ID)
}

// joinNotes keeps what the shop has written of both.
func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	both := []rune(a + "\n" + b)
	return string(both[:min(len(both), MaxNote)])
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func object(memberID int64) string { return "member:" + strconv.FormatInt(memberID, 10) }

// known finds the member whom another app of the same provider knows by the unionid.
// Zero: nobody.
func (s *Service) known(ctx context.Context, tx tenantdb.Tx, in LoginInput) (memberID int64, status Status, err error) {
	if in.UnionID == "" {
		return 0, "", nil
	}
	if err := s.q.LockUnionID(ctx, tx, in.UnionID); err != nil {
		return 0, "", err
	}
	row, err := s.q.MemberByUnionID(ctx, tx, in.UnionID, in.AppID.String())
	if tenantdb.NoRows(err) {
		return 0, "", nil
	}
	return row.MemberID, Status(row.Status), err
}

// joinPhoneTx is what the proof of a number means if another member has it: one person, if
// that proof is fresh and no app knows them as two; otherwise the number changes hands.
func (s *Service) joinPhoneTx(ctx context.Context, tx tenantdb.Tx, memberID int64, index []byte) (into int64, err error) {
	owner, err := s.q.MemberByPhone(ctx, tx, proofDays, index, memberID)
	if tenantdb.NoRows(err) {
		return memberID, nil
	}
	if err != nil {
		return 0, err
	}
	if owner.Fresh {
		into, err = s.mergeTx(ctx, tx, owner.ID, memberID, ByPhone)
		if errors.Is(err, errTwoPeople) {
			return 0, ErrPhoneTaken
		}
		return into, err
	}
	if _, err := s.q.DropPhone(ctx, tx, owner.ID, index); err != nil {
		return 0, err
	}
	return memberID, s.audit.RecordTx(ctx, tx, audit.Entry{
		Actor: "system", Action: "member.phone_released", Object: object(owner.ID), Detail: map[string]any{"to": memberID},
	})
}

// forgetAll drops sessions from the memory of Authenticate.
func (s *Service) forgetAll(ended [][]byte) {
	for _, h := range ended {
		s.recent.forget(h)
	}
}
