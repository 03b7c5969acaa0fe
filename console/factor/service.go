package factor

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"galleria/console/factor/internal/factordb"
	"galleria/console/staff"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	period      = 30 // seconds a code is shown for
	secretBytes = 20 // as long as SHA-1's output, as RFC 4226 recommends
	issuer      = "Galleria"
)

// Throttle counts tries; *staff.Service is one.
type Throttle interface {
	Admit(ctx context.Context, account, ip string) (staff.Tries, error)
	Forgive(ctx context.Context, t staff.Tries) error
}

// Deps are what the service works with.
type Deps struct {
	DB       *tenantdb.DB
	Vault    *vault.Vault
	Throttle Throttle
	Now      func() time.Time
}

// Service checks and manages second factors. Safe for concurrent use.
type Service struct {
	Deps
	q *factordb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: factordb.New()} }

// State is what a person has set up.
type State struct {
	Since        time.Time // zero without a second factor
	RecoveryLeft int64     // recovery codes not used yet
}

// State returns what the person has set up.
func (s *Service) State(ctx context.Context, staffID int64) (State, error) {
	row, err := s.q.State(ctx, s.DB.Platform(), staffID)
	if tenantdb.NoRows(err) {
		return State{}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("second factor: %w", err)
	}
	if row.ConfirmedAt == nil {
		return State{}, nil
	}
	return State{Since: *row.ConfirmedAt, RecoveryLeft: row.RecoveryLeft}, nil
}

// How tells what a person proved himself with.
type How string

// The ways of proving.
const (
	ByApp      How = "totp"
	ByRecovery How = "recovery"
)

// Check takes a code of the authenticator app or a recovery code, each once. Faults:
// WRONG_CODE, NOT_ENROLLED, LOGIN_THROTTLED with the time to wait.
func (s *Service) Check(ctx context.Context, staffID int64, code, ip string) (How, error) {
	tries, err := s.Throttle.Admit(ctx, scope(staffID), ip)
	if err != nil {
		return "", fmt.Errorf("second factor: %w", err)
	}
	how, err := s.take(ctx, staffID, code)
	if err != nil {
		return "", fmt.Errorf("second factor: %w", err)
	}
	if err := s.Throttle.Forgive(ctx, tries); err != nil {
		return "", fmt.Errorf("second factor: %w", err)
	}
	return how, nil
}

func (s *Service) take(ctx context.Context, staffID int64, code string) (How, error) {
	code = compact(code)
	if !sixDigits(code) {
		n, err := s.q.UseRecovery(ctx, s.DB.Platform(), s.now(), staffID, recoveryHash(code))
		if err == nil && n == 0 {
			err = ErrWrongCode
		}
		return ByRecovery, err
	}
	row, err := s.q.Secrets(ctx, s.DB.Platform(), staffID)
	if tenantdb.NoRows(err) || (err == nil && row.ConfirmedAt == nil) {
		return "", ErrNotEnrolled
	}
	if err != nil {
		return "", err
	}
	step, err := s.stepOf(ctx, staffID, vault.PlatformSealed{KekID: deref(row.KekID), Bytes: row.Sealed}, code)
	if err != nil {
		return "", err
	}
	n, err := s.q.Advance(ctx, s.DB.Platform(), step, staffID)
	if err == nil && n == 0 { // used before, here or on another process
		err = ErrWrongCode
	}
	return ByApp, err
}

// stepOf returns the step, this one or a neighbour, for which the secret gives the code.
func (s *Service) stepOf(ctx context.Context, staffID int64, sealed vault.PlatformSealed, code string) (int64, error) {
	secret, err := s.Vault.OpenPlatform(ctx, field(staffID), sealed)
	if err != nil {
		return 0, err
	}
	now := s.Now().Unix() / period
	for step := now - 1; step <= now+1; step++ {
		want, err := codeAt(secret, step)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, nil
		}
	}
	return 0, ErrWrongCode
}

func codeAt(secret vault.Secret, step int64) (string, error) {
	code, err := hotp.GenerateCodeCustom(text(secret), uint64(max(step, 0)), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("compute code: %w", err)
	}
	return code, nil
}

// text is the form in which a secret is typed and shown: base32 without padding.
func text(secret vault.Secret) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret.Reveal())
}

func newSecret() vault.Secret {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the process instead
	return vault.NewSecret(b[:])
}

func field(staffID int64) vault.PlatformField {
	return vault.PlatformField{Owner: "staff:" + strconv.FormatInt(staffID, 10), Name: "totp"}
}

func scope(staffID int64) string { return "factor:" + strconv.FormatInt(staffID, 10) }

// now is the clock to the exactness of the tables.
func (s *Service) now() *time.Time {
	t := s.Now().UTC().Truncate(time.Microsecond)
	return &t
}

// compact drops what people put between the groups of a code.
func compact(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(code))
}

func sixDigits(code string) bool {
	if len(code) != 6 {
		return false
	}
	for _, r := range code {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
