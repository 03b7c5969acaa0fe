package vault

import (
	"context"
	"errors"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault/internal/vaultdb"
)

// Note records an act in the transaction in which it is done.
type Note func(ctx context.Context, tx tenantdb.Tx) error

const (
	rotationKEK  = "kek"
	rotationData = "data"
	wrapPage     = 100
)

// PromoteKEK makes the configured key-encryption key the one that wraps. From then on
// processes that do not have it cannot make new data keys; what they have they go on using.
// It returns false, and notes nothing, if it was current already. Error: ErrWrongKEK.
func (v *Vault) PromoteKEK(ctx context.Context, note Note) (promoted bool, err error) {
	if err := v.Check(ctx); err != nil {
		return false, err
	}
	if _, err := v.wrapper(ctx); err != nil { // also makes the first one known
		return false, err
	}
	id := v.current.ID()
	check, err := v.current.Wrap(ctx, []byte(checkText), kekAAD(id))
	if err != nil {
		return false, fmt.Errorf("promote %s: %w", id, err)
	}
	err = v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := v.q.SupersedeKEK(ctx, tx, id)
		if err != nil {
			return err
		}
		if promoted = n > 0; !promoted {
			return nil
		}
		if n, err = v.q.AddKEK(ctx, tx, id, check, kekCurrent); err == nil && n == 0 {
			n, err = v.q.PromoteKEK(ctx, tx, id)
		}
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: %s was retired and must not be used again", ErrWrongKEK, id)
		}
		if err != nil {
			return err
		}
		if _, err := v.q.BeginRotation(ctx, tx, rotationKEK, ""); err != nil {
			return err
		}
		return note(ctx, tx)
	})
	if err != nil {
		return false, fmt.Errorf("promote %s: %w", id, err)
	}
	return promoted, nil
}

// Rewrap wraps every data key by the current key-encryption key, page by page, and tells
// progress after each: how many were done since the start. Two at once, and servers at work,
// do each other no harm; an interrupted one is simply run again. A key that cannot be
// unwrapped is left, and its error joined.
func (v *Vault) Rewrap(ctx context.Context, progress func(done int64)) (done int64, err error) {
	to, err := v.wrapper(ctx)
	if err != nil {
		return 0, err
	}
	var left []error
	afterTenant, afterVersion := "", int32(0)
	for {
		page, err := v.q.WrappedElsewhere(ctx, v.db.Platform(), to.ID(), afterTenant, afterVersion, wrapPage)
		if err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		if len(page) == 0 {
			return done, errors.Join(left...)
		}
		last := page[len(page)-1]
		afterTenant, afterVersion = last.TenantID, last.Version
		n, failed, err := v.rewrapPage(ctx, to, page)
		if err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		done += n
		left = append(left, failed...)
		progress(done)
	}
}

// rewrapPage wraps outside the transaction, because a key service is a network away.
func (v *Vault) rewrapPage(ctx context.Context, to KEK, page []vaultdb.WrappedElsewhereRow) (done int64, failed []error, err error) {
	type ready struct {
		row vaultdb.WrappedElsewhereRow
		stored
	}
	var list []ready
	for _, row := range page {
		key, err := v.rewrapOne(ctx, to, row)
		if err != nil {
			failed = append(failed, fmt.Errorf("data key %d of %s: %w", row.Version, row.TenantID, err))
			continue
		}
		list = append(list, ready{row, key})
	}
	err = v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		done = 0
		pipe := tx.Pipeline()
		for _, r := range list {
			pipe.Add(func(tx tenantdb.Tx) error {
				n, err := v.q.Rewrap(ctx, tx, vaultdb.RewrapParams{
					KekID: to.ID(), WrappedDek: r.wrapped, Prefix: r.prefix, CheckValue: r.check,
					TenantID: r.row.TenantID, Version: r.row.Version, OldKekID: r.row.KekID,
				})
				done += n
				return err
			})
		}
		return pipe.Run(ctx)
	})
	return done, failed, err
}

func (v *Vault) rewrapOne(ctx context.Context, to KEK, row vaultdb.WrappedElsewhereRow) (key stored, err error) {
	id, err := tenant.ParseID(row.TenantID)
	if err != nil {
		return key, err
	}
	from, ok := v.keks[row.KekID]
	if !ok {
		return key, fmt.Errorf("%w: it is wrapped by %s, which is not configured", ErrWrongKEK, row.KekID)
	}
	version := int(row.Version)
	handle, err := unwrapKey(ctx, from, id, version, row.WrappedDek)
	if err != nil {
		return key, err
	}
	if key.wrapped, err = wrapKey(ctx, to, id, version, handle); err != nil {
		return key, err
	}
	// What is about to replace the only copy must open.
	prefix, a, err := openKey(ctx, to, id, version, key.wrapped)
	if err != nil {
		return key, err
	}
	key.prefix = []byte(prefix)
	if key.check = row.CheckValue; key.check != nil {
		return key, checkKey(a, id, version, key.check)
	}
	key.check, err = a.Encrypt([]byte(checkText), checkAAD(id, version))
	return key, err
}

// LeftToRewrap counts the data keys that another key than the current one wraps.
func (v *Vault) LeftToRewrap(ctx context.Context) (int64, error) {
	id, err := v.q.CurrentKEK(ctx, v.db.Platform())
	if tenantdb.NoRows(err) {
		return 0, nil // nothing was ever sealed
	}
	if err != nil {
		return 0, err
	}
	return v.q.CountElsewhere(ctx, v.db.Platform(), id)
}

// RetireKEKs ends old key-encryption keys that wrap nothing any more, and the rotation.
// Error: ErrRowsLeft with the number of data keys that still need one.
func (v *Vault) RetireKEKs(ctx context.Context, note func(ctx context.Context, tx tenantdb.Tx, ids []string) error) (ids []string, err error) {
	err = v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		id, err := v.q.CurrentKEK(ctx, tx)
		if err != nil {
			return err
		}
		left, err := v.q.CountElsewhere(ctx, tx, id)
		if err != nil {
			return err
		}
		if left > 0 {
			return fmt.Errorf("%w: %d data keys are not wrapped by %s", ErrRowsLeft, left, id)
		}
		if ids, err = v.q.RetireKEKs(ctx, tx); err != nil {
			return err
		}
		n, err := v.q.EndRotation(ctx, tx, rotationKEK, "")
		if err != nil || (n == 0 && len(ids) == 0) {
			return err
		}
		return note(ctx, tx, ids)
	})
	if err != nil {
		return nil, fmt.Errorf("retire key-encryption keys: %w", err)
	}
	return ids, nil
}
