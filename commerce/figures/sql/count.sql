-- name: Note :exec
-- A note for each time: none waits for another's commit, nor for a counting.
INSERT INTO figure_due (order_id) SELECT o.id FROM orders o WHERE o.order_no = @order_no AND NOT o.test;

-- name: NoteSold :exec
WITH sold AS (SELECT o.id FROM orders o WHERE o.order_no = @order_no AND NOT o.test),
noted AS (INSERT INTO figure_due (order_id) SELECT sold.id FROM sold)
INSERT INTO figure_sold (order_id) SELECT sold.id FROM sold;

-- name: NoteUncounted :execrows
-- Orders of late whose event was lost on a process that did not know figures yet.
INSERT INTO figure_due (order_id)
SELECT o.id FROM orders o LEFT JOIN figure_order f ON f.order_id = o.id
WHERE o.placed_at >= @since::timestamptz AND NOT o.test AND (f.order_id IS NULL
   OR (o.paid_at IS NOT NULL AND f.paid IS NULL)
   OR (o.status = 'closed' AND o.close_reason <> 'all_refunded' AND f.cancelled IS NULL)
   OR (o.refunded_fen > 0 AND EXISTS (SELECT 1 FROM order_event e WHERE e.order_id = o.id AND e.id > f.refund_seen
         AND e.event IN ('part_refunded', 'refunded') AND e.detail ? 'amount_fen')))
  AND NOT EXISTS (SELECT FROM figure_due d WHERE d.order_id = o.id)
ORDER BY o.id LIMIT @most;

-- name: Due :many
SELECT d.id, d.order_id, o.member_id FROM figure_due d JOIN orders o ON o.id = d.order_id ORDER BY d.id LIMIT @most;

-- name: AnyDue :one
SELECT EXISTS (SELECT FROM figure_due);

-- name: TakeDue :many
-- Of two who saw the same notes, each counts those that it took.
DELETE FROM figure_due d WHERE d.id = ANY(@ids::bigint[]) RETURNING d.order_id;

-- name: TakeSold :many
WITH taken AS (
  DELETE FROM figure_sold s USING (SELECT x.id FROM figure_sold x ORDER BY x.id LIMIT @most FOR UPDATE SKIP LOCKED) t
  WHERE s.id = t.id RETURNING s.order_id)
SELECT l.spu_id, sum(l.qty)::bigint AS pieces FROM taken JOIN order_line l ON l.order_id = taken.order_id WHERE NOT l.gift GROUP BY 1;

-- name: LockOrders :exec
-- Whoever counts an order, changes it or gives it to another member waits for the other.
SELECT o.id FROM orders o WHERE o.id = ANY(@ids::bigint[]) ORDER BY o.id FOR NO KEY UPDATE;

-- name: Share :exec
-- A member is counted beside others; orders, a recount and a merge of members are alone.
-- Taken after the rows that are counted, as a merge does.
SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '.figures', 0));

-- name: Alone :exec
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.figures', 0));

