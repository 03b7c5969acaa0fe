package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// atOnce is how many rows an export reads at a time. Each portion is a statement of its own,
// so that no connection is held while a slow reader takes the file.
const atOnce = 1000

// EachPayment gives every payment that in asks for to take, newest first, in bounded memory.
func (s *Store) EachPayment(ctx context.Context, shop tenant.ID, in MoneyFilter, take func(PaymentRow) error) error {
	return each(in, take, func(p PaymentRow) int64 { return p.ID }, func(in MoneyFilter) (rows []PaymentRow, err error) {
		sql, args := paymentsSQL(in, atOnce)
		err = s.read(ctx, shop, "payments to export", func(b *pgx.Batch) { collect(b, &rows, paymentRow, sql, args...) })
		return rows, err
	})
}

// EachRefund gives every refund that in asks for to take, newest first, in bounded memory.
func (s *Store) EachRefund(ctx context.Context, shop tenant.ID, in MoneyFilter, take func(RefundRow) error) error {
	return each(in, take, func(r RefundRow) int64 { return r.ID }, func(in MoneyFilter) (rows []RefundRow, err error) {
		sql, args := refundsSQL(in, atOnce)
		err = s.read(ctx, shop, "refunds to export", func(b *pgx.Batch) { collect(b, &rows, refundRow, sql, args...) })
		return rows, err
	})
}

func each[T any](in MoneyFilter, take func(T) error, id func(T) int64, portion func(MoneyFilter) ([]T, error)) error {
	for {
		rows, err := portion(in)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := take(row); err != nil {
				return err
			}
			in.Before = id(row)
		}
		if len(rows) < atOnce {
			return nil
		}
	}
}

// EachBillDay gives every business day that in asks for to take, newest first.
func (s *Store) EachBillDay(ctx context.Context, shop tenant.ID, in BillDayFilter, take func(BillDay) error) error {
	for {
		page, err := s.BillDays(ctx, shop, in)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if err := take(row); err != nil {
				return err
			}
			in.BeforeDay, in.BeforeID = row.Day, row.ID
		}
		if !page.More {
			return nil
		}
	}
}

// CallbackFilter narrows the callback log; zero fields do not matter.
type CallbackFilter struct {
	Kind    string // event, anomaly or refusal
	Channel string
	Query   string // our number of a payment: exact
	From    time.Time
	Until   time.Time
}
