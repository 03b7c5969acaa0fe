package member

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/division"
	"galleria/commerce/member/internal/memberdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
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
	// Latitude and Longitude are decimal degrees of GCJ-02; both empty if nobody said them.
	Latitude, Longitude string
	IsDefault           bool
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
	// Latitude and Longitude are decimal degrees of GCJ-02, as wx.chooseLocation gives them; kept
	// to the sixth decimal. Both or neither.
	Latitude, Longitude string
	IsDefault           bool
}

// Addresses returns the address book, the default first. One statement.
func (s *Service) Addresses(ctx context.Context, id tenant.ID, memberID int64) ([]Address, error) {
	var out []Address
	var secrets [][]byte
	var keys []string
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.ListAddresses(ctx, r, memberID)
		out, secrets, keys = make([]Address, len(rows)), make([][]byte, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			out[i] = addressFromRow(memberdb.FindAddressRow(row))
			secrets[i] = row.Sealed
			keys[i] = row.SealKey
		}
		return err
	})
	for i := range secrets {
		if err == nil {
			err = s.openAddress(ctx, id, &out[i], keys[i], secrets[i])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return out, nil
}

// Address returns one address of the member. It runs in the caller's transaction or
// reader, before which ReadyAddresses ought to be called. Faults: NOT_FOUND, also for another
// member's.
func (s *Service) Address(ctx context.Context, id tenant.ID, q tenantdb.Querier, memberID, addressID int64) (Address, error) {
	row, err := s.q.FindAddress(ctx, q, addressID, memberID)
	if tenantdb.NoRows(err) {
		return Address{}, fault.ErrNotFound
	}
	if err != nil {
		return Address{}, fmt.Errorf("find address: %w", err)
	}
	a := addressFromRow(row)
	return a, s.openAddress(ctx, id, &a, row.SealKey, row.Sealed)
}

// AddAddress adds to the address book. Opens a transaction. Faults: VALIDATION,
// ADDRESS_LIMIT, NOT_FOUND for an unknown member.
func (s *Service) AddAddress(ctx context.Context, id tenant.ID, memberID int64, in AddressInput) (Address, error) {
	in, err := in.checked(s.divisions)
	if err != nil {
		return Address{}, err
	}
	locked, err := s.sealAddress(ctx, id, in)
	if err != nil {
		return Address{}, fmt.Errorf("add address: %w", err)
	}
	var out Address
	err = s.inBook(ctx, id, memberID, func(tx tenantdb.Tx, index vault.Secret) error {
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
			MemberID: memberID, Sealed: locked.sealed, SealKey: locked.key, PhoneIndex: blindTyped(index, in.Phone),
			Province: in.Province, City: in.City, District: in.District, DivisionCode: in.DivisionCode, IsDefault: in.IsDefault, At: tx.Now(),
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
	locked, err := s.sealAddress(ctx, id, in)
	if err != nil {
		return Address{}, fmt.Errorf("update address: %w", err)
	}
	var out Address
	err = s.inBook(ctx, id, memberID, func(tx tenantdb.Tx, index vault.Secret) error {
		before, err := s.Address(ctx, id, tx, memberID, addressID)
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
			ID: addressID, MemberID: memberID, Sealed: locked.sealed, SealKey: locked.key, PhoneIndex: blindTyped(index, in.Phone),
			Province: in.Province, City: in.City, District: in.District, DivisionCode: in.DivisionCode, IsDefault: in.IsDefault, At: tx.Now(),
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
	err := s.inBook(ctx, id, memberID, func(tx tenantdb.Tx, _ vault.Secret) error {
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

// errNoIndex is a shop in which no phone number was ever kept.
var errNoIndex = errors.New("no index key yet")

// inBook runs fn with the member's address book locked, and the key of the shop's blind
// indexes, which is read with the lock: a statement of its own for it is only the first's.
func (s *Service) inBook(ctx context.Context, id tenant.ID, memberID int64, fn func(tx tenantdb.Tx, index vault.Secret) error) error {
	if err := s.ReadyAddresses(ctx, id); err != nil {
		return err
	}
	try := func(tx tenantdb.Tx) error {
		row, err := s.q.LockBook(ctx, tx, memberID)
		switch {
		case tenantdb.NoRows(err):
			return fault.ErrNotFound
		case err != nil:
			return err
		case len(row.IndexKey) == 0:
			return errNoIndex
		}
		index, err := s.vault.Open(ctx, indexField(id), row.IndexKey)
		if err != nil {
			return err
		}
		return fn(tx, index)
	}
	err := s.db.InTenant(ctx, id, try)
	if errors.Is(err, errNoIndex) {
		if _, err = s.newIndexKey(ctx, id); err == nil {
			err = s.db.InTenant(ctx, id, try)
		}
	}
	return err
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
	bad = append(bad, in.place()...)
	if len(bad) > 0 {
		return in, fault.ErrValidation.With(bad...)
	}
	return in, nil
}

var degrees = regexp.MustCompile(`^-?(\d{1,3})(?:\.(\d{1,6})\d{0,9})?$`)

// place checks the position and cuts it to the sixth decimal: a hand's breadth.
func (in *AddressInput) place() (bad []fault.Field) {
	if in.Latitude == "" && in.Longitude == "" {
		return nil
	}
	for _, f := range []struct {
		path  string
		value *string
		bound int
	}{{"latitude", &in.Latitude, 90}, {"longitude", &in.Longitude, 180}} {
		m := degrees.FindStringSubmatch(*f.value)
		if m == nil {
			bad = append(bad, fault.Field{Path: f.path, Message: "must be decimal degrees, with the other"})
			continue
		}
		if n, _ := strconv.Atoi(m[1]); n > f.bound || (n == f.bound && strings.Trim(m[2], "0") != "") {
			bad = append(bad, fault.Field{Path: f.path, Message: fmt.Sprintf("must be -%d to %d", f.bound, f.bound)})
		}
		if dot := strings.IndexByte(*f.value, '.'); dot >= 0 {
			*f.value = (*f.value)[:dot+1+len(m[2])]
		}
	}
	return bad
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
		DivisionCode: in.DivisionCode, Detail: in.Detail, Latitude: in.Latitude, Longitude: in.Longitude, IsDefault: in.IsDefault,
	}
}