-- name: CountPlaced :exec
WITH marked AS (
  INSERT INTO figure_order (order_id, placed)
  SELECT o.id, (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date FROM orders o WHERE o.id = ANY(@ids::bigint[]) ON CONFLICT DO NOTHING
  RETURNING figure_order.order_id, figure_order.placed AS day),
person AS (
  SELECT m.day, o.member_id, count(*) AS n FROM marked m JOIN orders o ON o.id = m.order_id GROUP BY 1, 2),
buyer AS (
  INSERT INTO figure_buyer AS b (day, member_id, placed)
  SELECT person.day, person.member_id, person.n FROM person
  ON CONFLICT (day, member_id) DO UPDATE SET placed = b.placed + excluded.placed
  RETURNING b.day, b.member_id, b.placed)
INSERT INTO figure_day AS d (day, placed, orderers)
SELECT person.day, sum(person.n), count(*) FILTER (WHERE buyer.placed = person.n) FROM person JOIN buyer USING (day, member_id) GROUP BY 1
ON CONFLICT (day) DO UPDATE SET placed = d.placed + excluded.placed, orderers = d.orderers + excluded.orderers;

-- name: CountPaid :exec
WITH marked AS (
  UPDATE figure_order SET paid = (o.paid_at AT TIME ZONE 'Asia/Shanghai')::date FROM orders o
  WHERE figure_order.order_id = ANY(@ids::bigint[]) AND o.id = figure_order.order_id AND figure_order.paid IS NULL AND o.paid_at IS NOT NULL
  RETURNING figure_order.order_id, figure_order.paid AS day, o.member_id, o.payable_fen),
goods AS (
  INSERT INTO figure_product AS p (day, spu_id, orders, units, paid_fen)
  SELECT m.day, l.spu_id, count(DISTINCT m.order_id), sum(l.qty), sum(l.payable_fen) FROM marked m JOIN order_line l ON l.order_id = m.order_id GROUP BY 1, 2
  ON CONFLICT (day, spu_id) DO UPDATE SET orders = p.orders + excluded.orders, units = p.units + excluded.units, paid_fen = p.paid_fen + excluded.paid_fen),
first AS (
  INSERT INTO figure_member AS f (member_id, bought) SELECT m.member_id, min(m.day) FROM marked m GROUP BY 1
  ON CONFLICT (member_id) DO UPDATE SET bought = least(f.bought, excluded.bought)),
person AS (
  SELECT m.day, m.member_id, count(*) AS n, sum(m.payable_fen)::bigint AS fen FROM marked m GROUP BY 1, 2),
buyer AS (
  INSERT INTO figure_buyer AS b (day, member_id, paid, paid_fen) SELECT person.day, person.member_id, person.n, person.fen FROM person
  ON CONFLICT (day, member_id) DO UPDATE SET paid = b.paid + excluded.paid, paid_fen = b.paid_fen + excluded.paid_fen
  RETURNING b.day, b.member_id, b.paid)
INSERT INTO figure_day AS d (day, paid, paid_fen, buyers)
SELECT person.day, sum(person.n), sum(person.fen), count(*) FILTER (WHERE buyer.paid = person.n) FROM person JOIN buyer USING (day, member_id) GROUP BY 1
ON CONFLICT (day) DO UPDATE SET paid = d.paid + excluded.paid, paid_fen = d.paid_fen + excluded.paid_fen, buyers = d.buyers + excluded.buyers;

-- name: CountCancelled :exec
-- What was given back in full is closed, too, and was sold.
WITH marked AS (
  UPDATE figure_order SET cancelled = (o.closed_at AT TIME ZONE 'Asia/Shanghai')::date FROM orders o
  WHERE figure_order.order_id = ANY(@ids::bigint[]) AND o.id = figure_order.order_id AND figure_order.cancelled IS NULL
    AND o.status = 'closed' AND o.close_reason <> 'all_refunded'
  RETURNING figure_order.cancelled AS day)
INSERT INTO figure_day AS d (day, cancelled) SELECT m.day, count(*) FROM marked m GROUP BY 1
ON CONFLICT (day) DO UPDATE SET cancelled = d.cancelled + excluded.cancelled;

-- name: CountRefunds :exec
-- The order's lock keeps its timeline still, so what it has seen is a bound.
WITH fresh AS (
  SELECT e.order_id, e.id, (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day, (e.detail->>'amount_fen')::bigint AS fen
  FROM order_event e JOIN figure_order f ON f.order_id = e.order_id
  WHERE e.order_id = ANY(@ids::bigint[]) AND e.event IN ('part_refunded', 'refunded') AND e.detail ? 'amount_fen' AND e.id > f.refund_seen),
marked AS (
  UPDATE figure_order SET refund_seen = newest.id FROM (SELECT fresh.order_id, max(fresh.id) AS id FROM fresh GROUP BY 1) newest
  WHERE figure_order.order_id = newest.order_id)
INSERT INTO figure_day AS d (day, refunds, refund_fen) SELECT fresh.day, count(*), sum(fresh.fen) FROM fresh GROUP BY 1
ON CONFLICT (day) DO UPDATE SET refunds = d.refunds + excluded.refunds, refund_fen = d.refund_fen + excluded.refund_fen;

-- name: CountCases :exec
WITH marked AS (
  INSERT INTO figure_case (case_id)
  SELECT c.id FROM aftersale_case c WHERE c.order_id = ANY(@ids::bigint[]) AND c.status = 'refunded' AND NOT c.test ON CONFLICT DO NOTHING
  RETURNING figure_case.case_id)
INSERT INTO figure_product AS p (day, spu_id, refund_units, refund_fen)
SELECT (c.closed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, l.spu_id, sum(a.qty), sum(a.refund_fen)
FROM marked m JOIN aftersale_case c ON c.id = m.case_id JOIN aftersale_line a ON a.case_id = c.id JOIN order_line l ON l.id = a.line_id
GROUP BY 1, 2
ON CONFLICT (day, spu_id) DO UPDATE SET refund_units = p.refund_units + excluded.refund_units, refund_fen = p.refund_fen + excluded.refund_fen;

-- name: LockMember :one
SELECT m.id FROM member m WHERE m.id = @id AND m.status <> 'merged' FOR KEY SHARE;

-- name: CountMember :exec
WITH marked AS (
  INSERT INTO figure_member AS f (member_id, joined) SELECT m.id, (m.created_at AT TIME ZONE 'Asia/Shanghai')::date FROM member m WHERE m.id = @id
  ON CONFLICT (member_id) DO UPDATE SET joined = excluded.joined WHERE f.joined IS NULL
  RETURNING f.joined AS day)
INSERT INTO figure_day AS d (day, members) SELECT m.day, 1 FROM marked m
ON CONFLICT (day) DO UPDATE SET members = d.members + excluded.members;

-- name: UncountedMembers :many
SELECT m.id FROM member m LEFT JOIN figure_member f ON f.member_id = m.id
WHERE m.id > (SELECT coalesce(max(x.id), 0) - @among::bigint FROM member x) AND m.status <> 'merged' AND f.joined IS NULL
ORDER BY m.id LIMIT @most;
