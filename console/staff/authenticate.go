package staff

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/console/staff/internal/staffdb"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const maxLogin = 120 // characters

// Credentials are what a person signs in with, and from where.
type Credentials struct {
	Login    string
	Password string
	IP       string
}

// Authenticate tells who signs in. Each call counts as a failure until the password
// proved right. Faults: WRONG_LOGIN, LOGIN_THROTTLED with the time to wait, BUSY.
func (s *Service) Authenticate(ctx context.Context, in Credentials) (Member, error) {
	login := loginOf(in)
	t, err := s.admit(ctx, login, in.IP)
	if err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	row, outdated, err := s.verify(ctx, login, in.Password)
	if err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.forgive(ctx, t); err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	if outdated {
		if err := s.setPassword(ctx, row.ID, in.Password, "staff.password_rehashed"); err != nil {
			return Member{}, fmt.Errorf("sign in: %w", err)
		}
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name}, nil
}

// loginOf is the account that is asked for; one that cannot exist becomes "?", so that
// all of them are counted together and compared like any other.
func loginOf(in Credentials) string {
	login := canonical(in.Login)
	if login == "" || utf8.RuneCountInString(login) > maxLogin || !utf8.ValidString(login) || strings.ContainsRune(login, 0) {
		return "?"
	}
	return login
}

// verify compares the password, against nobody's hash for an unknown account.
func (s *Service) verify(ctx context.Context, login, password string) (row staffdb.ByLoginRow, outdated bool, err error) {
	row, err = s.byLogin(ctx, login)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return row, false, err
	}
	known := err == nil && row.Status == "active"
	encoded := row.PasswordHash
	if !known {
		encoded = s.hasher.nobody
	}
	ok, outdated, err := s.hasher.matches(ctx, password, encoded)
	if err != nil {
		return row, false, err
	}
	if !ok || !known || len(password) > maxPassword {
		return row, false, ErrWrongLogin
	}
	return row, outdated, nil
}

func (s *Service) byLogin(ctx context.Context, login string) (row staffdb.ByLoginRow, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		row, err = s.q.ByLogin(ctx, tx, login)
		return err
	})
	if tenantdb.NoRows(err) {
		return row, fault.ErrNotFound
	}
	return row, err
}

// SetPassword replaces a person's password. Sessions go on; end them with
// session.Store.EndAll where that is meant. Faults: VALIDATION, NOT_FOUND.
func (s *Service) SetPassword(ctx context.Context, staffID int64, password string) error {
	if utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword {
		return fault.Invalidf("password", "至少 %d 个字符", minPassword)
	}
	return s.setPassword(ctx, staffID, password, "staff.password_changed")
}

// setPassword keeps a password; action says in the audit log why.
func (s *Service) setPassword(ctx context.Context, staffID int64, password, action string) error {
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.SetPassword(ctx, tx, encoded, tx.Now(), staffID)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{Action: action, Object: object(staffID)})
	})
}
