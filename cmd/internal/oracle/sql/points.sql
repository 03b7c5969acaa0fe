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
WHERE NOT EXISTS (SELECT FROM mall_exchange x WHERE u.order_no = 'mall:' || x.id AND x.member_id = l.member_id AND u.state = 'used' AND u.returned = 0)
  AND (o.id IS NULL OR l.member_id <> o.member_id
  OR u.state <> CASE WHEN o.paid_at IS NOT NULL THEN 'used' WHEN o.status = 'closed' THEN 'released' ELSE 'held' END);

-- N5 an order is cheaper by what its points are worth
SELECT x.order_no FROM (
  SELECT o.order_no, max(t.per_yuan) AS per_yuan, sum(a.off_fen) AS off, (SELECT coalesce(sum(u.points), 0) FROM points_use u WHERE u.order_no = o.order_no) AS points
  FROM orders o JOIN order_adjustment a ON a.order_id = o.id AND a.kind = 'points' LEFT JOIN points_terms t ON t.version = a.rule_version GROUP BY o.order_no) x
WHERE x.off IS DISTINCT FROM div(x.points * 100, x.per_yuan)
UNION ALL
SELECT u.order_no FROM points_use u
WHERE NOT EXISTS (SELECT FROM orders o JOIN order_adjustment a ON a.order_id = o.id AND a.kind IN ('points', 'mall') WHERE o.order_no = u.order_no)
  AND NOT EXISTS (SELECT FROM mall_exchange x WHERE u.order_no = 'mall:' || x.id);

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

-- N10 an exchange stands where its order stands, is its buyer's, and made its price
SELECT x.id::text FROM mall_exchange x LEFT JOIN orders o ON o.order_no = x.order_no, given
WHERE x.order_no IS NOT NULL AND (o.id IS NULL OR o.member_id <> x.member_id
  OR x.state NOT IN ('held', 'done') AND o.status <> 'closed' OR (x.state = 'held') <> (o.paid_at IS NULL AND o.status <> 'closed')
  OR (x.state = 'done' AND o.close_reason = 'all_refunded' AND o.closed_at < given.rest)
  OR NOT EXISTS (SELECT FROM order_adjustment a JOIN order_line l ON l.id = a.line_id WHERE a.order_id = o.id AND a.kind = 'mall' AND a.rule_id = x.offer_id
    AND a.rule_version = x.version AND a.off_fen = l.goods_fen - x.qty * x.cash_fen AND l.qty = x.qty))
UNION ALL
SELECT o.order_no FROM order_adjustment a JOIN orders o ON o.id = a.order_id
WHERE a.kind = 'mall' AND (NOT EXISTS (SELECT FROM mall_exchange x WHERE x.order_no = o.order_no)
  OR EXISTS (SELECT FROM order_adjustment b WHERE b.line_id = a.line_id AND b.id <> a.id));

-- N11 an exchange costs its points
SELECT x.id::text FROM mall_exchange x
WHERE x.points <> (SELECT coalesce(sum(u.points), 0) FROM points_use u WHERE u.order_no = coalesce(x.order_no, 'mall:' || x.id));

-- N12 what is taken of an offer is what its exchanges have, member by member
SELECT o.id::text FROM mall_offer o WHERE o.taken <> (SELECT coalesce(sum(x.qty), 0) FROM mall_exchange x WHERE x.offer_id = o.id AND x.state IN ('held', 'done'))
UNION ALL
SELECT n.offer_id || '/' || n.member_id FROM mall_count n
WHERE n.taken <> (SELECT coalesce(sum(x.qty), 0) FROM mall_exchange x WHERE x.offer_id = n.offer_id AND x.member_id = n.member_id AND x.state IN ('held', 'done'))
UNION ALL
SELECT x.id::text FROM mall_exchange x WHERE NOT EXISTS (SELECT FROM mall_count n WHERE n.offer_id = x.offer_id AND n.member_id = x.member_id);

-- N13 a coupon for points is in the hands of who paid for it
SELECT x.id::text FROM mall_exchange x JOIN mall_offer o ON o.id = x.offer_id LEFT JOIN coupon_grant g ON g.id = x.grant_id
WHERE x.order_no IS NULL AND (g.id IS NULL OR g.coupon_id <> o.coupon_id OR g.member_id <> x.member_id OR g.source <> 'mall')
UNION ALL
SELECT g.id::text FROM coupon_grant g WHERE g.source = 'mall' AND NOT EXISTS (SELECT FROM mall_exchange x WHERE x.grant_id = g.id);
