package session

import (
	"context"
	"fmt"
	"time"

	"galleria/console/session/internal/sessiondb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Pending is a session that waits for its second factor.
type Pending struct {
	ID      int64
	StaffID int64
	Login   string
	Name    string
}

// FindPending returns the session of a token that still owes its second factor. Faults:
// SESSION_ENDED.
func (s *Store) FindPending(ctx context.Context, token string) (Pending, error) {
	if !wellFormed(token) {
		return Pending{}, ErrEnded
	}
	var row sessiondb.FindPendingRow
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		row, err = s.q.FindPending(ctx, tx, hashToken(token), tx.Now())
		return err
	})
	if tenantdb.NoRows(err) {
		return Pending{}, ErrEnded
	}
	if err != nil {
		return Pending{}, fmt.Errorf("find pending session: %w", err)
	}
	return Pending{ID: row.ID, StaffID: row.StaffID, Login: row.Login, Name: row.StaffName}, nil
}

// RenewTx gives the session a new token after its person has proved who he is again, and
// returns it; a pending session is whole from then on and lasts LastsFor. The end of a whole
// one does not move. Faults: SESSION_ENDED.
func (s *Store) RenewTx(ctx context.Context, tx tenantdb.Tx, token string) (renewed string, err error) {
	renewed = newToken()
	n, err := s.q.Renew(ctx, tx, hashToken(renewed), tx.Now(), tx.Now().Add(LastsFor), hashToken(token))
	if err != nil {
		return "", fmt.Errorf("renew session: %w", err)
	}
	if n == 0 {
		return "", ErrEnded
	}
	return renewed, nil
}

// Device is one living session as its owner sees it.
type Device struct {
	ID        int64
	Agent     string // User-Agent header
	IP        string
	StartedAt time.Time
	SeenAt    time.Time
	Here      bool // the session that asks
}

// Devices lists a person's living sessions, the latest used first; token is the one that
// asks.
func (s *Store) Devices(ctx context.Context, staffID int64, token string) (list []Device, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.ListOf(ctx, tx, hashToken(token), staffID, tx.Now(), tx.Now().Add(-IdleFor))
		list = make([]Device, 0, len(rows))
		for _, r := range rows {
			list = append(list, Device{ID: r.ID, Agent: r.UserAgent, IP: r.Ip, StartedAt: r.CreatedAt, SeenAt: r.LastSeenAt, Here: r.Here})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// EndOneTx ends one session of a person and tells whether there was one.
func (s *Store) EndOneTx(ctx context.Context, tx tenantdb.Tx, staffID, sessionID int64) (bool, error) {
	n, err := s.q.FinishOne(ctx, tx, sessionID, staffID)
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	return n > 0, nil
}

// EndOthersTx ends every session of a person but that of token, and returns how many.
func (s *Store) EndOthersTx(ctx context.Context, tx tenantdb.Tx, staffID int64, token string) (int64, error) {
	n, err := s.q.FinishOthers(ctx, tx, staffID, hashToken(token))
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// Visit remembers that the person works in the shop; at most one write in five minutes.
func (s *Store) Visit(ctx context.Context, who Session, shop Shop, now time.Time) error {
	if shop.SeenAt != nil && now.Sub(*shop.SeenAt) < seatEvery {
		return nil
	}
	return s.visit(ctx, shop.ID, who.StaffID, now)
}

func (s *Store) visit(ctx context.Context, shop tenant.ID, staffID int64, now time.Time) error {
	if err := s.q.TouchSeat(ctx, s.DB.Platform(), &now, shop.String(), staffID); err != nil {
		return fmt.Errorf("note visit: %w", err)
	}
	return nil
}
