package campaign

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

const (
	// TimerGroup is when a group's time is over. Key: its number; payload GroupEventV1.
	TimerGroup outbox.Topic = "group.due"
	// TopicGroupComplete announces that all seats of a group are paid. Payload GroupEventV1.
	TopicGroupComplete outbox.Topic = "group.complete"
	// TopicGroupFailed announces that a group did not fill: the money of its paid seats goes back, also
	// of one that was paid too late, and its other orders close. Payload GroupEventV1.
	TopicGroupFailed outbox.Topic = "group.failed"
	// TopicGroupStopped has the groups of a stopped campaign end. Payload GroupEventV1.
	TopicGroupStopped outbox.Topic = "group.stopped"
)

// GroupEventV1 is the payload of the topics of groups.
type GroupEventV1 struct {
	GroupNo    string `json:"group_no,omitempty"`
	CampaignID int64  `json:"campaign_id"`
}

// Reasons why an order has no price of a group.
const (
	ReasonGroupGone pricing.Reason = "group_gone" // there is no such campaign or group now, or its time is over
	ReasonGroupFull pricing.Reason = "group_full" // others have its seats
	ReasonGroupMine pricing.Reason = "group_mine" // the member has a seat of it
)

// GroupRefusal is why an order for a group is refused.
func GroupRefusal(why pricing.Reason) error {
	switch why { //nolint:exhaustive // all other reasons are one answer
	case ReasonGroupFull:
		return ErrGroupFull
	case ReasonGroupMine:
		return ErrGroupMine
	case ReasonLimit:
		return ErrGroupLimit
	case pricing.ReasonBudget:
		return ErrBudget
	}
	return ErrGroupGone
}

func (in Input) checkGroup() error {
	switch {
	case in.OffBps != 0 || len(in.Prices) == 0:
		return fault.Invalidf("products", "must have prices")
	case !within(in.Seats, 2, MaxSeats):
		return fault.Invalidf("seats", "must be 2 to %d", MaxSeats)
	case !within(in.FillHours, 1, MaxFillHours):
		return fault.Invalidf("fill_hours", "must be 1 to %d", MaxFillHours)
	case !within(in.PerOrder, 0, 999):
		return fault.Invalidf("per_order", "must be 0 to 999")
	case !within(in.PerMember, 0, 999):
		return fault.Invalidf("per_member", "must be 0 to 999")
	}
	return in.checkTimed()
}

// groupRule is the price of the group that an order names, or none where its SKU is not in it.
func groupRule(r campaigndb.RunningRow, groupNo string) []pricing.Rule {
	if len(r.SkuIds) == 0 {
		return nil
	}
	rule := ruleOf(r, pricing.KindGroup)
	rule.Scope.SKUs = r.SkuIds
	rule.Prices, rule.Most = make(map[int64]money.Fen, len(r.SkuIds)), make(map[int64]pricing.Most, len(r.SkuIds))
	most := int64(pricing.MaxPayable)
	if r.PerOrder != nil {
		most = *r.PerOrder
	}
	if r.PerMember != nil {
		most = min(most, max(0, *r.PerMember-r.GroupHad))
	}
	for i, sku := range r.SkuIds {
		rule.Prices[sku], rule.Most[sku] = money.Fen(r.PricesFen[i]), pricing.Most{Qty: most, Why: ReasonLimit}
	}
	switch {
	case groupNo == "":
	case r.GroupMine:
		rule.Unfit = ReasonGroupMine
	case r.GroupStatus == string(GroupOpen) && r.GroupFull && !r.GroupLate:
		rule.Unfit = ReasonGroupFull
	case r.GroupStatus != string(GroupOpen) || r.GroupLate:
		rule.Unfit = ReasonGroupGone
	}
	return []pricing.Rule{rule}
}

// Seat is a place in a group that an order takes.
type Seat struct {
	OrderNo    string
	MemberID   int64
	SKUID      int64
	CampaignID int64
	GroupNo    string
	Opens      bool // the group begins with it
}

// SeatTx takes a seat of a group for an order that is being placed, or opens the group with it. The
// seat is the order's until that closes, so that who pays has it. Faults: GROUP_FULL if somebody
// was faster, GROUP_MINE, GROUP_GONE.
func (s *Service) SeatTx(ctx context.Context, tx tenantdb.Tx, seat Seat) error {
	var n int64
	var err error
	if seat.Opens {
		n, err = s.q.OpenGroup(ctx, tx, seat.OrderNo, seat.MemberID, tx.Now(), seat.GroupNo, seat.SKUID, seat.CampaignID)
	} else {
		n, err = s.q.TakeSeat(ctx, tx, seat.OrderNo, seat.MemberID, tx.Now(), seat.GroupNo, seat.CampaignID, seat.SKUID)
	}
	switch {
	case tenantdb.Violates(err, "group_seat_once"):
		return ErrGroupMine
	case err != nil:
		return fmt.Errorf("take a seat for %s: %w", seat.OrderNo, err)
	case n == 0 && seat.Opens:
		return ErrGroupGone
	case n == 0:
		return ErrGroupFull
	}
	return nil
}

