package order

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	maxNote = 500
	// maxPayable is the most an order may be changed to, fen: what a provider takes at once.
	maxPayable = money.Fen(100_000_000)
)

// RepriceInput changes what an unpaid order costs.
type RepriceInput struct {
	OrderNo    string
	FreightFen money.Fen // of the whole order, anew
	PayableFen money.Fen // what is to be paid, freight included; at least 1
	Actor      string    // "staff:3"
	// Idle tells whether no payment of the order can succeed any more. It is asked under
	// the order's lock, which keeps a new one from beginning.
	Idle func(ctx context.Context, tx tenantdb.Tx, orderNo string) (bool, error)
}

// Reprice changes what an unpaid order costs. The difference is spread over the lines by
// their amounts, to the fen. The caller has closed the order's payments at their providers
// before; if one began since, PAYMENT_UNDER_WAY is returned and nothing changes. Opens a
// transaction. Faults: NOT_FOUND, VALIDATION, ORDER_STATE, PAYMENT_UNDER_WAY.
func (s *Service) Reprice(ctx context.Context, id tenant.ID, in RepriceInput) error {
	if err := in.check(); err != nil {
		return fmt.Errorf("reprice: %w", err)
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, in.OrderNo)
		if err != nil {
			return err
		}
		head := rows[0]
		if _, err := allow(Status(head.Status), EventReprice, Staff, factsOf(rows)); err != nil {
			return err
		}
		if head.PayableFen == in.PayableFen && head.FreightFen == in.FreightFen {
			return nil
		}
		idle, err := in.Idle(ctx, tx, in.OrderNo)
		if err != nil {
			return err
		}
		if !idle {
			return ErrPayUnderWay
		}
		return s.reprice(ctx, tx, rows, in)
	})
	if err != nil {
		return fmt.Errorf("reprice: %w", err)
	}
	return nil
}

func (in RepriceInput) check() error {
	if in.FreightFen < 0 || in.FreightFen > maxPayable {
		return fault.Invalidf("freight", "must not be negative")
	}
	if in.PayableFen < 1 || in.PayableFen > maxPayable || in.PayableFen < in.FreightFen {
		return fault.Invalidf("payable", "must be at least the freight and one fen")
	}
	return nil
}

func (s *Service) reprice(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, in RepriceInput) error {
	head := rows[0]
	adjust := in.PayableFen - in.FreightFen - (head.GoodsFen - head.DiscountFen)
	parts, err := spread(rows, adjust)
	if err != nil {
		return err
	}
	change := map[string]any{
		"amount_fen": in.PayableFen, "old_fen": head.PayableFen, "freight_fen": in.FreightFen, "old_freight_fen": head.FreightFen,
	}
	detail, err := json.Marshal(change)
	if err != nil {
		return err
	}
	row := orderdb.RepriceParams{
		AdjustFen: adjust, FreightFen: in.FreightFen, PayableFen: in.PayableFen, ID: head.ID, Status: head.Status,
		At: tx.Now(), Event: string(EventReprice), Actor: in.Actor, Detail: detail,
	}
	for i, r := range rows {
		row.LineIds, row.AdjustsFen = append(row.LineIds, r.LineID), append(row.AdjustsFen, int64(parts[i]))
	}
	if err := moved(s.q.Reprice(ctx, tx, row)); err != nil {
		return err
	}
	return s.record(ctx, tx, in.Actor, "order.reprice", in.OrderNo, change)
}

// spread divides a difference over lines by what they cost before it, by the largest
// remainder. No line falls below nothing, because the whole does not.
func spread(rows []orderdb.LockWholeRow, adjust money.Fen) ([]money.Fen, error) {
	weights, sum := make([]int64, len(rows)), int64(0)
	for i, r := range rows {
		weights[i] = int64(r.LinePayableFen - r.LineAdjustFen)
		sum += weights[i]
	}
	if sum == 0 { // goods that cost nothing: by line
		for i, r := range rows {
			if !r.Gift { // what was given stays without a price
				weights[i] = 1
			}
		}
	}
	size, sign := adjust, money.Fen(1)
	if adjust < 0 {
		size, sign = -adjust, -1
	}
	parts, err := money.Split(size, weights)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		parts[i] *= sign
	}
	return parts, nil
}

