-- name: Terms :one
SELECT t.* FROM level_terms t ORDER BY t.version DESC LIMIT 1;

-- name: TermsAt :one
SELECT t.* FROM level_terms t WHERE t.since <= @at::timestamptz ORDER BY t.version DESC LIMIT 1;

-- name: AddTerms :execrows
INSERT INTO level_terms (version, since, enabled, earn_fen, earn_growth, order_growth, review_growth)
VALUES (@version, @since, @enabled, @earn_fen, @earn_growth, @order_growth, @review_growth) ON CONFLICT DO NOTHING;

-- name: Levels :many
-- The levels that go on, the lowest first.
SELECT v.* FROM level_version v WHERE v.until IS NULL ORDER BY v.threshold;

-- name: LevelsWithMembers :many
SELECT sqlc.embed(v), (SELECT count(*) FROM level_account a JOIN member m ON m.id = a.member_id WHERE a.level_id = v.level_id AND m.status IN ('active', 'blocked')) AS members,
  (SELECT count(*) FROM level_price p WHERE p.level_id = v.level_id AND p.until_version IS NULL) AS prices
FROM level_version v WHERE v.until IS NULL ORDER BY v.threshold;

-- name: LockLevels :many
-- Whoever changes levels waits here for another.
SELECT l.id FROM level l ORDER BY l.id FOR UPDATE;

-- name: AddLevel :one
INSERT INTO level (created_at) VALUES (@at::timestamptz) RETURNING id;

-- name: EndVersion :execrows
UPDATE level_version SET until = @at::timestamptz WHERE level_id = @level_id AND version = @version AND until IS NULL;

-- name: AddVersion :exec
INSERT INTO level_version (level_id, version, since, name, threshold, off_bps, free_shipping, points_bps, valid_days, keep_growth)
VALUES (@level_id, @version, @since, @name, @threshold, @off_bps, @free_shipping, @points_bps, @valid_days, @keep_growth);

-- name: CopyVersion :exec
-- The next wording says what the last one said: only prices differ.
INSERT INTO level_version (level_id, version, since, name, threshold, off_bps, free_shipping, points_bps, valid_days, keep_growth)
SELECT v.level_id, v.version + 1, @at::timestamptz, v.name, v.threshold, v.off_bps, v.free_shipping, v.points_bps, v.valid_days, v.keep_growth
FROM level_version v WHERE v.level_id = @level_id AND v.version = @version;

-- name: EndPrices :exec
UPDATE level_price SET until_version = @version::bigint WHERE level_id = @level_id AND until_version IS NULL AND sku_id = ANY (@sku_ids::bigint[]);

-- name: AddPrices :execrows
INSERT INTO level_price (level_id, sku_id, price_fen, version)
SELECT @level_id, p.sku_id, p.price_fen, @version::bigint
FROM (SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@prices_fen::bigint[]) AS price_fen) p;

-- name: Prices :many
-- The prices of a level, by product.
SELECT p.sku_id, p.price_fen, s.price_fen AS list_fen, s.code, s.spec_values, s.spu_id, u.title
FROM level_price p JOIN sku s ON s.id = p.sku_id JOIN spu u ON u.id = s.spu_id
WHERE p.level_id = @level_id AND p.until_version IS NULL AND p.sku_id > @after ORDER BY p.sku_id LIMIT @most;

-- name: PriceCount :one
SELECT count(*) FROM level_price p WHERE p.level_id = @level_id AND p.until_version IS NULL;

-- name: FindSKUs :many
-- What was pasted: codes of the merchant's own, or numbers.
SELECT s.id, s.code, s.price_fen FROM sku s JOIN spu u ON u.id = s.spu_id
WHERE (s.code = ANY (@codes::text[]) AND s.code <> '') OR s.id = ANY (@ids::bigint[]);

-- name: MemberPrices :many
-- What the SKUs of a product on the shelf cost a member by level; none without one.
SELECT s.id, s.price_fen AS list_fen, coalesce(p.price_fen, -1)::bigint AS own_fen, v.off_bps, v.name
FROM level_account a
JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL
JOIN spu u ON u.id = @spu_id AND u.status = 'on_shelf'
JOIN sku s ON s.spu_id = u.id AND s.enabled
LEFT JOIN level_price p ON p.level_id = v.level_id AND p.sku_id = s.id AND p.until_version IS NULL
WHERE a.member_id = @member_id AND (SELECT t.enabled FROM level_terms t ORDER BY t.version DESC LIMIT 1) ORDER BY s.id;

-- name: Standing :one
-- The level that a member has, with its prices of some SKUs, or of those selected in the cart.
SELECT v.level_id, v.version, v.name, v.off_bps, v.free_shipping,
  coalesce(p.sku_ids, '{}')::bigint[] AS sku_ids, coalesce(p.prices_fen, '{}')::bigint[] AS prices_fen
FROM level_account a
JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL
CROSS JOIN LATERAL (SELECT array_agg(x.sku_id ORDER BY x.sku_id) AS sku_ids, array_agg(x.price_fen::bigint ORDER BY x.sku_id) AS prices_fen FROM level_price x
  WHERE x.level_id = v.level_id AND x.until_version IS NULL
    AND x.sku_id = ANY (CASE WHEN cardinality(@sku_ids::bigint[]) > 0 THEN sqlc.arg(sku_ids)::bigint[]
      ELSE ARRAY(SELECT c.sku_id FROM cart_line c WHERE c.member_id = @member_id AND c.selected) END)) p
WHERE a.member_id = @member_id AND (SELECT t.enabled FROM level_terms t ORDER BY t.version DESC LIMIT 1);
