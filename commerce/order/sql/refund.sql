-- name: AddRefunded :one
-- CHECK order_refunded is the wall: never more than was paid.
UPDATE orders SET refunded_fen = refunded_fen + @amount_fen::bigint WHERE id = @id RETURNING refunded_fen;

-- name: ToRefunded :one
-- What was not sent does not count against its buyer's limits.
WITH moved AS (
  UPDATE orders SET status = @to_status, close_reason = 'all_refunded', closed_at = @at::timestamptz
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id, member_id),
unpacked AS (
  UPDATE order_parcel p SET status = 'cancelled' FROM moved WHERE p.order_id = moved.id AND p.status = 'packed'),
lines AS (
  UPDATE order_line l SET packed = 0 FROM moved WHERE l.order_id = moved.id AND l.packed > 0),
freed AS (
  UPDATE purchase_count c SET qty = c.qty - l.qty
  FROM (SELECT moved.member_id, x.spu_id, sum(x.qty - x.sent) AS qty FROM moved JOIN order_line x ON x.order_id = moved.id WHERE x.counted GROUP BY 1, 2) l
  WHERE c.member_id = l.member_id AND c.spu_id = l.spu_id)
SELECT count(*) FROM moved;

-- name: Unsent :many
-- What of an order is still in the shop; what an after-sales case took out of it, the case
-- puts back.
SELECT l.sku_id, sum(l.qty - l.sent - l.dropped)::bigint AS "left" FROM order_line l
WHERE l.order_id = @order_id AND l.sent + l.dropped < l.qty GROUP BY l.sku_id ORDER BY l.sku_id;

-- name: PiecesSent :one
SELECT coalesce((SELECT sum(l.sent) FROM order_line l WHERE l.order_id = o.id), 0)::bigint AS pieces FROM orders o WHERE o.order_no = @order_no;

-- name: TellRefund :exec
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
VALUES (@order_id, @at, @event, @from_status, @to_status, @actor, @detail);

-- name: Facts :one
SELECT o.member_id, o.app_id, o.payable_fen,
       (SELECT l.title FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1)::text AS first_title,
       (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS kinds
FROM orders o WHERE o.id = @id;
