package member

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

var phoneForm = regexp.MustCompile(`^\+?[0-9]{5,20}$`)

// SetPhone keeps a phone number that a provider vouched for: sealed, with a blind index that
// finds it and a masked hint. It replaces the one there was; repeating it changes nothing.
// If another member proved the same number within proofDays, they are one person and become
// one member, the older one; an older proof loses the number, because carriers give numbers
// to somebody else. Two accounts of one app are never joined: PHONE_TAKEN. Opens a
// transaction. Faults: VALIDATION, NOT_FOUND, PHONE_TAKEN.
func (s *Service) SetPhone(ctx context.Context, id tenant.ID, memberID int64, phone string) (hint string, err error) {
	if !phoneForm.MatchString(phone) {
		return "", fault.Invalidf("phone", "is not a phone number")
	}
	key, err := s.indexKey(ctx, id)
	if err != nil {
		return "", fmt.Errorf("set phone: %w", err)
	}
	index := blind(key, phone)
	hint = maskPhone(phone)
	set := func(tx tenantdb.Tx, memberID int64) error {
		sealed, err := s.vault.Seal(ctx, phoneField(id, memberID), vault.NewSecret([]byte(phone)))
		if err != nil {
			return err
		}
		n, err := s.q.SetPhone(ctx, tx, sealed, index, hint, tx.Now(), memberID)
		if err == nil && n == 0 {
			return fault.ErrNotFound
		}
		return err
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error { return set(tx, memberID) })
	if tenantdb.Violates(err, "member_phone") { // the rare way costs a transaction of its own
		err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			into, err := s.joinPhoneTx(ctx, tx, memberID, index)
			if err != nil {
				return err
			}
			return set(tx, into)
		})
	}
	if errors.Is(err, fault.ErrConflict) || tenantdb.Violates(err, "member_phone") { // somebody was faster: ask again
		err = ErrPhoneTaken
	}
	if err != nil {
		return "", fmt.Errorf("set phone: %w", err)
	}
	return hint, nil
}

// blind is what a number is found by without being read.
func blind(key vault.Secret, phone string) []byte {
	mac := hmac.New(sha256.New, key.Reveal())
	mac.Write([]byte(strings.TrimPrefix(strings.TrimPrefix(phone, "+86"), "+")))
	return mac.Sum(nil)
}

// Phone opens a member's phone number. The caller checks who asks and records that somebody
// did. Faults: NOT_FOUND, also if the member gave none.
func (s *Service) Phone(ctx context.Context, id tenant.ID, memberID int64) (vault.Secret, error) {
	var sealed []byte
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		sealed, err = s.q.SealedPhone(ctx, r, memberID)
		return err
	})
	if tenantdb.NoRows(err) {
		return vault.Secret{}, fault.ErrNotFound
	}
	if err != nil {
		return vault.Secret{}, fmt.Errorf("read phone: %w", err)
	}
	return s.vault.Open(ctx, phoneField(id, memberID), sealed)
}

// indexKey is what a shop's blind indexes are made with, made when first needed. It never
// changes, and is remembered as long as data keys are.
func (s *Service) indexKey(ctx context.Context, id tenant.ID) (vault.Secret, error) {
	if key, ok := s.indexKeys.Get(id); ok {
		return key, nil
	}
	var sealed []byte
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		sealed, err = s.q.IndexKey(ctx, r)
		return err
	})
	if tenantdb.NoRows(err) {
		sealed, err = s.newIndexKey(ctx, id)
	}
	if err != nil {
		return vault.Secret{}, fmt.Errorf("index key: %w", err)
	}
	key, err := s.vault.Open(ctx, indexField(id), sealed)
	if err != nil {
		return vault.Secret{}, err
	}
	s.indexKeys.Add(id, key)
	return key, nil
}

func (s *Service) newIndexKey(ctx context.Context, id tenant.ID) (sealed []byte, err error) {
	var key [32]byte
	if _, err := io.ReadFull(s.rand, key[:]); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if sealed, err = s.vault.Seal(ctx, indexField(id), vault.NewSecret(key[:])); err != nil {
		return nil, err
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutIndexKey(ctx, tx, sealed); err != nil {
			return err
		}
		sealed, err = s.q.IndexKey(ctx, tx)
		return err
	})
	return sealed, err
}

// maskPhone shows where a number begins and ends.
func maskPhone(phone string) string {
	if len(phone) < 8 {
		return "***" + phone[len(phone)-2:]
	}
	return phone[:len(phone)-8] + "****" + phone[len(phone)-4:]
}

func phoneField(id tenant.ID, memberID int64) vault.Field {
	return vault.Field{Tenant: id, Owner: "member:" + strconv.FormatInt(memberID, 10), Name: "phone"}
}

func indexField(id tenant.ID) vault.Field {
	return vault.Field{Tenant: id, Owner: "member", Name: "index_key"}
}

// sealedPhoneColumn describes member.phone_sealed for the rotation of data keys.
//
//nolint:dupl // as like the addresses' as two tables with the same columns are
func sealedPhoneColumn(q *memberdb.Queries) vault.Column {
	return vault.Numbered("member.phone_sealed",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]memberdb.SealedPhonesRow, error) {
			return q.SealedPhones(ctx, db, primary, after)
		},
		func(r memberdb.SealedPhonesRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: phoneField(tenant.ID{}, r.ID), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.ResealPhone(ctx, tx, sealed, id, old)
		})
}

// SealedColumns describes, for the rotation of data keys, what of members is kept sealed.
func SealedColumns() []vault.Column {
	q := memberdb.New()
	return []vault.Column{
		sealedAddressColumn(q),
		sealedPhoneColumn(q),
		{
			Name: "member_index_key.key_sealed",
			Page: func(ctx context.Context, db tenantdb.Querier, after string, primary []byte) ([]vault.Row, error) {
				if after != "" {
					return nil, nil
				}
				sealed, err := q.IndexKey(ctx, db)
				if tenantdb.NoRows(err) {
					return nil, nil
				}
				if err != nil {
					return nil, err
				}
				f, row := indexField(tenant.ID{}), vault.Row{Key: "1", Prefix: sealed[:min(5, len(sealed))]}
				row.Owner, row.Field = f.Owner, f.Name
				if len(primary) > 0 && string(row.Prefix) != string(primary) {
					row.Sealed = sealed
				}
				return []vault.Row{row}, nil
			},
			Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
				return q.ResealIndexKey(ctx, tx, sealed, row.Sealed)
			},
		},
	}
}
