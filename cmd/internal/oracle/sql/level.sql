-- Levels: growth, what orders count for, who has which level, and what it took off.

-- G1 growth is the sum of its journal
SELECT a.member_id::text FROM level_account a WHERE a.growth <> (SELECT coalesce(sum(e.change), 0) FROM level_entry e WHERE e.member_id = a.member_id)
UNION ALL
SELECT e.member_id::text FROM level_entry e WHERE NOT EXISTS (SELECT FROM level_account a WHERE a.member_id = e.member_id);

-- G2 an order counts as the journal says, for its buyer
SELECT o.order_no FROM level_order g JOIN orders o ON o.id = g.order_id
WHERE g.grown - g.reversed <> (SELECT coalesce(sum(e.change), 0) FROM level_entry e WHERE e.order_no = o.order_no AND e.member_id = o.member_id)
UNION ALL
SELECT e.order_no FROM level_entry e WHERE e.order_no IS NOT NULL AND NOT EXISTS (SELECT FROM level_order g JOIN orders o ON o.id = g.order_id WHERE o.order_no = e.order_no);

-- G3 only final money counts, and no longer as far as it went back
SELECT o.order_no FROM level_order g JOIN orders o ON o.id = g.order_id, given
WHERE o.settlement <> 'settled'
  OR (o.settled_at < given.rest AND coalesce(o.closed_at, o.settled_at) < given.rest AND NOT EXISTS (SELECT FROM refund r WHERE r.business_no = o.order_no AND coalesce(r.finished_at >= given.rest, true))
    AND g.grown - g.reversed <> CASE WHEN o.status = 'closed' THEN 0 WHEN o.payable_fen = 0 THEN g.grown ELSE div(g.grown::numeric * (o.payable_fen - o.refunded_fen), o.payable_fen) END);

-- G4 the history says which level a member has
SELECT a.member_id::text FROM level_account a
WHERE a.level_id IS DISTINCT FROM (SELECT c.to_id FROM level_change c WHERE c.member_id = a.member_id ORDER BY c.id DESC LIMIT 1);

-- G5 who has grown to a level has it, and who fell below is to be reviewed
SELECT a.member_id::text FROM level_account a JOIN member m ON m.id = a.member_id LEFT JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL, given
WHERE m.status = 'active' AND NOT EXISTS (SELECT FROM level_version x WHERE coalesce(x.until, x.since) >= given.rest)
  AND (coalesce(v.threshold, 0) < coalesce((SELECT max(x.threshold) FROM level_version x WHERE x.until IS NULL AND x.threshold <= a.growth), 0)
    OR (v.threshold > a.growth AND a.review_at IS NULL AND v.since <= a.since));

-- G6 a level took off what its wording of then says
SELECT o.order_no FROM order_adjustment j JOIN orders o ON o.id = j.order_id LEFT JOIN order_line n ON n.id = j.line_id
LEFT JOIN level_version v ON v.level_id = j.rule_id AND v.version = j.rule_version
LEFT JOIN level_price p ON p.level_id = j.rule_id AND p.sku_id = n.sku_id AND p.version <= j.rule_version AND coalesce(p.until_version > j.rule_version, true)
WHERE (j.kind = 'level' AND (v.level_id IS NULL OR j.off_fen <> n.qty * CASE WHEN p.sku_id IS NOT NULL THEN n.price_fen - p.price_fen ELSE (n.price_fen * v.off_bps) / 10000 END))
  OR (j.kind = 'level_shipping' AND v.free_shipping IS NOT TRUE);

-- G7 a settled order that counts has counted
SELECT o.order_no FROM orders o JOIN level_terms t ON t.version = (SELECT max(x.version) FROM level_terms x WHERE x.since <= o.placed_at), given
WHERE t.enabled AND NOT o.test AND o.settlement = 'settled' AND o.settled_at < given.rest AND o.status <> 'closed'
  AND (t.order_growth > 0 OR (t.earn_growth > 0 AND o.payable_fen - o.freight_fen >= t.earn_fen)) AND NOT EXISTS (SELECT FROM level_order g WHERE g.order_id = o.id);
