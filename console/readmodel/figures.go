package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// FigureSpan is a period of business days, both ends included, midnight UTC.
type FigureSpan struct{ From, To time.Time }

// Days counts them.
func (p FigureSpan) Days() int { return int(p.To.Sub(p.From)/(24*time.Hour)) + 1 }

// FigureDay is what was counted of one business day, or of all days of a period.
type FigureDay struct {
	Day       time.Time
	Placed    int64
	Paid      int64
	PaidFen   money.Fen // refunds not subtracted
	Cancelled int64
	Refunds   int64
	RefundFen money.Fen // that went back that day
	Members   int64     // new ones
	Orderers  int64     // different people of a day; of a period the sum of its days
	Buyers    int64
	Viewers   int64
	Carters   int64
}

func (d FigureDay) plus(o FigureDay) FigureDay {
	return FigureDay{
		Placed: d.Placed + o.Placed, Paid: d.Paid + o.Paid, PaidFen: d.PaidFen + o.PaidFen, Cancelled: d.Cancelled + o.Cancelled,
		Refunds: d.Refunds + o.Refunds, RefundFen: d.RefundFen + o.RefundFen, Members: d.Members + o.Members,
		Orderers: d.Orderers + o.Orderers, Buyers: d.Buyers + o.Buyers, Viewers: d.Viewers + o.Viewers, Carters: d.Carters + o.Carters,
	}
}

// Figures are a shop's figures of one period.
type Figures struct {
	Span FigureSpan
	Days []FigureDay // every day of the span, oldest first
	Sum  FigureDay
	// Different buyers of the whole period, those of them who paid at least twice in it, and
	// those who paid for the first time ever.
	People, Again, First int64
}

const (
	figureDays = `SELECT d.day, d.placed, d.paid, d.paid_fen, d.cancelled, d.refunds, d.refund_fen, d.members, d.orderers, d.buyers, d.viewers, d.carters
  FROM figure_day d WHERE d.day BETWEEN $1 AND $2 ORDER BY d.day`
	// Not by a sum: sums of bigint are numeric, and slow over a year of buyers.
	figurePeople = `SELECT count(*), count(*) FILTER (WHERE b.again), (SELECT count(*) FROM figure_member m WHERE m.bought BETWEEN $1 AND $2)
  FROM (SELECT count(*) > 1 OR bool_or(x.paid > 1) AS again FROM figure_buyer x WHERE x.day BETWEEN $1 AND $2 AND x.paid > 0 GROUP BY x.member_id) b`
	// Ranked first, so that titles are looked up only for what is shown.
	figureProducts = `SELECT r.spu_id, coalesce(s.title, ''), coalesce(s.cover, ''), r.orders, r.units, r.paid_fen, r.refund_units, r.refund_fen, r.views
  FROM (SELECT p.spu_id, sum(p.orders::integer) AS orders, sum(p.units::integer) AS units, sum(p.paid_fen)::bigint AS paid_fen, sum(p.refund_units::integer) AS refund_units,
               sum(p.refund_fen)::bigint AS refund_fen, sum(p.views::integer) AS views
          FROM figure_product p WHERE p.day BETWEEN $1 AND $2 GROUP BY p.spu_id
         ORDER BY 4 DESC, 3 DESC, 7 DESC, 1 LIMIT $3) r
  LEFT JOIN spu s ON s.id = r.spu_id ORDER BY r.paid_fen DESC, r.units DESC, r.views DESC, r.spu_id`
)

func figureDayRow(row pgx.CollectableRow) (d FigureDay, err error) {
	err = row.Scan(&d.Day, &d.Placed, &d.Paid, &d.PaidFen, &d.Cancelled, &d.Refunds, &d.RefundFen, &d.Members, &d.Orderers, &d.Buyers, &d.Viewers, &d.Carters)
	return d, err
}

// Figures returns a shop's figures of each of the spans, in one round trip.
func (s *Store) Figures(ctx context.Context, shop tenant.ID, spans ...FigureSpan) ([]Figures, error) {
	out := make([]Figures, len(spans))
	rows := make([][]FigureDay, len(spans))
	err := s.read(ctx, shop, "figures", func(b *pgx.Batch) {
		for i, span := range spans {
			out[i] = Figures{Span: span}
			collect(b, &rows[i], figureDayRow, figureDays, span.From, span.To)
			b.Queue(figurePeople, span.From, span.To).QueryRow(func(row pgx.Row) error { return row.Scan(&out[i].People, &out[i].Again, &out[i].First) })
		}
	})
	for i := range out {
		out[i].fill(rows[i])
	}
	return out, err
}

// fill lays the counted days among those on which nothing happened.
func (f *Figures) fill(rows []FigureDay) {
	f.Days = make([]FigureDay, 0, f.Span.Days())
	for day := f.Span.From; !day.After(f.Span.To); day = day.AddDate(0, 0, 1) {
		d := FigureDay{Day: day}
		if len(rows) > 0 && rows[0].Day.Equal(day) {
			d, rows = rows[0], rows[1:]
		}
		f.Days, f.Sum = append(f.Days, d), f.Sum.plus(d)
	}
}

// Empty tells whether nothing at all was counted.
func (f Figures) Empty() bool { return f.Sum == FigureDay{} }

// FigureProduct is what was counted of a product in a period.
type FigureProduct struct {
	ID          int64
	Title       string // empty: the product is gone
	Cover       string
	Orders      int64
	Units       int64
	PaidFen     money.Fen
	RefundUnits int64
	RefundFen   money.Fen
	Views       int64
}

func figureProductRow(row pgx.CollectableRow) (p FigureProduct, err error) {
	err = row.Scan(&p.ID, &p.Title, &p.Cover, &p.Orders, &p.Units, &p.PaidFen, &p.RefundUnits, &p.RefundFen, &p.Views)
	return p, err
}

// FigureProducts returns the products of a period that brought most, at most limit of them.
func (s *Store) FigureProducts(ctx context.Context, shop tenant.ID, span FigureSpan, limit int) (list []FigureProduct, err error) {
	err = s.read(ctx, shop, "figures of products", func(b *pgx.Batch) {
		collect(b, &list, figureProductRow, figureProducts, span.From, span.To, limit)
	})
	return list, err
}
