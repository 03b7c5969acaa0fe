package factor

import (
	"bytes"
	"context"
	"fmt"

	"galleria/console/factor/internal/factordb"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// resealPage is how many authenticators are read at a time.
const resealPage = 100

// Reseal seals every authenticator anew that another key-encryption key than the present one
// seals, and returns how many. It may run beside people who sign in, and again.
func (s *Service) Reseal(ctx context.Context) (done int, err error) {
	id, err := s.Vault.Wraps(ctx)
	if err != nil {
		return 0, fmt.Errorf("reseal authenticators: %w", err)
	}
	for after := int64(0); ; {
		page, err := s.q.SealedElsewhere(ctx, s.DB.Platform(), after, id, resealPage)
		if err != nil {
			return done, fmt.Errorf("reseal authenticators: %w", err)
		}
		for _, row := range page {
			n, err := s.resealOne(ctx, row)
			if err != nil {
				return done, fmt.Errorf("reseal authenticators: %w", err)
			}
			done += int(n)
			after = row.StaffID
		}
		if len(page) < resealPage {
			return done, nil
		}
	}
}

func (s *Service) resealOne(ctx context.Context, row factordb.SealedElsewhereRow) (int64, error) {
	again := func(sealed []byte, kekID *string) ([]byte, *string, error) {
		if sealed == nil {
			return nil, nil, nil
		}
		secret, err := s.Vault.OpenPlatform(ctx, field(row.StaffID), vault.PlatformSealed{KekID: deref(kekID), Bytes: bytes.Clone(sealed)})
		if err != nil {
			return nil, nil, err
		}
		anew, err := s.Vault.SealPlatform(ctx, field(row.StaffID), secret)
		return anew.Bytes, &anew.KekID, err
	}
	sealed, kekID, err := again(row.Sealed, row.KekID)
	if err != nil {
		return 0, err
	}
	newSealed, newKekID, err := again(row.NewSealed, row.NewKekID)
	if err != nil {
		return 0, err
	}
	return s.q.Reseal(ctx, s.DB.Platform(), factordb.ResealParams{
		Sealed: sealed, KekID: kekID, NewSealed: newSealed, NewKekID: newKekID, StaffID: row.StaffID, Was: row.Sealed, NewWas: row.NewSealed,
	})
}

// SealedElsewhereTx counts the authenticators that another key than kekID seals. It joins
// the caller's platform transaction.
func (s *Service) SealedElsewhereTx(ctx context.Context, tx tenantdb.Tx, kekID string) (int64, error) {
	return s.q.CountElsewhere(ctx, tx, kekID)
}
