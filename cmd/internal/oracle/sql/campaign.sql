-- Campaigns: what they promise, and what they took off.

-- M1 a price is promised by one campaign at a time and channel
SELECT a.sku_id::text FROM campaign_sku a JOIN campaign_sku b ON b.sku_id = a.sku_id AND b.campaign_id > a.campaign_id
WHERE a.live AND b.live AND a.during && b.during AND a.channels && b.channels;

-- M2 the prices of a campaign are promised when, where and while it is live
SELECT k.campaign_id || '/' || k.sku_id FROM campaign_sku k JOIN campaign c ON c.id = k.campaign_id JOIN sku s ON s.id = k.sku_id
WHERE k.live <> (c.status = 'live') OR k.during <> tstzrange(c.starts_at, c.ends_at) OR k.spu_id <> s.spu_id
  OR (cardinality(c.apps) = 0) <> (k.channels = '{(,)}'::int8multirange) OR (k.price_fen IS NULL) <> (c.off_bps IS NOT NULL);

-- M3 every wording of a campaign was kept
SELECT c.id::text FROM campaign c WHERE c.version <> (SELECT count(*) FROM campaign_version v WHERE v.campaign_id = c.id AND v.version <= c.version);

-- M4 what a campaign took off stands under a wording that was in force when the order was placed
SELECT o.order_no FROM order_adjustment a JOIN orders o ON o.id = a.order_id LEFT JOIN campaign c ON c.id = a.rule_id
LEFT JOIN campaign_version v ON v.campaign_id = a.rule_id AND v.version = a.rule_version
WHERE a.kind IN ('flash', 'group', 'timed', 'reduction', 'shipping') AND (v.version IS NULL OR c.kind <> CASE WHEN a.kind IN ('flash', 'group', 'timed') THEN a.kind ELSE 'reduction' END
  OR o.placed_at < (v.wording ->> 'starts_at')::timestamptz OR o.placed_at >= (v.wording ->> 'ends_at')::timestamptz
  OR (jsonb_typeof(v.wording -> 'apps') = 'array' AND v.wording -> 'apps' <> '[]' AND NOT v.wording -> 'apps' ? o.app_id));

-- M5 a piece costs what its campaign said
SELECT l.order_id || '/' || l.sku_id FROM order_adjustment a JOIN order_line l ON l.id = a.line_id
JOIN campaign_version v ON v.campaign_id = a.rule_id AND v.version = a.rule_version
WHERE a.kind IN ('flash', 'group', 'timed') AND a.off_fen IS DISTINCT FROM l.qty * CASE WHEN (v.wording ->> 'off_bps')::bigint > 0 THEN div(l.price_fen * (v.wording ->> 'off_bps')::bigint, 10000)
  ELSE l.price_fen - (SELECT (p ->> 'price_fen')::bigint FROM jsonb_array_elements(v.wording -> 'prices') p WHERE (p ->> 'sku_id')::bigint = l.sku_id) END;

-- M6 one campaign makes the price of a piece
SELECT a.line_id::text FROM order_adjustment a WHERE a.kind IN ('flash', 'group', 'timed') GROUP BY a.line_id HAVING count(*) > 1;

-- M7 a reduction takes no more off an order than its tiers say
SELECT o.order_no FROM orders o JOIN (
  SELECT a.order_id, a.rule_id, a.rule_version, sum(a.off_fen) AS off FROM order_adjustment a WHERE a.kind = 'reduction' GROUP BY 1, 2, 3) x ON x.order_id = o.id
JOIN campaign_version v ON v.campaign_id = x.rule_id AND v.version = x.rule_version
WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(v.wording -> 'tiers') t
  WHERE x.off <= CASE WHEN t ? 'off_fen' AND NOT t ? 'each' THEN (t ->> 'off_fen')::bigint ELSE coalesce((t ->> 'cap_fen')::bigint, o.goods_fen) END);

-- M8 a session has sold what orders took of it
SELECT b.id::text FROM flash_bucket b WHERE b.taken <> coalesce((SELECT sum(t.qty) FROM flash_take t WHERE t.bucket_id = b.id AND t.back_at IS NULL), 0);

-- M9 what a closed order took is back, and nothing else
SELECT t.order_no FROM flash_take t JOIN orders o ON o.order_no = t.order_no WHERE (t.back_at IS NOT NULL) <> (o.status = 'closed');

