-- name: Running :many
-- What is in force for a basket: the named SKUs, or the lines of a cart that are selected. A
-- category stands with all those below it. Of a flash sale, what is left in its present session,
-- and how many pieces the member may have (-1: any number). Group buying only where it is asked for,
-- with the group that is to be joined. Gifts are looked for where a tier has one.
SELECT c.id, c.kind, c.version, c.title, c.starts_at, c.ends_at, c.off_bps, c.scope_of, c.scope_except, c.tiers, c.gifts_stay, c.per_order,
  (CASE WHEN c.kind = 'reduction' AND jsonb_path_exists(c.tiers, '$[*].gift_sku') THEN (SELECT json_agg(json_build_object('sku_id', v.id, 'spu_id', v.spu_id, 'left', a.on_hand - a.reserved, 'price_fen', v.price_fen, 'cost_fen', v.cost_fen, 'title', p.title,
      'spec', array_to_string(v.spec_values, ' / '), 'picture', CASE WHEN v.picture <> '' THEN v.picture ELSE p.cover END, 'snapshot', p.snapshot))
    FROM sku v JOIN spu p ON p.id = v.spu_id JOIN stock_level a ON a.sku_id = v.id
    WHERE v.enabled AND p.status IN ('draft', 'on_shelf', 'off_shelf')
      AND v.id = ANY (ARRAY(SELECT (t ->> k)::bigint FROM jsonb_array_elements(c.tiers) t, unnest('{gift_sku,spare_sku}'::text[]) k))) END)::jsonb AS gifts,
  (CASE WHEN c.scope_of = 'categories' THEN ARRAY(
    SELECT k.id FROM category k LEFT JOIN category p ON p.id = k.parent_id
    WHERE k.id = ANY (c.scope_ids) OR k.parent_id = ANY (c.scope_ids) OR p.parent_id = ANY (c.scope_ids))
  ELSE c.scope_ids END)::bigint[] AS scope,
  coalesce(s.ids, '{}')::bigint[] AS sku_ids, coalesce(s.prices, '{}')::bigint[] AS prices_fen,
  coalesce(s.lefts, '{}')::bigint[] AS lefts, coalesce(s.mays, '{}')::bigint[] AS mays,
  coalesce(g.budget_fen - g.spent_fen, -1)::bigint AS budget_left, c.per_member,
  coalesce(y.status, '')::text AS group_status, coalesce(y.taken >= y.seats, false)::boolean AS group_full, coalesce(y.deadline_at <= @now::timestamptz, false)::boolean AS group_late,
  (c.kind = 'group' AND EXISTS (SELECT FROM group_seat z WHERE z.group_id = y.id AND z.member_id = @member_id AND z.back_at IS NULL))::boolean AS group_mine,
  (CASE WHEN c.kind = 'group' THEN (SELECT coalesce(sum(l.qty), 0) FROM group_seat z JOIN buy_group x ON x.id = z.group_id AND x.campaign_id = c.id JOIN orders o ON o.order_no = z.order_no
    JOIN order_line l ON l.order_id = o.id WHERE z.member_id = @member_id AND z.back_at IS NULL) ELSE 0 END)::bigint AS group_had,
  (c.kind <> 'flash' OR n.no IS NOT NULL)::boolean AS on_sale, n.ends_at AS session_ends_at
FROM campaign c LEFT JOIN campaign_budget g ON g.campaign_id = c.id
LEFT JOIN buy_group y ON c.kind = 'group' AND y.group_no = @group_no::text AND y.campaign_id = c.id
LEFT JOIN campaign_session n ON n.campaign_id = c.id AND n.starts_at <= @now::timestamptz AND n.ends_at > @now
LEFT JOIN LATERAL (
  SELECT array_agg(k.sku_id ORDER BY k.sku_id) AS ids, array_agg(coalesce(k.price_fen, 0) ORDER BY k.sku_id) AS prices,
    array_agg(coalesce(b.units - b.taken, 0) ORDER BY k.sku_id) AS lefts,
    array_agg(CASE WHEN c.per_member IS NULL THEN -1 ELSE greatest(0, c.per_member - (SELECT coalesce(sum(t.qty), 0) FROM orders o JOIN flash_take t ON t.order_no = o.order_no
      WHERE o.member_id = @member_id AND t.bucket_id = b.id AND t.back_at IS NULL)) END::bigint ORDER BY k.sku_id) AS mays
  FROM campaign_sku k LEFT JOIN flash_bucket b ON b.campaign_id = k.campaign_id AND b.no = n.no AND b.sku_id = k.sku_id WHERE k.campaign_id = c.id AND coalesce(k.spu_id = y.spu_id, true) AND (k.sku_id = ANY (@sku_ids::bigint[])
    OR (@of_cart::boolean AND k.sku_id IN (SELECT l.sku_id FROM cart_line l WHERE l.member_id = @member_id AND l.selected)))) s ON c.kind <> 'reduction'
