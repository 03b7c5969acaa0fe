package coupon

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Source is how a member came by a coupon.
type Source string

// The sources.
const (
	ByClaim Source = "claim" // took it
	ByCode  Source = "code"
	ByGift  Source = "gift" // after a payment
	ByStaff Source = "staff"
	ByMall  Source = "mall" // for points
)

// gift is what is given to whom.
type gift struct {
	couponID int64
	members  []int64
	source   Source
	key      string // one for a member and key
	actor    string
	limited  bool // members' limits count
	asClaim  bool // only while buyers may take it
}

// giveTx gives one to each member who has had none for this key, and returns the new grants.
// The coupon's row, which everybody waits for, is changed last.
func (s *Service) giveTx(ctx context.Context, tx tenantdb.Tx, g gift) ([]coupondb.GrantRow, error) {
	today, tomorrow := day(tx.Now())
	given, err := s.q.Grant(ctx, tx, coupondb.GrantParams{
		CouponID: g.couponID, Today: today, MemberIds: g.members, SourceKey: g.key, Limited: g.limited, Now: tx.Now(), Source: string(g.source),
		Tomorrow: tomorrow, Actor: g.actor,
	})
	if tenantdb.Violates(err, "coupon_grant_time") { // its period is over
		return nil, ErrGone
	}
	if err != nil || len(given) == 0 {
		return nil, err
	}
	member := g.members[0] // limited: the only one
	took, err := s.q.Take(ctx, tx, int64(len(given)), g.couponID, g.asClaim, tx.Now(), member)
	if tenantdb.NoRows(err) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	if g.limited && !took.May {
		return nil, ErrLevel
	}
	if took.Newcomers && g.limited {
		paid, err := s.d.HasPaid(ctx, tx, member)
		if err != nil {
			return nil, err
		}
		if paid {
			return nil, ErrNewcomers
		}
	}
	if took.Last {
		if err := s.announce(ctx, tx, g.couponID); err != nil {
			return nil, err
		}
	}
	return given, s.ageLater(ctx, tx, given)
}

// Claim gives a member a coupon of the hall. key names the request: repeated, even at the same
// time, it finds the grant that it made. Opens a transaction. Faults: COUPON_GONE, COUPON_LIMIT,
// COUPON_NEWCOMERS, COUPON_LEVEL.
func (s *Service) Claim(ctx context.Context, id tenant.ID, memberID, couponID int64, key string) (grantID int64, err error) {
	claim := func() error {
		return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			grantID, err = s.oneTx(ctx, tx, memberID, gift{
				couponID: couponID, source: ByClaim, key: "claim/" + key, actor: actor(memberID), limited: true, asClaim: true,
			})
			return err
		})
	}
	err = claim()
	if tenantdb.Violates(err, "coupon_given_once") { // a twin of this request was first; now its grant can be seen
		err = claim()
	}
	if err != nil {
		return 0, fmt.Errorf("claim coupon: %w", err)
	}
	return grantID, nil
}

// oneTx gives one member one coupon, or finds what the same key gave before.
func (s *Service) oneTx(ctx context.Context, tx tenantdb.Tx, memberID int64, g gift) (grantID int64, err error) {
	g.members = []int64{memberID}
	given, err := s.giveTx(ctx, tx, g)
	if err != nil {
		return 0, err
	}
	if len(given) == 1 {
		return given[0].ID, nil
	}
	grantID, err = s.q.Given(ctx, tx, g.couponID, memberID, g.key)
	if !tenantdb.NoRows(err) {
		return grantID, err
	}
	if c, err := s.find(ctx, tx, g.couponID); err != nil || c.Status != Live || (g.asClaim && !c.Claimable) {
		return 0, ErrGone // a limit of what is not given tells nothing
	}
	return 0, ErrLimit
}

// Redeem gives a member the coupon of a code, once: the same member gets the same grant again.
// Letters may be small, and hyphens and spaces stand between them. Opens a transaction.
// Faults: COUPON_CODE, COUPON_GONE, COUPON_LIMIT, COUPON_NEWCOMERS, COUPON_LEVEL.
func (s *Service) Redeem(ctx context.Context, id tenant.ID, memberID int64, code string) (grantID int64, err error) {
	code = strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(code))
	if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
		return 0, fmt.Errorf("redeem code: %w", ErrCode)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.LockCode(ctx, tx, code)
		if tenantdb.NoRows(err) {
			return ErrCode
		}
		if err != nil {
			return err
		}
		if row.GrantID != nil {
			grantID, err = s.q.Given(ctx, tx, row.CouponID, memberID, "code/"+code)
			if tenantdb.NoRows(err) {
				return ErrCode
			}
			return err
		}
		grantID, err = s.oneTx(ctx, tx, memberID, gift{
			couponID: row.CouponID, source: ByCode, key: "code/" + code, actor: actor(memberID), limited: true,
		})
		if err != nil {
			return err
		}
		return s.q.UseCode(ctx, tx, &grantID, code)
	})
	if err != nil {
		return 0, fmt.Errorf("redeem code: %w", err)
	}
	return grantID, nil
}

// ExchangeTx gives a member a coupon for points. The mall has limits of its own; a member's of the
// coupon do not count. Joins the caller's transaction; repeated with its key, it finds the same
// grant. Faults: COUPON_GONE.
func (s *Service) ExchangeTx(ctx context.Context, tx tenantdb.Tx, couponID, memberID int64, key string) (grantID int64, err error) {
	grantID, err = s.oneTx(ctx, tx, memberID, gift{couponID: couponID, source: ByMall, key: key, actor: actor(memberID)})
	if err != nil {
		return 0, fmt.Errorf("exchange coupon: %w", err)
	}
	return grantID, nil
}