// moving is a group whose row is locked.
type moving struct {
	id                int64
	no                string
	campaign          int64
	status            GroupStatus
	taken, paid       int64
	deadline, endedAt *time.Time
	was               GroupStatus
}

// set moves the group by an event; nothing where it does not happen.
func (m *moving) set(event GroupEvent, now time.Time) bool {
	to, ok := NextGroup(m.status, event)
	if ok {
		m.status = to
		if to.Ended() {
			m.endedAt = &now
		}
	}
	return ok
}

// write writes a group that was moved, with what follows from it.
func (s *Service) write(ctx context.Context, tx tenantdb.Tx, m moving) error {
	n, err := s.q.MoveGroup(ctx, tx, campaigndb.MoveGroupParams{
		ToStatus: string(m.status), Taken: m.taken, Paid: m.paid, DeadlineAt: m.deadline, EndedAt: m.endedAt, ID: m.id, FromStatus: string(m.was),
	})
	if err == nil && n != 1 {
		err = fault.ErrConflict
	}
	if err != nil || m.status == m.was {
		return err
	}
	ev := GroupEventV1{GroupNo: m.no, CampaignID: m.campaign}
	if m.was == GroupOpen {
		if err := s.d.Timers.Clear(ctx, tx, TimerGroup, m.no); err != nil {
			return err
		}
	}
	switch m.status {
	case GroupOpen:
		return s.d.Timers.Set(ctx, tx, TimerGroup, m.no, *m.deadline, ev)
	case GroupComplete:
		return s.d.Outbox.Append(ctx, tx, TopicGroupComplete, m.no, ev)
	case GroupRefunding:
		return s.d.Outbox.Append(ctx, tx, TopicGroupFailed, m.no, ev)
	case GroupFailed, GroupAbandoned:
		if m.taken > 0 { // by orders that nobody has paid: they are to close
			return s.d.Outbox.Append(ctx, tx, TopicGroupFailed, m.no, ev)
		}
	case GroupNone, GroupPending:
	}
	return nil
}

// PaidTx counts the payment of an order's seat: the first opens its group, the last completes it.
// A group that has failed meanwhile gives the money back. Repeating it changes nothing.
func (s *Service) PaidTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	r, err := s.q.LockGroupOfOrder(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("seat of %s: %w", orderNo, err)
	}
	if r.SeatPaid || r.SeatBack {
		return nil
	}
	now := tx.Now()
	m := moving{id: r.ID, no: r.GroupNo, campaign: r.CampaignID, status: GroupStatus(r.Status), was: GroupStatus(r.Status), taken: r.Taken, paid: r.Paid + 1, deadline: r.DeadlineAt}
	if m.status.Ended() {
		m.endedAt = &now
	}
	late := m.status != GroupPending && m.status != GroupOpen
	if m.status == GroupPending {
		until := now.Add(time.Duration(r.FillHours) * time.Hour)
		if r.EndsAt.Before(until) {
			until = r.EndsAt
		}
		m.deadline = &until
		if Status(r.CampaignStatus) == Live && until.After(now) {
			m.set(GroupPay, now)
		} else {
			m.set(GroupStop, now)
			late = true
		}
	}
	if m.status == GroupOpen && m.paid == r.Seats {
		m.set(GroupFill, now)
	}
	if err := s.q.PaySeat(ctx, tx, now, orderNo); err != nil {
		return fmt.Errorf("seat of %s: %w", orderNo, err)
	}
	if err := s.write(ctx, tx, m); err != nil {
		return fmt.Errorf("group %s: %w", m.no, err)
	}
	if !late {
		return nil
	}
	return s.d.Outbox.Append(ctx, tx, TopicGroupFailed, m.no, GroupEventV1{GroupNo: m.no, CampaignID: m.campaign})
}

