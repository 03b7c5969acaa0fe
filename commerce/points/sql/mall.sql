-- name: MallAdd :one
INSERT INTO mall_offer (title, sku_id, coupon_id, points, cash_fen, stock, per_member, level_id, starts_at, ends_at, created_at, updated_at)
VALUES (@title, sqlc.narg(sku_id), sqlc.narg(coupon_id), @points, @cash_fen, @stock, @per_member, sqlc.narg(level_id), @starts_at, sqlc.narg(ends_at), @now, @now)
RETURNING id;

-- name: MallSet :execrows
-- What it gives never changes; one that was stopped stays as it was.
UPDATE mall_offer SET title = @title, points = @points, cash_fen = @cash_fen, stock = @stock, per_member = @per_member, level_id = sqlc.narg(level_id),
  starts_at = @starts_at, ends_at = sqlc.narg(ends_at), updated_at = @now, version = version + 1
WHERE id = @id AND version = @version AND status = 'live';

-- name: MallStop :execrows
UPDATE mall_offer SET status = 'stopped', stopped_at = @now::timestamptz, updated_at = @now, version = version + 1 WHERE id = @id AND status = 'live';

-- name: MallLevel :one
-- Whether a level is there to be asked for.
SELECT EXISTS (SELECT FROM level_version v WHERE v.level_id = @level_id AND v.until IS NULL) AS there;

-- name: MallCoupon :one
SELECT EXISTS (SELECT FROM coupon c WHERE c.id = @coupon_id AND c.status <> 'ended') AS there;

-- name: MallRegular :one
-- What a piece costs that is on offer.
SELECT s.price_fen FROM sku s JOIN spu p ON p.id = s.spu_id WHERE s.id = @sku_id AND s.enabled AND p.status NOT IN ('recycled', 'purged');

-- name: MallFind :one
SELECT sqlc.embed(o), coalesce(p.id, 0)::bigint AS spu_id, coalesce(p.title, c.title, '')::text AS gives, coalesce(array_to_string(s.spec_values, ' / '), '')::text AS spec,
  coalesce(s.price_fen, 0)::bigint AS regular_fen, coalesce(nullif(s.picture, ''), p.cover, '')::text AS picture, coalesce(v.name, '')::text AS level_name
FROM mall_offer o LEFT JOIN sku s ON s.id = o.sku_id LEFT JOIN spu p ON p.id = s.spu_id LEFT JOIN coupon c ON c.id = o.coupon_id
LEFT JOIN level_version v ON v.level_id = o.level_id AND v.until IS NULL
WHERE o.id = @id;

-- name: MallList :many
SELECT sqlc.embed(o), coalesce(p.id, 0)::bigint AS spu_id, coalesce(p.title, c.title, '')::text AS gives, coalesce(array_to_string(s.spec_values, ' / '), '')::text AS spec,
  coalesce(s.price_fen, 0)::bigint AS regular_fen, coalesce(nullif(s.picture, ''), p.cover, '')::text AS picture, coalesce(v.name, '')::text AS level_name
FROM mall_offer o LEFT JOIN sku s ON s.id = o.sku_id LEFT JOIN spu p ON p.id = s.spu_id LEFT JOIN coupon c ON c.id = o.coupon_id
LEFT JOIN level_version v ON v.level_id = o.level_id AND v.until IS NULL
WHERE (@status::text = '' OR o.status = @status) AND o.id < @before::bigint ORDER BY o.id DESC LIMIT @most;

-- name: MallShown :many
-- What buyers are shown: what is given now, of goods that are on the shelf and coupons that are
-- given, and what stands between it and a member.
SELECT sqlc.embed(o), coalesce(p.id, 0)::bigint AS spu_id, coalesce(p.title, c.title, '')::text AS gives, coalesce(array_to_string(s.spec_values, ' / '), '')::text AS spec,
  coalesce(s.price_fen, 0)::bigint AS regular_fen, coalesce(nullif(s.picture, ''), p.cover, '')::text AS picture, coalesce(v.name, '')::text AS level_name,
  coalesce(n.taken, 0)::bigint AS mine,
  (o.level_id IS NULL OR EXISTS (SELECT FROM level_account a JOIN level_version h ON h.level_id = a.level_id AND h.until IS NULL
    WHERE a.member_id = @member_id AND h.threshold >= v.threshold))::boolean AS may
FROM mall_offer o LEFT JOIN sku s ON s.id = o.sku_id LEFT JOIN spu p ON p.id = s.spu_id LEFT JOIN coupon c ON c.id = o.coupon_id
LEFT JOIN level_version v ON v.level_id = o.level_id AND v.until IS NULL LEFT JOIN mall_count n ON n.offer_id = o.id AND n.member_id = @member_id
WHERE o.status = 'live' AND o.starts_at <= @now::timestamptz AND coalesce(o.ends_at > @now, true)
  AND ((s.enabled AND p.status = 'on_shelf') OR c.status = 'live') AND (@id::bigint = 0 OR o.id = @id) AND o.id < @before::bigint