// Readdress corrects where an order goes, before any of it is sent. Opens a transaction.
// Faults: NOT_FOUND, VALIDATION, ORDER_STATE.
func (s *Service) Readdress(ctx context.Context, id tenant.ID, orderNo string, a Address, actor string) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("readdress: %w", err)
	}
	if err := s.addresses.ReadyAddresses(ctx, id); err != nil {
		return fmt.Errorf("readdress: %w", err)
	}
	where, err := s.keep(ctx, id, orderNo, a)
	if err != nil {
		return fmt.Errorf("readdress: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if _, err := allow(Status(rows[0].Status), EventReaddress, Staff, factsOf(rows)); err != nil {
			return err
		}
		if err := moved(s.q.Readdress(ctx, tx, orderdb.ReaddressParams{
			Address: where.address, Receiver: where.receiver, ReceiverIndex: where.index,
			ID: rows[0].ID, Status: rows[0].Status, At: tx.Now(), Event: string(EventReaddress), Actor: actor,
		})); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.readdress", orderNo, map[string]any{}) // whose address it is stays out of the log
	})
	if err != nil {
		return fmt.Errorf("readdress: %w", err)
	}
	return nil
}

func (a Address) check() error {
	for _, f := range []struct {
		name, value string
		most        int
		required    bool
	}{
		{"name", a.Name, 50, true},
		{"phone", a.Phone, 20, true},
		{"province", a.Province, 40, true},
		{"city", a.City, 40, true},
		{"district", a.District, 40, false},
		{"detail", a.Detail, 200, true},
	} {
		if !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) || utf8.RuneCountInString(f.value) > f.most || (f.required && strings.TrimSpace(f.value) == "") {
			return fault.Invalidf(f.name, "must be 1 to %d characters", f.most)
		}
	}
	if len(strings.Trim(a.Phone, "0123456789+- ")) > 0 || len(a.Phone) < 7 {
		return fault.Invalidf("phone", "must be a phone number")
	}
	return nil
}

// RecordReveal records that somebody is shown whole who an order goes to. Opens a transaction.
// Faults: NOT_FOUND.
func (s *Service) RecordReveal(ctx context.Context, id tenant.ID, orderNo, actor string) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.lock(ctx, tx, orderNo); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.receiver_revealed", orderNo, map[string]any{})
	})
	if err != nil {
		return fmt.Errorf("record reveal: %w", err)
	}
	return nil
}

// Note keeps a note among the staff; an empty one takes it away. Opens a transaction.
// Faults: NOT_FOUND, VALIDATION.
func (s *Service) Note(ctx context.Context, id tenant.ID, orderNo, note, actor string) error {
	note = strings.TrimSpace(note)
	if !utf8.ValidString(note) || strings.ContainsRune(note, 0) || utf8.RuneCountInString(note) > maxNote {
		return fmt.Errorf("note: %w", fault.Invalidf("note", "at most %d characters", maxNote))
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.lock(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if err := moved(s.q.KeepNote(ctx, tx, note, row.ID, tx.Now(), string(EventNote), actor)); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.note", orderNo, map[string]any{})
	})
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	return nil
}

// CancelByStaff ends an unpaid order for the shop; as Cancel does for its buyer.
// Faults: NOT_FOUND, ORDER_STATE once it is paid.
func (s *Service) CancelByStaff(ctx context.Context, id tenant.ID, orderNo, actor string) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.lock(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if status := Status(row.Status); status == Closing || status == Closed {
			return nil
		}
		if err := s.startClosing(ctx, tx, orderNo, row, EventCancel, Staff, actor, ByMerchant); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.cancel", orderNo, map[string]any{})
	})
	if err != nil {
		return fmt.Errorf("cancel order: %w", err)
	}
	return nil
}