WHERE c.status = 'live' AND (c.kind <> 'group' OR c.id = @group_id::bigint) AND c.ends_at > @now::timestamptz AND c.starts_at <= @now AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
ORDER BY c.ends_at, c.id LIMIT 200;

-- name: Windows :many
-- When prices change.
SELECT c.kind, coalesce(n.starts_at, c.starts_at) AS starts_at, coalesce(n.ends_at, c.ends_at) AS ends_at, c.apps
FROM campaign c LEFT JOIN campaign_session n ON n.campaign_id = c.id
WHERE c.status = 'live' AND c.ends_at > @now::timestamptz AND coalesce(n.ends_at > @now, true) ORDER BY 2 LIMIT 1000;

-- name: Prices :many
-- Of a flash sale, only in a session and while there are units; of none that is used up. The price
-- of a group is for who joins one. most: pieces of a flash sale that the member may have (-1: any
-- number); an order of more has none at its price.
SELECT k.sku_id, c.id, c.kind, c.title, coalesce(n.ends_at, c.ends_at) AS ends_at, k.price_fen, c.off_bps,
  (CASE WHEN c.kind = 'flash' THEN least(b.units - b.taken, c.per_order, CASE WHEN c.per_member IS NOT NULL THEN greatest(0, c.per_member - (
    SELECT coalesce(sum(t.qty), 0) FROM orders o JOIN flash_take t ON t.order_no = o.order_no WHERE o.member_id = @member_id::bigint AND t.bucket_id = b.id AND t.back_at IS NULL)) END) ELSE -1 END)::bigint AS most
FROM campaign_sku k JOIN campaign c ON c.id = k.campaign_id
LEFT JOIN campaign_session n ON n.campaign_id = c.id AND n.starts_at <= @now::timestamptz AND n.ends_at > @now
LEFT JOIN flash_bucket b ON b.campaign_id = c.id AND b.no = n.no AND b.sku_id = k.sku_id
WHERE c.kind <> 'group' AND (c.kind <> 'flash' OR b.taken < b.units) AND k.live AND k.sku_id = ANY (@sku_ids::bigint[]) AND c.status = 'live' AND c.starts_at <= @now::timestamptz AND c.ends_at > @now
  AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
  AND NOT EXISTS (SELECT FROM campaign_budget g WHERE g.campaign_id = c.id AND g.spent_fen + g.least_fen > g.budget_fen);

-- name: Told :many
-- What buyers are told of: what is in force and not used up, and what comes soon.
SELECT sqlc.embed(c) FROM campaign c
WHERE c.status = 'live' AND c.ends_at > @now::timestamptz AND c.starts_at <= @soon::timestamptz AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
  AND NOT EXISTS (SELECT FROM campaign_budget g WHERE g.campaign_id = c.id AND g.spent_fen + g.least_fen > g.budget_fen)
ORDER BY c.starts_at, c.id LIMIT 50;

-- name: Report :one
-- What a campaign cost and brought: of orders that were paid, and are no test. What it took off an
-- order whose money all went back cost nothing.
WITH used AS (
  SELECT x.order_id, sum(x.off_fen) AS off_fen, array_agg(x.line_id) FILTER (WHERE x.line_id IS NOT NULL) AS lines FROM (
    SELECT a.order_id, a.off_fen, a.line_id FROM order_adjustment a WHERE a.rule_id = @id AND a.kind IN ('flash', 'group', 'timed', 'reduction', 'shipping')
    UNION ALL
    SELECT g.order_id, CASE WHEN f.line_id IS NULL THEN g.cost_fen ELSE 0 END, coalesce(f.line_id, g.line_id) FROM order_gift g
    CROSS JOIN LATERAL (SELECT NULL::bigint AS line_id UNION ALL SELECT d.line_id FROM order_gift_goods d WHERE d.gift_line_id = g.line_id) f WHERE g.campaign_id = @id) x
  GROUP BY x.order_id)
SELECT count(*) AS orders, count(DISTINCT o.member_id) AS buyers, coalesce(sum(u.off_fen) FILTER (WHERE o.status <> 'closed'), 0)::bigint AS cost_fen,
  coalesce(sum(o.payable_fen), 0)::bigint AS sold_fen, coalesce(sum(o.refunded_fen), 0)::bigint AS refunded_fen,
  coalesce(sum((SELECT sum(l.qty) FROM order_line l WHERE l.order_id = o.id AND NOT l.gift AND (u.lines IS NULL OR l.id = ANY (u.lines)))), 0)::bigint AS units,
  (SELECT count(*) FROM used w JOIN orders x ON x.id = w.order_id WHERE x.paid_at IS NULL AND x.status <> 'closed' AND NOT x.test) AS unpaid
FROM used u JOIN orders o ON o.id = u.order_id WHERE o.paid_at IS NOT NULL AND NOT o.test;