// Issued is what became of an issue to members.
type Issued struct {
	Given int // got one now
	Had   int // had one from this issue already
}

// maxIssue is how many members one issue is for.
const maxIssue = 1000

// Issue gives a coupon to members whom staff chose: all of them, or nobody if they are more
// than are left. Limits of members do not count. key names the issue: a repeat gives nobody a
// second one. Opens a transaction. Faults: VALIDATION, NOT_FOUND, COUPON_GONE.
func (s *Service) Issue(ctx context.Context, id tenant.ID, couponID int64, members []int64, key, staff string) (out Issued, err error) {
	if len(members) == 0 || len(members) > maxIssue {
		return Issued{}, fmt.Errorf("issue coupon: %w", fault.Invalidf("members", "must be 1 to %d", maxIssue))
	}
	if key == "" || len(key) > 64 {
		return Issued{}, fmt.Errorf("issue coupon: %w", fault.Invalidf("key", "must be 1 to 64 characters"))
	}
	members = unique(members)
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		c, err := s.find(ctx, tx, couponID)
		if err != nil {
			return err
		}
		if c.Status != Live {
			return ErrGone
		}
		given, err := s.giveTx(ctx, tx, gift{couponID: couponID, members: members, source: ByStaff, key: "staff/" + key, actor: staff})
		if tenantdb.Violates(err, "coupon_grant_member_id_fkey") || tenantdb.Violates(err, "coupon_count_member_id_fkey") {
			return fault.Invalidf("members", "one of them is unknown")
		}
		if err != nil {
			return err
		}
		out = Issued{Given: len(given), Had: len(members) - len(given)}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: staff, Action: "coupon.issue", Object: object(couponID), Detail: map[string]any{"members": len(given), "key": key},
		})
	})
	if err != nil {
		return Issued{}, fmt.Errorf("issue coupon: %w", err)
	}
	return out, nil
}

func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	return out
}

// GiftTx gives what a paid order is rewarded with. Repeating it gives nothing more; a coupon
// that is gone is no error. Its transaction goes on after a refusal, so the stock is taken
// first here, and put back if nothing was given.
func (s *Service) GiftTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, paid money.Fen) error {
	coupons, err := s.q.Gifts(ctx, tx, int64(paid))
	if err != nil {
		return fmt.Errorf("gifts of %s: %w", orderNo, err)
	}
	for _, couponID := range coupons {
		if err := s.giftTx(ctx, tx, couponID, orderNo, memberID); err != nil {
			return fmt.Errorf("gifts of %s: %w", orderNo, err)
		}
	}
	return nil
}

func (s *Service) giftTx(ctx context.Context, tx tenantdb.Tx, couponID int64, orderNo string, memberID int64) error {
	took, err := s.q.Take(ctx, tx, 1, couponID, false, tx.Now(), memberID) // whoever has just paid is no newcomer: that is not asked
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !took.May {
		return s.q.Untake(ctx, tx, couponID)
	}
	today, tomorrow := day(tx.Now())
	given, err := s.q.Grant(ctx, tx, coupondb.GrantParams{
		CouponID: couponID, Today: today, MemberIds: []int64{memberID}, SourceKey: "order/" + orderNo, Limited: true, Now: tx.Now(), Source: string(ByGift),
		Tomorrow: tomorrow, Actor: "system",
	})
	if err != nil {
		return err
	}
	if len(given) == 0 {
		return s.q.Untake(ctx, tx, couponID)
	}
	if took.Last {
		if err := s.announce(ctx, tx, couponID); err != nil {
			return err
		}
	}
	return s.ageLater(ctx, tx, given)
}

const (
	codeLength  = 12
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // nothing that is read as something else
	maxCodes    = 10_000
)

// MakeCodes makes codes of which each gives one coupon. Opens a transaction.
// Faults: VALIDATION, NOT_FOUND.
func (s *Service) MakeCodes(ctx context.Context, id tenant.ID, couponID int64, n int, staff string) error {
	if n < 1 || n > maxCodes {
		return fmt.Errorf("make codes: %w", fault.Invalidf("count", "must be 1 to %d", maxCodes))
	}
	codes := make([]string, n)
	for i := range codes {
		var err error
		if codes[i], err = s.code(); err != nil {
			return fmt.Errorf("make codes: %w", err)
		}
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		made, err := s.q.MakeCodes(ctx, tx, codes, tx.Now(), couponID)
		if err != nil {
			return err
		}
		if made == 0 {
			return fault.ErrNotFound
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: staff, Action: "coupon.codes", Object: object(couponID), Detail: map[string]any{"count": made}})
	})
	if err != nil {
		return fmt.Errorf("make codes: %w", err)
	}
	return nil
}

func (s *Service) code() (string, error) {
	out := make([]byte, codeLength)
	for i := range out {
		n, err := rand.Int(s.d.Rand, big.NewInt(int64(len(codeLetters))))
		if err != nil {
			return "", err
		}
		out[i] = codeLetters[n.Int64()]
	}
	return string(out), nil
}

func actor(memberID int64) string { return "member:" + strconv.FormatInt(memberID, 10) }
