package card

import (
	"context"
	"fmt"
	"io"

	"galleria/commerce/card/internal/carddb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

func fieldOf(id tenant.ID, ref string) vault.Field {
	return vault.Field{Tenant: id, Owner: "virtual_card:" + ref, Name: "card"}
}

func keyField(id tenant.ID) vault.Field {
	return vault.Field{Tenant: id, Owner: "virtual_card", Name: "digest_key"}
}

// key is what a shop's digests are made with, made when first needed.
func (s *Service) key(ctx context.Context, id tenant.ID) (vault.Secret, error) {
	var sealed []byte
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		sealed, err = s.q.CardKey(ctx, r)
		return err
	})
	if tenantdb.NoRows(err) {
		sealed, err = s.newKey(ctx, id)
	}
	if err != nil {
		return vault.Secret{}, fmt.Errorf("key of the digests: %w", err)
	}
	return s.d.Vault.Open(ctx, keyField(id), sealed)
}

func (s *Service) newKey(ctx context.Context, id tenant.ID) (sealed []byte, err error) {
	var key [32]byte
	if _, err := io.ReadFull(s.d.Rand, key[:]); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if sealed, err = s.d.Vault.Seal(ctx, keyField(id), vault.NewSecret(key[:])); err != nil {
		return nil, err
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutCardKey(ctx, tx, sealed); err != nil {
			return err
		}
		sealed, err = s.q.CardKey(ctx, tx)
		return err
	})
	return sealed, err
}

// SealedColumns describes, for the rotation of data keys, what of cards is kept sealed.
func SealedColumns() []vault.Column {
	q := carddb.New()
	return []vault.Column{
		vault.Numbered("virtual_card.sealed",
			func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]carddb.SealedCardsRow, error) {
				return q.SealedCards(ctx, db, primary, after)
			},
			func(r carddb.SealedCardsRow) vault.NumberedRow {
				return vault.NumberedRow{ID: r.ID, Field: fieldOf(tenant.ID{}, r.Ref), Prefix: r.Prefix, Sealed: r.Sealed}
			},
			func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
				return q.ResealCard(ctx, tx, sealed, id, old)
			}),
		{
			Name: "virtual_card_key.key_sealed",
			Page: func(ctx context.Context, db tenantdb.Querier, after string, primary []byte) ([]vault.Row, error) {
				if after != "" {
					return nil, nil
				}
				sealed, err := q.CardKey(ctx, db)
				if tenantdb.NoRows(err) {
					return nil, nil
				}
				if err != nil {
					return nil, err
				}
				f, row := keyField(tenant.ID{}), vault.Row{Key: "1", Prefix: vault.Prefix(sealed)}
				row.Owner, row.Field = f.Owner, f.Name
				if len(primary) > 0 && string(row.Prefix) != string(primary) {
					row.Sealed = sealed
				}
				return []vault.Row{row}, nil
			},
			Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
				return q.ResealCardKey(ctx, tx, sealed, row.Sealed)
			},
		},
	}
}
