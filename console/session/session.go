package session

import (
	"context"
	"fmt"
	"time"

	"galleria/console/authz"
	"galleria/console/session/internal/sessiondb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

const (
	// IdleFor ends a session that is not used.
	IdleFor = 30 * time.Minute
	// LastsFor ends every session.
	LastsFor = 12 * time.Hour
	// PendingFor is how long a session waits for its second factor.
	PendingFor = 10 * time.Minute
	// ProofLasts is how long a password or code opens what asks for a recent proof.
	ProofLasts = 5 * time.Minute
	// touchEvery is how exactly the last use is known.
	touchEvery = time.Minute
	// seatEvery is how exactly the last visit to a shop is known.
	seatEvery = 5 * time.Minute
	// maxAgent bounds what is stored of a User-Agent header, in bytes.
	maxAgent = 200
)

// Shop is a shop in which the person has a role.
type Shop struct {
	ID     tenant.ID
	Handle string
	Name   string
	Status tenant.Status
	Role   Role // the first of the person's roles there
	// SeenAt is the person's last visit there, to five minutes; nil before the first.
	SeenAt *time.Time
}

// Role is a role's code and stored name.
type Role struct {
	Code, Name string
}

// Session is a signed-in person.
type Session struct {
	ID      int64
	StaffID int64
	Login   string
	Name    string
	Shops   []Shop // by name
	// ProvedAt is when the person last gave the password or a code.
	ProvedAt time.Time
	// Enrolled tells that the person has a second factor.
	Enrolled bool
	// Guarded tells that one of the person's roles may not be used without one.
	Guarded bool
	// OnPlatform tells that the person has a role of the platform's own staff.
	OnPlatform bool
}

// Proved tells whether the password or a code was given lately.
func (s Session) Proved(now time.Time) bool { return now.Sub(s.ProvedAt) < ProofLasts }

// Shop finds the shop with this handle among the person's own.
func (s Session) Shop(handle string) (Shop, bool) {
	for _, shop := range s.Shops {
		if shop.Handle == handle {
			return shop, true
		}
	}
	return Shop{}, false
}

// Deps are what the store works with.
type Deps struct {
	DB *tenantdb.DB
}

// Store keeps sessions. Safe for concurrent use.
type Store struct {
	Deps
	q *sessiondb.Queries
}

// NewStore returns the store.
func NewStore(d Deps) *Store { return &Store{Deps: d, q: sessiondb.New()} }

// StartInput says whose session begins and where.
type StartInput struct {
	StaffID   int64
	Replaces  string // token that came with the request; ended whoever's it was
	UserAgent string
	IP        string
	// Pending begins a session that only waits for its second factor.
	Pending bool
}

// Start begins a session and returns its new token. It opens a transaction of its own.
func (s *Store) Start(ctx context.Context, in StartInput) (token string, err error) {
	token = newToken()
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if in.Replaces != "" {
			if _, err := s.q.Finish(ctx, tx, hashToken(in.Replaces)); err != nil {
				return err
			}
		}
		if err := s.q.Sweep(ctx, tx); err != nil {
			return err
		}
		agent := in.UserAgent
		if len(agent) > maxAgent {
			agent = agent[:maxAgent]
		}
		lasts := LastsFor
		if in.Pending {
			lasts = PendingFor
		}
		return s.q.Start(ctx, tx, sessiondb.StartParams{
			TokenHash: hashToken(token), StaffID: in.StaffID, CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(lasts),
			UserAgent: printable(agent), Ip: in.IP, Pending: in.Pending,
		})
	})
	if err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	return token, nil
}

// Find returns the living session of a token. Faults: SESSION_ENDED.
func (s *Store) Find(ctx context.Context, token string) (found Session, err error) {
	if !wellFormed(token) {
		return Session{}, ErrEnded
	}
	hash := hashToken(token)
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.Find(ctx, tx, authz.GuardedRoles(), authz.GuardedPermissions(), hash, tx.Now(), tx.Now().Add(-IdleFor))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrEnded
		}
		if found, err = sessionFromRows(rows); err != nil {
			return err
		}
		if tx.Now().Sub(rows[0].LastSeenAt) >= touchEvery {
			return s.q.Touch(ctx, tx, tx.Now(), hash)
		}
		return nil
	})
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	return found, nil
}

// End ends the session of a token. Ending it again is no error.
func (s *Store) End(ctx context.Context, token string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := s.q.Finish(ctx, tx, hashToken(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndAll ends every session of a person, for a changed password or a lost device, and
// returns how many there were.
func (s *Store) EndAll(ctx context.Context, staffID int64) (n int64, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err = s.q.FinishAll(ctx, tx, staffID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

func sessionFromRows(rows []sessiondb.FindRow) (Session, error) {
	first := rows[0]
	found := Session{
		ID: first.ID, StaffID: first.StaffID, Login: first.Login, Name: first.StaffName,
		ProvedAt: first.ProvedAt, Enrolled: first.EnrolledAt != nil, Guarded: first.OnPlatform, OnPlatform: first.OnPlatform,
	}
	for _, r := range rows {
		found.Guarded = found.Guarded || r.Guarded
		if r.TenantID == nil || r.Handle == nil || r.RoleCode == nil {
			continue
		}
		if n := len(found.Shops); n > 0 && found.Shops[n-1].Handle == *r.Handle {
			continue // a further role in the same shop
		}
		id, err := tenant.ParseID(*r.TenantID)
		if err != nil {
			return Session{}, err
		}
		found.Shops = append(found.Shops, Shop{
			ID: id, Handle: *r.Handle, Name: deref(r.ShopName), Status: tenant.Status(deref(r.ShopStatus)),
			Role: Role{Code: *r.RoleCode, Name: deref(r.RoleName)}, SeenAt: r.SeatSeenAt,
		})
	}
	return found, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// printable drops what Postgres would refuse or a log would break on.
func printable(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r >= 0x20 && r != 0x7f && r != 0xfffd {
			out = append(out, r)
		}
	}
	return string(out)
}
