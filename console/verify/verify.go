package verify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"galleria/console/courier"
	"galleria/console/verify/internal/verifydb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// The limits; doc.go says what each counts.
const (
	CodeLife   = 10 * time.Minute
	MaxTries   = 5
	Pause      = time.Minute
	PerAddress = 5 // a day
	PerNetwork = 20
	// ProofLife is how long a proof may be used.
	ProofLife = 30 * time.Minute

	day = 24 * time.Hour
)

// Purpose is what an address is proved for.
type Purpose string

// The purposes.
const (
	SignUp     Purpose = "signup"  // a new account
	NewAddress Purpose = "address" // a new address of an account
)

// Deps are what the service works with.
type Deps struct {
	DB      *tenantdb.DB
	Courier courier.Courier
	Secret  []byte // keys the digests; the same on every process
}

// Service proves addresses. Safe for concurrent use.
type Service struct {
	Deps
	q *verifydb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: verifydb.New()} }

// BeginInput asks for a message to an address.
type BeginInput struct {
	Visitor string // the mark of the browser
	Purpose Purpose
	Address Address
	Network string // Network of the client's address
	// Known: the address has what is asked for already. The message says so and there is
	// no code that would be right.
	Known bool
	// Message writes the message; code is empty for a known address.
	Message func(code string) courier.Message
}

// Begin sends a code, in place of one that this browser asked for before. The message
// leaves after the transaction. Faults: CODE_TOO_SOON, CODE_LIMIT with the time to wait,
// MESSAGE_NOT_SENT.
func (s *Service) Begin(ctx context.Context, in BeginInput) error {
	code, err := newCode()
	if err != nil {
		return err
	}
	mac := s.digest("code", in.Visitor, code)
	if in.Known {
		_, _ = rand.Read(mac) // what no code becomes
		code = ""
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := s.admit(ctx, tx, in); err != nil {
			return err
		}
		return s.q.Put(ctx, tx, verifydb.PutParams{
			Visitor: visitor(in.Visitor), Purpose: string(in.Purpose), Way: string(in.Address.Way), Address: in.Address.Text,
			CodeMac: mac, SentAt: tx.Now(), ExpiresAt: tx.Now().Add(CodeLife),
		})
	})
	if err != nil {
		return fmt.Errorf("begin proof: %w", err)
	}
	m := in.Message(code)
	m.Way, m.To = in.Address.Way, in.Address.To()
	if err := s.Courier.Send(ctx, m); err != nil {
		return fmt.Errorf("begin proof: %w", err)
	}
	return nil
}

// admit counts a message, or refuses it. The scopes are locked in a fixed order.
func (s *Service) admit(ctx context.Context, tx tenantdb.Tx, in BeginInput) error {
	address := "address:" + hex.EncodeToString(s.digest("address", in.Address.Text, ""))
	network := "network:" + in.Network
	for _, limit := range []struct {
		scope string
		most  int64
		span  time.Duration
		pause time.Duration
	}{{address, PerAddress, day, Pause}, {network, PerNetwork, time.Hour, 0}} {
		if err := s.q.Lock(ctx, tx, "verify:"+limit.scope); err != nil {
			return err
		}
		sent, err := s.q.Sends(ctx, tx, limit.scope, tx.Now().Add(-limit.span))
		if err != nil {
			return err
		}
		if sent.Sends >= limit.most {
			return ErrTooMany.After(max(sent.Oldest.Add(limit.span).Sub(tx.Now()).Round(time.Second), time.Second))
		}
		if wait := sent.Newest.Add(limit.pause).Sub(tx.Now()); sent.Sends > 0 && wait > 0 {
			return ErrTooSoon.After(max(wait.Round(time.Second), time.Second))
		}
	}
	for _, scope := range []string{address, network} {
		if err := s.q.RecordSend(ctx, tx, scope, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// State is how far a browser has come.
type State struct {
	Address Address
	// Proved: the address is the visitor's, for ProofLife.
	Proved bool
	// Wait is the time until a further message may be sent, at least from this address.
	Wait time.Duration
}

// Find returns how far a browser has come. Faults: NOT_FOUND, also for one that is over.
func (s *Service) Find(ctx context.Context, mark string, p Purpose) (state State, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		row, err := s.q.Find(ctx, tx, visitor(mark), string(p))
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		state = State{
			Address: Address{Way: courier.Way(row.Way), Text: row.Address}, Proved: row.ProvedAt != nil,
			Wait: max(row.SentAt.Add(Pause).Sub(tx.Now()), 0),
		}
		if state.Proved && !tx.Now().Before(row.ExpiresAt) {
			return fault.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return State{}, fmt.Errorf("find proof: %w", err)
	}
	return state, nil
}

// Check compares a code. Faults: CODE_WRONG, CODE_SPENT.
func (s *Service) Check(ctx context.Context, mark string, p Purpose, code string) error {
	var refused error
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		row, err := s.q.Try(ctx, tx, visitor(mark), string(p), tx.Now(), MaxTries)
		if tenantdb.NoRows(err) {
			refused = ErrSpent
			return nil
		}
		if err != nil {
			return err
		}
		mac := s.digest("code", mark, code)
		if !hmac.Equal(mac, row.CodeMac) {
			refused = ErrWrongCode
			if row.Tries >= MaxTries {
				refused = ErrSpent
			}
			return nil // the try stays counted
		}
		now := tx.Now()
		n, err := s.q.Prove(ctx, tx, &now, now.Add(ProofLife), visitor(mark), string(p), mac)
		if err == nil && n == 0 {
			refused = ErrSpent
		}
		return err
	})
	if err := errors.Join(err, refused); err != nil {
		return fmt.Errorf("check code: %w", err)
	}
	return nil
}

// Forget ends a proof that was used.
func (s *Service) Forget(ctx context.Context, mark string, p Purpose) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.q.Forget(ctx, tx, visitor(mark), string(p)) })
}

// Sweep deletes what is old; by the database's clock.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := s.q.SweepVerifications(ctx, tx); err != nil {
			return err
		}
		return s.q.SweepSends(ctx, tx)
	})
}

// digest is a keyed digest of two texts for one use.
func (s *Service) digest(use, first, second string) []byte {
	mac := hmac.New(sha256.New, s.Secret)
	for _, part := range []string{"galleria verify v1", use, first, second} {
		sum := sha256.Sum256([]byte(part))
		mac.Write(sum[:])
	}
	return mac.Sum(nil)
}

func visitor(mark string) []byte {
	sum := sha256.Sum256([]byte(mark))
	return sum[:]
}

// newCode is six random digits.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return fmt.Sprintf("%06d", n.Int64()), nil
}
