package staff

import (
	"context"
	"fmt"
	"time"

	"galleria/console/courier"
	"galleria/console/staff/internal/staffdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	// InvitesPerDay is how many invitations a shop, or the platform, may send on a day of
	// Shanghai: the mails go to whomever somebody types.
	InvitesPerDay = 100
	// countsKept is how long the counts of past days are kept.
	countsKept = 30 * 24 * time.Hour
)

// shanghai is the zone of business days; China has no summer time.
func shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

// countInviteTx counts an invitation of a shop's day, or refuses it. Faults: INVITE_LIMIT
// with the time until the next day.
func (s *Service) countInviteTx(ctx context.Context, tx tenantdb.Tx, scope string) error {
	now := tx.Now().In(shanghai())
	_, err := s.q.CountInvite(ctx, tx, scope, now.Format(time.DateOnly), InvitesPerDay)
	if tenantdb.NoRows(err) {
		midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, shanghai())
		return ErrInviteLimit.After(midnight.Sub(now).Round(time.Second))
	}
	if err != nil {
		return fmt.Errorf("count invite: %w", err)
	}
	if err := s.q.ForgetInviteCounts(ctx, tx, now.Add(-countsKept).Format(time.DateOnly)); err != nil {
		return fmt.Errorf("count invite: %w", err)
	}
	return nil
}

// PlatformInvites lists the open invitations to the platform's staff, the newest first.
func (s *Service) PlatformInvites(ctx context.Context) ([]Invite, error) {
	rows, err := s.q.OpenPlatformInvites(ctx, s.DB.Platform())
	if err != nil {
		return nil, fmt.Errorf("list platform invites: %w", err)
	}
	out := make([]Invite, 0, len(rows))
	for _, r := range rows {
		out = append(out, Invite{
			ID: r.ID, Address: Address{Way: courier.Way(r.Way), Value: r.Address}, Roles: r.Roles,
			Inviter: r.Inviter, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
		})
	}
	return out, nil
}

// PlatformInviteTx invites an address to the platform's staff and returns the token of the
// link, with which it is as with InviteTx. Faults: ABOVE_OWN_RIGHTS, ROLE_UNKNOWN,
// INVITE_LIMIT.
func (s *Service) PlatformInviteTx(ctx context.Context, tx tenantdb.Tx, actor int64, to Address, roles []string) (token string, err error) {
	granted, err := s.platformAuthorityTx(ctx, tx, actor)
	if err != nil {
		return "", err
	}
	if roles, err = checkPlatformRoles(granted, roles); err != nil {
		return "", err
	}
	if err := s.countInviteTx(ctx, tx, platformScope); err != nil {
		return "", err
	}
	now := tx.Now()
	if _, err := s.q.RevokeOpenPlatformInvite(ctx, tx, &now, to.Value); err != nil {
		return "", fmt.Errorf("invite platform staff: %w", err)
	}
	token = newToken()
	err = s.q.AddPlatformInvite(ctx, tx, staffdb.AddPlatformInviteParams{
		Way: string(to.Way), Address: to.Value, Roles: roles, TokenHash: hashToken(token), InvitedBy: actor, CreatedAt: now, ExpiresAt: now.Add(InviteLasts),
	})
	if err != nil {
		return "", fmt.Errorf("invite platform staff: %w", err)
	}
	return token, nil
}

// RevokePlatformInviteTx takes an invitation back. Faults: ABOVE_OWN_RIGHTS, CONFLICT if
// it was answered or taken back already.
func (s *Service) RevokePlatformInviteTx(ctx context.Context, tx tenantdb.Tx, actor, inviteID int64) error {
	if _, err := s.platformAuthorityTx(ctx, tx, actor); err != nil {
		return err
	}
	now := tx.Now()
	n, err := s.q.RevokePlatformInvite(ctx, tx, &now, inviteID)
	return oneRow(n, err, "revoke platform invite")
}

// PlatformInvited reads the invitation of a link. Faults: INVITE_ENDED.
func (s *Service) PlatformInvited(ctx context.Context, token string) (in Invited, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		in, err = s.platformInvitedTx(ctx, tx, token)
		return err
	})
	return in, err
}

func (s *Service) platformInvitedTx(ctx context.Context, tx tenantdb.Tx, token string) (Invited, error) {
	row, err := s.q.PlatformInviteByToken(ctx, tx, hashToken(token))
	if tenantdb.NoRows(err) || (err == nil && (row.AcceptedAt != nil || row.RevokedAt != nil || !row.ExpiresAt.After(tx.Now()))) {
		return Invited{}, ErrInviteEnded
	}
	if err != nil {
		return Invited{}, fmt.Errorf("read platform invite: %w", err)
	}
	return Invited{Inviter: row.Inviter, Roles: row.Roles, Address: Address{Way: courier.Way(row.Way), Value: row.Address}, id: row.ID, inviter: row.InvitedBy}, nil
}

// AcceptPlatformTx answers an invitation: the person gets its roles on the platform. What
// the inviter may no longer hand out today is not given. Faults: INVITE_ENDED.
func (s *Service) AcceptPlatformTx(ctx context.Context, tx tenantdb.Tx, token string, staffID int64) (Invited, error) {
	in, err := s.platformInvitedTx(ctx, tx, token)
	if err != nil {
		return Invited{}, err
	}
	granted, err := s.platformAuthorityTx(ctx, tx, in.inviter)
	if err == nil {
		in.Roles, err = checkPlatformRoles(granted, in.Roles)
	}
	if fault.KindOf(err) == fault.Forbidden || fault.KindOf(err) == fault.Conflict {
		return Invited{}, ErrInviteEnded
	}
	if err != nil {
		return Invited{}, err
	}
	now := tx.Now()
	n, err := s.q.AcceptPlatformInvite(ctx, tx, &now, &staffID, in.id)
	if err != nil {
		return Invited{}, fmt.Errorf("accept platform invite: %w", err)
	}
	if n == 0 {
		return Invited{}, ErrInviteEnded
	}
	for _, role := range in.Roles {
		if _, err := s.q.PutPlatformRole(ctx, tx, staffID, role); err != nil {
			return Invited{}, fmt.Errorf("accept platform invite: %w", err)
		}
	}
	return in, nil
}
