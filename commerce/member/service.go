package member

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"

	"galleria/commerce/division"
	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Lifetimes of the tokens.
const (
	AccessTTL  = 2 * time.Hour
	RefreshTTL = 30 * 24 * time.Hour
)

// Status is where a member stands.
type Status string

// The statuses.
const (
	Active  Status = "active"
	Blocked Status = "blocked"
	Merged  Status = "merged" // part of another member now
	Left    Status = "left"   // has closed the account; nothing says who it was
)

// Statuses lists them.
func Statuses() []Status { return []Status{Active, Blocked, Merged, Left} }

// present reports whether there is a person behind the row.
func (s Status) present() bool { return s == Active || s == Blocked }

// MayOrder says why a member who stands as status, or as "leaving", may not order; nil if
// nothing is in the way. Faults: MEMBER_BLOCKED, MEMBER_LEAVING, AUTH_INVALID.
func MayOrder(status string) error {
	switch Status(status) {
	case Active:
		return nil
	case Blocked:
		return ErrBlocked
	case Merged, Left:
		return ErrAuthInvalid // a session that was remembered
	case "leaving":
		return ErrLeaving
	}
	return fault.ErrNotFound
}

// Member is a buyer of one shop.
type Member struct {
	ID        int64
	Nickname  string
	Avatar    string
	Status    Status
	PhoneHint string // masked; empty if none was given
	CreatedAt time.Time
	LeaveAt   *time.Time // set: asked to leave, and will have then
}

// Deps are what the members work with.
type Deps struct {
	DB   *tenantdb.DB
	Now  func() time.Time // ages the memory of Authenticate
	Rand io.Reader        // source of tokens; crypto/rand.Reader
	// Vault seals phone numbers.
	Vault  *vault.Vault
	Audit  *audit.Log
	Outbox *outbox.Outbox
	Timers *timer.Timers
	// Belongings are the rooms that keep something of members. Asked when members are joined
	// or leave: those rooms are built after this one.
	Belongings func() []Belongings
}

// Service knows the members of all tenants. Safe for concurrent use.
type Service struct {
	db     *tenantdb.DB
	q      *memberdb.Queries
	rand   io.Reader
	vault  *vault.Vault
	audit  *audit.Log
	outbox *outbox.Outbox
	timers *timer.Timers
	recent *memory

	indexKeys *lru.Cache[tenant.ID, vault.Secret]

	divisions  *division.Table
	belongings func() []Belongings
}

// indexKeysKept bounds the keys of blind indexes that are remembered.
const indexKeysKept = 2000

// New returns the members.
func New(d Deps) *Service {
	keys, err := lru.New[tenant.ID, vault.Secret](indexKeysKept)
	if err != nil { // only for a size below one
		panic(err)
	}
	return &Service{indexKeys: keys, db: d.DB, q: memberdb.New(), rand: d.Rand, vault: d.Vault, audit: d.Audit, outbox: d.Outbox, timers: d.Timers, recent: newMemory(d.Now), belongings: d.Belongings, divisions: division.Load()}
}

// Get returns a member. One statement. Faults: NOT_FOUND.
func (s *Service) Get(ctx context.Context, id tenant.ID, memberID int64) (Member, error) {
	var out Member
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.FindMember(ctx, r, memberID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		out = Member{ID: row.ID, Nickname: row.Nickname, Avatar: row.Avatar, Status: Status(row.Status), PhoneHint: row.PhoneHint, CreatedAt: row.CreatedAt, LeaveAt: row.LeaveAt}
		return err
	})
	if err != nil {
		return Member{}, fmt.Errorf("get member: %w", err)
	}
	return out, nil
}

// maxNickname is the longest nickname, in characters; the providers allow no more.
const maxNickname = 32

// SetNickname sets what a member is called. Opens a transaction. Faults: VALIDATION,
// NOT_FOUND.
func (s *Service) SetNickname(ctx context.Context, id tenant.ID, memberID int64, nickname string) error {
	if n := utf8.RuneCountInString(nickname); n < 1 || n > maxNickname || !utf8.ValidString(nickname) || strings.ContainsRune(nickname, 0) {
		return fault.Invalidf("nickname", "must have 1 to %d characters", maxNickname)
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.SetNickname(ctx, tx, nickname, memberID)
		if err == nil && n == 0 {
			return fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set nickname: %w", err)
	}
	return nil
}

// OpenID returns who the member is to a Mini Program. It runs in the caller's
// transaction or reader. Faults: NOT_FOUND.
func (s *Service) OpenID(ctx context.Context, q tenantdb.Querier, memberID int64, appID string) (string, error) {
	openID, err := s.q.FindOpenID(ctx, q, memberID, appID)
	if tenantdb.NoRows(err) {
		return "", fault.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("find openid: %w", err)
	}
	return openID, nil
}

// NicknameTx is what a member is called; empty for somebody without a name. Faults: NOT_FOUND.
func (s *Service) NicknameTx(ctx context.Context, q tenantdb.Querier, memberID int64) (string, error) {
	row, err := s.q.FindMember(ctx, q, memberID)
	if tenantdb.NoRows(err) {
		return "", fault.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read nickname: %w", err)
	}
	return row.Nickname, nil
}
