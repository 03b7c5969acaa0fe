-- A recount. The marks come first and everything else is computed from them: what is
-- committed between two of these statements is not marked, and so is counted by its event.

-- name: ClearMarks :exec
WITH cases AS (DELETE FROM figure_case), members AS (DELETE FROM figure_member), buyers AS (DELETE FROM figure_buyer)
DELETE FROM figure_order;

-- name: ClearDays :exec
-- Who looked is counted nowhere else, so it stays.
WITH products AS (
  UPDATE figure_product SET orders = 0, units = 0, paid_fen = 0, refund_units = 0, refund_fen = 0 WHERE true)
UPDATE figure_day SET placed = 0, paid = 0, paid_fen = 0, cancelled = 0, refunds = 0, refund_fen = 0, members = 0, orderers = 0, buyers = 0 WHERE true;

-- name: FillOrders :exec
INSERT INTO figure_order (order_id, placed, paid, cancelled, refund_seen)
SELECT o.id, (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date, (o.paid_at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN o.status = 'closed' AND o.close_reason <> 'all_refunded' THEN (o.closed_at AT TIME ZONE 'Asia/Shanghai')::date END,
       coalesce((SELECT max(e.id) FROM order_event e WHERE e.order_id = o.id AND e.event IN ('part_refunded', 'refunded')), 0)
FROM orders o WHERE NOT o.test;

-- name: FillCases :exec
INSERT INTO figure_case (case_id)
SELECT c.id FROM aftersale_case c WHERE c.status = 'refunded' AND NOT c.test;

-- name: FillMembers :exec
INSERT INTO figure_member (member_id, joined, bought)
SELECT m.id, (m.created_at AT TIME ZONE 'Asia/Shanghai')::date, b.bought
FROM member m LEFT JOIN (SELECT o.member_id, min(f.paid) AS bought FROM figure_order f JOIN orders o ON o.id = f.order_id GROUP BY 1) b ON b.member_id = m.id
WHERE m.status <> 'merged';

-- name: FillBuyers :exec
INSERT INTO figure_buyer (day, member_id, placed, paid, paid_fen)
SELECT x.day, x.member_id, sum(x.placed), sum(x.paid), sum(x.fen)
FROM (SELECT f.placed AS day, o.member_id, 1 AS placed, 0 AS paid, 0::bigint AS fen FROM figure_order f JOIN orders o ON o.id = f.order_id
      UNION ALL
      SELECT f.paid, o.member_id, 0, 1, o.payable_fen FROM figure_order f JOIN orders o ON o.id = f.order_id WHERE f.paid IS NOT NULL) x
GROUP BY 1, 2;

-- name: FillProducts :exec
INSERT INTO figure_product (day, spu_id, orders, units, paid_fen, refund_units, refund_fen)
SELECT x.day, x.spu_id, sum(x.orders), sum(x.units), sum(x.fen), sum(x.refund_units), sum(x.refund_fen)
FROM (SELECT f.paid AS day, l.spu_id, count(DISTINCT l.order_id) AS orders, sum(l.qty) AS units, sum(l.payable_fen) AS fen, 0::bigint AS refund_units, 0::bigint AS refund_fen
      FROM figure_order f JOIN order_line l ON l.order_id = f.order_id WHERE f.paid IS NOT NULL GROUP BY 1, 2
      UNION ALL
      SELECT (c.closed_at AT TIME ZONE 'Asia/Shanghai')::date, l.spu_id, 0, 0, 0, sum(a.qty), sum(a.refund_fen)
      FROM figure_case f JOIN aftersale_case c ON c.id = f.case_id JOIN aftersale_line a ON a.case_id = c.id JOIN order_line l ON l.id = a.line_id GROUP BY 1, 2) x
GROUP BY 1, 2
ON CONFLICT (day, spu_id) DO UPDATE SET orders = excluded.orders, units = excluded.units, paid_fen = excluded.paid_fen,
  refund_units = excluded.refund_units, refund_fen = excluded.refund_fen;

-- name: FillDays :exec
INSERT INTO figure_day (day, placed, paid, paid_fen, cancelled, refunds, refund_fen, members, orderers, buyers)
SELECT x.day, sum(x.placed), sum(x.paid), sum(x.fen), sum(x.cancelled), sum(x.refunds), sum(x.refund_fen), sum(x.members), sum(x.orderers), sum(x.buyers)
FROM (SELECT b.day, b.placed, b.paid, b.paid_fen::bigint AS fen, 0 AS cancelled, 0 AS refunds, 0::bigint AS refund_fen, 0 AS members,
             (b.placed > 0)::integer AS orderers, (b.paid > 0)::integer AS buyers FROM figure_buyer b
      UNION ALL SELECT f.cancelled, 0, 0, 0, 1, 0, 0, 0, 0, 0 FROM figure_order f WHERE f.cancelled IS NOT NULL
      UNION ALL SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 0, 0, 1, (e.detail->>'amount_fen')::bigint, 0, 0, 0
        FROM figure_order f JOIN order_event e ON e.order_id = f.order_id AND e.id <= f.refund_seen AND e.event IN ('part_refunded', 'refunded') AND e.detail ? 'amount_fen'
      UNION ALL SELECT f.joined, 0, 0, 0, 0, 0, 0, 1, 0, 0 FROM figure_member f WHERE f.joined IS NOT NULL
      UNION ALL SELECT (m.created_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 0, 0, 0, 0, 1, 0, 0 FROM member m WHERE m.status = 'merged') x
GROUP BY 1
ON CONFLICT (day) DO UPDATE SET placed = excluded.placed, paid = excluded.paid, paid_fen = excluded.paid_fen, cancelled = excluded.cancelled,
  refunds = excluded.refunds, refund_fen = excluded.refund_fen, members = excluded.members, orderers = excluded.orderers, buyers = excluded.buyers;

-- name: DropEmpty :exec
-- Days and products on which nothing is left.
WITH products AS (
  DELETE FROM figure_product WHERE greatest(orders, units, paid_fen, refund_units, refund_fen, views) = 0)
DELETE FROM figure_day WHERE greatest(placed, paid, paid_fen, cancelled, refunds, refund_fen, members, orderers, buyers, viewers, carters) = 0;
