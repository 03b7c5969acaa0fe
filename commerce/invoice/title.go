package invoice

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/invoice/internal/invoicedb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// MaxTitles is how many titles a member keeps.
const MaxTitles = 20

// Kind is whom an invoice is made out to.
type Kind string

// The kinds.
const (
	Person  Kind = "person"
	Company Kind = "company"
)

// Party is whom an invoice is made out to, and where it is sent.
type Party struct {
	Kind      Kind
	Name      string // 1 to 100 characters
	TaxNumber string // of a company, see TaxNumber; a person has none
	Email     string // may be empty
}

// checked trims and checks. Faults: VALIDATION, INVOICE_TAX_NUMBER.
func (p Party) checked() (Party, error) {
	p.Name, p.TaxNumber, p.Email = strings.TrimSpace(p.Name), strings.TrimSpace(p.TaxNumber), strings.TrimSpace(p.Email)
	const longest = 100
	switch n := utf8.RuneCountInString(p.Name); {
	case p.Kind != Person && p.Kind != Company:
		return p, fault.Invalidf("kind", "must be person or company")
	case n == 0 || n > longest || !utf8.ValidString(p.Name) || strings.ContainsFunc(p.Name, unicode.IsControl):
		return p, fault.Invalidf("name", "must have 1 to %d characters", longest)
	case p.Kind == Person && p.TaxNumber != "":
		return p, fault.Invalidf("tax_number", "goes with a company, and only with it")
	case p.Email != "" && !plainEmail(p.Email):
		return p, fault.Invalidf("email", "is not an e-mail address")
	}
	if p.Kind == Company {
		no, ok := TaxNumber(p.TaxNumber)
		if !ok {
			return p, ErrTaxNumber.With(ErrTaxNumber.At("tax_number"))
		}
		p.TaxNumber = no
	}
	return p, nil
}

func plainEmail(s string) bool {
	const longest = 100
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && len(s) <= longest
}

// Title is a party that a member keeps.
type Title struct {
	ID int64
	Party
	IsDefault bool
}

// sealed is the part of a party that lies sealed.
type sealed struct {
	Name      string `json:"name"`
	TaxNumber string `json:"tax_number,omitempty"`
	Email     string `json:"email,omitempty"`
}

// envelope is a party sealed, with the key that it is bound to.
type envelope struct {
	body []byte
	key  string
}

func field(id tenant.ID, table, key string) vault.Field {
	return vault.Field{Tenant: id, Owner: table + ":" + key, Name: "party"}
}

const (
	titleTable   = "invoice_title"
	invoiceTable = "invoice"
)

func (s *Service) seal(ctx context.Context, id tenant.ID, table string, p Party) (out envelope, err error) {
	var key [12]byte
	if _, err := io.ReadFull(s.d.Rand, key[:]); err != nil {
		return out, err
	}
	plain, err := json.Marshal(sealed{Name: p.Name, TaxNumber: p.TaxNumber, Email: p.Email})
	if err != nil {
		return out, err
	}
	out.key = hex.EncodeToString(key[:])
	out.body, err = s.d.Vault.Seal(ctx, field(id, table, out.key), vault.NewSecret(plain))
	return out, err
}

// open reads a party; one that was forgotten has no name.
func (s *Service) open(ctx context.Context, id tenant.ID, table string, kind string, e envelope) (Party, error) {
	p := Party{Kind: Kind(kind)}
	if e.body == nil {
		return p, nil
	}
	plain, err := s.d.Vault.Open(ctx, field(id, table, e.key), e.body)
	if err != nil {
		return p, err
	}
	var in sealed
	if err := json.Unmarshal(plain.Reveal(), &in); err != nil {
		return p, err
	}
	p.Name, p.TaxNumber, p.Email = in.Name, in.TaxNumber, in.Email
	return p, nil
}

// Titles lists what a member keeps, the default first. One statement.
func (s *Service) Titles(ctx context.Context, id tenant.ID, memberID int64) ([]Title, error) {
	var rows []invoicedb.TitlesRow
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.Titles(ctx, r, memberID)
		return err
	})
	list := make([]Title, len(rows))
	for i, row := range rows {
		if err != nil {
			break
		}
		list[i] = Title{ID: row.ID, IsDefault: row.IsDefault}
		list[i].Party, err = s.open(ctx, id, titleTable, row.Kind, envelope{row.Sealed, row.SealKey})
	}
	if err != nil {
		return nil, fmt.Errorf("invoice titles: %w", err)
	}
	return list, nil
}

