package readmodel

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

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

// toShip picks the orders that wait for the shop, toUse those that wait for their buyers. Indexes
// orders_to_ship and orders_to_use.
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

// numberTyped is a whole phone number as people type it, or the greater part of an order's number,
// or as long a number of a payment or parcel: goods and nicknames are not called so.
var numberTyped = regexp.MustCompile(`^(\+?[0-9][0-9 -]{9,18}[0-9]|[0-9]{12}[0-9A-Za-z]{1,20})$`)

// numbered are the orders that a whole number or name names, of any age, each way by an index: the
// order's number, from the first twelve digits on the beginning of it; a receiver's phone or name; a
// payment's number, ours or the provider's; a parcel's. A receiver from before they were sealed is
// looked at as it is.
const numbered = `SELECT x.id FROM orders x WHERE x.order_no = ?1
 UNION ALL SELECT x.id FROM orders x WHERE length(?1) >= 12 AND x.order_no > ?1 AND x.order_no < ?1 || 'zzzzzzzzzz'
 UNION ALL SELECT x.id FROM orders x WHERE x.receiver_index && ?2
 UNION ALL SELECT x.id FROM payment_attempt t JOIN orders x ON x.order_no = t.business_no WHERE t.out_trade_no = ?3
 UNION ALL SELECT x.id FROM payment_account a JOIN payment_attempt t ON t.account_id = a.id AND t.transaction_id = ?3 JOIN orders x ON x.order_no = t.business_no
 UNION ALL SELECT p.order_id FROM order_parcel p WHERE p.kind = 'express' AND p.tracking_no IN (?1, ?3)
 UNION ALL SELECT x.id FROM orders x WHERE x.receiver IS NULL AND x.address->>'phone' <> '' AND x.address->>'phone' LIKE ?4`

// recent is what the newest orders lie above, and newest keeps a search for words to them, unless
// days were chosen.
const (
	recent = `(SELECT coalesce(max(x.id), 0) - 50000 FROM orders x)`
	newest = `o.id > ` + recent
)

// Ways to find orders by words, each on its own: under "or" all would be looked at in all ways. The
// goods of the newest orders are gone through line by line, those of chosen days order by order.
const (
	byPartOfNumber = `SELECT o.id FROM orders o WHERE o.order_no LIKE ?1`
	byPhoneTail    = `SELECT o.id FROM orders o WHERE o.address->>'phone_tail' = ?1`
	byNickname     = `SELECT o.id FROM orders o WHERE o.member_id = ANY (ARRAY(SELECT m.id FROM member m WHERE m.nickname ILIKE ?1))`
	byOpenName     = `SELECT o.id FROM orders o WHERE o.receiver IS NULL AND o.address->>'phone' <> '' AND o.address->>'name' ILIKE ?1`
	byNewestGoods  = `SELECT DISTINCT o.id FROM (SELECT l.order_id FROM order_line l
            WHERE l.order_id > ` + recent + ` AND l.title ILIKE ?1 ORDER BY l.order_id DESC) h JOIN orders o ON o.id = h.order_id WHERE true`
	byGoods = `SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.title ILIKE ?1)`
)

var (
	partOfNumber = regexp.MustCompile(`^[0-9A-Za-z]+$`)
	// wholeNumber is a mobile phone's, or as long as an order's.
	wholeNumber = regexp.MustCompile(`^(1[3-9][0-9]{9}|[0-9A-Za-z]{22,})$`)
	phoneTail   = regexp.MustCompile(`^[0-9]{4}$`)
)

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
		w.is("o.open_cases > 0") // as the index has it
	}
	if in.Parcel != "" {
		w.add(parcelWaits, in.Parcel)
	}
	if in.Frozen != "" {
		w.add(frozenIs, in.Frozen)
	}
	if in.Before > 0 {
		w.add("o.id < ?", in.Before)
	}
	if in.Query != "" {
		if err := s.search(ctx, shop, in, &w); err != nil {
			return page, fmt.Errorf("read orders: %w", err)
		}
	}
	sql := orderColumns + w.where() + newestFirst("o.id", PageSize+1)
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

// search narrows orders to what was typed. Of what is found by words each way gives a page at most,
// under the conditions that are there already.
func (s *Store) search(ctx context.Context, shop tenant.ID, in OrderFilter, w *filter) error {
	index, err := s.Receivers.ReceiverIndex(ctx, shop, in.Query)
	if err != nil {
		return err
	}
	like := contains(in.Query)
	found := []string{w.text(numbered, strings.ToUpper(in.Query), index, in.Query, like)}
	within := slices.Clone(w.conditions)
	goods := byGoods
	if in.From.IsZero() {
		within, goods = append(within, newest), byNewestGoods
	}
	words := func(sql string, value any) {
		way := append([]string{w.text(anyCase(sql, in.Query), value)}, within...)
		found = append(found, "("+strings.Join(way, " AND ")+newestFirst("o.id", PageSize+1)+")")
	}
	if !numberTyped.MatchString(in.Query) {
		words(byNickname, like)
		words(byOpenName, like)
		words(goods, like)
		if phoneTail.MatchString(in.Query) {
			words(byPhoneTail, in.Query)
		}
	}
	if partOfNumber.MatchString(in.Query) && !wholeNumber.MatchString(in.Query) {
		words(byPartOfNumber, strings.ToUpper(like))
	}
	// As an array: the numbers are found first, and the orders by them, whatever is thought of how many they are.
	w.is("o.id = ANY (ARRAY(" + strings.Join(found, "\n UNION ALL ") + "))")
	return nil
}

// status narrows orders to a tab.
func (f *filter) status(status string) {
	switch status {
	case "":
	case "pending_payment": // an order being closed still waits for its money's fate
		f.add("o.status = ANY (?)", []string{"pending_payment", "closing"})
	case "paid":
		f.is(toShip)
	case ToUse:
		f.is(toUse)
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