// LeaveTx gives the seat of an order back that has closed: unpaid, or with all its money. Others may
// have it while the group is open; a group that was complete stays so. Repeating it changes nothing.
func (s *Service) LeaveTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	r, err := s.q.LockGroupOfOrder(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("seat of %s: %w", orderNo, err)
	}
	if r.SeatBack {
		return nil
	}
	now := tx.Now()
	if err := s.q.LeaveSeat(ctx, tx, now, orderNo); err != nil {
		return fmt.Errorf("seat of %s: %w", orderNo, err)
	}
	m := moving{id: r.ID, no: r.GroupNo, campaign: r.CampaignID, status: GroupStatus(r.Status), was: GroupStatus(r.Status), taken: r.Taken, paid: r.Paid, deadline: r.DeadlineAt}
	if m.status == GroupComplete {
		return nil
	}
	if m.status.Ended() {
		m.endedAt = &now
	}
	m.taken--
	if r.SeatPaid {
		m.paid--
	}
	switch {
	case m.status == GroupPending, m.status == GroupOpen && m.paid == 0:
		m.set(GroupLeave, now)
	case m.paid == 0:
		m.set(GroupRepaid, now)
	}
	if err := s.write(ctx, tx, m); err != nil {
		return fmt.Errorf("group %s: %w", m.no, err)
	}
	return nil
}

// GroupDueTx ends a group whose time is over: its money goes back. Any other stays as it is.
func (s *Service) GroupDueTx(ctx context.Context, tx tenantdb.Tx, groupNo string) error {
	r, err := s.q.LockGroup(ctx, tx, groupNo)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("group %s: %w", groupNo, err)
	}
	m := moving{id: r.ID, no: r.GroupNo, campaign: r.CampaignID, status: GroupStatus(r.Status), was: GroupStatus(r.Status), taken: r.Taken, paid: r.Paid, deadline: r.DeadlineAt}
	if r.DeadlineAt == nil || r.DeadlineAt.After(tx.Now()) || !m.set(GroupExpire, tx.Now()) {
		return nil
	}
	return s.write(ctx, tx, m)
}

const groupPortion = 50

// StopGroupsTx ends a portion of the groups of a campaign that was stopped; more if there may be
// others.
func (s *Service) StopGroupsTx(ctx context.Context, tx tenantdb.Tx, campaignID int64) (more bool, err error) {
	rows, err := s.q.LockGroupsOf(ctx, tx, campaignID, groupPortion)
	if err != nil {
		return false, fmt.Errorf("groups of campaign %d: %w", campaignID, err)
	}
	for _, r := range rows {
		one, err := s.q.LockGroup(ctx, tx, r.GroupNo)
		if err != nil {
			return false, fmt.Errorf("group %s: %w", r.GroupNo, err)
		}
		m := moving{id: one.ID, no: one.GroupNo, campaign: campaignID, status: GroupStatus(one.Status), was: GroupStatus(one.Status), taken: one.Taken, paid: one.Paid, deadline: one.DeadlineAt}
		if m.set(GroupStop, tx.Now()) {
			if err := s.write(ctx, tx, m); err != nil {
				return false, fmt.Errorf("group %s: %w", m.no, err)
			}
		}
	}
	return len(rows) == groupPortion, nil
}

// Seated is who has a seat of a group.
type Seated struct {
	OrderNo  string
	MemberID int64
	AppID    string
	Nickname string
	Avatar   string
	Title    string // of what was ordered
	Qty      int64
	TakenAt  time.Time
	PaidAt   *time.Time
	BackAt   *time.Time // the order closed
}

// SeatedTx lists the seats of a group, in the order in which they were taken.
func (s *Service) SeatedTx(ctx context.Context, q tenantdb.Querier, groupNo string) (list []Seated, err error) {
	rows, err := s.q.SeatsOf(ctx, q, groupNo)
	if err != nil {
		return nil, fmt.Errorf("seats of group %s: %w", groupNo, err)
	}
	for _, r := range rows {
		list = append(list, Seated{
			OrderNo: r.OrderNo, MemberID: r.MemberID, AppID: r.AppID, Nickname: r.Nickname, Avatar: r.Avatar, Title: r.Title, Qty: int64(r.Qty), TakenAt: r.TakenAt, PaidAt: r.PaidAt, BackAt: r.BackAt,
		})
	}
	return list, nil
}

// AskBackTx takes a portion of the paid orders of a failed group whose money is to go back, each
// once; more if there may be others.
func (s *Service) AskBackTx(ctx context.Context, tx tenantdb.Tx, groupNo string) (list []Seated, more bool, err error) {
	rows, err := s.q.AskSeats(ctx, tx, tx.Now(), groupNo, groupPortion)
	if err != nil {
		return nil, false, fmt.Errorf("money of group %s: %w", groupNo, err)
	}
	for _, r := range rows {
		list = append(list, Seated{OrderNo: r.OrderNo, MemberID: r.MemberID, AppID: r.AppID})
	}
	return list, len(rows) == groupPortion, nil
}
