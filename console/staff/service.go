package staff

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/console/authz"
	"galleria/console/staff/internal/staffdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Member is one person.
type Member struct {
	ID    int64
	Login string
	Name  string
}

// Deps are what the service works with.
type Deps struct {
	DB *tenantdb.DB
}

// Service manages people and checks who they are. Safe for concurrent use.
type Service struct {
	Deps
	q      *staffdb.Queries
	audit  *audit.Log
	hasher *hasher
}

// New returns the service. It hashes once, so it takes a moment.
func New(d Deps) (*Service, error) {
	h, err := newHasher(runtime.NumCPU())
	if err != nil {
		return nil, err
	}
	return &Service{Deps: d, q: staffdb.New(), audit: audit.New(d.DB), hasher: h}, nil
}

// AddInput is a new person.
type AddInput struct {
	Login    string // 3 to 120 characters, kept in lower case
	Name     string // 1 to 40 characters
	Password string // at least 12 characters
}

// Validate reports every field that cannot be accepted.
func (in AddInput) Validate() error {
	var fields []fault.Field
	if n := utf8.RuneCountInString(canonical(in.Login)); n < 3 || n > maxLogin || strings.ContainsAny(in.Login, " \t\r\n\x00") {
		fields = append(fields, fault.Field{Path: "login", Message: "3–120 个字符，不含空格"})
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(in.Name)); n < 1 || n > 40 {
		fields = append(fields, fault.Field{Path: "name", Message: "1–40 个字"})
	}
	if utf8.RuneCountInString(in.Password) < minPassword || len(in.Password) > maxPassword {
		fields = append(fields, fault.Field{Path: "password", Message: "至少 12 个字符"})
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// Add creates a person without any role. Faults: VALIDATION, LOGIN_TAKEN.
func (s *Service) Add(ctx context.Context, in AddInput) (Member, error) {
	if err := in.Validate(); err != nil {
		return Member{}, err
	}
	encoded, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return Member{}, err
	}
	m := Member{Login: canonical(in.Login), Name: strings.TrimSpace(in.Name)}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if m.ID, err = s.q.Add(ctx, tx, m.Login, m.Name, encoded); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "staff.added", Object: object(m.ID), After: map[string]any{"login": m.Login, "name": m.Name},
		})
	})
	if tenantdb.Violates(err, "staff_login_key") {
		return Member{}, ErrLoginTaken
	}
	if err != nil {
		return Member{}, fmt.Errorf("add staff: %w", err)
	}
	return m, nil
}

// ByLogin finds a person by account name. Faults: NOT_FOUND.
func (s *Service) ByLogin(ctx context.Context, login string) (m Member, err error) {
	row, err := s.byLogin(ctx, canonical(login))
	if err != nil {
		return Member{}, err
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name}, nil
}

// EnsureRoles gives a shop its preset roles; roles that exist stay as they are. It is
// a provisioning step: safe to repeat.
func (s *Service) EnsureRoles(ctx context.Context, shop tenant.Tenant) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		for _, role := range authz.PresetRoles() {
			if err := s.q.PutRole(ctx, tx, shop.ID.String(), role.Code, role.Name, role.Codes()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ensure roles: %w", err)
	}
	return nil
}

// Grant gives a person a role in a shop. Granting it again is no error.
func (s *Service) Grant(ctx context.Context, shop tenant.ID, staffID int64, role string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.Grant(ctx, tx, shop.String(), staffID, role)
		if err != nil || n == 0 {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			TenantID: shop, Action: "role.granted", Object: object(staffID), After: map[string]any{"role": role},
		})
	})
	if err != nil {
		return fmt.Errorf("grant role: %w", err)
	}
	return nil
}

// Revoke takes a role in a shop away. Faults: NOT_FOUND.
func (s *Service) Revoke(ctx context.Context, shop tenant.ID, staffID int64, role string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.Revoke(ctx, tx, shop.String(), staffID, role)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			TenantID: shop, Action: "role.revoked", Object: object(staffID), Before: map[string]any{"role": role},
		})
	})
	if err != nil {
		return fmt.Errorf("revoke role: %w", err)
	}
	return nil
}

// object names a person in the audit log.
func object(staffID int64) string { return "staff:" + strconv.FormatInt(staffID, 10) }

// canonical is the form in which account names are kept and compared.
func canonical(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
