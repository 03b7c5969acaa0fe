package campaign

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TimerRemind is when those who asked for it are told of a session. Payload RemindEvent.
const TimerRemind outbox.Topic = "campaign.remind"

// RemindEvent is the payload of TimerRemind.
type RemindEvent struct {
	CampaignID int64 `json:"campaign_id"`
	No         int64 `json:"no"`
}

const (
	// remindBefore is how long before a session people are told of it.
	remindBefore = 5 * time.Minute
	// remindPortion is how many are told in one transaction.
	remindPortion = 200
)

// remindLater sets the timers of the sessions that have not begun.
func (s *Service) remindLater(ctx context.Context, tx tenantdb.Tx, c Campaign) error {
	sessions := c.Sessions
	if c.Kind == Flash && sessions == nil {
		rows, err := s.q.Sessions(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		for _, n := range rows {
			sessions = append(sessions, Session{StartsAt: n.StartsAt, EndsAt: n.EndsAt})
		}
	}
	pipe := tx.Pipeline()
	for i, n := range sessions {
		if !n.StartsAt.After(tx.Now()) {
			continue
		}
		ev := RemindEvent{CampaignID: c.ID, No: int64(i) + 1}
		pipe.Add(func(tx tenantdb.Tx) error {
			return s.d.Timers.Set(ctx, tx, TimerRemind, sessionKey(ev.CampaignID, ev.No), n.StartsAt.Add(-remindBefore), ev)
		})
	}
	return pipe.Run(ctx)
}

// Reminded is a member who is told of a session.
type Reminded struct {
	MemberID int64
	AppID    string
	Title    string
	StartsAt time.Time
}

// TellTx takes those who are to be told of a session now, a portion of them, each once; more if
// there may be others. Nobody is, if the session is over, was moved or the campaign stopped.
func (s *Service) TellTx(ctx context.Context, tx tenantdb.Tx, ev RemindEvent) (list []Reminded, more bool, err error) {
	rows, err := s.q.Tell(ctx, tx, tx.Now(), ev.CampaignID, ev.No, tx.Now().Add(2*remindBefore), remindPortion)
	if err != nil {
		return nil, false, fmt.Errorf("tell of session %d of %d: %w", ev.No, ev.CampaignID, err)
	}
	for _, r := range rows {
		list = append(list, Reminded{MemberID: r.MemberID, AppID: r.AppID, Title: r.Title, StartsAt: r.StartsAt})
	}
	return list, len(rows) == remindPortion, nil
}

// Remind has a member told of a session, in the Mini Program that asks. Opens a transaction;
// repeating it changes nothing. Faults: FLASH_SESSION.
func (s *Service) Remind(ctx context.Context, id tenant.ID, app string, memberID, campaignID, no int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.Remind(ctx, tx, campaignID, no, tx.Now(), app, memberID)
		if err == nil && n == 0 {
			err = ErrSession
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remind of a session: %w", err)
	}
	return nil
}

// Unremind takes that back. Opens a transaction; repeating it changes nothing.
func (s *Service) Unremind(ctx context.Context, id tenant.ID, memberID, campaignID, no int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.Unremind(ctx, tx, campaignID, no, memberID) })
	if err != nil {
		return fmt.Errorf("forget a reminder: %w", err)
	}
	return nil
}

// Reminder is a session that a member is told of.
type Reminder struct {
	CampaignID, No int64
	Title          string
	StartsAt       time.Time
}

// Reminders lists the sessions that a member asked to be told of and that are not over, at most
// 100. One statement.
func (s *Service) Reminders(ctx context.Context, id tenant.ID, memberID int64, now time.Time) (list []Reminder, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Reminders(ctx, r, memberID, now)
		for _, row := range rows {
			list = append(list, Reminder{CampaignID: row.CampaignID, No: row.No, Title: row.Title, StartsAt: row.StartsAt})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reminders of a member: %w", err)
	}
	return list, nil
}

// MoveMemberTx makes one member's reminders and seats in groups another's; a second seat in one group
// stays where it is. What was bought moves with its orders.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveReminders(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move the reminders of a member: %w", err)
	}
	if err := s.q.MoveSeats(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move the seats of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx drops the reminders of a member who has left.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetReminders(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget the reminders of a member: %w", err)
	}
	return nil
}

// FlashItem is a SKU of a session.
type FlashItem struct {
	SKUID, SPUID           int64
	Product, Spec, Picture string
	RegularFen, PriceFen   money.Fen
	Units, Taken           int64
}

// LeftShare is what is left, as a share in steps of tenths: 0 if and only if nothing is.
func (i FlashItem) LeftShare() money.Rate {
	left := i.Units - i.Taken
	if left <= 0 || i.Units <= 0 {
		return 0
	}
	return money.Rate((left*10 + i.Units - 1) / i.Units * 1000)
}

// FlashSession is a session that buyers are shown.
type FlashSession struct {
	Session
	CampaignID, No      int64
	Title               string
	PerOrder, PerMember int64 // 0: no limit
	Items               []FlashItem
}

// FlashSessions lists what sells in a Mini Program now and what will within three days: at most 10
// sessions, each of at most 100 SKUs. One statement.
func (s *Service) FlashSessions(ctx context.Context, id tenant.ID, app string, now time.Time) (list []FlashSession, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Shown(ctx, r, now, now.Add(soon), app)
		for _, row := range rows {
			if last := len(list) - 1; last < 0 || list[last].CampaignID != row.ID || list[last].No != row.No {
				n := FlashSession{Session: Session{StartsAt: row.StartsAt, EndsAt: row.EndsAt}, CampaignID: row.ID, No: row.No, Title: row.Title}
				if row.PerOrder != nil {
					n.PerOrder = *row.PerOrder
				}
				if row.PerMember != nil {
					n.PerMember = *row.PerMember
				}
				list = append(list, n)
			}
			item := FlashItem{
				SKUID: row.SkuID, SPUID: row.SpuID, Product: row.Product, Spec: row.Spec, Picture: row.Picture, RegularFen: row.RegularFen, Units: row.Units, Taken: row.Taken,
			}
			if row.PriceFen != nil {
				item.PriceFen = min(money.Fen(*row.PriceFen), row.RegularFen)
			}
			n := &list[len(list)-1]
			n.Items = append(n.Items, item)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sessions of flash sales: %w", err)
	}
	return list, nil
}
