package look

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/look/internal/lookdb"
	"galleria/tenant/tenantdb"
)

const (
	// Lasts is how long a look is open, and how much longer extending makes it.
	Lasts = 30 * time.Minute
	// most is how long one may be in all; the table says so, too.
	most = 4 * time.Hour

	maxTicket, maxReason = 60, 500 // characters
)

// Look is one person's look into one shop.
type Look struct {
	ID      int64
	StaffID int64
	Shop    tenant.Tenant // ID, Handle, Name and Status
	Ticket  string
	Reason  string
	BeganAt time.Time
	EndsAt  time.Time
}

// Deps are what looks work with.
type Deps struct {
	DB    *tenantdb.DB
	Audit *audit.Log
}

// Service begins and ends looks. Safe for concurrent use.
type Service struct {
	Deps
	q *lookdb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: lookdb.New()} }

// Input is who wants to look where, and why.
type Input struct {
	StaffID int64
	Shop    tenant.ID
	Ticket  string // of whatever asks for it, 1 to 60 characters
	Reason  string // 1 to 500 characters; the shop reads it
}

func (in Input) validate() error {
	var bad []fault.Field
	if n := utf8.RuneCountInString(in.Ticket); n < 1 || n > maxTicket {
		bad = append(bad, fault.Field{Path: "ticket", Message: "1–60 个字"})
	}
	if n := utf8.RuneCountInString(in.Reason); n < 1 || n > maxReason {
		bad = append(bad, fault.Field{Path: "reason", Message: "1–500 个字"})
	}
	if bad != nil {
		return fault.ErrValidation.With(bad...)
	}
	return nil
}

// Begin opens a look. It opens a platform transaction. Faults: VALIDATION, LOOK_OPEN.
func (s *Service) Begin(ctx context.Context, in Input) (l Look, err error) {
	in.Ticket, in.Reason = strings.TrimSpace(in.Ticket), strings.TrimSpace(in.Reason)
	if err := in.validate(); err != nil {
		return Look{}, err
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if _, err := s.endOver(ctx, tx, in.StaffID, in.Shop.String()); err != nil {
			return err
		}
		l = Look{StaffID: in.StaffID, Shop: tenant.Tenant{ID: in.Shop}, Ticket: in.Ticket, Reason: in.Reason, BeganAt: tx.Now(), EndsAt: tx.Now().Add(Lasts)}
		if l.ID, err = s.q.Begin(ctx, tx, in.StaffID, in.Shop.String(), in.Ticket, in.Reason, l.BeganAt, l.EndsAt); err != nil {
			return err
		}
		return s.record(ctx, tx, "look.begun", l, nil)
	})
	if tenantdb.Violates(err, "look_one_open") {
		return Look{}, ErrOpen
	}
	if err != nil {
		return Look{}, fmt.Errorf("begin look: %w", err)
	}
	return l, nil
}

// Open finds the person's open look into the shop with this handle. Faults: NOT_FOUND.
func (s *Service) Open(ctx context.Context, staffID int64, handle string, now time.Time) (Look, error) {
	r, err := s.q.Open(ctx, s.DB.Platform(), staffID, &handle, now)
	if tenantdb.NoRows(err) {
		return Look{}, fault.ErrNotFound
	}
	if err != nil {
		return Look{}, fmt.Errorf("find look: %w", err)
	}
	l, err := lookOf(r.ID, r.StaffID, r.TenantID, r.Ticket, r.Reason, r.BeganAt, r.EndsAt)
	if r.Handle != nil && r.Name != nil {
		l.Shop.Handle, l.Shop.Name = *r.Handle, *r.Name
	}
	l.Shop.Status = tenant.Status(r.Status)
	return l, err
}

// Extend lets a person's open look last for Lasts from now. Faults: NOT_FOUND,
// LOOK_TOO_LONG.
func (s *Service) Extend(ctx context.Context, staffID, lookID int64) error {
	return s.change(ctx, staffID, lookID, "look.extended", func(tx tenantdb.Tx, l *Look) error {
		l.EndsAt = tx.Now().Add(Lasts)
		if l.EndsAt.Sub(l.BeganAt) > most {
			return ErrTooLong
		}
		return s.q.Extend(ctx, tx, l.EndsAt, l.ID)
	})
}