// AddTitle keeps a party; the first one is the default in any case. Opens a transaction.
// Faults: VALIDATION, INVOICE_TAX_NUMBER, INVOICE_TITLES.
func (s *Service) AddTitle(ctx context.Context, id tenant.ID, memberID int64, p Party, isDefault bool) (t Title, err error) {
	if p, err = p.checked(); err != nil {
		return t, fmt.Errorf("add invoice title: %w", err)
	}
	e, err := s.seal(ctx, id, titleTable, p)
	if err != nil {
		return t, fmt.Errorf("add invoice title: %w", err)
	}
	t = Title{Party: p, IsDefault: isDefault}
	err = s.ofMember(ctx, id, memberID, func(tx tenantdb.Tx) error {
		n, err := s.q.CountTitles(ctx, tx, memberID)
		if err != nil {
			return err
		}
		if n >= MaxTitles {
			return ErrTooManyTitles
		}
		if t.IsDefault = isDefault || n == 0; t.IsDefault {
			if err := s.q.ClearDefault(ctx, tx, memberID, 0); err != nil {
				return err
			}
		}
		t.ID, err = s.q.AddTitle(ctx, tx, memberID, string(p.Kind), e.body, e.key, t.IsDefault, tx.Now())
		return err
	})
	if err != nil {
		return Title{}, fmt.Errorf("add invoice title: %w", err)
	}
	return t, nil
}

// UpdateTitle replaces a party; the default stays it until another one becomes it. Opens a
// transaction. Faults: VALIDATION, INVOICE_TAX_NUMBER, NOT_FOUND.
func (s *Service) UpdateTitle(ctx context.Context, id tenant.ID, memberID, titleID int64, p Party, isDefault bool) (t Title, err error) {
	if p, err = p.checked(); err != nil {
		return t, fmt.Errorf("update invoice title: %w", err)
	}
	e, err := s.seal(ctx, id, titleTable, p)
	if err != nil {
		return t, fmt.Errorf("update invoice title: %w", err)
	}
	err = s.ofMember(ctx, id, memberID, func(tx tenantdb.Tx) error {
		if isDefault {
			if err := s.q.ClearDefault(ctx, tx, memberID, titleID); err != nil {
				return err
			}
		}
		n, err := s.q.UpdateTitle(ctx, tx, invoicedb.UpdateTitleParams{
			Kind: string(p.Kind), Sealed: e.body, SealKey: e.key, IsDefault: isDefault, Now: tx.Now(), ID: titleID, MemberID: memberID,
		})
		if err == nil && n == 0 {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err := s.q.Title(ctx, tx, titleID, memberID)
		t = Title{ID: titleID, Party: p, IsDefault: row.IsDefault}
		return err
	})
	if err != nil {
		return Title{}, fmt.Errorf("update invoice title: %w", err)
	}
	return t, nil
}

// DeleteTitle forgets one; if it was the default, the newest becomes it. Opens a transaction.
// Faults: NOT_FOUND.
func (s *Service) DeleteTitle(ctx context.Context, id tenant.ID, memberID, titleID int64) error {
	err := s.ofMember(ctx, id, memberID, func(tx tenantdb.Tx) error {
		was, err := s.q.DeleteTitle(ctx, tx, titleID, memberID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil || !was {
			return err
		}
		return s.q.NewestDefault(ctx, tx, memberID)
	})
	if err != nil {
		return fmt.Errorf("delete invoice title: %w", err)
	}
	return nil
}

// ofMember changes a member's titles, one change after the other.
func (s *Service) ofMember(ctx context.Context, id tenant.ID, memberID int64, change func(tx tenantdb.Tx) error) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.LockMember(ctx, tx, memberID); tenantdb.NoRows(err) {
			return fault.ErrNotFound
		} else if err != nil {
			return err
		}
		return change(tx)
	})
}
