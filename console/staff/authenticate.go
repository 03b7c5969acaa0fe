package staff

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/console/staff/internal/staffdb"
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
	row, t, err := s.admitSignIn(ctx, loginOf(in), in.IP)
	if err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	outdated, err := s.verify(ctx, row.Status == "active", row.PasswordHash, in.Password)
	if err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.Forgive(ctx, t); err != nil {
		return Member{}, fmt.Errorf("sign in: %w", err)
	}
	if outdated {
		if err := s.setPassword(ctx, row.ID, in.Password); err != nil {
			return Member{}, fmt.Errorf("sign in: %w", err)
		}
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name, Mail: deref(row.Mail), Phone: deref(row.Phone)}, nil
}

// admitSignIn finds who signs in and counts the try: for the person, whichever of his
// names is typed, or for the name that is nobody's, with a row that is empty.
func (s *Service) admitSignIn(ctx context.Context, name, ip string) (row staffdb.BySignInRow, t Tries, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		account := name
		row, err = s.q.BySignIn(ctx, tx, name, orNull(phoneOf(name)))
		if err == nil {
			account = row.Login
		} else if !tenantdb.NoRows(err) {
			return err
		}
		t, err = s.admitTx(ctx, tx, "account:"+account, ip)
		return err
	})
	return row, t, err
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

// verify compares the password, against nobody's hash for an account that is not known.
func (s *Service) verify(ctx context.Context, known bool, encoded, password string) (outdated bool, err error) {
	if !known {
		encoded = s.hasher.nobody
	}
	ok, outdated, err := s.hasher.matches(ctx, password, encoded)
	if err != nil {
		return false, err
	}
	if !ok || !known || len(password) > maxPassword {
		return false, ErrWrongLogin
	}
	return outdated, nil
}

// bySignIn finds a person by account name or verified address.
func (s *Service) bySignIn(ctx context.Context, name string) (staffdb.BySignInRow, error) {
	row, err := s.q.BySignIn(ctx, s.DB.Platform(), name, orNull(phoneOf(name)))
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
	return s.setPassword(ctx, staffID, password)
}

func (s *Service) setPassword(ctx context.Context, staffID int64, password string) error {
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.SetPassword(ctx, tx, encoded, tx.Now(), staffID)
		if err == nil && n == 0 {
			return fault.ErrNotFound
		}
		return err
	})
}
