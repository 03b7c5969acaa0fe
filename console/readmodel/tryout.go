package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// TestPurchase is the newest purchase that the shop made from itself, with what came of it.
type TestPurchase struct {
	ID        int64 // 0: there has been none
	AppID     string
	Step      string // what is done next
	OrderNo   string
	Fault     string // code of what stopped it
	Message   string // what the answering side said
	StartedAt time.Time
	UpdatedAt time.Time
	// Of the order, once there is one.
	Status  string
	Payable money.Fen
	PaidAt  *time.Time
	Title   string
	Told    bool  // the provider's signed word has come
	Refused int64 // callbacks of its account since, that were not believed
}

const testPurchase = `SELECT p.id, p.app_id, p.step, p.order_no, p.fault, p.message, p.started_at, p.updated_at,
       coalesce(o.status, ''), coalesce(o.payable_fen, 0)::bigint, o.paid_at,
       coalesce((SELECT l.title FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1), ''),
       EXISTS (SELECT 1 FROM payment_attempt t JOIN payment_event e ON e.out_trade_no = t.out_trade_no WHERE t.business_no = o.order_no),
       (SELECT count(*) FROM (SELECT 1 FROM payment_attempt t JOIN payment_refusal r ON r.account_id = t.account_id
         WHERE t.business_no = o.order_no AND r.received_at >= o.placed_at LIMIT 100) c)
  FROM (SELECT t.id, t.app_id, t.step, t.order_no, t.fault, t.message, t.started_at, t.updated_at FROM test_purchase t ORDER BY t.id DESC LIMIT 1) p
  LEFT JOIN orders o ON o.order_no = p.order_no`

// TestPurchase returns the newest test purchase, a zero one if there has been none.
func (s *Store) TestPurchase(ctx context.Context, shop tenant.ID) (p TestPurchase, err error) {
	err = s.read(ctx, shop, "test purchase", func(b *pgx.Batch) {
		b.Queue(testPurchase).Query(func(rows pgx.Rows) error {
			p = TestPurchase{}
			for rows.Next() {
				if err := rows.Scan(&p.ID, &p.AppID, &p.Step, &p.OrderNo, &p.Fault, &p.Message, &p.StartedAt, &p.UpdatedAt,
					&p.Status, &p.Payable, &p.PaidAt, &p.Title, &p.Told, &p.Refused); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
	return p, err
}
