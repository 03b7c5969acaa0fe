-- name: KeepSnapshot :exec
-- The product as buyers see it, named by its content, for the orders to come. Written in the
-- transaction that changes it, after the last of its rows. The same content has the same
-- name, so going back to an old text makes no new row.
WITH made AS (
  SELECT p.id, jsonb_build_object('title', p.title, 'subtitle', p.subtitle, 'cover', p.cover, 'pictures', to_jsonb(p.pictures), 'detail', p.detail,
      'kind', p.kind, 'brand', coalesce(b.name, ''), 'category', c.name, 'tags', to_jsonb(p.tags), 'specs', p.specs,
      'skus', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'spec_values', to_jsonb(s.spec_values), 'code', s.code, 'barcode', s.barcode,
          'weight_g', s.weight_g, 'volume_cm3', s.volume_cm3, 'picture', s.picture) ORDER BY s.id) FROM sku s WHERE s.spu_id = p.id AND s.enabled), '[]'::jsonb))
    || CASE WHEN p.kind = 'voucher' THEN jsonb_build_object('voucher', jsonb_build_object('uses', p.voucher_uses, 'days', p.voucher_days, 'until', p.voucher_until, 'refunds', p.voucher_refunds)) ELSE '{}' END
    || CASE WHEN p.params <> '[]' THEN jsonb_build_object('params', p.params) ELSE '{}' END AS body
  FROM spu p JOIN category c ON c.id = p.category_id LEFT JOIN brand b ON b.id = p.brand_id WHERE p.id = @id),
named AS (
  SELECT made.id, made.body, encode(sha256(convert_to(made.id::text || made.body::text, 'UTF8')), 'hex') AS hash FROM made),
kept AS (
  INSERT INTO product_snapshot (hash, spu_id, body, made_at) SELECT named.hash, named.id, named.body, @at::timestamptz FROM named
  ON CONFLICT (hash) DO NOTHING)
UPDATE spu SET snapshot = named.hash FROM named WHERE named.id = spu.id;

-- name: Snapshot :one
SELECT s.spu_id, s.body, s.made_at FROM product_snapshot s WHERE s.hash = @hash;

-- name: LockSchedule :one
-- What the clock asks of a product; due is decided by the database's clock.
SELECT p.status, (p.approved OR NOT coalesce((SELECT s.product_approval FROM shop s), false))::boolean AS free, p.on_at, p.off_at, coalesce(p.on_at <= now(), false)::boolean AS on_due, coalesce(p.off_at <= now(), false)::boolean AS off_due
FROM spu p WHERE p.id = @id FOR UPDATE;

-- name: ClearSchedule :exec
UPDATE spu SET on_at = CASE WHEN @done_on::boolean THEN NULL ELSE on_at END, off_at = CASE WHEN @done_off::boolean THEN NULL ELSE off_at END
WHERE id = @id;

-- name: LockRecycled :many
-- Products that have been in the bin for long enough, those that nobody holds.
SELECT p.id FROM spu p WHERE p.status = 'recycled' AND p.recycled_at < now() - make_interval(days => @days::integer)
ORDER BY p.recycled_at LIMIT @max_rows FOR UPDATE SKIP LOCKED;

-- name: Purge :execrows
-- The rows stay for the SKUs, which are never deleted; orders have their snapshots.
UPDATE spu SET status = 'purged', recycled_at = NULL, title = '#' || id::text, subtitle = '', cover = '', pictures = '{}', detail = '', params = '[]', brand_id = NULL, freight_id = NULL,
  tags = '{}', tokens = '{}', indexed = true, on_at = NULL, off_at = NULL, version = version + 1, updated_at = @at
WHERE id = ANY(@ids::bigint[]) AND status = 'recycled';

-- name: RetireAll :execrows
UPDATE sku SET enabled = false WHERE spu_id = ANY(@ids::bigint[]) AND enabled;

-- name: LockForCopy :one
SELECT category_id, title, subtitle, cover, pictures, detail, specs, sort, coalesce(brand_id, 0)::bigint AS brand_id, coalesce(freight_id, 0)::bigint AS freight_id, tags, kind, min_qty, max_per_order, max_lifetime,
  voucher_uses, voucher_days, voucher_until, voucher_refunds, params
FROM spu WHERE id = @id AND status <> 'purged' FOR SHARE;

-- name: SKUsForCopy :many
SELECT code, barcode, spec_values, picture, price_fen, market_price_fen, cost_fen, weight_g, volume_cm3, enabled
FROM sku WHERE spu_id = @spu_id AND enabled ORDER BY id;

-- name: SetCategory :execrows
UPDATE spu SET category_id = @category_id, version = version + 1, updated_at = @at WHERE id = @id AND status <> 'purged' AND category_id <> @category_id;

-- name: BrandName :one
SELECT name FROM brand WHERE id = @id;

-- name: SetSearchTokens :exec
UPDATE spu SET tokens = @tokens, indexed = true WHERE id = @id;

-- name: Unindexed :many
SELECT p.id, p.title, p.subtitle, p.tags, coalesce((SELECT b.name FROM brand b WHERE b.id = p.brand_id), '')::text AS brand
FROM spu p WHERE NOT p.indexed ORDER BY p.id LIMIT @max_rows FOR UPDATE OF p SKIP LOCKED;
