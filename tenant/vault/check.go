package vault

import (
	"context"
	"fmt"
	"strings"
	"time"

	"galleria/tenant/tenantdb"
)

// States of a key-encryption key.
const (
	kekCurrent = "current"
	kekOld     = "old"
	kekRetired = "retired"
)

// KEKStatus is a key-encryption key as the installation knows it.
type KEKStatus struct {
	ID        string
	State     string // "current", "old", "retired"; "" was never made known
	Wraps     int64  // data keys that it wraps
	Held      bool   // by this process
	Current   bool   // of this process's configuration
	CreatedAt *time.Time
	RetiredAt *time.Time
	check     []byte
}

// KEKs lists the key-encryption keys that are known, in use or configured.
func (v *Vault) KEKs(ctx context.Context) ([]KEKStatus, error) {
	rows, err := v.q.KEKs(ctx, v.db.Platform())
	if err != nil {
		return nil, fmt.Errorf("key-encryption keys: %w", err)
	}
	list := make([]KEKStatus, 0, len(rows)+1)
	known := false
	for _, r := range rows {
		_, held := v.keks[r.ID]
		current := r.ID == v.current.ID()
		known = known || current
		list = append(list, KEKStatus{
			ID: r.ID, State: r.State, Wraps: r.Wraps, Held: held, Current: current, CreatedAt: r.CreatedAt, RetiredAt: r.RetiredAt, check: r.CheckValue,
		})
	}
	if !known {
		list = append(list, KEKStatus{ID: v.current.ID(), Held: true, Current: true})
	}
	return list, nil
}

// Check compares the key-encryption keys of this process with those of the installation,
// before anything is sealed, and changes nothing. A process that lacks a key in use, or has
// another key under its name, gets ErrWrongKEK.
func (v *Vault) Check(ctx context.Context) error {
	list, err := v.KEKs(ctx)
	if err != nil {
		return err
	}
	return v.compare(ctx, list)
}

func (v *Vault) compare(ctx context.Context, list []KEKStatus) error {
	var faults []string
	current := ""
	for _, k := range list {
		if k.State == kekCurrent {
			current = k.ID
		}
		switch {
		case k.Wraps > 0 && !k.Held:
			faults = append(faults, fmt.Sprintf("%d data keys are wrapped by %s, which is not configured", k.Wraps, k.ID))
		case k.State == kekRetired && k.Current:
			faults = append(faults, k.ID+" was retired and must not be used again")
		case k.Held && k.check != nil:
			if plain, err := v.keks[k.ID].Unwrap(ctx, k.check, kekAAD(k.ID)); err != nil || string(plain) != checkText {
				faults = append(faults, k.ID+" is another key than the one known under this name")
			}
		}
	}
	if _, held := v.keks[current]; current != "" && !held && faults == nil {
		faults = append(faults, "the current key is "+current+", which is not configured")
	}
	if faults != nil {
		return fmt.Errorf("%w: %s; give the key in use as GALLERIA_KEK, or as GALLERIA_KEK_OLD beside a new one", ErrWrongKEK, strings.Join(faults, "; "))
	}
	return nil
}

// introduce makes the first keys of an installation known: the one in use already, if there
// is one, or the configured one. Of two processes at once one does.
func (v *Vault) introduce(ctx context.Context) error {
	list, err := v.KEKs(ctx)
	if err != nil {
		return err
	}
	if err := v.compare(ctx, list); err != nil {
		return err
	}
	first, most := v.current.ID(), int64(0)
	for _, k := range list {
		if k.Wraps > most {
			first, most = k.ID, k.Wraps
		}
	}
	for _, k := range list {
		if k.Wraps == 0 && k.ID != first {
			continue
		}
		state := kekOld
		if k.ID == first {
			state = kekCurrent
		}
		check, err := v.keks[k.ID].Wrap(ctx, []byte(checkText), kekAAD(k.ID))
		if err != nil {
			return fmt.Errorf("check value of %s: %w", k.ID, err)
		}
		if _, err := v.q.AddKEK(ctx, v.db.Platform(), k.ID, check, state); err != nil {
			return err
		}
	}
	return nil
}

// wrapper returns the key that wraps new data keys: the one the installation calls current,
// which during a rotation need not be the one this process was started with.
func (v *Vault) wrapper(ctx context.Context) (KEK, error) {
	id, err := v.q.CurrentKEK(ctx, v.db.Platform())
	if tenantdb.NoRows(err) {
		if err := v.introduce(ctx); err != nil {
			return nil, ErrKeyAway.Because(err)
		}
		id, err = v.q.CurrentKEK(ctx, v.db.Platform())
	}
	if err != nil {
		return nil, fmt.Errorf("current key-encryption key: %w", err)
	}
	kek, ok := v.keks[id]
	if !ok {
		return nil, ErrKeyAway.Because(fmt.Errorf("%w: the current key is %s, which is not configured", ErrWrongKEK, id))
	}
	return kek, nil
}

func kekAAD(id string) []byte { return []byte("galleria|kek|" + id) }
