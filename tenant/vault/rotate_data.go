package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// BeginDataRotation opens a rotation of data keys, of one tenant or (with the zero ID) of
// all, or takes up the one that is open. It returns when it began: keys made before that
// are to be replaced.
func (v *Vault) BeginDataRotation(ctx context.Context, scope tenant.ID, note Note) (since time.Time, err error) {
	err = v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if since, err = v.q.BeginRotation(ctx, tx, rotationData, scope.String()); err != nil {
			return err
		}
		return note(ctx, tx)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("begin rotation: %w", err)
	}
	return since, nil
}

// EndDataRotation closes what BeginDataRotation opened.
func (v *Vault) EndDataRotation(ctx context.Context, scope tenant.ID) error {
	_, err := v.q.EndRotation(ctx, v.db.Platform(), rotationData, scope.String())
	return err
}

// RenewKey gives a tenant a new primary data key unless its primary is younger than since.
// The old one still opens what it sealed. Safe to repeat.
func (v *Vault) RenewKey(ctx context.Context, id tenant.ID, since time.Time) (renewed bool, err error) {
	kek, err := v.wrapper(ctx)
	if err != nil {
		return false, err
	}
	last, err := v.q.LastVersion(ctx, v.db.Platform(), id.String())
	if err != nil || last == 0 { // nothing sealed yet: nothing to renew
		return false, err
	}
	key, err := newKey(ctx, kek, id, int(last)+1)
	if err != nil {
		return false, err
	}
	err = v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := v.q.SupersedeKey(ctx, tx, grace.Seconds(), id.String(), since)
		if renewed = n == 1; err != nil || !renewed {
			return err
		}
		if n, err = v.q.AddKey(ctx, tx, id.String(), last+1, key.wrapped, key.prefix, key.check, kek.ID()); err == nil && n == 0 {
			err = fmt.Errorf("%w: another rotation is under way", ErrKeyAway)
		}
		if err != nil {
			return err
		}
		return v.q.NotifyKey(ctx, tx, id.String())
	})
	if err != nil {
		return false, fmt.Errorf("renew data key of %s: %w", id, err)
	}
	v.rings.forget(id)
	return renewed, nil
}

// Sweep is what one pass over a tenant's sealed fields did.
type Sweep struct {
	Resealed  int64
	Left      int64 // still sealed by an old key
	Damaged   int64 // of these, those that do not open
	Destroyed int   // old keys that nothing needed any more
	Waiting   int   // old keys that nothing needs, but some process may still seal with
}

// SweepTenant seals anew, by the primary key, whatever an old key sealed, and destroys old
// keys that nothing needs and nobody can still be sealing with. It works beside running
// servers: a row that changed meanwhile is left to the next pass. Safe to repeat.
func (v *Vault) SweepTenant(ctx context.Context, id tenant.ID, columns []Column) (s Sweep, err error) {
	r, err := v.reload(ctx, id)
	if err != nil {
		return s, fmt.Errorf("sweep %s: %w", id, err)
	}
	if len(r.keys) == 1 {
		return s, nil
	}
	// A second pass sees what the first one lost to a concurrent change, and proves the rest.
	for range 2 {
		s.Left, s.Damaged = 0, 0
		for _, c := range columns {
			if err := v.sweepColumn(ctx, id, r, c, &s); err != nil {
				return s, fmt.Errorf("sweep %s of %s: %w", c.Name, id, err)
			}
		}
		if s.Left == 0 && s.Resealed == 0 {
			break
		}
	}
	if s.Left > 0 {
		return s, nil
	}
	return s, v.destroyOld(ctx, id, r, &s)
}

func (v *Vault) sweepColumn(ctx context.Context, id tenant.ID, r *ring, c Column, s *Sweep) error {
	prefix := []byte(r.keys[r.first].prefix)
	after := ""
	for {
		var page []Row
		err := v.db.Read(ctx, id, func(rd *tenantdb.Reader) (err error) {
			page, err = c.Page(ctx, rd, after, prefix)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Key
		if err := v.resealPage(ctx, id, r, c, page, s); err != nil {
			return err
		}
	}
}

func (v *Vault) resealPage(ctx context.Context, id tenant.ID, r *ring, c Column, page []Row, s *Sweep) error {
	key, err := r.primary()
	if err != nil {
		return err
	}
	type ready struct {
		row    Row
		sealed []byte
	}
	var list []ready
	for _, row := range page {
		if bytes.Equal(row.Prefix, []byte(key.prefix)) {
			continue
		}
		s.Left++
		f := Field{Tenant: id, Owner: row.Owner, Name: row.Field}
		secret, err := v.Open(ctx, f, row.Sealed)
		if errors.Is(err, ErrSealed) {
			s.Damaged++
			continue
		}
		if err != nil {
			return err
		}
		sealed, err := key.aead.Encrypt(secret.Reveal(), f.aad())
		if err != nil {
			return err
		}
		list = append(list, ready{row, sealed})
	}
	if list == nil {
		return nil
	}
	var done int64
	err = v.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		done = 0
		for _, one := range list {
			n, err := c.Replace(ctx, tx, one.row, one.sealed)
			if err != nil {
				return err
			}
			done += n
		}
		return nil
	})
	s.Resealed += done
	s.Left -= done
	return err
}

