package readmodel

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// statuses of an order, as the tabs count them; of those that are paid, orderCounts tells apart
// what is to be sent and what is to be used.
func orderStatuses() []string {
	return []string{"pending_payment", "closing", "fulfilling", "completed", "closed"}
}

// ToUse is the tab of orders whose vouchers buyers still use: they are paid, and nothing of them
// is to be sent.
const ToUse = "to_use"

// toShip picks the orders that wait for the shop, toUse those that wait for their buyers. Index
// orders_to_ship.
const (
	toShip = `o.status = 'paid' AND o.delivery <> 'voucher'`
	toUse  = `o.status = 'paid' AND o.delivery = 'voucher'`
)

const orderColumns = `SELECT o.id, o.order_no, o.status, coalesce(o.close_reason, ''), m.nickname,
       o.address, o.receiver,
       coalesce(f.title, ''), coalesce(f.spec, ''), coalesce(f.picture, ''), n.lines, n.qty,
       o.payable_fen, o.placed_at, o.paid_at, o.test, o.open_cases > 0, o.delivery, o.slot_from, o.slot_until
  FROM orders o
  JOIN member m ON m.id = o.member_id
  LEFT JOIN LATERAL (SELECT l.title, l.spec, l.picture FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1) f ON true
 CROSS JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(l.qty), 0)::bigint AS qty FROM order_line l WHERE l.order_id = o.id) n`

const orderCounts = `SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE o.status = s.status LIMIT $2) c)
  FROM unnest($1::text[]) AS s (status)
 UNION ALL SELECT 'paid', (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE ` + toShip + ` LIMIT $2) c)
 UNION ALL SELECT '` + ToUse + `', (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE ` + toUse + ` LIMIT $2) c)`

const hasOpenAnomaly = `EXISTS (SELECT 1 FROM payment_attempt t JOIN payment_anomaly a ON a.out_trade_no = t.out_trade_no
                 WHERE t.business_no = o.order_no AND a.resolved_at IS NULL) = ?`

// frozenIs picks the orders that a line of the money page is about.
const frozenIs = `EXISTS (SELECT 1 FROM payment_attempt t LEFT JOIN shipping_upload u ON u.order_no = o.order_no
                 WHERE t.out_trade_no = o.paid_by AND ` + frozenOrders + ` AND ` + frozenPart + ` = ?)`

// parcelWaits picks the orders of which a parcel is packed, or lost and nobody has made up for it.
// Index order_parcel_waits.
const parcelWaits = `o.status IN ('paid', 'fulfilling') AND o.id IN (SELECT p.order_id FROM order_parcel p WHERE p.status IN ('packed', 'lost') AND p.remedy = '' AND p.status = ?)`

// numberTyped is a whole phone number as people type it, or the greater part of an order's number.
var numberTyped = regexp.MustCompile(`^(\+?[0-9][0-9 -]{9,18}[0-9]|[0-9]{12}[0-9A-Za-z]{1,20})$`)

// searchable keeps a search for words to the newest orders; a whole order number is
// found at any age.
const searchable = `(o.id > (SELECT coalesce(max(x.id), 0) - 50000 FROM orders x) OR o.order_no = ?)`

