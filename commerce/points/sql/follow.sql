-- name: Concerns :one
SELECT EXISTS (SELECT FROM points_terms) AS concerns;

-- name: LockOrder :one
-- Before the account, as whoever moves an order does.
SELECT o.id, o.order_no, o.member_id, o.placed_at, o.payable_fen, o.freight_fen, o.refunded_fen, (o.paid_at IS NOT NULL)::boolean AS paid,
  (o.settlement = 'settled')::boolean AS final, (o.status = 'closed')::boolean AS closed,
  EXISTS (SELECT FROM mall_exchange x WHERE x.order_no = o.order_no AND x.state = 'done') AS exchange
FROM orders o WHERE o.order_no = @order_no AND NOT o.test FOR NO KEY UPDATE;

-- name: Lines :many
-- What was paid for each line, with money and with points, and what cases say came back of it.
SELECT l.id, l.spu_id, l.qty, l.payable_fen,
  coalesce((SELECT sum(a.off_fen) FROM order_adjustment a WHERE a.line_id = l.id AND a.kind IN ('points', 'mall')), 0)::bigint AS points_fen,
  coalesce(b.fen, 0)::bigint AS back_fen, coalesce(b.qty, 0)::bigint AS back_qty
FROM order_line l
LEFT JOIN (SELECT x.line_id, sum(x.refund_fen) AS fen, sum(x.qty) AS qty FROM aftersale_line x JOIN aftersale_case c ON c.id = x.case_id
  WHERE c.order_id = @order_id AND c.status = 'refunded' AND c.kind <> 'exchange' GROUP BY x.line_id) b ON b.line_id = l.id
WHERE l.order_id = @order_id ORDER BY l.id;

-- name: CaseMoney :one
SELECT coalesce(sum(c.amount_fen), 0)::bigint AS fen FROM aftersale_case c WHERE c.order_id = @order_id AND c.status = 'refunded';

-- name: Earned :one
SELECT p.lot_id, p.earned, p.reversed, p.level_bps, l.member_id, l.remaining, (l.available_at IS NULL)::boolean AS frozen
FROM points_order p JOIN points_lot l ON l.id = p.lot_id WHERE p.order_id = @order_id;

-- name: AddOrder :exec
INSERT INTO points_order (order_id, lot_id, earned, level_bps) VALUES (@order_id, @lot_id, @earned, @level_bps);

-- name: Reverse :exec
UPDATE points_order SET reversed = reversed + @points::bigint WHERE order_id = @order_id;

-- name: Inviter :one
-- Who had brought a buyer when the order was placed.
SELECT b.distributor_id FROM distribution_bond b JOIN member m ON m.id = b.distributor_id
WHERE b.member_id = @member_id AND b.since <= @at::timestamptz AND coalesce(b.until > @at, true) AND coalesce(b.ended_at > @at, true) AND b.distributor_id <> b.member_id
  AND m.status = 'active' ORDER BY b.id DESC LIMIT 1;
