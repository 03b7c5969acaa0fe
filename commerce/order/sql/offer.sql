-- name: IdleOffers :one
-- Which rooms have nothing for a member now. Most shops have nothing in most of them, and asking
-- a room costs as much when it has nothing. Whoever widens what a room finds (Running of campaigns,
-- Usable of coupons, Standing of levels, Payable of points) widens its line here, too.
SELECT NOT EXISTS (SELECT FROM campaign c WHERE c.status = 'live' AND c.starts_at <= @now::timestamptz AND c.ends_at > @now) AS campaigns,
  NOT EXISTS (SELECT FROM coupon_grant g WHERE g.member_id = @member_id AND g.status IN ('granted', 'active') AND g.valid_until > @now) AS coupons,
  NOT EXISTS (SELECT FROM level_account a WHERE a.member_id = @member_id) AS levels,
  (NOT coalesce((SELECT t.enabled AND t.redeem FROM points_terms t ORDER BY t.version DESC LIMIT 1), false))::boolean AS points;

-- name: Adjust :exec
-- What rules took off the lines of an order that was just placed; SKU 0 is its freight.
INSERT INTO order_adjustment (order_id, line_id, kind, rule_id, rule_version, title, funder, off_fen)
SELECT o.id, l.id, a.kind, a.rule_id, a.version, a.title, a.funder, a.off_fen
FROM orders o
CROSS JOIN (SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@kinds::text[]) AS kind, unnest(@rule_ids::bigint[]) AS rule_id,
  unnest(@versions::bigint[]) AS version, unnest(@titles::text[]) AS title, unnest(@funders::text[]) AS funder, unnest(@offs_fen::bigint[]) AS off_fen) a
LEFT JOIN order_line l ON l.order_id = o.id AND l.sku_id = a.sku_id AND NOT l.gift
WHERE o.order_no = @order_no;

-- name: Give :exec
-- Why lines of an order that was just placed are gifts, and what they were given for.
WITH o AS (SELECT id FROM orders WHERE order_no = @order_no),
given AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@campaign_ids::bigint[]) AS campaign_id, unnest(@versions::bigint[]) AS version, unnest(@titles::text[]) AS title,
    unnest(@funders::text[]) AS funder, unnest(@values_fen::bigint[]) AS value_fen, unnest(@costs_fen::bigint[]) AS cost_fen,
    unnest(@needs_fen::bigint[]) AS need_fen, unnest(@needs_qty::bigint[]) AS need_qty, unnest(@stays::boolean[]) AS stays),
kept AS (
  INSERT INTO order_gift (line_id, order_id, campaign_id, version, title, funder, value_fen, cost_fen, need_fen, need_qty, stays)
  SELECT l.id, o.id, g.campaign_id, g.version, g.title, g.funder, g.value_fen, g.cost_fen, g.need_fen, g.need_qty, g.stays
  FROM o JOIN order_line l ON l.order_id = o.id AND l.gift JOIN given g ON g.sku_id = l.sku_id)
INSERT INTO order_gift_goods (gift_line_id, line_id, counted_fen)
SELECT g.id, l.id, f.counted_fen
FROM (SELECT unnest(@gift_skus::bigint[]) AS gift_sku, unnest(@for_skus::bigint[]) AS for_sku, unnest(@counted_fen::bigint[]) AS counted_fen) f
CROSS JOIN o JOIN order_line g ON g.order_id = o.id AND g.gift AND g.sku_id = f.gift_sku JOIN order_line l ON l.order_id = o.id AND NOT l.gift AND l.sku_id = f.for_sku;

-- name: GiftsFor :many
-- What an order's gifts were given for.
SELECT g.line_id, g.need_fen, g.need_qty, g.stays, f.line_id AS for_line, f.counted_fen
FROM order_gift g JOIN order_gift_goods f ON f.gift_line_id = g.line_id WHERE g.order_id = @order_id ORDER BY g.line_id, f.line_id;

-- name: GroupFailed :exec
UPDATE orders SET group_state = 'failed' WHERE order_no = ANY (@order_nos::text[]) AND group_state = 'waits';

-- name: GroupComplete :exec
UPDATE orders SET group_state = 'complete' WHERE order_no = ANY (@order_nos::text[]) AND group_state = 'waits';
