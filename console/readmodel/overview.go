package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// Day is one Shanghai day of trade.
type Day struct {
	Start   time.Time
	Orders  int64     // placed that day
	Paid    int64     // paid that day
	Revenue money.Fen // paid that day, refunds not subtracted
}

// Overview is the dashboard of a shop.
type Overview struct {
	Days           []Day // oldest first; the last is today, the one before yesterday
	ToShip         int64 // counts are capped at CountCap
	PendingPayment int64
	LowStock       int64
	SoldOut        int64
	Anomalies      int64 // unresolved
	Differences    int64 // of bills, to be explained
	Products       int64 // on the shelf
	Apps           int64
	Accounts       int64
	Latest         []OrderRow
}

// Today returns the last day, or a zero day.
func (o Overview) Today() Day { return o.day(1) }

// Yesterday returns the day before the last, or a zero day.
func (o Overview) Yesterday() Day { return o.day(2) }

func (o Overview) day(back int) Day {
	if len(o.Days) < back {
		return Day{}
	}
	return o.Days[len(o.Days)-back]
}

// trendDays is how many days the dashboard looks back, today included.
const trendDays = 14

// slowestPay is the longest time an order may wait for its money (the schema's bound
// of unpaid_ttl_seconds): what was paid since a day was placed at most so long before.
const slowestPay = 7 * 24 * time.Hour

const (
	placedByDay = `SELECT width_bucket(o.placed_at, $1::timestamptz[])::bigint, count(*), 0::bigint
  FROM orders o WHERE o.placed_at >= $2 AND NOT o.test GROUP BY 1`
	paidByDay = `SELECT width_bucket(o.paid_at, $1::timestamptz[])::bigint, count(*), least(sum(o.payable_fen), 9223372036854775807)::bigint
  FROM orders o WHERE o.paid_at >= $2 AND o.placed_at >= $3 AND NOT o.test GROUP BY 1`
	overviewCounts = `SELECT
       (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE ` + toShip + ` AND NOT o.test LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE o.status IN ('pending_payment', 'closing') LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM payment_anomaly a WHERE a.resolved_at IS NULL LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM bill_difference d WHERE d.status = 'open' LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM app_credential LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM payment_account a WHERE a.status = 'active' LIMIT $1) c)`
)

// Overview returns the dashboard as of now, and what waits for who looks ("staff:3"); days
// are those of Shanghai.
func (s *Store) Overview(ctx context.Context, shop tenant.ID, now time.Time, shanghai *time.Location, actor string) (o Overview, todo Todo, err error) {
	starts := dayStarts(now, shanghai)
	var placed, paid []dayCount
	var shelves map[string]int64
	err = s.read(ctx, shop, "overview", func(b *pgx.Batch) {
		collect(b, &placed, dayCountRow, placedByDay, starts, starts[0])
		collect(b, &paid, dayCountRow, paidByDay, starts, starts[0], starts[0].Add(-slowestPay))
		b.Queue(overviewCounts, CountCap).QueryRow(func(row pgx.Row) error {
			return row.Scan(&o.ToShip, &o.PendingPayment, &o.Anomalies, &o.Differences, &o.Apps, &o.Accounts)
		})
		queueTodo(b, &todo, actor)
		queueShelfCounts(b, &shelves)
		collect(b, &o.Latest, orderRow, orderColumns+" ORDER BY o.id DESC LIMIT $1", 6)
	})
	if err == nil {
		err = s.nameRows(ctx, shop, o.Latest)
	}
	if err != nil {
		return Overview{}, Todo{}, err
	}
	o.LowStock, o.SoldOut, o.Products = shelves[ShelfLowStock], shelves[ShelfSoldOut], shelves[ShelfOn]
	o.Days = days(starts, placed, paid)
	return o, todo, nil
}

// dayStarts returns the Shanghai midnights of the days the dashboard shows.
func dayStarts(now time.Time, shanghai *time.Location) []time.Time {
	local := now.In(shanghai)
	starts := make([]time.Time, trendDays)
	for i := range starts {
		starts[i] = time.Date(local.Year(), local.Month(), local.Day()+i-trendDays+1, 0, 0, 0, 0, shanghai)
	}
	return starts
}

// dayCount is what happened on the n-th day, counted from 1.
type dayCount struct {
	day, orders int64
	revenue     money.Fen
}

func dayCountRow(row pgx.CollectableRow) (d dayCount, err error) {
	err = row.Scan(&d.day, &d.orders, &d.revenue)
	return d, err
}

func days(starts []time.Time, placed, paid []dayCount) []Day {
	out := make([]Day, len(starts))
	for i, start := range starts {
		out[i].Start = start
	}
	for _, d := range placed {
		if d.day >= 1 && d.day <= int64(len(out)) {
			out[d.day-1].Orders = d.orders
		}
	}
	for _, d := range paid {
		if d.day >= 1 && d.day <= int64(len(out)) {
			out[d.day-1].Paid, out[d.day-1].Revenue = d.orders, d.revenue
		}
	}
	return out
}
