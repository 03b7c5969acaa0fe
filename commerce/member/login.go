package member

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// LoginInput is what the provider said about the buyer behind a login code.
type LoginInput struct {
	AppID   tenant.AppID
	OpenID  string
	UnionID string // empty if the provider named none
}

// Tokens are a session's keys. The texts exist only here and at the client.
type Tokens struct {
	AccessToken      string
	RefreshToken     string
	AccessExpiresAt  time.Time
	RefreshExpiresAt time.Time
	MemberID         int64
	IsNew            bool // this login made the member
}

// errRaced is a first login that another one of the same buyer overtook.
var errRaced = errors.New("member: first login overtaken")

// maxIdentity is the longest openid or unionid a provider has; they are 28 characters.
const maxIdentity = 128

// Login opens a session for the buyer, and makes the member at the first login. Opens a
// transaction; safe to repeat, each time gives another session. Faults: VALIDATION,
// MEMBER_BLOCKED.
func (s *Service) Login(ctx context.Context, id tenant.ID, in LoginInput) (Tokens, error) {
	if in.OpenID == "" || len(in.OpenID) > maxIdentity || len(in.UnionID) > maxIdentity {
		return Tokens{}, fault.Invalidf("openid", "must be 1 to %d characters", maxIdentity)
	}
	var out Tokens
	once := func() error {
		return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			out, err = s.login(ctx, tx, in)
			return err
		})
	}
	err := once()
	if errors.Is(err, errRaced) { // rolled back with its member; the winner's is there now
		err = once()
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("log in: %w", err)
	}
	return out, nil
}

func (s *Service) login(ctx context.Context, tx tenantdb.Tx, in LoginInput) (Tokens, error) {
	memberID, isNew, err := s.findOrCreate(ctx, tx, in)
	if err != nil {
		return Tokens{}, err
	}
	shared, err := s.random(familyBytes)
	if err != nil {
		return Tokens{}, err
	}
	access, refresh, err := s.newPair(tx.TenantID(), shared)
	if err != nil {
		return Tokens{}, err
	}
	row, err := s.q.InsertSession(ctx, tx, memberdb.InsertSessionParams{
		MemberID: memberID, AppID: in.AppID.String(), Openid: in.OpenID,
		AccessHash: hash(access), RefreshHash: hash(refresh), RefreshFamily: hash(shared),
		AccessSeconds: seconds(AccessTTL), RefreshSeconds: seconds(RefreshTTL),
	})
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{
		AccessToken: access, RefreshToken: refresh, AccessExpiresAt: row.AccessExpiresAt, RefreshExpiresAt: row.RefreshExpiresAt,
		MemberID: memberID, IsNew: isNew,
	}, nil
}

func (s *Service) findOrCreate(ctx context.Context, tx tenantdb.Tx, in LoginInput) (memberID int64, isNew bool, err error) {
	appID := in.AppID.String()
	known, err := s.q.FindIdentity(ctx, tx, appID, in.OpenID)
	if err == nil {
		if Status(known.Status) == Blocked {
			return 0, false, ErrBlocked
		}
		if in.UnionID != "" && (known.Unionid == nil || *known.Unionid != in.UnionID) {
			err = s.q.SetUnionID(ctx, tx, in.UnionID, appID, in.OpenID)
		}
		return known.MemberID, false, err
	}
	if !tenantdb.NoRows(err) {
		return 0, false, err
	}
	if memberID, err = s.q.InsertMember(ctx, tx, tx.Now()); err != nil {
		return 0, false, err
	}
	var unionID *string
	if in.UnionID != "" {
		unionID = &in.UnionID
	}
	n, err := s.q.InsertIdentity(ctx, tx, appID, in.OpenID, unionID, memberID, tx.Now())
	if err == nil && n == 0 {
		err = errRaced
	}
	return memberID, true, err
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
