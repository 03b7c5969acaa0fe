package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/staff/internal/staffdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// InviteLasts is how long an invitation waits for its answer.
const InviteLasts = 7 * 24 * time.Hour

// maxOpenInvites bounds the invitations of a shop that wait for an answer.
const maxOpenInvites = 100

// Invite is an invitation that waits for its answer.
type Invite struct {
	ID        int64
	Address   Address
	Roles     []string
	Inviter   string // name
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Invites lists the shop's open invitations, the newest first.
func (s *Service) Invites(ctx context.Context, shop tenant.ID) ([]Invite, error) {
	rows, err := s.q.OpenInvites(ctx, s.DB.Platform(), shop.String())
	if err != nil {
		return nil, fmt.Errorf("list invites: %w", err)
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

// InviteTx invites an address into the shop and returns the token of the link, which is
// stored nowhere: it may go to that address and to nobody else, because whoever has it
// has proven to own the address. An earlier invitation of the address ends. Faults:
// ABOVE_OWN_RIGHTS, ROLE_UNKNOWN, TOO_MANY_INVITES, INVITE_LIMIT.
func (s *Service) InviteTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor int64, to Address, roles []string) (token string, err error) {
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.StaffInvite)
	if err != nil {
		return "", err
	}
	if roles, err = s.checkRoles(ctx, tx, shop, a, roles); err != nil {
		return "", err
	}
	if err := s.countInviteTx(ctx, tx, shop.String()); err != nil {
		return "", err
	}
	now := tx.Now()
	if _, err := s.q.RevokeOpenInvite(ctx, tx, &now, shop.String(), to.Value); err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	open, err := s.q.OpenInvites(ctx, tx, shop.String())
	if err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	if len(open) >= maxOpenInvites {
		return "", ErrTooManyInvites
	}
	token = newToken()
	_, err = s.q.AddInvite(ctx, tx, staffdb.AddInviteParams{
		TenantID: shop.String(), Way: string(to.Way), Address: to.Value, Roles: roles, TokenHash: hashToken(token),
		InvitedBy: actor, CreatedAt: now, ExpiresAt: now.Add(InviteLasts),
	})
	if err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	return token, nil
}

// RevokeInviteTx takes an invitation back. Faults: ABOVE_OWN_RIGHTS, CONFLICT if it was
// answered or taken back already.
func (s *Service) RevokeInviteTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, inviteID int64) error {
	if _, err := s.authorityTx(ctx, tx, shop, actor, authz.StaffInvite); err != nil {
		return err
	}
	now := tx.Now()
	n, err := s.q.RevokeInvite(ctx, tx, &now, shop.String(), inviteID)
	return oneRow(n, err, "revoke invite")
}

// Invited is what an invitation's link opens.
type Invited struct {
	Shop    tenant.ID
	Handle  string
	Name    string // of the shop
	Inviter string
	Address Address
	Roles   []string
	id      int64
	inviter int64
}

// Invited reads the invitation of a link. Faults: INVITE_ENDED.
func (s *Service) Invited(ctx context.Context, token string) (in Invited, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		in, err = s.invitedTx(ctx, tx, token)
		return err
	})
	return in, err
}

func (s *Service) invitedTx(ctx context.Context, tx tenantdb.Tx, token string) (Invited, error) {
	row, err := s.q.InviteByToken(ctx, tx, hashToken(token))
	if tenantdb.NoRows(err) || (err == nil && (row.AcceptedAt != nil || row.RevokedAt != nil || !row.ExpiresAt.After(tx.Now()))) {
		return Invited{}, ErrInviteEnded
	}
	if err != nil {
		return Invited{}, fmt.Errorf("read invite: %w", err)
	}
	shop, err := tenant.ParseID(row.TenantID)
	if err != nil {
		return Invited{}, err
	}
	return Invited{
		Shop: shop, Handle: deref(row.Handle), Name: deref(row.ShopName), Inviter: row.Inviter, Roles: row.Roles,
		Address: Address{Way: courier.Way(row.Way), Value: row.Address}, id: row.ID, inviter: row.InvitedBy,
	}, nil
}

// AcceptTx answers an invitation: the person gets its roles in its shop, and nothing
// anywhere else. What the inviter may no longer hand out today is not given. Faults:
// INVITE_ENDED.
func (s *Service) AcceptTx(ctx context.Context, tx tenantdb.Tx, token string, staffID int64) (Invited, error) {
	in, err := s.invitedTx(ctx, tx, token)
	if err != nil {
		return Invited{}, err
	}
	a, err := s.authorityTx(ctx, tx, in.Shop, in.inviter, authz.StaffInvite)
	if err == nil {
		in.Roles, err = s.checkRoles(ctx, tx, in.Shop, a, in.Roles)
	}
	if fault.KindOf(err) == fault.Forbidden || fault.KindOf(err) == fault.Conflict {
		return Invited{}, ErrInviteEnded
	}
	if err != nil {
		return Invited{}, err
	}
	now := tx.Now()
	n, err := s.q.AcceptInvite(ctx, tx, &now, &staffID, in.id)
	if err != nil {
		return Invited{}, fmt.Errorf("accept invite: %w", err)
	}
	if n == 0 {
		return Invited{}, ErrInviteEnded
	}
	for _, role := range in.Roles {
		if err := s.GrantTx(ctx, tx, in.Shop, staffID, role); err != nil {
			return Invited{}, err
		}
	}
	return in, nil
}

// newToken returns 256 random bits as text for a link.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte("galleria staff link " + token))
	return sum[:]
}
