package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"galleria/tenant/idempotency/internal/idempotencydb"
	"galleria/tenant/tenantdb"
)

// Key identifies a request. Scope says whose and which operation ("member:7:order.place"),
// Value is the client's header (1 to 255 characters), Body the bytes that must be the
// same on every repeat.
type Key struct {
	Scope string
	Value string
	Body  []byte
}

// Do runs fn once per key within the caller's transaction. On a repeat fn is not run
// and the stored result is returned with replayed true. T must survive JSON.
// Faults: IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_PROGRESS.
func Do[T any](ctx context.Context, tx tenantdb.Tx, key Key, fn func() (T, error)) (result T, replayed bool, err error) {
	if key.Value == "" || len(key.Value) > 255 {
		return result, false, ErrMissing
	}
	q := idempotencydb.New()
	hash := sha256.Sum256(key.Body)
	n, err := q.Reserve(ctx, tx, key.Scope, key.Value, hash[:])
	if tenantdb.LockTimeout(err) {
		return result, false, ErrInProgress
	}
	if err != nil {
		return result, false, fmt.Errorf("reserve idempotency key: %w", err)
	}
	if n == 0 {
		return replay[T](ctx, tx, q, key, hash[:])
	}
	if result, err = fn(); err != nil {
		return result, false, err
	}
	body, err := json.Marshal(result)
	if err != nil {
		return result, false, fmt.Errorf("store idempotent result: %w", err)
	}
	if _, err := q.Store(ctx, tx, body, key.Scope, key.Value); err != nil {
		return result, false, fmt.Errorf("store idempotent result: %w", err)
	}
	return result, false, nil
}

func replay[T any](ctx context.Context, tx tenantdb.Tx, q *idempotencydb.Queries, key Key, hash []byte) (result T, replayed bool, err error) {
	row, err := q.Find(ctx, tx, key.Scope, key.Value)
	if err != nil {
		return result, false, fmt.Errorf("find idempotency key: %w", err)
	}
	if !bytes.Equal(row.BodyHash, hash) {
		return result, false, ErrMismatch
	}
	if row.Result == nil {
		return result, false, errors.New("idempotency: committed key without a result")
	}
	if err := json.Unmarshal(row.Result, &result); err != nil {
		return result, false, fmt.Errorf("read idempotent result: %w", err)
	}
	return result, true, nil
}
