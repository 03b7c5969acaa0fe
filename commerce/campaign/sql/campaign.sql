-- name: Add :one
INSERT INTO campaign (kind, title, starts_at, ends_at, apps, off_bps, scope_of, scope_ids, scope_except, tiers, gifts_stay, per_order, per_member, seats, fill_hours, created_at, updated_at)
VALUES (@kind, @title, @starts_at, @ends_at, @apps, sqlc.narg(off_bps), @scope_of, @scope_ids, @scope_except, @tiers, @gifts_stay, sqlc.narg(per_order), sqlc.narg(per_member), sqlc.narg(seats), sqlc.narg(fill_hours), @now, @now)
RETURNING id;

-- name: Set :one
-- One that was stopped or is over stays as it was.
UPDATE campaign SET title = @title, starts_at = @starts_at, ends_at = @ends_at, apps = @apps, off_bps = sqlc.narg(off_bps), scope_of = @scope_of, scope_ids = @scope_ids,
  scope_except = @scope_except, tiers = @tiers, gifts_stay = @gifts_stay, per_order = sqlc.narg(per_order), per_member = sqlc.narg(per_member), seats = sqlc.narg(seats), fill_hours = sqlc.narg(fill_hours), version = version + 1, updated_at = @now
WHERE id = @id AND version = @version AND status <> 'stopped'
RETURNING *;

-- name: Lock :one
SELECT c.id, c.kind, c.status, c.version, c.starts_at, c.ends_at FROM campaign c WHERE c.id = @id FOR UPDATE;

-- name: SetStatus :exec
UPDATE campaign SET status = @status, updated_at = @now, stopped_at = CASE WHEN @status = 'stopped' THEN @now::timestamptz END WHERE id = @id;

-- name: Keep :exec
INSERT INTO campaign_version (campaign_id, version, saved_at, actor, wording) VALUES (@campaign_id, @version, @now, @actor, @wording);

-- name: ClearSKUs :exec
DELETE FROM campaign_sku WHERE campaign_id = @campaign_id;

-- name: PutSKUs :exec
-- In the order of their numbers, so that two campaigns that want the same ones do not wait for
-- each other.
INSERT INTO campaign_sku (campaign_id, sku_id, spu_id, price_fen, live, during, channels)
SELECT @campaign_id, s.id, s.spu_id, nullif(x.price_fen, 0), @live, tstzrange(@starts_at::timestamptz, @ends_at::timestamptz),
  (SELECT CASE WHEN cardinality(@apps::text[]) = 0 THEN '{(,)}'::int8multirange ELSE range_agg(int8range(hashtextextended(a, 0), hashtextextended(a, 0), '[]')) END FROM unnest(@apps::text[]) a)
FROM (SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@prices_fen::bigint[]) AS price_fen) x JOIN sku s ON s.id = x.sku_id ORDER BY s.id;

-- name: SetLive :exec
UPDATE campaign_sku SET live = @live WHERE campaign_id = @campaign_id;

-- name: Conflicts :many
-- The other campaigns that promise a price of one of these SKUs at that time in one of these
-- channels, each with its first SKU.
SELECT DISTINCT ON (c.id) c.id, c.kind, c.title, c.starts_at, c.ends_at, o.sku_id, p.title AS product,
  count(*) OVER (PARTITION BY c.id) AS skus
FROM campaign_sku o JOIN campaign c ON c.id = o.campaign_id JOIN spu p ON p.id = o.spu_id
WHERE o.live AND o.campaign_id <> @campaign_id AND o.sku_id = ANY (@sku_ids::bigint[]) AND o.during && tstzrange(@starts_at::timestamptz, @ends_at::timestamptz)
  AND (cardinality(@apps::text[]) = 0 OR cardinality(c.apps) = 0 OR c.apps && @apps)
ORDER BY c.id, o.sku_id LIMIT 20;

-- name: SKUsOfProducts :many
SELECT s.id, s.spu_id, s.price_fen FROM sku s WHERE s.spu_id = ANY (@spu_ids::bigint[]) AND s.enabled ORDER BY s.spu_id, s.id;

-- name: SKUsNamed :many
SELECT s.id, s.spu_id, s.price_fen FROM sku s WHERE s.id = ANY (@ids::bigint[]) AND s.enabled ORDER BY s.id;

-- name: GiftsNamed :many
-- What can be sent with an order.
SELECT s.id FROM sku s JOIN spu p ON p.id = s.spu_id WHERE s.id = ANY (@ids::bigint[]) AND s.enabled AND p.kind = 'physical' AND p.status IN ('draft', 'on_shelf', 'off_shelf');

-- name: GiftsOf :many
-- The SKUs of a campaign's gifts, by name.
SELECT s.id, s.spu_id, s.price_fen, s.cost_fen, p.title, array_to_string(s.spec_values, ' / ')::text AS spec, (l.on_hand - l.reserved)::bigint AS available,
  (SELECT coalesce(sum(n.qty), 0) FROM order_gift g JOIN order_line n ON n.id = g.line_id JOIN orders o ON o.id = g.order_id
    WHERE g.campaign_id = c.id AND n.sku_id = s.id AND o.paid_at IS NOT NULL AND NOT o.test)::bigint AS given
FROM campaign c JOIN sku s ON s.id IN (SELECT (t ->> k)::bigint FROM jsonb_array_elements(c.tiers) t, unnest('{gift_sku,spare_sku}'::text[]) k)
JOIN spu p ON p.id = s.spu_id JOIN stock_level l ON l.sku_id = s.id WHERE c.id = @campaign_id ORDER BY s.id;

-- name: SKUsOf :many
SELECT k.sku_id, k.spu_id, k.price_fen, s.price_fen AS regular_fen, p.title, array_to_string(s.spec_values, ' / ')::text AS spec
FROM campaign_sku k JOIN sku s ON s.id = k.sku_id JOIN spu p ON p.id = k.spu_id WHERE k.campaign_id = @campaign_id ORDER BY k.spu_id, k.sku_id;

-- name: Find :one
SELECT * FROM campaign WHERE id = @id;

-- name: List :many
-- Where a campaign stands is a matter of the clock.
SELECT sqlc.embed(c) FROM campaign c
WHERE (@state::text = '' OR @state = CASE WHEN c.status <> 'live' THEN c.status WHEN c.ends_at <= @now::timestamptz THEN 'over' WHEN c.starts_at <= @now THEN 'running' ELSE 'coming' END)
  AND c.id < @before::bigint
ORDER BY c.id DESC LIMIT @most;

-- name: Count :many
SELECT (CASE WHEN c.status <> 'live' THEN c.status WHEN c.ends_at <= @now::timestamptz THEN 'over' WHEN c.starts_at <= @now THEN 'running' ELSE 'coming' END)::text AS state, count(*) AS n
FROM campaign c GROUP BY 1;

-- name: Between :many
-- What is in force in a time, for the calendar: what was stopped, until then.
SELECT sqlc.embed(c) FROM campaign c
WHERE c.status <> 'draft' AND c.starts_at < @until::timestamptz AND least(c.ends_at, c.stopped_at) > @since::timestamptz AND coalesce(c.stopped_at > c.starts_at, true)
ORDER BY c.starts_at, c.id LIMIT 500;

-- name: Variants :many
SELECT s.id, s.spu_id, s.price_fen, p.title, array_to_string(s.spec_values, ' / ')::text AS spec
FROM sku s JOIN spu p ON p.id = s.spu_id WHERE s.spu_id = ANY (@spu_ids::bigint[]) AND s.enabled ORDER BY s.spu_id, s.id LIMIT @most;