// destroyOld destroys the old keys of r. The sweep before it was of any use only for those
// that were ripe when it began.
func (v *Vault) destroyOld(ctx context.Context, id tenant.ID, r *ring, s *Sweep) error {
	var versions []int32
	for i, k := range r.keys {
		switch {
		case i == r.first:
		case k.ripe:
			versions = append(versions, int32(k.version))
		default:
			s.Waiting++
		}
	}
	if versions == nil {
		return nil
	}
	err := v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		gone, err := v.q.DestroyKeys(ctx, tx, id.String(), versions, grace.Seconds())
		if err != nil {
			return err
		}
		s.Destroyed = len(gone)
		return v.q.NotifyKey(ctx, tx, id.String())
	})
	v.rings.forget(id)
	return err
}

// SweepDue finishes rotations whose waiting time is over, a few tenants at a time; a job
// calls it every so often.
func (v *Vault) SweepDue(ctx context.Context, columns []Column) error {
	const most = 5
	due, err := v.q.ClaimSweeps(ctx, v.db.Platform(), most)
	if err != nil {
		return fmt.Errorf("sweep keys: %w", err)
	}
	var faults []error
	for _, text := range due {
		id, err := tenant.ParseID(text)
		if err == nil {
			_, err = v.SweepTenant(ctx, id, columns)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Tenants returns up to limit tenants that have a data key, with ids after the given one.
func (v *Vault) Tenants(ctx context.Context, after tenant.ID, limit int) ([]tenant.ID, error) {
	rows, err := v.q.TenantsWithKeys(ctx, v.db.Platform(), after.String(), int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list data keys: %w", err)
	}
	ids := make([]tenant.ID, 0, len(rows))
	for _, text := range rows {
		id, err := tenant.ParseID(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// KeyStatus is one data key of a tenant and what it seals.
type KeyStatus struct {
	Version   int
	State     string // "primary", "old"
	KEK       string
	CreatedAt time.Time
	Rows      map[string]int64 // ciphertexts by column
}

// Unknown is the version under which KeyStatus counts ciphertexts of no known key.
const Unknown = -1

// DataKeys lists a tenant's data keys and counts, column by column, what each has sealed.
// Keys made before prefixes were kept need their key-encryption key to be counted.
func (v *Vault) DataKeys(ctx context.Context, id tenant.ID, columns []Column) ([]KeyStatus, error) {
	rows, err := v.keyRows(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("data keys: %w", err)
	}
	list := make([]KeyStatus, 0, len(rows)+1)
	at := map[string]int{}
	for _, r := range rows {
		at[v.unwrap(ctx, id, r).prefix] = len(list)
		list = append(list, KeyStatus{Version: int(r.Version), State: r.State, KEK: r.KekID, CreatedAt: r.CreatedAt, Rows: map[string]int64{}})
	}
	lost := KeyStatus{Version: Unknown, State: "unknown", Rows: map[string]int64{}}
	for _, c := range columns {
		err := v.eachRow(ctx, id, c, func(row Row) {
			if i, ok := at[string(row.Prefix)]; ok {
				list[i].Rows[c.Name]++
			} else {
				lost.Rows[c.Name]++
			}
		})
		if err != nil {
			return nil, fmt.Errorf("count %s of %s: %w", c.Name, id, err)
		}
	}
	if len(lost.Rows) > 0 {
		list = append(list, lost)
	}
	return list, nil
}

func (v *Vault) eachRow(ctx context.Context, id tenant.ID, c Column, visit func(Row)) error {
	after := ""
	for {
		var page []Row
		err := v.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			page, err = c.Page(ctx, r, after, nil)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			visit(row)
		}
		after = page[len(page)-1].Key
	}
}
