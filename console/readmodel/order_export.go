package readmodel

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/port"
	"galleria/tenant"
)

// exportLines reads the lines of orders with their parcels, the newest order first.
const exportLines = `SELECT o.id, o.order_no, o.status, o.placed_at, o.paid_at, o.freight_fen, o.payable_fen, o.refunded_fen, o.address, o.receiver, o.remark,
       l.title, l.spec, coalesce(k.code, ''), l.price_fen, l.qty::bigint, l.payable_fen, row_number() OVER (PARTITION BY o.id ORDER BY l.id) = 1,
       coalesce(p.couriers, '{}'), coalesce(p.numbers, '{}')
  FROM (SELECT o.id, o.order_no, o.status, o.placed_at, o.paid_at, o.freight_fen, o.payable_fen, o.refunded_fen, o.address, o.receiver, o.remark FROM orders o%s) o
  JOIN order_line l ON l.order_id = o.id LEFT JOIN sku k ON k.id = l.sku_id
  LEFT JOIN LATERAL (SELECT array_agg(p.courier ORDER BY p.id) AS couriers, array_agg(p.tracking_no ORDER BY p.id) AS numbers
                       FROM order_parcel p WHERE p.order_id = o.id AND p.tracking_no <> '') p ON true
 ORDER BY o.id DESC, l.id`

// ExportOrders gives the lines of the next so many orders below a number (0: the newest), and the
// last of them; 0 when there is none left. One statement.
func (s *Store) ExportOrders(ctx context.Context, shop tenant.ID, in port.OrderFilter, before int64, limit int) (list []port.OrderLine, last int64, err error) {
	w := filter{conditions: []string{"NOT o.test"}}
	if in.Status == "pending_payment" {
		w.add("o.status = ANY (?)", []string{"pending_payment", "closing"})
	} else if in.Status != "" {
		w.add("o.status = ?", in.Status)
	}
	if !in.From.IsZero() {
		w.add("o.placed_at >= ?", in.From)
	}
	if !in.Until.IsZero() {
		w.add("o.placed_at < ?", in.Until)
	}
	if before > 0 {
		w.add("o.id < ?", before)
	}
	sql := fmt.Sprintf(exportLines, w.where()+newestFirst("o.id", limit))
	var to []Address
	err = s.read(ctx, shop, "orders to export", func(b *pgx.Batch) {
		last, to = 0, nil
		collect(b, &list, func(row pgx.CollectableRow) (l port.OrderLine, err error) {
			var address, receiver []byte
			if err := row.Scan(&last, &l.OrderNo, &l.Status, &l.PlacedAt, &l.PaidAt, &l.Freight, &l.Payable, &l.Refunded, &address, &receiver, &l.Remark,
				&l.Title, &l.Spec, &l.SKUCode, &l.Price, &l.Qty, &l.LinePayable, &l.First, &l.Couriers, &l.TrackingNos); err != nil {
				return l, err
			}
			a, err := addressOf(l.OrderNo, address, receiver)
			to = append(to, a)
			return l, err
		}, sql, w.args...)
	})
	for i := range list {
		l, a := &list[i], &to[i]
		if err == nil {
			err = s.name(ctx, shop, l.OrderNo, a)
		}
		l.Receiver, l.Phone, l.Area, l.Address = a.Name, a.Phone, a.Province+a.City+a.District, a.Detail
	}
	return list, last, err
}