// Orders returns one page of the shop's orders and the counts of its tabs.
func (s *Store) Orders(ctx context.Context, shop tenant.ID, in OrderFilter) (page OrderPage, err error) {
	var w filter
	w.status(in.Status)
	if !in.From.IsZero() {
		w.add("o.placed_at >= ?", in.From)
	}
	if !in.Until.IsZero() {
		w.add("o.placed_at < ?", in.Until)
	}
	if in.Anomaly {
		w.add(hasOpenAnomaly, true)
	}
	if in.InCase {
		w.conditions = append(w.conditions, "o.open_cases > 0") // as the index has it
	}
	if in.Parcel != "" {
		w.add(parcelWaits, in.Parcel)
	}
	if in.Frozen != "" {
		w.add(frozenIs, in.Frozen)
	}
	if in.Query != "" {
		index, err := s.Receivers.ReceiverIndex(ctx, shop, in.Query)
		if err != nil {
			return page, fmt.Errorf("read orders: %w", err)
		}
		like := contains(in.Query)
		if numberTyped.MatchString(in.Query) { // goods and nicknames are not called so, and would be looked at one by one
			w.addAll(`(o.order_no ILIKE ? OR o.receiver_index && ? OR o.receiver IS NULL AND o.address->>'phone' LIKE ?)`, like, index, like)
		} else if in.From.IsZero() {
			w.addAll(`(o.order_no ILIKE ? OR m.nickname ILIKE ? OR o.receiver_index && ? OR o.address->>'phone_tail' = ?
                OR o.receiver IS NULL AND (o.address->>'phone' LIKE ? OR o.address->>'name' ILIKE ?)
                OR o.id IN (SELECT l.order_id FROM order_line l WHERE l.order_id > (SELECT coalesce(max(x.id), 0) - 50000 FROM orders x) AND l.title ILIKE ?))`, like, like, index, in.Query, like, like, like)
		} else {
			w.addAll(`(o.order_no ILIKE ? OR m.nickname ILIKE ? OR o.receiver_index && ? OR o.address->>'phone_tail' = ?
                OR o.receiver IS NULL AND (o.address->>'phone' LIKE ? OR o.address->>'name' ILIKE ?)
                OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.title ILIKE ?))`, like, like, index, in.Query, like, like, like)
		}
		if in.From.IsZero() {
			w.add(searchable, in.Query)
		}
	}
	if in.Before > 0 {
		w.add("o.id < ?", in.Before)
	}
	w.args = append(w.args, PageSize+1)
	sql := orderColumns + w.where() + " ORDER BY o.id DESC LIMIT " + lastArg(w.args)
	err = s.read(ctx, shop, "orders", func(b *pgx.Batch) {
		collect(b, &page.Rows, orderRow, sql, w.args...)
		queueOrderCounts(b, &page.Counts)
	})
	if err == nil {
		err = s.nameRows(ctx, shop, page.Rows)
	}
	if len(page.Rows) > PageSize {
		page.Rows = page.Rows[:PageSize]
		page.Next = page.Rows[PageSize-1].ID
	}
	return page, err
}

// status narrows orders to a tab.
func (f *filter) status(status string) {
	switch status {
	case "":
	case "pending_payment": // an order being closed still waits for its money's fate
		f.add("o.status = ANY (?)", []string{"pending_payment", "closing"})
	case "paid":
		f.conditions = append(f.conditions, toShip)
	case ToUse:
		f.conditions = append(f.conditions, toUse)
	default:
		f.add("o.status = ?", status)
	}
}

func queueOrderCounts(b *pgx.Batch, into *map[string]int64) {
	b.Queue(orderCounts, orderStatuses(), CountCap).Query(func(rows pgx.Rows) error {
		counts := map[string]int64{}
		var status string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&status, &n}, func() error {
			if status == "closing" {
				status = "pending_payment"
			}
			counts[status] = min(CountCap, counts[status]+n)
			counts[""] = min(CountCap, counts[""]+n)
			return nil
		})
		*into = counts
		return err
	})
}

func orderRow(row pgx.CollectableRow) (o OrderRow, err error) {
	var address, receiver []byte
	if err = row.Scan(&o.ID, &o.OrderNo, &o.Status, &o.CloseReason, &o.Buyer, &address, &receiver,
		&o.Title, &o.Spec, &o.Picture, &o.Lines, &o.Qty, &o.Payable, &o.PlacedAt, &o.PaidAt, &o.Test, &o.InCase, &o.Delivery, &o.SlotFrom, &o.SlotUntil); err != nil {
		return o, err
	}
	o.to, err = addressOf(o.OrderNo, address, receiver)
	return o, err
}

// ToShip is the number of orders waiting to be shipped, capped at CountCap: the badge
// in the menu of every page.
func (s *Store) ToShip(ctx context.Context, shop tenant.ID) (n int64, err error) {
	err = s.read(ctx, shop, "menu", func(b *pgx.Batch) {
		b.Queue("SELECT count(*) FROM (SELECT 1 FROM orders o WHERE "+toShip+" AND NOT o.test LIMIT $1) c", CountCap).QueryRow(func(row pgx.Row) error {
			return row.Scan(&n)
		})
	})
	return n, err
}
