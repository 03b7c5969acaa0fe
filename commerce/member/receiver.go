package member

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"galleria/tenant"
	"galleria/tenant/vault"
)

// Receiver is who an order goes to: the part of its address that lies sealed.
type Receiver struct {
	Name   string `json:"name"`
	Phone  string `json:"phone"`
	Detail string `json:"detail"` // below the district
	// Where on the map somebody lives says who it is; in the address book only.
	Latitude  string `json:"latitude,omitempty"`
	Longitude string `json:"longitude,omitempty"`
	Area      string `json:"-"` // down to the district; it lies open, and only its place is found by it
}

// SealReceiver seals who an order goes to, for that order only, with what phone, name and place
// are found by, in this order. ReadyAddresses ought to come before the transaction in which it is asked.
func (s *Service) SealReceiver(ctx context.Context, id tenant.ID, orderNo string, r Receiver) (sealed []byte, index [][]byte, err error) {
	key, err := s.indexKey(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("seal receiver: %w", err)
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("seal receiver: %w", err)
	}
	if sealed, err = s.vault.Seal(ctx, ReceiverField(id, orderNo), vault.NewSecret(plain)); err != nil {
		return nil, nil, err
	}
	return sealed, append(receiverIndex(key, r.Phone, r.Name), blind(key, "place:"+packed(r.Area+r.Detail))), nil
}

// OpenReceiver opens what SealReceiver made for the same order.
func (s *Service) OpenReceiver(ctx context.Context, id tenant.ID, orderNo string, sealed []byte) (r Receiver, err error) {
	plain, err := s.vault.Open(ctx, ReceiverField(id, orderNo), sealed)
	if err != nil {
		return Receiver{}, fmt.Errorf("open receiver: %w", err)
	}
	if err := json.Unmarshal(plain.Reveal(), &r); err != nil {
		return Receiver{}, fmt.Errorf("open receiver of order %s: %w", orderNo, err)
	}
	return r, nil
}

// ReceiverIndex is what orders to a whole phone number, or to a name, are found by.
func (s *Service) ReceiverIndex(ctx context.Context, id tenant.ID, typed string) ([][]byte, error) {
	key, err := s.indexKey(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("receiver index: %w", err)
	}
	return receiverIndex(key, typed, typed), nil
}

func receiverIndex(key vault.Secret, phone, name string) [][]byte {
	return [][]byte{blindTyped(key, phone), blind(key, "name:"+packed(name))}
}

// packed is a text without its blanks, which people set as they like.
func packed(text string) string { return strings.Join(strings.Fields(text), "") }

// ReceiverField is the place of an order's sealed receiver.
func ReceiverField(id tenant.ID, orderNo string) vault.Field {
	return vault.Field{Tenant: id, Owner: "order:" + orderNo, Name: "receiver"}
}
