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
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// Member is one person.
type Member struct {
	ID    int64
	Login string
	Name  string
	Mail  string // verified, "" for none
	Phone string // verified, as +8613800000000, "" for none
}

// Deps are what the service works with.
type Deps struct {
	DB *tenantdb.DB
	// Plans says how many people may work in a shop.
	Plans *plan.Service
	// PasswordKiB is the memory of one hash of a password; 0 is 19,456, OWASP's minimum.
	PasswordKiB uint32
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
	h, err := newHasher(runtime.NumCPU(), d.PasswordKiB)
	if err != nil {
		return nil, err
	}
	return &Service{Deps: d, q: staffdb.New(), audit: audit.New(d.DB), hasher: h}, nil
}

// AddInput is a new person.
type AddInput struct {
	Login    string // 3 to 120 characters, kept in lower case
	Name     string // 1 to 40 characters
	Password string // at least 12 characters, hard to guess (Weigh)
	// Mail and Phone are addresses that the person has proven to own, "" for none; they
	// sign in like the account name. ParseAddress gives their canonical form.
	Mail  string
	Phone string
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
	fields = append(fields, passwordFault(Weigh(in.Password, in.Login, in.Name, in.Mail, in.Phone))...)
	if in.Mail != "" && !mailForm.MatchString(in.Mail) {
		fields = append(fields, fault.Field{Path: "mail", Message: "邮箱格式不正确"})
	}
	if in.Phone != "" && !phoneForm.MatchString(in.Phone) {
		fields = append(fields, fault.Field{Path: "phone", Message: "手机号格式不正确"})
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// Add creates a person without any role. Faults: VALIDATION, LOGIN_TAKEN, ADDRESS_TAKEN.
func (s *Service) Add(ctx context.Context, in AddInput) (m Member, err error) {
	hired, err := s.Prepare(ctx, in)
	if err != nil {
		return Member{}, err
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if m, err = s.AddTx(ctx, tx, hired); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "staff.added", Object: object(m.ID), After: map[string]any{"login": m.Login, "name": m.Name},
		})
	})
	return m, err
}

// Prepared is a new person whose input was checked and whose password is hashed.
type Prepared struct {
	in      AddInput
	encoded string
}

// Prepare does what takes long before a transaction that AddTx is part of. Faults:
// VALIDATION, BUSY.
func (s *Service) Prepare(ctx context.Context, in AddInput) (Prepared, error) {
	if err := in.Validate(); err != nil {
		return Prepared{}, err
	}
	encoded, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return Prepared{}, err
	}
	in.Login, in.Name = canonical(in.Login), strings.TrimSpace(in.Name)
	return Prepared{in: in, encoded: encoded}, nil
}

// AddTx is Add within the caller's platform transaction. Faults: LOGIN_TAKEN,
// ADDRESS_TAKEN.
func (s *Service) AddTx(ctx context.Context, tx tenantdb.Tx, p Prepared) (Member, error) {
	m := Member{Login: p.in.Login, Name: p.in.Name, Mail: p.in.Mail, Phone: p.in.Phone}
	var err error
	m.ID, err = s.q.Add(ctx, tx, m.Login, m.Name, p.encoded, orNull(m.Mail), orNull(m.Phone))
	switch {
	case tenantdb.Violates(err, "staff_login_key"):
		return Member{}, ErrLoginTaken
	case tenantdb.Violates(err, "staff_mail_key"), tenantdb.Violates(err, "staff_phone_key"):
		return Member{}, ErrAddressTaken
	case err != nil:
		return Member{}, fmt.Errorf("add staff: %w", err)
	}
	return m, nil
}

// ByLogin finds a person by account name or verified address. Faults: NOT_FOUND.
func (s *Service) ByLogin(ctx context.Context, login string) (m Member, err error) {
	row, err := s.bySignIn(ctx, canonical(login))
	if err != nil {
		return Member{}, err
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name, Mail: deref(row.Mail), Phone: deref(row.Phone)}, nil
}

// ByID finds a person. Faults: NOT_FOUND.
func (s *Service) ByID(ctx context.Context, id int64) (Member, error) {
	row, err := s.q.ByID(ctx, s.DB.Platform(), id)
	if tenantdb.NoRows(err) {
		return Member{}, fault.ErrNotFound
	}
	if err != nil {
		return Member{}, fmt.Errorf("find staff: %w", err)
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name, Mail: deref(row.Mail), Phone: deref(row.Phone)}, nil
}

// EnsureRoles gives a shop its preset roles; roles that exist stay as they are. It is
// a provisioning step: safe to repeat.
func (s *Service) EnsureRoles(ctx context.Context, shop tenant.Tenant) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.ensureRolesTx(ctx, tx, shop.ID) })
	if err != nil {
		return fmt.Errorf("ensure roles: %w", err)
	}
	return nil
}

// ensureRolesTx also gives an older shop the presets that newer releases brought.
func (s *Service) ensureRolesTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID) error {
	var codes, names, permissions []string
	for _, role := range authz.PresetRoles() {
		codes, names = append(codes, role.Code), append(names, role.Name)
		permissions = append(permissions, strings.Join(role.Codes(), " "))
	}
	return s.q.PutPresetRoles(ctx, tx, shop.String(), codes, names, permissions)
}

// Grant gives a person a role in a shop, without asking whose word that is: for
// provisioning and tools. Granting it again is no error.
func (s *Service) Grant(ctx context.Context, shop tenant.ID, staffID int64, role string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := s.GrantTx(ctx, tx, shop, staffID, role); err != nil {
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

// GrantTx is Grant within the caller's platform transaction, which records the act.
func (s *Service) GrantTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, staffID int64, role string) error {
	err := s.ensureRolesTx(ctx, tx, shop)
	if err == nil {
		err = s.putSeatTx(ctx, tx, shop, staffID)
	}
	if err == nil {
		err = s.q.Grant(ctx, tx, shop.String(), staffID, role)
	}
	if err != nil {
		return fmt.Errorf("grant role: %w", err)
	}
	return nil
}

// Revoke takes a role in a shop away, but not the last owner's. Faults: NOT_FOUND.
func (s *Service) Revoke(ctx context.Context, shop tenant.ID, staffID int64, role string) error {
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.Revoke(ctx, tx, shop.String(), staffID, role)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.dropSeatTx(ctx, tx, shop, staffID); err != nil {
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

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// object names a person in the audit log.
func object(staffID int64) string { return "staff:" + strconv.FormatInt(staffID, 10) }

// canonical is the form in which account names are kept and compared.
func canonical(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
