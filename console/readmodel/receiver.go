package readmodel

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/member"
	"galleria/tenant"
)

// Receivers opens who orders go to; *member.Service is one.
type Receivers interface {
	OpenReceiver(ctx context.Context, id tenant.ID, orderNo string, sealed []byte) (member.Receiver, error)
	// ReceiverIndex is what orders to a whole phone number, or to a name, are found by.
	ReceiverIndex(ctx context.Context, id tenant.ID, typed string) ([][]byte, error)
}

// addressOf reads an order's columns address and receiver. Who it names stays sealed until
// name has been asked.
func addressOf(orderNo string, address, receiver []byte) (a Address, err error) {
	if err = json.Unmarshal(address, &a); err != nil {
		return a, fmt.Errorf("address of order %s: %w", orderNo, err)
	}
	a.sealed = receiver
	return a, nil
}

// name puts in who an order goes to; one from before receivers were sealed is whole as it is.
func (s *Store) name(ctx context.Context, shop tenant.ID, orderNo string, a *Address) error {
	if a.sealed == nil {
		return nil
	}
	r, err := s.Receivers.OpenReceiver(ctx, shop, orderNo, a.sealed)
	if err != nil {
		return fmt.Errorf("read receiver: %w", err)
	}
	a.Name, a.Phone, a.Detail, a.sealed = r.Name, r.Phone, r.Detail, nil
	return nil
}

// nameRows puts in who the orders of a list go to.
func (s *Store) nameRows(ctx context.Context, shop tenant.ID, rows []OrderRow) error {
	for i := range rows {
		r := &rows[i]
		if err := s.name(ctx, shop, r.OrderNo, &r.to); err != nil {
			return err
		}
		r.Receiver, r.Phone = r.to.Name, r.to.Phone
	}
	return nil
}
