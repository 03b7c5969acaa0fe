package readmodel

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
)

// moneyFacts follows the money of payments from the buyer to the bill. A line of a bill
// points to its payment, so that no list of lines is searched.
const (
	moneyFacts = `SELECT t.out_trade_no, t.channel, t.amount_fen, t.refunded_fen, t.paid_at, t.surplus, t.channel = 'wechat' AND t.payer <> '',
       o.shipped_at, o.receive_by, o.received_at,
       (SELECT json_build_object('State', u.state, 'Tries', u.attempts, 'Error', u.error, 'UploadedAt', u.uploaded_at) FROM shipping_upload u
         WHERE u.order_no = t.business_no AND u.out_trade_no = t.out_trade_no),
       ld.day, coalesce(l.settled_fen, 0)::bigint, coalesce(l.fee_milli, 0)::bigint, coalesce(ld.booked, false), coalesce(ld.fetched_at, l.moved_at),
       pd.due_at, coalesce(pd.status = 'malformed', false),
       coalesce((SELECT sum(x.fen) FROM bill_difference x WHERE x.status = 'open' AND x.attempt_id = t.id), 0)::bigint
  FROM payment_attempt t
  LEFT JOIN orders o ON o.order_no = t.business_no
  LEFT JOIN bill_line l ON l.attempt_id = t.id
  LEFT JOIN bill_file f ON f.id = l.file_id
  LEFT JOIN bill_day ld ON ld.id = f.day_id
  LEFT JOIN bill_day pd ON pd.account_id = t.account_id AND pd.day = (t.paid_at AT TIME ZONE 'Asia/Shanghai')::date
 WHERE t.status = 'succeeded'`

	moneyRefunds = `SELECT t.out_trade_no, r.out_refund_no, r.amount_fen, r.status, r.hold, coalesce(l.fee_milli, 0)::bigint, r.requested_at, r.due_at, r.finished_at
  FROM refund r JOIN payment_attempt t ON t.id = r.attempt_id LEFT JOIN bill_line l ON l.refund_id = r.id`
)

// queueMoney asks for the money of the payments that where selects: of an order by
// "t.business_no = $1", of one payment by "t.out_trade_no = $1".
func queueMoney(b *pgx.Batch, where, no string, into *[]MoneyFacts) {
	collect(b, into, moneyFact, moneyFacts+" AND "+where+" ORDER BY t.id LIMIT 20", no)
	b.Queue(moneyRefunds+" WHERE "+where+" ORDER BY r.id LIMIT 200", no).Query(func(rows pgx.Rows) error {
		refunds, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r RefundFacts, err error) {
			err = row.Scan(&r.OutTradeNo, &r.OutRefundNo, &r.Amount, &r.Status, &r.Hold, &r.FeeMilli, &r.RequestedAt, &r.DueAt, &r.FinishedAt)
			return r, err
		})
		for _, r := range refunds {
			for i := range *into {
				if (*into)[i].OutTradeNo == r.OutTradeNo {
					(*into)[i].Refunds = append((*into)[i].Refunds, r)
				}
			}
		}
		return err
	})
}

func moneyFact(row pgx.CollectableRow) (f MoneyFacts, err error) {
	var upload []byte
	var day, entered *time.Time
	var bill BillFacts
	var settled, unlike int64
	if err = row.Scan(&f.OutTradeNo, &f.Channel, &f.Amount, &f.Refunded, &f.PaidAt, &f.Surplus, &f.Told, &f.ShippedAt, &f.ReceiveBy, &f.ReceivedAt, &upload,
		&day, &settled, &bill.FeeMilli, &bill.Booked, &entered, &f.BillDue, &f.BadBill, &unlike); err != nil {
		return f, err
	}
	f.Unlike = money.Fen(unlike)
	if day != nil && entered != nil {
		bill.Day, bill.EnteredAt, bill.Settled = *day, *entered, money.Fen(settled)
		f.Bill = &bill
	}
	if upload == nil {
		return f, nil
	}
	return f, json.Unmarshal(upload, &f.Upload)
}