// End closes a person's look. One that is over already is no error.
func (s *Service) End(ctx context.Context, staffID, lookID int64) error {
	err := s.change(ctx, staffID, lookID, "look.ended", func(tx tenantdb.Tx, l *Look) error {
		now := tx.Now()
		return s.q.End(ctx, tx, &now, l.ID)
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func (s *Service) change(ctx context.Context, staffID, lookID int64, action string, do func(tx tenantdb.Tx, l *Look) error) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		r, err := s.q.OpenByID(ctx, tx, lookID, staffID, tx.Now())
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		l, err := lookOf(r.ID, r.StaffID, r.TenantID, r.Ticket, r.Reason, r.BeganAt, r.EndsAt)
		if err != nil {
			return err
		}
		if err := do(tx, &l); err != nil {
			return err
		}
		return s.record(ctx, tx, action, l, nil)
	})
	if err != nil {
		return fmt.Errorf("change look: %w", err)
	}
	return nil
}

// Saw records the kind of page that is looked at: once per look, in the shop's log.
func (s *Service) Saw(ctx context.Context, l Look, page string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.Seen(ctx, tx, l.ID, page, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			TenantID: l.Shop.ID, Actor: staffActor(l.StaffID), Action: "look.page", Detail: map[string]any{"look": l.ID, "page": page},
		})
	})
	if err != nil {
		return fmt.Errorf("record look: %w", err)
	}
	return nil
}

// sweepMost is how many looks one sweep ends.
const sweepMost = 200

// EndOver ends looks that have run out, so that their ends stand in the logs: each in a
// transaction of its own, at most sweepMost. Any number of processes may sweep.
func (s *Service) EndOver(ctx context.Context) error {
	for range sweepMost {
		n := 0
		err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
			n, err = s.endOver(ctx, tx, 0, "")
			return err
		})
		if err != nil {
			return fmt.Errorf("end looks: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
	return nil
}

// endOver ends one look that has run out: anybody's, or one person's into one shop.
func (s *Service) endOver(ctx context.Context, tx tenantdb.Tx, staffID int64, shop string) (int, error) {
	over, err := s.q.EndOver(ctx, tx, tx.Now(), staffID, shop)
	if err != nil {
		return 0, err
	}
	for _, r := range over {
		l, err := lookOf(r.ID, r.StaffID, r.TenantID, r.Ticket, r.Reason, r.BeganAt, r.EndsAt)
		if err != nil {
			return 0, err
		}
		if err := s.record(ctx, tx, "look.ended", l, map[string]any{"ran_out": true}); err != nil {
			return 0, err
		}
	}
	return len(over), nil
}

// record writes an act into the shop's log and into the platform's.
func (s *Service) record(ctx context.Context, tx tenantdb.Tx, action string, l Look, also map[string]any) error {
	detail := map[string]any{"look": l.ID, "ticket": l.Ticket, "reason": l.Reason, "until": l.EndsAt.UTC().Format(time.RFC3339)}
	maps.Copy(detail, also)
	return s.Audit.RecordBothTx(ctx, tx, audit.Entry{TenantID: l.Shop.ID, Actor: staffActor(l.StaffID), Action: action, Detail: detail})
}

func lookOf(id, staffID int64, tenantID, ticket, reason string, beganAt, endsAt time.Time) (Look, error) {
	shop, err := tenant.ParseID(tenantID)
	return Look{ID: id, StaffID: staffID, Shop: tenant.Tenant{ID: shop}, Ticket: ticket, Reason: reason, BeganAt: beganAt, EndsAt: endsAt}, err
}

func staffActor(id int64) string { return "staff:" + strconv.FormatInt(id, 10) }

// Person is who looks into a shop now.
type Person struct {
	Look
	Name string
}

// OpenOf lists the open looks into a shop.
func (s *Service) OpenOf(ctx context.Context, shop tenant.ID, now time.Time) ([]Person, error) {
	rows, err := s.q.OpenOf(ctx, s.DB.Platform(), shop.String(), now)
	if err != nil {
		return nil, fmt.Errorf("list looks: %w", err)
	}
	list := make([]Person, len(rows))
	for i, r := range rows {
		list[i] = Person{Name: r.StaffName, Look: Look{
			ID: r.ID, StaffID: r.StaffID, Shop: tenant.Tenant{ID: shop}, Ticket: r.Ticket, Reason: r.Reason, BeganAt: r.BeganAt, EndsAt: r.EndsAt,
		}}
	}
	return list, nil
}