ORDER BY o.id DESC LIMIT @most;

-- name: MallAsked :one
-- One offer for one member, with the points that the member could pay with.
SELECT sqlc.embed(o), coalesce(n.taken, 0)::bigint AS mine,
  (o.level_id IS NULL OR EXISTS (SELECT FROM level_account a JOIN level_version h ON h.level_id = a.level_id AND h.until IS NULL
    JOIN level_version v ON v.level_id = o.level_id AND v.until IS NULL WHERE a.member_id = @member_id AND h.threshold >= v.threshold))::boolean AS may,
  (SELECT coalesce(sum(l.remaining), 0) FROM points_lot l
    WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL AND coalesce(l.expires_at > @now::timestamptz, true))::bigint AS have
FROM mall_offer o LEFT JOIN mall_count n ON n.offer_id = o.id AND n.member_id = @member_id WHERE o.id = @id;

-- name: MallCount :execrows
-- Counts pieces of a member; none beyond the limit.
INSERT INTO mall_count AS c (offer_id, member_id, taken)
SELECT o.id, @member_id, @qty FROM mall_offer o WHERE o.id = @offer_id AND (o.per_member = 0 OR @qty::bigint <= o.per_member)
ON CONFLICT (offer_id, member_id) DO UPDATE SET taken = c.taken + excluded.taken
WHERE (SELECT o.per_member = 0 OR c.taken + excluded.taken <= o.per_member FROM mall_offer o WHERE o.id = c.offer_id);

-- name: MallTake :execrows
-- Takes pieces of an offer as it was when it was priced. Its row is what everybody waits for, so
-- this comes last.
UPDATE mall_offer SET taken = taken + @qty::bigint
WHERE id = @id AND version = @version AND status = 'live' AND starts_at <= @now::timestamptz AND coalesce(ends_at > @now, true) AND taken + @qty <= stock;

-- name: MallAddOrder :exec
INSERT INTO mall_exchange (offer_id, version, member_id, qty, points, cash_fen, state, order_no, at)
SELECT o.id, @version, @member_id, @qty, @points, o.cash_fen, 'held', @order_no::text, @now FROM mall_offer o WHERE o.id = @offer_id;

-- name: MallDone :exec
UPDATE mall_exchange SET state = 'done' WHERE order_no = @order_no::text AND state = 'held';

-- name: MallEnd :exec
-- Gives back what an order had of its offer: it was closed, before or after it was paid.
WITH x AS (UPDATE mall_exchange SET state = sqlc.arg(ended)::text WHERE order_no = @order_no::text AND state = @was::text RETURNING offer_id, member_id, qty),
n AS (UPDATE mall_count c SET taken = c.taken - x.qty FROM x WHERE c.offer_id = x.offer_id AND c.member_id = x.member_id)
UPDATE mall_offer o SET taken = o.taken - x.qty FROM x WHERE o.id = x.offer_id;

-- name: MallAddCoupon :one
-- Nothing is exchanged twice for one request.
INSERT INTO mall_exchange (offer_id, version, member_id, qty, points, cash_fen, state, request_key, at)
VALUES (@offer_id, @version, @member_id, 1, @points, 0, 'done', @request_key::text, @now)
ON CONFLICT (member_id, request_key) DO NOTHING RETURNING id;

-- name: MallGranted :exec
UPDATE mall_exchange SET grant_id = @grant_id::bigint WHERE id = @id;

-- name: MallGiven :one
-- What a request exchanged before.
SELECT x.offer_id, x.grant_id FROM mall_exchange x WHERE x.member_id = @member_id AND x.request_key = @request_key::text;

-- name: MallMine :many
SELECT x.id, x.offer_id, x.qty, x.points, x.cash_fen, x.state, x.order_no, x.grant_id, x.at, o.title
FROM mall_exchange x JOIN mall_offer o ON o.id = x.offer_id
WHERE x.member_id = @member_id AND x.id < @before::bigint ORDER BY x.id DESC LIMIT @most;

-- name: MallOf :many
-- What an offer gave, for staff.
SELECT x.id, x.member_id, x.qty, x.points, x.cash_fen, x.state, x.order_no, x.grant_id, x.at, m.nickname
FROM mall_exchange x JOIN member m ON m.id = x.member_id WHERE x.offer_id = @offer_id ORDER BY x.id DESC LIMIT @most;

-- name: MallMoveCounts :exec
-- Makes one member's exchanges another's.
WITH gone AS (DELETE FROM mall_count WHERE member_id = @from_id::bigint RETURNING offer_id, taken)
INSERT INTO mall_count AS c (offer_id, member_id, taken) SELECT g.offer_id, @to_id::bigint, g.taken FROM gone g
ON CONFLICT (offer_id, member_id) DO UPDATE SET taken = c.taken + excluded.taken;

-- name: MallMove :exec
UPDATE mall_exchange SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;
