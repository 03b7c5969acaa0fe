package factor

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"

	"github.com/boombuler/barcode/qr"

	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits, 16 letters
)

// Offer is an authenticator that waits for its first code.
type Offer struct {
	Key string // to be typed, in groups of four
	URI string // what the picture says; holds the key
}

// Begin offers a new authenticator, the same one until its first code was right. What the
// person has stays valid.
func (s *Service) Begin(ctx context.Context, staffID int64, login string) (Offer, error) {
	sealed, err := s.Vault.SealPlatform(ctx, field(staffID), newSecret())
	if err != nil {
		return Offer{}, err
	}
	if err := s.q.Begin(ctx, s.DB.Platform(), staffID, sealed.Bytes, &sealed.KekID); err != nil {
		return Offer{}, fmt.Errorf("begin enrolment: %w", err)
	}
	offered, err := s.offered(ctx, staffID) // ours, or an earlier page's
	if err != nil {
		return Offer{}, err
	}
	secret, err := s.Vault.OpenPlatform(ctx, field(staffID), offered)
	if err != nil {
		return Offer{}, err
	}
	return offer(secret, login), nil
}

func offer(secret vault.Secret, login string) Offer {
	key := text(secret)
	uri := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + login,
		RawQuery: url.Values{"secret": {key}, "issuer": {issuer}}.Encode(),
	}
	return Offer{Key: grouped(key), URI: uri.String()}
}

func (s *Service) offered(ctx context.Context, staffID int64) (vault.PlatformSealed, error) {
	row, err := s.q.Secrets(ctx, s.DB.Platform(), staffID)
	if tenantdb.NoRows(err) || (err == nil && row.NewSealed == nil) {
		return vault.PlatformSealed{}, ErrNotEnrolled
	}
	if err != nil {
		return vault.PlatformSealed{}, fmt.Errorf("read enrolment: %w", err)
	}
	return vault.PlatformSealed{KekID: deref(row.NewKekID), Bytes: row.NewSealed}, nil
}

// Enrolment is an authenticator whose first code was right.
type Enrolment struct {
	staffID int64
	sealed  []byte
	step    int64
}

// Try takes the first code of the offered authenticator. Faults: WRONG_CODE, NOT_ENROLLED
// without an offer, LOGIN_THROTTLED.
func (s *Service) Try(ctx context.Context, staffID int64, code, ip string) (Enrolment, error) {
	tries, err := s.Throttle.Admit(ctx, scope(staffID), ip)
	if err != nil {
		return Enrolment{}, fmt.Errorf("enrol: %w", err)
	}
	sealed, err := s.offered(ctx, staffID)
	if err != nil {
		return Enrolment{}, err
	}
	step, err := s.stepOf(ctx, staffID, sealed, compact(code))
	if err != nil {
		return Enrolment{}, fmt.Errorf("enrol: %w", err)
	}
	if err := s.Throttle.Forgive(ctx, tries); err != nil {
		return Enrolment{}, fmt.Errorf("enrol: %w", err)
	}
	return Enrolment{staffID: staffID, sealed: sealed.Bytes, step: step}, nil
}

// EnrolTx makes the authenticator the person's and returns fresh recovery codes, which
// cannot be read again. Faults: CONFLICT, if another page was first.
func (s *Service) EnrolTx(ctx context.Context, tx tenantdb.Tx, e Enrolment) ([]string, error) {
	now := tx.Now()
	n, err := s.q.Confirm(ctx, tx, &now, e.step, e.staffID, e.sealed)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	if n == 0 {
		return nil, ErrWrongCode
	}
	return s.RecoveryTx(ctx, tx, e.staffID)
}

// RecoveryTx replaces the person's recovery codes and returns the new ones, which cannot
// be read again.
func (s *Service) RecoveryTx(ctx context.Context, tx tenantdb.Tx, staffID int64) ([]string, error) {
	if err := s.q.ForgetRecovery(ctx, tx, staffID); err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		code := newRecoveryCode()
		codes[i], hashes[i] = grouped(code), recoveryHash(code)
	}
	if err := s.q.AddRecovery(ctx, tx, staffID, hashes); err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	return codes, nil
}

// RemoveTx takes the second factor and its recovery codes away. Faults: NOT_ENROLLED.
func (s *Service) RemoveTx(ctx context.Context, tx tenantdb.Tx, staffID int64) error {
	if err := s.q.ForgetRecovery(ctx, tx, staffID); err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	n, err := s.q.Remove(ctx, tx, staffID)
	if err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	if n == 0 {
		return ErrNotEnrolled
	}
	return nil
}

func newRecoveryCode() string {
	var b [recoveryBytes]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the process instead
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

func recoveryHash(code string) []byte {
	sum := sha256.Sum256([]byte("galleria recovery code " + code))
	return sum[:]
}

// grouped writes a key in groups of four, as people copy it.
func grouped(s string) string {
	var out strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// Picture draws the offer as an SVG with a quiet zone of its own, dark on light in every
// theme, as cameras want it.
func (o Offer) Picture() ([]byte, error) {
	code, err := qr.Encode(o.URI, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	const quiet = 4 // modules, as ISO/IEC 18004 wants
	size := code.Bounds().Dx()
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`,
		size+2*quiet, size+2*quiet, size+2*quiet, size+2*quiet)
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&svg, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	svg.WriteString(`"/></svg>`)
	return svg.Bytes(), nil
}