-- M10 who had a price of a flash sale took as many units of the session that was running
SELECT coalesce(x.order_no, t.order_no) FROM (
  SELECT o.order_no, o.placed_at, a.rule_id, l.sku_id, l.qty FROM order_adjustment a JOIN orders o ON o.id = a.order_id JOIN order_line l ON l.id = a.line_id WHERE a.kind = 'flash') x
FULL JOIN (
  SELECT k.order_no, k.qty, b.campaign_id, b.sku_id, n.starts_at, n.ends_at FROM flash_take k JOIN flash_bucket b ON b.id = k.bucket_id
  JOIN campaign_session n ON n.campaign_id = b.campaign_id AND n.no = b.no) t ON t.order_no = x.order_no AND t.campaign_id = x.rule_id AND t.sku_id = x.sku_id
WHERE t.qty IS DISTINCT FROM x.qty OR x.placed_at < t.starts_at OR x.placed_at >= t.ends_at;

-- M11 nobody has more of a session than any wording of its sale allowed
SELECT b.id || '/' || o.member_id FROM flash_take t JOIN flash_bucket b ON b.id = t.bucket_id JOIN orders o ON o.order_no = t.order_no WHERE t.back_at IS NULL
GROUP BY b.id, b.campaign_id, o.member_id
HAVING sum(t.qty) > (SELECT CASE WHEN min((v.wording ->> 'per_member')::bigint) = 0 THEN sum(t.qty) ELSE max((v.wording ->> 'per_member')::bigint) END FROM campaign_version v WHERE v.campaign_id = b.campaign_id);

-- M12 a line is a gift if and only if a campaign gave it, in words that were kept
SELECT coalesce(l.id, g.line_id)::text FROM (SELECT n.id, n.order_id, n.sku_id, n.qty FROM order_line n WHERE n.gift) l FULL JOIN order_gift g ON g.line_id = l.id
LEFT JOIN campaign_version v ON v.campaign_id = g.campaign_id AND v.version = g.version
WHERE l.order_id IS DISTINCT FROM g.order_id OR v.version IS NULL OR coalesce((v.wording ->> 'gifts_stay')::boolean, false) <> g.stays
  OR NOT EXISTS (SELECT FROM jsonb_array_elements(v.wording -> 'tiers') t WHERE l.sku_id IN ((t ->> 'gift_sku')::bigint, (t ->> 'spare_sku')::bigint) AND l.qty = (t ->> 'gift_qty')::bigint
    AND g.need_fen = coalesce((t ->> 'need_fen')::bigint, 0) AND g.need_qty = coalesce((t ->> 'need_qty')::bigint, 0));

-- M13 a gift came with goods that reached its tier, each at a price per piece
SELECT g.line_id::text FROM order_gift g LEFT JOIN order_gift_goods f ON f.gift_line_id = g.line_id LEFT JOIN order_line l ON l.id = f.line_id
GROUP BY g.line_id, g.order_id, g.need_fen, g.need_qty
HAVING coalesce(sum(f.counted_fen), -1) < g.need_fen OR coalesce(sum(l.qty), -1) < g.need_qty OR bool_or(l.gift OR l.order_id <> g.order_id OR f.counted_fen > l.goods_fen OR f.counted_fen % l.qty <> 0);

-- M14 an order whose gifts do not stay, and of whose goods nothing is left, has none of those gifts left to send
SELECT g.line_id::text FROM order_gift g JOIN order_line n ON n.id = g.line_id JOIN orders o ON o.id = g.order_id
WHERE NOT g.stays AND o.status IN ('paid', 'fulfilling') AND n.sent + n.dropped < n.qty AND NOT EXISTS (SELECT FROM order_gift_goods f JOIN order_line l ON l.id = f.line_id WHERE f.gift_line_id = g.line_id AND l.dropped < l.qty);

-- M15 a budget was spent on orders that live, and never above what it is
SELECT g.campaign_id::text FROM campaign_budget g WHERE g.spent_fen > g.budget_fen
  OR g.spent_fen <> coalesce((SELECT sum(s.fen) FROM campaign_spend s WHERE s.campaign_id = g.campaign_id AND s.back_at IS NULL), 0);

