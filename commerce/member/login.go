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

// findOrCreate finds the member of an identity, or makes it. A unionid that another app of
// the same provider vouched for proves that it is the same person: a new identity becomes
// one more of that member, and two members become one.
func (s *Service) findOrCreate(ctx context.Context, tx tenantdb.Tx, in LoginInput) (memberID int64, isNew bool, err error) {
	appID := in.AppID.String()
	row, err := s.q.FindIdentity(ctx, tx, appID, in.OpenID)
	if err == nil {
		if Status(row.Status) == Blocked {
			return 0, false, ErrBlocked
		}
		if in.UnionID == "" || (row.Unionid != nil && *row.Unionid == in.UnionID) {
			return row.MemberID, false, nil
		}
		memberID, err = s.learnUnionID(ctx, tx, in, row.MemberID)
		return memberID, false, err
	}
	if !tenantdb.NoRows(err) {
		return 0, false, err
	}
	memberID, status, err := s.known(ctx, tx, in)
	switch {
	case err != nil:
		return 0, false, err
	case status == Blocked:
		return 0, false, ErrBlocked
	case memberID == 0:
		isNew = true
		if memberID, err = s.q.InsertMember(ctx, tx, tx.Now()); err != nil {
			return 0, false, err
		}
	}
	var unionID *string
	if in.UnionID != "" {
		unionID = &in.UnionID
	}
	n, err := s.q.InsertIdentity(ctx, tx, appID, in.OpenID, unionID, memberID, tx.Now())
	if err == nil && n == 0 {
		err = errRaced
	}
	return memberID, isNew, err
}

// learnUnionID keeps a unionid that the provider names for the first time, and joins the
// member with the one who is known by it.
func (s *Service) learnUnionID(ctx context.Context, tx tenantdb.Tx, in LoginInput, memberID int64) (int64, error) {
	other, _, err := s.known(ctx, tx, in)
	if err != nil {
		return 0, err
	}
	if err := s.q.SetUnionID(ctx, tx, in.UnionID, in.AppID.String(), in.OpenID); err != nil {
		return 0, err
	}
	if other == 0 || other == memberID {
		return memberID, nil
	}
	_, err = s.mergeTx(ctx, tx, memberID, other, ByUnionID)
	// Two accounts of one app keep apart; who was joined by somebody else meanwhile is found.
	if err != nil && !errors.Is(err, errTwoPeople) && !errors.Is(err, fault.ErrConflict) {
		return 0, err
	}
	row, err := s.q.FindIdentity(ctx, tx, in.AppID.String(), in.OpenID)
	if err == nil && Status(row.Status) == Blocked {
		return 0, ErrBlocked
	}
	return row.MemberID, err
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
