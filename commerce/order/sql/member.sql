-- name: MoveOrders :exec
-- What was bought under a limit for a lifetime adds up.
WITH moved AS (UPDATE orders SET member_id = @to_id::bigint WHERE orders.member_id = @from_id::bigint),
counts AS (DELETE FROM purchase_count c WHERE c.member_id = @from_id::bigint RETURNING c.spu_id, c.qty)
INSERT INTO purchase_count AS p (member_id, spu_id, qty) SELECT @to_id::bigint, counts.spu_id, counts.qty FROM counts
ON CONFLICT (member_id, spu_id) DO UPDATE SET qty = p.qty + excluded.qty;

-- name: ForgetOrders :exec
-- The division stays: what was sold where belongs to the books.
UPDATE orders SET remark = '', staff_note = '', pickup_code = NULL, receiver = NULL, receiver_index = NULL,
  address = jsonb_build_object('name', '', 'phone', '', 'province', address->>'province', 'city', address->>'city', 'district', '', 'division_code', '', 'detail', '')
WHERE member_id = @member_id;

-- name: OpenOf :one
-- Under way, or still to be complained about.
SELECT count(*) FROM orders WHERE member_id = @member_id AND status <> 'closed' AND settlement <> 'settled' AND NOT test;

-- name: HasPaid :one
SELECT EXISTS (SELECT FROM orders WHERE member_id = @member_id AND paid_at IS NOT NULL AND NOT test);

-- name: LockTrades :exec
-- Orders of one member are counted one after the other; no key of the row changes.
SELECT id FROM member WHERE id = ANY(@member_ids::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: CountTrades :exec
-- Counted anew from the orders: however often it is done, it is right.
INSERT INTO member_trade AS t (member_id, orders, paid_fen, refunded_fen, last_order_at)
SELECT m.id, count(o.id), coalesce(sum(o.payable_fen), 0)::bigint, coalesce(sum(o.refunded_fen), 0)::bigint, max(o.paid_at)
FROM unnest(@member_ids::bigint[]) AS m (id) LEFT JOIN orders o ON o.member_id = m.id AND o.paid_at IS NOT NULL AND NOT o.test
GROUP BY m.id ORDER BY m.id
ON CONFLICT (member_id) DO UPDATE SET orders = excluded.orders, paid_fen = excluded.paid_fen, refunded_fen = excluded.refunded_fen, last_order_at = excluded.last_order_at;

-- name: NumbersOf :many
SELECT order_no FROM orders WHERE member_id = @member_id;
