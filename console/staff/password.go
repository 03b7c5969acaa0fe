package staff

import (
	"context"
	"fmt"

	"github.com/alexedwards/argon2id"

	"galleria/tenant/fault"
)

// hasher hashes passwords, a few at a time.
type hasher struct {
	slots  chan struct{}
	params argon2id.Params
	// nobody is a hash no password matches, compared for unknown accounts.
	nobody string
}

// passwordKiB is OWASP's minimum.
const passwordKiB = 19 * 1024

func newHasher(parallel int, kib uint32) (*hasher, error) {
	if kib == 0 {
		kib = passwordKiB
	}
	h := &hasher{
		slots:  make(chan struct{}, max(1, parallel)),
		params: argon2id.Params{Memory: kib, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
	var err error
	if h.nobody, err = argon2id.CreateHash("nobody signs in with this", &h.params); err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	return h, nil
}

func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.ErrBusy.Because(ctx.Err())
	}
}

func (h *hasher) leave() { <-h.slots }

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	encoded, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return encoded, nil
}

// matches compares, and tells whether the stored hash is weaker than today's.
func (h *hasher) matches(ctx context.Context, password, encoded string) (ok, outdated bool, err error) {
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.leave()
	ok, params, err := argon2id.CheckHash(password, encoded)
	if err != nil {
		return false, false, fmt.Errorf("check password: %w", err)
	}
	return ok, ok && *params != h.params, nil
}
