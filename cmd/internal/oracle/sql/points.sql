-- Points: lots, accounts, what orders use and earn.

-- N1 an account is the sum of its lots
SELECT a.member_id::text FROM points_account a WHERE (a.available, a.frozen, a.held) IS DISTINCT FROM (
  SELECT (coalesce(sum(l.remaining) FILTER (WHERE l.available_at IS NOT NULL), 0)::bigint, coalesce(sum(l.remaining) FILTER (WHERE l.available_at IS NULL), 0)::bigint,
    coalesce(sum(l.held), 0)::bigint) FROM points_lot l WHERE l.member_id = a.member_id)
UNION ALL
SELECT l.member_id::text FROM points_lot l WHERE NOT EXISTS (SELECT FROM points_account a WHERE a.member_id = l.member_id);

-- N2 the journal adds up to what there is and to what is owed
SELECT a.member_id::text FROM points_account a
WHERE a.available <> (SELECT coalesce(sum(e.change), 0) FROM points_entry e WHERE e.member_id = a.member_id)
  OR a.debt <> (SELECT coalesce(sum(e.debt), 0) FROM points_entry e WHERE e.member_id = a.member_id);

-- N3 what lots have held and spent is what orders use of them
SELECT l.id::text FROM points_lot l WHERE (l.held, l.spent) IS DISTINCT FROM (
  SELECT (coalesce(sum(u.points) FILTER (WHERE u.state = 'held'), 0)::bigint, coalesce(sum(u.points - u.returned) FILTER (WHERE u.state = 'used'), 0)::bigint)
  FROM points_use u WHERE u.lot_id = l.id);

-- N4 points stand where their order does, and are its buyer's
SELECT u.order_no FROM points_use u JOIN points_lot l ON l.id = u.lot_id LEFT JOIN orders o ON o.order_no = u.order_no
WHERE o.id IS NULL OR l.member_id <> o.member_id
  OR u.state <> CASE WHEN o.paid_at IS NOT NULL THEN 'used' WHEN o.status = 'closed' THEN 'released' ELSE 'held' END;

-- N5 an order is cheaper by what its points are worth
SELECT x.order_no FROM (
  SELECT o.order_no, max(t.per_yuan) AS per_yuan, sum(a.off_fen) AS off, (SELECT coalesce(sum(u.points), 0) FROM points_use u WHERE u.order_no = o.order_no) AS points
  FROM orders o JOIN order_adjustment a ON a.order_id = o.id AND a.kind = 'points' LEFT JOIN points_terms t ON t.version = a.rule_version GROUP BY o.order_no) x
WHERE x.off IS DISTINCT FROM div(x.points * 100, x.per_yuan)
UNION ALL
SELECT u.order_no FROM points_use u
WHERE NOT EXISTS (SELECT FROM orders o JOIN order_adjustment a ON a.order_id = o.id AND a.kind = 'points' WHERE o.order_no = u.order_no);

-- N6 an order whose money all went back has its points back and has earned none
SELECT o.order_no FROM orders o JOIN points_use u ON u.order_no = o.order_no WHERE o.close_reason = 'all_refunded' AND u.returned <> u.points
UNION ALL
SELECT o.order_no FROM orders o JOIN points_order p ON p.order_id = o.id, given WHERE o.close_reason = 'all_refunded' AND o.closed_at < given.rest AND p.reversed <> p.earned;

-- N7 what an order earned is free when its money is final, and not before
SELECT o.order_no FROM points_order p JOIN orders o ON o.id = p.order_id JOIN points_lot l ON l.id = p.lot_id, given
WHERE (l.available_at IS NOT NULL AND o.settlement <> 'settled')
  OR (l.available_at IS NULL AND l.remaining > 0 AND o.settlement = 'settled' AND o.settled_at < given.rest)
  OR l.amount <> p.earned OR l.taken < p.reversed AND l.available_at IS NULL;

-- N8 the books say what accounts are worth
SELECT 'payable:points' WHERE (SELECT coalesce(sum(a.booked_fen), 0) FROM points_account a) <>
  (SELECT coalesce(sum(CASE WHEN t.credit = 'payable:points' THEN t.amount_fen ELSE -t.amount_fen END), 0) FROM ledger_transfer t WHERE 'payable:points' IN (t.debit, t.credit));

-- N9 a paid order that earns has its lot
SELECT o.order_no FROM orders o JOIN points_terms t ON t.version = (SELECT max(x.version) FROM points_terms x WHERE x.since <= o.placed_at), given
WHERE t.enabled AND t.earn_points > 0 AND NOT o.test AND o.paid_at < given.rest AND o.status <> 'closed'
  AND (o.payable_fen - o.freight_fen) >= t.earn_fen AND NOT EXISTS (SELECT FROM points_rate) AND NOT EXISTS (SELECT FROM points_order p WHERE p.order_id = o.id);
