-- name: DraftsByKey :many
-- Products as files describe them: of these numbers, of these codes, or with a SKU of one.
SELECT p.id, p.code, p.version, p.status, p.category_id, p.title, p.subtitle, p.cover, p.pictures, p.detail, p.specs, p.sort,
  coalesce(p.brand_id, 0)::bigint AS brand_id, coalesce(p.freight_id, 0)::bigint AS freight_id, p.tags, p.kind, p.min_qty, p.max_per_order, p.max_lifetime, p.on_at, p.off_at,
  p.voucher_uses, p.voucher_days, p.voucher_until, p.voucher_refunds, p.params
FROM spu p
WHERE p.status <> 'purged' AND p.id IN (
  SELECT unnest(@ids::bigint[])
  UNION SELECT o.id FROM spu o WHERE o.code <> '' AND o.code = ANY(@codes::text[])
  UNION SELECT k.spu_id FROM sku k WHERE k.code = ANY(@sku_codes::text[]))
ORDER BY p.id;

-- name: DraftsAfter :many
SELECT p.id, p.code, p.version, p.status, p.category_id, p.title, p.subtitle, p.cover, p.pictures, p.detail, p.specs, p.sort,
  coalesce(p.brand_id, 0)::bigint AS brand_id, coalesce(p.freight_id, 0)::bigint AS freight_id, p.tags, p.kind, p.min_qty, p.max_per_order, p.max_lifetime, p.on_at, p.off_at,
  p.voucher_uses, p.voucher_days, p.voucher_until, p.voucher_refunds, p.params
FROM spu p
WHERE p.id > @after AND p.status NOT IN ('recycled', 'purged')
ORDER BY p.id LIMIT @max_rows;

-- name: DraftSKUs :many
-- Those out of use as well.
SELECT k.id, k.spu_id, k.code, k.barcode, k.spec_values, k.picture, k.price_fen, k.market_price_fen, k.cost_fen, k.weight_g, k.volume_cm3, k.enabled
FROM sku k WHERE k.spu_id = ANY(@spu_ids::bigint[]) ORDER BY k.spu_id, k.id;

-- name: LockSPUs :many
-- In one order, before anything else of several products is taken.
SELECT p.id, p.version FROM spu p WHERE p.id = ANY(@ids::bigint[]) ORDER BY p.id FOR UPDATE;

-- name: SetCode :exec
UPDATE spu SET code = @code WHERE id = @id AND code <> @code;

-- name: AllCategories :many
SELECT c.id, coalesce(c.parent_id, 0)::bigint AS parent_id, c.name FROM category c ORDER BY c.id LIMIT 5000;

-- name: AllBrands :many
SELECT b.id, b.name FROM brand b ORDER BY b.id LIMIT 5000;
