package order

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// pickupDigits is the length of a pickup code: with a few wrong guesses a minute allowed,
// nobody finds one of a shop's by chance.
const pickupDigits = 12

func newPickupCode() (string, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(pickupDigits), nil))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", pickupDigits, n), nil
}

// parsePickupCode takes out the spaces and dashes that people type.
func parsePickupCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, typed)
	return code, len(code) == pickupDigits && strings.Trim(code, "0123456789") == ""
}

// FindPickup returns the order that waits under a pickup code. Faults: PICKUP_CODE.
func (s *Service) FindPickup(ctx context.Context, id tenant.ID, typed string) (orderNo string, err error) {
	code, ok := parsePickupCode(typed)
	if !ok {
		return "", ErrPickupCode
	}
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		orderNo, err = s.q.ByPickupCode(ctx, r, &code)
		return err
	})
	if tenantdb.NoRows(err) {
		return "", ErrPickupCode
	}
	return orderNo, err
}

// HandOver gives the goods of a pickup order to whoever brought its code. A code is used
// once. Opens a transaction. Faults: PICKUP_CODE, ORDER_STATE if it was used or the order
// is not paid, ORDER_REFUNDING.
func (s *Service) HandOver(ctx context.Context, id tenant.ID, typed, actor string) (orderNo string, err error) {
	code, ok := parsePickupCode(typed)
	if !ok {
		return "", ErrPickupCode
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		orderNo, err = s.q.ByPickupCode(ctx, tx, &code)
		if tenantdb.NoRows(err) {
			return ErrPickupCode
		}
		if err != nil {
			return err
		}
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		to, err := allow(Status(rows[0].Status), EventPickUp, Staff, factsOf(rows))
		if err != nil {
			return err
		}
		take, _, err := takeLines(rows, nil)
		if err != nil {
			return err
		}
		if err := s.mayLeave(ctx, tx, rows[0]); err != nil {
			return err
		}
		return s.send(ctx, tx, rows, sending{
			parcelNo: newParcelNo(tx.Now()), kind: Pickup, lines: take, event: EventPickUp, to: to, complete: true, actor: actor,
		})
	})
	if err != nil {
		return "", fmt.Errorf("hand over: %w", err)
	}
	return orderNo, nil
}
