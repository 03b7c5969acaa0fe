package readmodel

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

const (
	orderHead = `SELECT o.order_no, o.status, coalesce(o.close_reason, ''), o.member_id, m.nickname, o.app_id, o.address, o.receiver, o.remark,
       o.goods_fen, o.discount_fen, o.freight_fen, o.payable_fen, o.placed_at, o.expires_at, o.paid_at, o.closed_at, o.test, o.refunded_fen, coalesce(o.group_state, ''), coalesce((SELECT x.campaign_id || '/groups/' || x.group_no FROM group_seat z JOIN buy_group x ON x.id = z.group_id WHERE z.order_no = o.order_no), '')
  FROM orders o JOIN member m ON m.id = o.member_id WHERE o.order_no = $1`
	orderLines = `SELECT l.spu_id, l.title, l.spec, l.picture, l.price_fen, l.qty::bigint, l.goods_fen, l.discount_fen, l.payable_fen, ` + linePlaces + `, coalesce(g.campaign_id, 0), coalesce(g.title, '')
  FROM order_line l JOIN orders o ON o.id = l.order_id LEFT JOIN order_gift g ON g.line_id = l.id WHERE o.order_no = $1 ORDER BY l.id`
	orderAdjustments = `SELECT a.kind, a.title, a.rule_version, a.funder, coalesce(g.coupon_id, 0)::bigint, count(a.line_id), sum(a.off_fen)::bigint
  FROM order_adjustment a JOIN orders o ON o.id = a.order_id LEFT JOIN coupon_grant g ON g.id = a.rule_id AND a.kind IN ('coupon', 'shipping_coupon')
 WHERE o.order_no = $1 GROUP BY a.kind, a.rule_id, a.title, a.rule_version, a.funder, g.coupon_id ORDER BY min(a.id)`
	orderEvents = `SELECT e.at, e.event, coalesce(e.from_status, ''), coalesce(e.to_status, ''), e.actor,
       coalesce(e.detail->>'amount_fen', e.detail->>'payable_fen', ''), coalesce(e.detail->>'reason', ''), coalesce(e.detail->>'text', '')
  FROM order_event e JOIN orders o ON o.id = e.order_id WHERE o.order_no = $1 ORDER BY e.id LIMIT 200`
	orderAttempts = `SELECT t.out_trade_no, t.channel, a.name, a.merchant_no, a.mode, t.app_id, t.amount_fen, t.refund_reserved_fen, t.refunded_fen, t.status,
       coalesce(t.prepay_id, ''), coalesce(t.transaction_id, ''), t.surplus, t.last_error, t.created_at, t.paid_at
  FROM payment_attempt t JOIN payment_account a ON a.id = t.account_id WHERE t.business_no = $1 ORDER BY t.id DESC LIMIT 50`
	orderRefunds = `SELECT r.out_refund_no, t.out_trade_no, coalesce(r.provider_refund_id, ''), r.reason, r.amount_fen, r.status, r.last_error,
       r.requested_at, r.finished_at
  FROM refund r JOIN payment_attempt t ON t.id = r.attempt_id WHERE r.business_no = $1 ORDER BY r.id DESC LIMIT 50`
	orderAnomalies = `SELECT a.event_id, a.out_trade_no, a.reason, a.blocking, coalesce(a.detail->>'expected', ''), coalesce(a.detail->>'got', ''),
       a.seen::bigint, a.first_at, a.resolved_at
  FROM payment_anomaly a JOIN payment_attempt t ON t.out_trade_no = a.out_trade_no WHERE t.business_no = $1 ORDER BY a.id DESC LIMIT 20`
)

