package member

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/division"
	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxAddresses is the size of an address book.
const MaxAddresses = 50

// Address is a place to deliver to.
type Address struct {
	ID           int64
	Name         string
	Phone        string
	Province     string
	City         string
	District     string
	DivisionCode string // GB/T 2260, six digits, or empty
	Detail       string
	IsDefault    bool
}

// AddressInput is an address as the buyer writes it. The first address becomes the
// default in any case.
type AddressInput struct {
	Name         string // 1 to 32 characters
	Phone        string // 5 to 20 digits, spaces, hyphens, a leading plus
	Province     string // 1 to 32 characters
	City         string // 1 to 32 characters
	District     string // at most 32 characters
	DivisionCode string // six digits of the named province, or empty
	Detail       string // 1 to 120 characters
	IsDefault    bool
}

// Addresses returns the address book, the default first. One statement.
func (s *Service) Addresses(ctx context.Context, id tenant.ID, memberID int64) ([]Address, error) {
	var out []Address
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.ListAddresses(ctx, r, memberID)
		out = make([]Address, len(rows))
		for i, row := range rows {
			out[i] = Address(row)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return out, nil
}

// Address returns one address of the member. It runs in the caller's transaction or
// reader. Faults: NOT_FOUND, also for another member's.
func (s *Service) Address(ctx context.Context, q tenantdb.Querier, memberID, addressID int64) (Address, error) {
	row, err := s.q.FindAddress(ctx, q, addressID, memberID)
	if tenantdb.NoRows(err) {
		return Address{}, fault.ErrNotFound
	}
	if err != nil {
		return Address{}, fmt.Errorf("find address: %w", err)
	}
	return Address(row), nil
}

// AddAddress adds to the address book. Opens a transaction. Faults: VALIDATION,
// ADDRESS_LIMIT, NOT_FOUND for an unknown member.
func (s *Service) AddAddress(ctx context.Context, id tenant.ID, memberID int64, in AddressInput) (Address, error) {
	in, err := in.checked(s.divisions)
	if err != nil {
		return Address{}, err
	}
	var out Address
	err = s.inBook(ctx, id, memberID, func(tx tenantdb.Tx) error {
		n, err := s.q.CountAddresses(ctx, tx, memberID)
		if err != nil {
			return err
		}
		if n >= MaxAddresses {
			return ErrTooManyAddresses
		}
		in.IsDefault = in.IsDefault || n == 0
		if in.IsDefault {
			if err := s.q.ClearDefault(ctx, tx, tx.Now(), memberID, 0); err != nil {
				return err
			}
		}
		addressID, err := s.q.InsertAddress(ctx, tx, memberdb.InsertAddressParams{
			MemberID: memberID, Name: in.Name, Phone: in.Phone, Province: in.Province, City: in.City, District: in.District,
			DivisionCode: in.DivisionCode, Detail: in.Detail, IsDefault: in.IsDefault, At: tx.Now(),
		})
		out = in.address(addressID)
		return err
	})
	if err != nil {
		return Address{}, fmt.Errorf("add address: %w", err)
	}
	return out, nil
}

// UpdateAddress replaces an address. The default stays the default until another one
// becomes it. Opens a transaction. Faults: VALIDATION, NOT_FOUND.
func (s *Service) UpdateAddress(ctx context.Context, id tenant.ID, memberID, addressID int64, in AddressInput) (Address, error) {
	in, err := in.checked(s.divisions)
	if err != nil {
		return Address{}, err
	}
	var out Address
	err = s.inBook(ctx, id, memberID, func(tx tenantdb.Tx) error {
		before, err := s.Address(ctx, tx, memberID, addressID)
		if err != nil {
			return err
		}
		if in.IsDefault && !before.IsDefault {
			if err := s.q.ClearDefault(ctx, tx, tx.Now(), memberID, addressID); err != nil {
				return err
			}
		}
		in.IsDefault = in.IsDefault || before.IsDefault
		n, err := s.q.UpdateAddress(ctx, tx, memberdb.UpdateAddressParams{
			ID: addressID, MemberID: memberID, Name: in.Name, Phone: in.Phone, Province: in.Province, City: in.City, District: in.District,
			DivisionCode: in.DivisionCode, Detail: in.Detail, IsDefault: in.IsDefault, At: tx.Now(),
		})
		if err == nil && n == 0 {
			err = fault.ErrConflict
		}
		out = in.address(addressID)
		return err
	})
	if err != nil {
		return Address{}, fmt.Errorf("update address: %w", err)
	}
	return out, nil
}

// DeleteAddress removes an address; if it was the default, the newest of the rest
// becomes it. Orders keep their own copy. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) DeleteAddress(ctx context.Context, id tenant.ID, memberID, addressID int64) error {
	err := s.inBook(ctx, id, memberID, func(tx tenantdb.Tx) error {
		wasDefault, err := s.q.DeleteAddress(ctx, tx, addressID, memberID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil || !wasDefault {
			return err
		}
		return s.q.PromoteNewest(ctx, tx, tx.Now(), memberID)
	})
	if err != nil {
		return fmt.Errorf("delete address: %w", err)
	}
	return nil
}

// inBook runs fn with the member's address book locked.
func (s *Service) inBook(ctx context.Context, id tenant.ID, memberID int64, fn func(tx tenantdb.Tx) error) error {
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.LockMember(ctx, tx, memberID); err != nil {
			if tenantdb.NoRows(err) {
				return fault.ErrNotFound
			}
			return err
		}
		return fn(tx)
	})
}

func (in AddressInput) checked(divisions *division.Table) (AddressInput, error) {
	var bad []fault.Field
	text := func(v *string, path string, lo, hi int) {
		*v = strings.TrimSpace(*v)
		n := utf8.RuneCountInString(*v)
		if n < lo || n > hi || !utf8.ValidString(*v) || strings.IndexFunc(*v, unicode.IsControl) >= 0 {
			bad = append(bad, fault.Invalidf(path, "must be %d to %d printable characters", lo, hi).Fields()...)
		}
	}
	text(&in.Name, "name", 1, 32)
	text(&in.Province, "province", 1, 32)
	text(&in.City, "city", 1, 32)
	text(&in.District, "district", 0, 32)
	text(&in.Detail, "detail", 1, 120)
	if !isPhone(in.Phone) {
		bad = append(bad, fault.Field{Path: "phone", Message: "must be a phone number"})
	}
	if in.DivisionCode != "" && (len(in.DivisionCode) != 6 || strings.Trim(in.DivisionCode, "0123456789") != "") {
		bad = append(bad, fault.Field{Path: "division_code", Message: "must be six digits or empty"})
	} else if !divisions.Agrees(in.DivisionCode, in.Province) {
		bad = append(bad, fault.Field{Path: "division_code", Message: "must be in the province"})
	}
	if len(bad) > 0 {
		return in, fault.ErrValidation.With(bad...)
	}
	return in, nil
}

func isPhone(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case (c == '-' || c == ' ') && i > 0:
		case c == '+' && i == 0:
		default:
			return false
		}
	}
	return digits >= 5 && len(s) <= 20
}

func (in AddressInput) address(id int64) Address {
	return Address{
		ID: id, Name: in.Name, Phone: in.Phone, Province: in.Province, City: in.City, District: in.District,
		DivisionCode: in.DivisionCode, Detail: in.Detail, IsDefault: in.IsDefault,
	}
}
