package member

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// sealedAddress is a receiver sealed, with the key that it is bound to: an address may change
// its member, and has no number before it is written.
type sealedAddress struct {
	sealed []byte
	key    string
}

func addressField(id tenant.ID, key string) vault.Field {
	return vault.Field{Tenant: id, Owner: "address:" + key, Name: "person"}
}

// ReadyAddresses has the shop's keys at hand, so that Address and SealReceiver need no other
// connection while a transaction is open. Nearly always that is a look into memory.
func (s *Service) ReadyAddresses(ctx context.Context, id tenant.ID) error {
	if _, err := s.indexKey(ctx, id); err != nil {
		return fmt.Errorf("ready addresses: %w", err)
	}
	// Sealing is what makes a shop's first key, too; there is nothing to keep of it.
	if _, err := s.vault.Seal(ctx, addressField(id, "ready"), vault.NewSecret([]byte("."))); err != nil {
		return fmt.Errorf("ready addresses: %w", err)
	}
	return nil
}

func (s *Service) sealAddress(ctx context.Context, id tenant.ID, in AddressInput) (out sealedAddress, err error) {
	return s.sealPerson(ctx, id, Receiver{Name: in.Name, Phone: in.Phone, Detail: in.Detail, Latitude: in.Latitude, Longitude: in.Longitude})
}

func (s *Service) sealPerson(ctx context.Context, id tenant.ID, p Receiver) (out sealedAddress, err error) {
	var key [12]byte
	if _, err := io.ReadFull(s.rand, key[:]); err != nil {
		return out, fmt.Errorf("seal address: %w", err)
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return out, fmt.Errorf("seal address: %w", err)
	}
	out.key = hex.EncodeToString(key[:])
	out.sealed, err = s.vault.Seal(ctx, addressField(id, out.key), vault.NewSecret(plain))
	return out, err
}

// openAddress puts in what lies sealed of an address; one from before is whole as it is.
func (s *Service) openAddress(ctx context.Context, id tenant.ID, a *Address, key string, sealed []byte) error {
	if sealed == nil {
		return nil
	}
	plain, err := s.vault.Open(ctx, addressField(id, key), sealed)
	if err != nil {
		return fmt.Errorf("open address: %w", err)
	}
	var p Receiver
	if err := json.Unmarshal(plain.Reveal(), &p); err != nil {
		return fmt.Errorf("open address %d: %w", a.ID, err)
	}
	a.Name, a.Phone, a.Detail, a.Latitude, a.Longitude = p.Name, p.Phone, p.Detail, p.Latitude, p.Longitude
	return nil
}

func addressFromRow(r memberdb.FindAddressRow) Address {
	return Address{
		ID: r.ID, Name: r.Name, Phone: r.Phone, Province: r.Province, City: r.City, District: r.District, DivisionCode: r.DivisionCode,
		Detail: r.Detail, IsDefault: r.IsDefault,
	}
}

// blindTyped is what a number is found by, however it was typed.
func blindTyped(key vault.Secret, phone string) []byte {
	return blind(key, strings.NewReplacer(" ", "", "-", "").Replace(phone))
}

// SealAddresses seals up to limit addresses from before they were, and returns how many. It
// may be repeated, stopped, and run by several at once. Opens transactions.
func (s *Service) SealAddresses(ctx context.Context, id tenant.ID, limit int) (n int, err error) {
	waiting := false
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		waiting, err = s.q.AnyOpenAddress(ctx, r)
		return err
	})
	if err != nil || !waiting {
		return 0, err
	}
	index, err := s.indexKey(ctx, id) // and the data key with it
	if err != nil {
		return 0, fmt.Errorf("seal addresses: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.q.OpenAddresses(ctx, tx, int32(limit))
		if err != nil {
			return err
		}
		n = len(rows)
		var ids []int64
		var keys []string
		var sealed, indexes [][]byte
		for _, r := range rows {
			out, err := s.sealPerson(ctx, id, Receiver{Name: r.Name, Phone: r.Phone, Detail: r.Detail})
			if err != nil {
				return err
			}
			ids, keys = append(ids, r.ID), append(keys, out.key)
			sealed, indexes = append(sealed, out.sealed), append(indexes, blindTyped(index, r.Phone))
		}
		_, err = s.q.SealAddresses(ctx, tx, ids, sealed, keys, indexes)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("seal addresses: %w", err)
	}
	return n, nil
}

// sealedAddressColumn describes address.sealed for the rotation of data keys.
//
//nolint:dupl // as like the phones' as two tables with the same columns are
func sealedAddressColumn(q *memberdb.Queries) vault.Column {
	return vault.Numbered("address.sealed",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]memberdb.SealedAddressesRow, error) {
			return q.SealedAddresses(ctx, db, primary, after)
		},
		func(r memberdb.SealedAddressesRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: addressField(tenant.ID{}, r.SealKey), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.ResealAddress(ctx, tx, sealed, id, old)
		})
}
