package order

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/member"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// kept is an address as an order's row has it.
type kept struct {
	address  json.RawMessage
	receiver []byte   // sealed; nil if nobody is named
	index    [][]byte // what the receiver is found by
}

// openPart is what stays readable of a sealed address: couriers ask for the end of the phone.
type openPart struct {
	Province     string `json:"province"`
	City         string `json:"city"`
	District     string `json:"district"`
	DivisionCode string `json:"division_code"`
	PhoneTail    string `json:"phone_tail"`
}

// keep seals who an address names, for one order.
func (s *Service) keep(ctx context.Context, id tenant.ID, orderNo string, a Address) (k kept, err error) {
	if a.Name == "" && a.Phone == "" && a.Detail == "" {
		k.address, err = json.Marshal(a)
		return k, err
	}
	k.receiver, k.index, err = s.addresses.SealReceiver(ctx, id, orderNo, member.Receiver{Name: a.Name, Phone: a.Phone, Detail: a.Detail, Area: a.Province + a.City + a.District})
	if err != nil {
		return kept{}, err
	}
	k.address, err = json.Marshal(openPart{
		Province: a.Province, City: a.City, District: a.District, DivisionCode: a.DivisionCode, PhoneTail: a.Phone[max(0, len(a.Phone)-4):],
	})
	return k, err
}

// name puts in who an order goes to; one from before receivers were sealed is whole as it is.
// Not inside a transaction: the keys may have to be read.
func (s *Service) name(ctx context.Context, id tenant.ID, o *Order) error {
	if o.receiver == nil {
		return nil
	}
	r, err := s.addresses.OpenReceiver(ctx, id, o.OrderNo, o.receiver)
	if err != nil {
		return err
	}
	o.Address.Name, o.Address.Phone, o.Address.Detail, o.receiver = r.Name, r.Phone, r.Detail, nil
	return nil
}

// phoneTail is the last four digits of the receiver's phone.
func phoneTail(address json.RawMessage) string {
	var a struct {
		Phone string `json:"phone"`
		Tail  string `json:"phone_tail"`
	}
	if json.Unmarshal(address, &a) != nil {
		return ""
	}
	if len(a.Phone) >= 4 {
		return a.Phone[len(a.Phone)-4:]
	}
	return a.Tail
}

// SealReceivers seals up to limit receivers of orders from before they were, and returns how
// many. It may be repeated, stopped, and run by several at once. Opens transactions.
func (s *Service) SealReceivers(ctx context.Context, id tenant.ID, limit int) (n int, err error) {
	waiting := false
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		waiting, err = s.q.AnyOpenReceiver(ctx, r)
		return err
	})
	if err == nil && waiting {
		err = s.addresses.ReadyAddresses(ctx, id)
	}
	if err != nil || !waiting {
		return 0, err
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.q.OpenReceivers(ctx, tx, int32(limit))
		if err != nil {
			return err
		}
		n = len(rows)
		pipe := tx.Pipeline()
		for _, r := range rows {
			var a Address
			if err := json.Unmarshal(r.Address, &a); err != nil {
				return fmt.Errorf("address of order %s: %w", r.OrderNo, err)
			}
			k, err := s.keep(ctx, id, r.OrderNo, a)
			if err != nil {
				return err
			}
			pipe.Add(func(tx tenantdb.Tx) error { return s.q.SealReceiver(ctx, tx, k.address, k.receiver, k.index, r.ID) })
		}
		return pipe.Run(ctx)
	})
	if err != nil {
		return 0, fmt.Errorf("seal receivers: %w", err)
	}
	return n, nil
}

// SealedColumns describes, for the rotation of data keys, where receivers lie sealed.
func SealedColumns() []vault.Column {
	q := orderdb.New()
	return []vault.Column{vault.Numbered("orders.receiver",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]orderdb.SealedReceiversRow, error) {
			return q.SealedReceivers(ctx, db, primary, after)
		},
		func(r orderdb.SealedReceiversRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: member.ReceiverField(tenant.ID{}, r.OrderNo), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.ResealReceiver(ctx, tx, sealed, id, old)
		})}
}