-- M16 what a closed order had of a budget is back, and nothing else
SELECT s.order_no FROM campaign_spend s JOIN orders o ON o.order_no = s.order_no WHERE (s.back_at IS NOT NULL) <> (o.status = 'closed');

-- M17 an order had of a budget what its campaign took off and gave away at cost; who had something of one in words with a budget, had it of the budget
SELECT coalesce(x.order_no, s.order_no) FROM (
  SELECT o.order_no, a.rule_id AS campaign_id, a.rule_version AS version, a.off_fen AS fen FROM order_adjustment a JOIN orders o ON o.id = a.order_id WHERE a.kind IN ('flash', 'group', 'timed', 'reduction', 'shipping')
  UNION ALL SELECT o.order_no, g.campaign_id, g.version, g.cost_fen FROM order_gift g JOIN orders o ON o.id = g.order_id) x
FULL JOIN campaign_spend s ON s.order_no = x.order_no AND s.campaign_id = x.campaign_id
LEFT JOIN campaign_version v ON v.campaign_id = x.campaign_id AND v.version = x.version
GROUP BY coalesce(x.order_no, s.order_no), coalesce(x.campaign_id, s.campaign_id), s.fen
HAVING (s.fen IS NOT NULL AND s.fen IS DISTINCT FROM sum(x.fen)) OR (s.fen IS NULL AND bool_or(coalesce((v.wording ->> 'budget_fen')::bigint, 0) > 0));

-- M18 a group has the seats that orders took of it, and no more than it has
SELECT g.group_no FROM buy_group g LEFT JOIN (SELECT group_id, count(*) FILTER (WHERE back_at IS NULL) AS taken, count(*) FILTER (WHERE back_at IS NULL AND paid_at IS NOT NULL) AS paid, count(*) FILTER (WHERE paid_at IS NOT NULL) AS ever
  FROM group_seat GROUP BY group_id) s ON s.group_id = g.id
WHERE g.taken > g.seats OR CASE WHEN g.status = 'complete' THEN g.taken <> g.seats OR g.paid <> g.seats OR coalesce(s.ever, 0) < g.seats
  ELSE g.taken <> coalesce(s.taken, 0) OR g.paid <> coalesce(s.paid, 0) END;

-- M19 a seat is paid and given back as its order is
SELECT s.order_no FROM group_seat s JOIN orders o ON o.order_no = s.order_no
WHERE (s.paid_at IS NOT NULL) <> (o.paid_at IS NOT NULL) OR (s.back_at IS NOT NULL) <> (o.status = 'closed') OR o.group_state IS NULL OR s.member_id <> o.member_id;

-- M20 who had the price of a group has a seat of it, under a wording that named it; nothing of it was sent before it was complete
SELECT coalesce(x.order_no, s.order_no) FROM (SELECT o.order_no, o.id, a.rule_id, a.rule_version FROM order_adjustment a JOIN orders o ON o.id = a.order_id WHERE a.kind = 'group') x
FULL JOIN (SELECT z.order_no, g.campaign_id, g.status FROM group_seat z JOIN buy_group g ON g.id = z.group_id) s ON s.order_no = x.order_no
LEFT JOIN campaign_version v ON v.campaign_id = x.rule_id AND v.version = x.rule_version
WHERE x.order_no IS NULL OR s.order_no IS NULL OR s.campaign_id <> x.rule_id OR coalesce((v.wording ->> 'seats')::bigint, 0) < 2
  OR (s.status <> 'complete' AND EXISTS (SELECT FROM order_line l WHERE l.order_id = x.id AND l.sent > 0));

-- M21 the money of a group that failed was asked back once, and is back where the group says so
SELECT s.order_no FROM group_seat s JOIN buy_group g ON g.id = s.group_id
LEFT JOIN (SELECT business_no, count(*) FILTER (WHERE status <> 'failed') AS n FROM refund WHERE reason = 'order_cancelled' GROUP BY business_no) r ON r.business_no = s.order_no
WHERE coalesce(r.n, 0) > 1 OR (g.status IN ('failed', 'refunding') AND s.paid_at IS NOT NULL AND s.asked_at IS NULL AND s.back_at IS NULL) OR (g.status = 'failed' AND g.paid > 0);
