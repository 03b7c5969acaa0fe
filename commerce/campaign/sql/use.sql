-- name: Running :many
-- What is in force for a basket: the named SKUs, or the lines of a cart that are selected. A
-- category stands with all those below it.
SELECT c.id, c.kind, c.version, c.title, c.starts_at, c.ends_at, c.off_bps, c.scope_of, c.scope_except, c.tiers,
  (CASE WHEN c.scope_of = 'categories' THEN ARRAY(
    SELECT k.id FROM category k LEFT JOIN category p ON p.id = k.parent_id
    WHERE k.id = ANY (c.scope_ids) OR k.parent_id = ANY (c.scope_ids) OR p.parent_id = ANY (c.scope_ids))
  ELSE c.scope_ids END)::bigint[] AS scope,
  coalesce(s.ids, '{}')::bigint[] AS sku_ids, coalesce(s.prices, '{}')::bigint[] AS prices_fen
FROM campaign c LEFT JOIN LATERAL (
  SELECT array_agg(k.sku_id ORDER BY k.sku_id) AS ids, array_agg(coalesce(k.price_fen, 0) ORDER BY k.sku_id) AS prices
  FROM campaign_sku k WHERE k.campaign_id = c.id AND (k.sku_id = ANY (@sku_ids::bigint[])
    OR (@of_cart::boolean AND k.sku_id IN (SELECT l.sku_id FROM cart_line l WHERE l.member_id = @member_id AND l.selected)))) s ON c.kind <> 'reduction'
WHERE c.status = 'live' AND c.ends_at > @now::timestamptz AND c.starts_at <= @now AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
ORDER BY c.ends_at, c.id LIMIT 200;

-- name: Windows :many
-- When prices change.
SELECT c.kind, c.starts_at, c.ends_at, c.apps FROM campaign c WHERE c.status = 'live' AND c.ends_at > @now::timestamptz ORDER BY c.starts_at LIMIT 1000;

-- name: Prices :many
SELECT k.sku_id, c.id, c.kind, c.title, c.ends_at, k.price_fen, c.off_bps
FROM campaign_sku k JOIN campaign c ON c.id = k.campaign_id
WHERE k.live AND k.sku_id = ANY (@sku_ids::bigint[]) AND c.status = 'live' AND c.starts_at <= @now::timestamptz AND c.ends_at > @now
  AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps));

-- name: Told :many
-- What buyers are told of: what is in force, and what comes soon.
SELECT sqlc.embed(c) FROM campaign c
WHERE c.status = 'live' AND c.ends_at > @now::timestamptz AND c.starts_at <= @soon::timestamptz AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
ORDER BY c.starts_at, c.id LIMIT 50;

-- name: Report :one
-- What a campaign cost and brought: of orders that were paid, and are no test.
WITH used AS (
  SELECT a.order_id, sum(a.off_fen) AS off_fen, array_agg(a.line_id) FILTER (WHERE a.line_id IS NOT NULL) AS lines
  FROM order_adjustment a WHERE a.rule_id = @id AND a.kind IN ('flash', 'group', 'timed', 'reduction', 'shipping') GROUP BY a.order_id)
SELECT count(*) AS orders, count(DISTINCT o.member_id) AS buyers, coalesce(sum(u.off_fen), 0)::bigint AS cost_fen,
  coalesce(sum(o.payable_fen), 0)::bigint AS sold_fen, coalesce(sum(o.refunded_fen), 0)::bigint AS refunded_fen,
  coalesce(sum((SELECT sum(l.qty) FROM order_line l WHERE l.order_id = o.id AND (u.lines IS NULL OR l.id = ANY (u.lines)))), 0)::bigint AS units,
  (SELECT count(*) FROM used w JOIN orders x ON x.id = w.order_id WHERE x.paid_at IS NULL AND x.status <> 'closed' AND NOT x.test) AS unpaid
FROM used u JOIN orders o ON o.id = u.order_id WHERE o.paid_at IS NOT NULL AND NOT o.test;
