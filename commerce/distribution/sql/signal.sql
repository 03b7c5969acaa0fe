-- name: AddSignals :exec
-- What the buyer of an order shares with those who earn from it: a number of the account or the
-- address book, and where the parcel goes to, among the latest orders of each. Phone and place of a parcel are compared blind: they lie sealed.
WITH o AS (SELECT o.member_id, o.delivery, o.receiver_index[1] AS phone, o.receiver_index[3] AS place FROM orders o WHERE o.id = @order_id),
who AS (SELECT DISTINCT unnest(@distributor_ids::bigint[]) AS id),
own AS (
  SELECT who.id AS distributor_id, x.order_no, x.receiver_index[1] AS phone, x.receiver_index[3] AS place
  FROM who CROSS JOIN LATERAL (SELECT p.order_no, p.receiver_index FROM orders p WHERE p.member_id = who.id AND p.delivery = 'express' ORDER BY p.id DESC LIMIT 200) x),
found AS (
  SELECT who.id AS distributor_id, 'phone' AS kind, '' AS own_order_no FROM who, o
  WHERE EXISTS (
    SELECT FROM (SELECT m.phone_index FROM member m WHERE m.id = o.member_id UNION ALL SELECT a.phone_index FROM address a WHERE a.member_id = o.member_id) b
    JOIN (SELECT m.phone_index FROM member m WHERE m.id = who.id UNION ALL SELECT a.phone_index FROM address a WHERE a.member_id = who.id) s ON s.phone_index = b.phone_index)
  UNION ALL
  SELECT own.distributor_id, 'parcel_phone', max(own.order_no) FROM own, o WHERE o.delivery = 'express' AND own.phone = o.phone GROUP BY own.distributor_id
  UNION ALL
  SELECT own.distributor_id, 'parcel_address', max(own.order_no) FROM own, o WHERE o.delivery = 'express' AND own.place = o.place GROUP BY own.distributor_id)
INSERT INTO commission_signal (order_id, distributor_id, kind, own_order_no, seen_at, refused)
SELECT @order_id, f.distributor_id, f.kind, f.own_order_no, @now::timestamptz, f.kind = 'phone' AND f.distributor_id = ANY (@refused::bigint[]) FROM found f
ON CONFLICT (order_id, distributor_id, kind) DO NOTHING;

-- name: Signals :many
SELECT s.id, s.order_id, s.distributor_id, s.kind, s.own_order_no, s.seen_at, s.cleared_at, s.cleared_by, s.refused, o.order_no, o.member_id AS buyer_id, m.nickname AS buyer,
  coalesce((SELECT sum(c.amount_fen - c.reversed_fen) FROM commission c WHERE c.order_id = s.order_id AND c.distributor_id = s.distributor_id AND c.status <> 'void'), 0)::bigint AS fen
FROM commission_signal s JOIN commission_order o ON o.order_id = s.order_id JOIN member m ON m.id = o.member_id
WHERE s.distributor_id = @distributor_id AND s.id < @before::bigint AND (NOT @open::boolean OR (s.cleared_at IS NULL AND NOT s.refused)) ORDER BY s.id DESC LIMIT @most;

-- name: OpenSignals :one
SELECT count(*) FROM commission_signal s WHERE s.distributor_id = @distributor_id AND s.cleared_at IS NULL AND NOT s.refused;

-- name: Refused :many
-- Orders that a distributor earns nothing from, because the buyer shares a phone with him.
SELECT s.id, s.seen_at, o.order_no FROM commission_signal s JOIN commission_order o ON o.order_id = s.order_id
WHERE s.distributor_id = @distributor_id AND s.refused AND s.id < @before::bigint ORDER BY s.id DESC LIMIT @most;

-- name: ClearSignals :execrows
UPDATE commission_signal SET cleared_at = @now::timestamptz, cleared_by = @actor::text WHERE distributor_id = @distributor_id AND cleared_at IS NULL AND id <= @upto;

-- name: MoveSignals :exec
UPDATE commission_signal s SET distributor_id = @to_id::bigint WHERE s.distributor_id = @from_id::bigint
  AND NOT EXISTS (SELECT FROM commission_signal t WHERE t.order_id = s.order_id AND t.kind = s.kind AND t.distributor_id = @to_id);

-- name: DropSignals :exec
DELETE FROM commission_signal WHERE distributor_id = @from_id;
