-- Coupons: what orders take off, and whose they are.

-- C1 a coupon serves one order
SELECT a.rule_id::text FROM order_adjustment a JOIN orders o ON o.id = a.order_id
WHERE a.kind IN ('coupon', 'shipping_coupon') AND o.status <> 'closed' GROUP BY a.rule_id HAVING count(DISTINCT o.id) > 1;

-- C2 a coupon stands where its order does: held until it is paid, used from then on
SELECT g.id::text FROM coupon_grant g LEFT JOIN orders o ON o.order_no = g.order_no WHERE g.order_no IS NOT NULL
  AND (o.id IS NULL OR g.status <> CASE WHEN o.paid_at IS NOT NULL THEN 'used' WHEN o.status IN ('pending_payment', 'closing') THEN 'locked' ELSE '' END)
UNION ALL
SELECT o.order_no FROM order_adjustment a JOIN orders o ON o.id = a.order_id JOIN coupon_grant g ON g.id = a.rule_id
WHERE a.kind IN ('coupon', 'shipping_coupon') AND o.status <> 'closed' AND g.order_no IS DISTINCT FROM o.order_no;

-- C3 a coupon is its buyer's
SELECT o.order_no FROM coupon_grant g JOIN orders o ON o.order_no = g.order_no WHERE g.member_id <> o.member_id;

-- C4 what was issued is what was granted, and never more than there is
SELECT c.id::text FROM coupon c WHERE c.issued <> (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = c.id) OR c.issued > c.total;

-- C5 what a member has had is counted
SELECT n.coupon_id || '/' || n.member_id FROM coupon_count n
WHERE n.taken <> (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = n.coupon_id AND g.member_id = n.member_id);

-- C6 a coupon takes off what its terms allow, where its minimum is met
SELECT g.id::text FROM coupon_grant g JOIN coupon_terms t ON t.coupon_id = g.coupon_id AND t.version = g.version JOIN orders o ON o.order_no = g.order_no
WHERE (t.off_fen > 0 AND g.off_fen > t.off_fen) OR (t.cap_fen > 0 AND g.off_fen > t.cap_fen) OR o.goods_fen < t.need_fen
  OR g.off_fen <> (SELECT coalesce(sum(a.off_fen), 0) FROM order_adjustment a WHERE a.order_id = o.id AND a.rule_id = g.id AND a.kind IN ('coupon', 'shipping_coupon'));

-- C7 a line's discount is what rules took off it
SELECT l.order_id || '/' || l.sku_id FROM order_line l
WHERE l.discount_fen <> coalesce((SELECT sum(a.off_fen) FROM order_adjustment a WHERE a.line_id = l.id AND a.order_id = l.order_id), 0);

-- C8 what a coupon has cost is what orders take off with it, within its budget
SELECT c.id::text FROM coupon c
WHERE c.spent_fen <> (SELECT coalesce(sum(g.off_fen), 0) FROM coupon_grant g WHERE g.coupon_id = c.id AND g.status IN ('locked', 'used')) OR c.spent_fen > c.budget_fen;

-- C9 a coupon's history ends where it stands
SELECT g.id::text FROM coupon_grant g WHERE g.status IS DISTINCT FROM (SELECT e.to_status FROM coupon_event e WHERE e.grant_id = g.id ORDER BY e.id DESC LIMIT 1);

-- C10 a code gave its own coupon
SELECT k.code FROM coupon_code k JOIN coupon_grant g ON g.id = k.grant_id WHERE g.coupon_id <> k.coupon_id OR g.source <> 'code';