// Order returns one order with everything that happened to it. Faults: NOT_FOUND.
func (s *Store) Order(ctx context.Context, shop tenant.ID, orderNo string) (o OrderDetail, err error) {
	var actors []string
	err = s.read(ctx, shop, "order", func(b *pgx.Batch) {
		b.Queue(orderHead, orderNo).QueryRow(func(row pgx.Row) error { return scanOrderHead(row, &o) })
		collect(b, &o.Lines, orderLine, orderLines, orderNo)
		collect(b, &o.Adjustments, adjustment, orderAdjustments, orderNo)
		actors = nil
		collect(b, &o.Events, func(row pgx.CollectableRow) (OrderEvent, error) {
			e, actor, err := orderEvent(row)
			actors = append(actors, actor)
			return e, err
		}, orderEvents, orderNo)
		collect(b, &o.Attempts, attempt, orderAttempts, orderNo)
		collect(b, &o.Refunds, refund, orderRefunds, orderNo)
		collect(b, &o.Anomalies, anomaly, orderAnomalies, orderNo)
		queueFulfilment(b, orderNo, &o.Fulfil)
		queueClaimable(b, orderNo, &o.Claimable)
		queueOrderCases(b, orderNo, &o.Cases)
		queueMoney(b, "t.business_no = $1", orderNo, &o.Money)
	})
	if err == nil {
		err = s.name(ctx, shop, orderNo, &o.Address)
	}
	if err != nil {
		return OrderDetail{}, err
	}
	people, app, err := s.names(ctx, staffIDs(actors), o.AppID)
	if err != nil {
		return OrderDetail{}, err
	}
	o.AppName = app
	for i := range o.Events {
		kind, rest := actorOf(actors[i])
		o.Events[i].ActorKind = kind
		o.Events[i].ActorName = actorName(kind, rest, o.Buyer, people)
		if o.Events[i].Amount == 0 && (o.Events[i].To == "paid" || o.Events[i].From == "") {
			o.Events[i].Amount = o.Payable // placing and paying are about the whole bill
		}
	}
	return o, nil
}

// actorName is what people call an actor: the buyer's nickname, the staff member's
// name, the provider's code.
func actorName(kind, rest, buyer string, people map[string]string) string {
	switch kind {
	case "member":
		return buyer
	case "staff":
		return people[rest]
	case "provider":
		return rest
	default:
		return ""
	}
}

func staffIDs(actors []string) []int64 {
	ids := []int64{}
	for _, actor := range actors {
		kind, rest := actorOf(actor)
		if kind != "staff" {
			continue
		}
		if id, err := strconv.ParseInt(rest, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func scanOrderHead(row pgx.Row, o *OrderDetail) error {
	var address, receiver []byte
	if err := row.Scan(&o.OrderNo, &o.Status, &o.CloseReason, &o.MemberID, &o.Buyer, &o.AppID, &address, &receiver, &o.Remark,
		&o.Goods, &o.Discount, &o.Freight, &o.Payable, &o.PlacedAt, &o.ExpiresAt, &o.PaidAt, &o.ClosedAt, &o.Test, &o.Refunded, &o.GroupState, &o.Group); err != nil {
		return err
	}
	var err error
	o.Address, err = addressOf(o.OrderNo, address, receiver)
	return err
}

func orderLine(row pgx.CollectableRow) (l OrderLine, err error) {
	err = row.Scan(&l.SPUID, &l.Title, &l.Spec, &l.Picture, &l.Price, &l.Qty, &l.Goods, &l.Discount, &l.Payable, &l.Place, &l.Gift, &l.GiftOf)
	return l, err
}

func adjustment(row pgx.CollectableRow) (a Adjustment, err error) {
	err = row.Scan(&a.Kind, &a.Title, &a.Version, &a.Funder, &a.Coupon, &a.Lines, &a.Off)
	return a, err
}

func orderEvent(row pgx.CollectableRow) (e OrderEvent, actor string, err error) {
	var amount string
	if err = row.Scan(&e.At, &e.Event, &e.From, &e.To, &actor, &amount, &e.Reason, &e.Text); err != nil {
		return e, actor, err
	}
	if fen, parseErr := strconv.ParseInt(amount, 10, 64); parseErr == nil {
		e.Amount = money.Fen(fen)
	}
	return e, actor, nil
}

func attempt(row pgx.CollectableRow) (a Attempt, err error) {
	err = row.Scan(&a.OutTradeNo, &a.Channel, &a.Account, &a.MerchantNo, &a.Mode, &a.AppID, &a.Amount, &a.Reserved, &a.Refunded, &a.Status,
		&a.PrepayID, &a.TransactionID, &a.Surplus, &a.LastError, &a.CreatedAt, &a.PaidAt)
	return a, err
}

func refund(row pgx.CollectableRow) (r Refund, err error) {
	err = row.Scan(&r.OutRefundNo, &r.OutTradeNo, &r.ProviderID, &r.Reason, &r.Amount, &r.Status, &r.LastError, &r.RequestedAt, &r.FinishedAt)
	return r, err
}

func anomaly(row pgx.CollectableRow) (a Anomaly, err error) {
	err = row.Scan(&a.EventID, &a.OutTradeNo, &a.Reason, &a.Blocking, &a.Expected, &a.Got, &a.Seen, &a.FirstAt, &a.ResolvedAt)
	return a, err
}

// lastArg is the placeholder of the last argument.
func lastArg(args []any) string { return "$" + strconv.Itoa(len(args)) }
