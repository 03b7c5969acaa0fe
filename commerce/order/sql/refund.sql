-- name: AddRefunded :one
-- CHECK order_refunded is the wall: never more than was paid.
UPDATE orders SET refunded_fen = refunded_fen + @amount_fen::bigint WHERE id = @id RETURNING refunded_fen;

-- name: ToRefunded :one
WITH moved AS (
  UPDATE orders SET status = @to_status, close_reason = 'all_refunded', closed_at = @at::timestamptz
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id)
SELECT count(*) FROM moved;

-- name: TellRefund :exec
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
VALUES (@order_id, @at, @event, @from_status, @to_status, @actor, @detail);

-- name: Facts :one
SELECT o.member_id, o.app_id, o.payable_fen,
       (SELECT l.title FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1)::text AS first_title,
       (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS kinds
FROM orders o WHERE o.id = @id;
