package picture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// orphanAge is how old a file without a row must be before it is swept: its row may be on
// the way.
const orphanAge = 24 * time.Hour

// MakeThumb makes the small one of a picture, if it is wanted. Safe to repeat. A shop without
// room for it goes without: the whole picture is shown instead.
func (s *Service) MakeThumb(ctx context.Context, id tenant.ID, key string) error {
	wanted := false
	err := s.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		wanted, err = s.q.WantsThumb(ctx, r, key)
		if tenantdb.NoRows(err) {
			return nil // deleted meanwhile
		}
		return err
	})
	if err != nil || !wanted {
		return err
	}
	body, err := s.Store.Get(ctx, key)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read picture: %w", err)
	}
	made, err := clean(body, Thumb)
	if err != nil {
		return fmt.Errorf("make thumbnail of %s: %w", key, err)
	}
	address := Small(Prefix + key)
	if err := s.Store.Put(ctx, strings.TrimPrefix(address, Prefix), made.body); err != nil {
		return fmt.Errorf("keep thumbnail: %w", err)
	}
	err = s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.ThumbMade(ctx, tx, int64(len(made.body)), key)
		if err != nil || n == 0 {
			return err
		}
		return s.Plans.TakeTx(ctx, tx, plan.Storage, int64(len(made.body)))
	})
	if errors.Is(err, plan.ErrQuota) {
		return s.Store.Delete(ctx, strings.TrimPrefix(address, Prefix))
	}
	return err
}

// Delete removes a picture that nothing shows. Opens a transaction; the file goes after it.
// Faults: NOT_FOUND, PICTURE_IN_USE.
func (s *Service) Delete(ctx context.Context, id tenant.ID, pictureID int64) error {
	var key string
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		key, err = s.q.KeyOf(ctx, tx, pictureID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err := s.q.Lock(ctx, tx, Prefix+key, pictureID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if row.Used {
			return ErrUsed
		}
		if err := s.q.Delete(ctx, tx, pictureID); err != nil {
			return err
		}
		return s.Plans.GiveBackTx(ctx, tx, plan.Storage, row.Bytes)
	})
	if err != nil {
		return fmt.Errorf("delete picture: %w", err)
	}
	// What cannot be removed now is swept later.
	_ = s.Store.Delete(context.WithoutCancel(ctx), key)
	_ = s.Store.Delete(context.WithoutCancel(ctx), strings.TrimPrefix(Small(Prefix+key), Prefix))
	return nil
}

// Forget removes the picture of an address, unless something still shows it; one that is gone is
// no error.
func (s *Service) Forget(ctx context.Context, id tenant.ID, address string) error {
	var pictureID int64
	err := s.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		pictureID, err = s.q.IDOf(ctx, r, strings.TrimPrefix(address, Prefix))
		return err
	})
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forget picture: %w", err)
	}
	if err := s.Delete(ctx, id, pictureID); err != nil && !errors.Is(err, ErrUsed) && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	return nil
}

// Sweep removes files of a shop that have no row and are older than a day, and returns how
// many there were. Files from before there were rows have names of another form and stay.
func (s *Service) Sweep(ctx context.Context, id tenant.ID) (int, error) {
	files, err := s.Store.List(ctx, folderOf(id))
	if err != nil {
		return 0, fmt.Errorf("list pictures: %w", err)
	}
	before := s.Now().Add(-orphanAge)
	swept := 0
	for part := range slices.Chunk(files, 500) {
		keys := make([]string, 0, len(part))
		for _, f := range part {
			keys = append(keys, whole(f.Key))
		}
		var known []string
		err := s.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			known, err = s.q.Known(ctx, r, keys)
			return err
		})
		if err != nil {
			return swept, fmt.Errorf("sweep pictures: %w", err)
		}
		for _, f := range part {
			if !randomForm(f.Key) || f.At.After(before) || slices.Contains(known, whole(f.Key)) {
				continue
			}
			if err := s.Store.Delete(ctx, f.Key); err != nil {
				return swept, fmt.Errorf("sweep pictures: %w", err)
			}
			swept++
		}
	}
	return swept, nil
}

// whole is the key of the picture that a file belongs to.
func whole(key string) string { return strings.Replace(key, small+".", ".", 1) }

// randomForm reports a name that Take has given.
func randomForm(key string) bool {
	const random = 26
	_, name, _ := strings.Cut(whole(key), "/")
	stem, _, _ := strings.Cut(name, ".")
	return keyForm.MatchString(key) && len(stem) == random
}
