package member

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Identity is the buyer behind a request.
type Identity struct {
	MemberID  int64
	SessionID int64
	OpenID    string
}

// Authenticate finds the buyer of an access token. At most one statement, none for a
// token that was seen in the last five seconds. Faults: AUTH_REQUIRED for an empty
// token, AUTH_INVALID, MEMBER_BLOCKED.
func (s *Service) Authenticate(ctx context.Context, id tenant.ID, appID tenant.AppID, accessToken string) (Identity, error) {
	if err := checkToken(accessToken, accessStem, id, secretChars); err != nil {
		return Identity{}, err
	}
	key := memoryKey{tenant: id, app: appID, hash: [32]byte(hash(accessToken))}
	if who, ok := s.recent.find(key); ok {
		return who, nil
	}
	var who Identity
	var expires time.Time
	epoch := s.recent.begin()
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.FindByAccess(ctx, r, key.hash[:], appID.String())
		if tenantdb.NoRows(err) {
			return ErrAuthInvalid
		}
		if err == nil && Status(row.Status) == Blocked {
			return ErrBlocked
		}
		who, expires = Identity{MemberID: row.MemberID, SessionID: row.ID, OpenID: row.Openid}, row.AccessExpiresAt
		return err
	})
	if err != nil {
		return Identity{}, fmt.Errorf("authenticate: %w", err)
	}
	s.recent.keep(key, who, expires, epoch)
	return who, nil
}

// Refresh exchanges a refresh token for a new pair; both old tokens end. A token that
// was exchanged before ends its session. Opens a transaction. Faults: AUTH_REQUIRED,
// AUTH_INVALID, MEMBER_BLOCKED.
func (s *Service) Refresh(ctx context.Context, id tenant.ID, appID tenant.AppID, refreshToken string) (Tokens, error) {
	if err := checkToken(refreshToken, refreshStem, id, familyChars+secretChars); err != nil {
		return Tokens{}, err
	}
	var out Tokens
	var refused error // not returned from the transaction: a revocation must commit
	var ended []byte
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		out, ended, refused, err = s.refresh(ctx, tx, appID, refreshToken)
		return err
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("refresh session: %w", err)
	}
	s.recent.forget(ended)
	if refused != nil {
		return Tokens{}, fmt.Errorf("refresh session: %w", refused)
	}
	return out, nil
}

// refresh returns the new tokens, or why there are none, and the hash of the access
// token that ended.
func (s *Service) refresh(ctx context.Context, tx tenantdb.Tx, appID tenant.AppID, token string) (out Tokens, ended []byte, refused, err error) {
	shared := family(token)
	row, err := s.q.LockByFamily(ctx, tx, hash(shared), appID.String())
	switch {
	case tenantdb.NoRows(err):
		return Tokens{}, nil, ErrAuthInvalid, nil
	case err != nil:
		return Tokens{}, nil, nil, err
	case !row.Alive:
		return Tokens{}, nil, ErrAuthInvalid, nil
	case subtle.ConstantTimeCompare(row.RefreshHash, hash(token)) != 1: // used before: stolen, or a client that repeats
		ended, err = s.q.Revoke(ctx, tx, row.ID)
		return Tokens{}, ended, ErrAuthInvalid, err
	case Status(row.Status) == Blocked:
		return Tokens{}, nil, ErrBlocked, nil
	}
	access, refresh, err := s.newPair(tx.TenantID(), shared)
	if err != nil {
		return Tokens{}, nil, nil, err
	}
	until, err := s.q.Rotate(ctx, tx, hash(access), hash(refresh), seconds(AccessTTL), seconds(RefreshTTL), row.ID)
	return Tokens{
		AccessToken: access, RefreshToken: refresh, AccessExpiresAt: until.AccessExpiresAt, RefreshExpiresAt: until.RefreshExpiresAt,
		MemberID: row.MemberID,
	}, row.AccessHash, nil, err
}

// Logout ends a session with both its tokens. Opens a transaction; repeating it is no
// error. Faults: NOT_FOUND.
func (s *Service) Logout(ctx context.Context, id tenant.ID, sessionID int64) error {
	var ended []byte
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		ended, err = s.q.Revoke(ctx, tx, sessionID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	s.recent.forget(ended)
	return nil
}
