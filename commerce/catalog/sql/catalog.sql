-- name: VisibleCategories :many
-- The tree's visible part: a category under a hidden one is hidden with it.
WITH RECURSIVE tree AS (
  SELECT c.id, c.parent_id, c.name, c.picture, c.sort, 0 AS depth FROM category c WHERE c.parent_id IS NULL AND c.visible
  UNION ALL
  SELECT c.id, c.parent_id, c.name, c.picture, c.sort, t.depth + 1 FROM category c JOIN tree t ON c.parent_id = t.id WHERE c.visible)
SELECT t.id, coalesce(t.parent_id, 0)::bigint AS parent_id, t.name, t.picture, t.sort FROM tree t
ORDER BY t.depth, t.parent_id, t.sort DESC, t.id;

-- name: FindOnShelf :one
-- What reviews add up to comes with it in one trip; only review writes review_summary.
SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.pictures, p.detail,
  p.kind, coalesce(p.brand_id, 0)::bigint AS brand_id, coalesce((SELECT b.name FROM brand b WHERE b.id = p.brand_id), '')::text AS brand, p.tags,
  p.min_qty, p.max_per_order, p.max_lifetime, p.voucher_uses, p.voucher_days, p.voucher_until, p.voucher_refunds, p.params,
  coalesce(r.total, 0)::bigint AS reviewed, coalesce(r.score_1, 0)::bigint AS score_1, coalesce(r.score_2, 0)::bigint AS score_2, coalesce(r.score_3, 0)::bigint AS score_3,
  coalesce(r.score_4, 0)::bigint AS score_4, coalesce(r.score_5, 0)::bigint AS score_5,
  coalesce(r.pictured, 0)::bigint AS pictured, coalesce(r.followed, 0)::bigint AS followed,
  p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures, p.sku_barcodes, p.sku_weights_g, p.sku_volumes_cm3,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(p.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM spu p LEFT JOIN review_summary r ON r.spu_id = p.id
WHERE p.id = @id AND p.status = 'on_shelf';

-- name: Sellables :many
-- A freight template comes with the first of the SKUs that it is for; only freight writes them.
SELECT s.id, s.spu_id, p.category_id, p.title, s.spec_values, s.picture, p.cover, s.price_fen,
  p.status, s.enabled, (l.on_hand - l.reserved)::bigint AS available, (p.kind = 'voucher' AND coalesce(p.voucher_until <= now(), false))::boolean AS over,
  p.kind, p.min_qty, p.max_per_order, p.max_lifetime, p.snapshot, s.weight_g, s.volume_cm3, coalesce(t.id, 0)::bigint AS freight_id,
  (CASE WHEN row_number() OVER (PARTITION BY t.id ORDER BY s.id) = 1 THEN t.rules || jsonb_build_object('name', t.name, 'unit', t.unit) END)::jsonb AS freight
FROM sku s JOIN spu p ON p.id = s.spu_id JOIN stock_level l ON l.sku_id = s.id
LEFT JOIN freight_template t ON p.kind = 'physical' AND t.id = coalesce(p.freight_id, (SELECT d.id FROM freight_template d WHERE d.is_default))
WHERE s.id = ANY(@ids::bigint[])
ORDER BY s.id;

-- name: InsertCategory :one
INSERT INTO category (parent_id, name, picture, sort, visible, params) VALUES (sqlc.narg(parent_id), @name, @picture, @sort, @visible, @params) RETURNING id;

-- name: InsertSPU :one
INSERT INTO spu (category_id, title, subtitle, cover, pictures, detail, specs, sort, min_price_fen, max_price_fen, brand_id, freight_id, tags, kind,
  min_qty, max_per_order, max_lifetime, on_at, off_at, tokens, indexed, created_at, updated_at, voucher_uses, voucher_days, voucher_until, voucher_refunds, params, approved)
VALUES (@category_id, @title, @subtitle, @cover, @pictures, @detail, @specs, @sort, @min_price_fen, @max_price_fen, sqlc.narg(brand_id), sqlc.narg(freight_id), @tags, @kind,
  @min_qty, @max_per_order, @max_lifetime, sqlc.narg(on_at), sqlc.narg(off_at), @tokens, true, @at, @at, @voucher_uses, @voucher_days, sqlc.narg(voucher_until), @voucher_refunds, @params, @approved)
RETURNING id;

-- name: InsertSKUs :many
-- @skus is an array of objects with the columns' names; the ids come in their order.
INSERT INTO sku (spu_id, code, barcode, spec_values, picture, price_fen, market_price_fen, cost_fen, weight_g, volume_cm3, enabled)
SELECT @spu_id, k.body ->> 'code', k.body ->> 'barcode', ARRAY(SELECT jsonb_array_elements_text(k.body -> 'spec_values')), k.body ->> 'picture',
  (k.body ->> 'price_fen')::bigint, (k.body ->> 'market_price_fen')::bigint, (k.body ->> 'cost_fen')::bigint, (k.body ->> 'weight_g')::integer,
  (k.body ->> 'volume_cm3')::integer, (k.body ->> 'enabled')::boolean
FROM jsonb_array_elements(@skus::jsonb) WITH ORDINALITY AS k (body, n) ORDER BY k.n
RETURNING id;

-- name: InsertStockLevels :exec
-- Every SKU has its level from the transaction that made it. Afterwards only
-- commerce/inventory writes this table.
INSERT INTO stock_level (sku_id) SELECT unnest(@sku_ids::bigint[]);

-- name: LockSPU :one
SELECT status FROM spu WHERE id = @id FOR UPDATE;

-- name: LockSPUOfSKU :one
-- The product is the lock of its SKUs' prices, so that its price range is computed
-- from all of them.
SELECT p.id FROM spu p WHERE p.id = (SELECT s.spu_id FROM sku s WHERE s.id = @sku_id) FOR UPDATE;

-- name: CountEnabledSKUs :one
SELECT count(*) FROM sku WHERE spu_id = @spu_id AND enabled;

-- name: SetShelf :execrows
-- What comes on the shelf is approved by that, and what goes into the bin waits for nothing.
WITH over AS (
  DELETE FROM product_approval a WHERE a.spu_id = @id AND (@to_status::text = 'recycled' OR @to_status::text = 'on_shelf' AND a.change IS NULL))
UPDATE spu SET status = @to_status::text, approved = approved OR @to_status::text = 'on_shelf', recycled_at = CASE WHEN @to_status::text = 'recycled' THEN @at::timestamptz END,
  version = version + 1, updated_at = @at::timestamptz
WHERE id = @id AND status = @from_status;

-- name: SetPrice :exec
UPDATE sku SET price_fen = @price_fen WHERE id = @id;

-- name: ProjectPrices :exec
UPDATE spu p SET min_price_fen = r.low, max_price_fen = r.high, version = p.version + 1, updated_at = @at
FROM (SELECT min(s.price_fen)::bigint AS low, max(s.price_fen)::bigint AS high FROM sku s WHERE s.spu_id = @id AND s.enabled) r
WHERE p.id = @id AND r.low IS NOT NULL;

-- name: CategoryByName :one
SELECT id FROM category WHERE name = @name AND parent_id IS NULL ORDER BY id LIMIT 1;

-- name: LockForEdit :one
SELECT p.status, p.version, p.kind, EXISTS (SELECT FROM sku k JOIN stock_level l ON l.sku_id = k.id WHERE k.spu_id = p.id AND l.on_hand > 0) AS stocked
FROM spu p WHERE p.id = @id FOR UPDATE OF p;

-- name: SKUsOf :many
-- All of them, those out of use as well: orders and carts mention them.
SELECT id, spec_values, enabled FROM sku WHERE spu_id = @spu_id ORDER BY id;

-- name: EditSPU :execrows
UPDATE spu SET category_id = @category_id, title = @title, subtitle = @subtitle, cover = @cover, pictures = @pictures, detail = @detail,
  specs = @specs, min_price_fen = @min_price_fen, max_price_fen = @max_price_fen, brand_id = sqlc.narg(brand_id), freight_id = sqlc.narg(freight_id), tags = @tags, kind = @kind,
  min_qty = @min_qty, max_per_order = @max_per_order, max_lifetime = @max_lifetime, on_at = sqlc.narg(on_at), off_at = sqlc.narg(off_at),
  tokens = @tokens, indexed = true, version = version + 1, updated_at = @at,
  voucher_uses = @voucher_uses, voucher_days = @voucher_days, voucher_until = sqlc.narg(voucher_until), voucher_refunds = @voucher_refunds, params = @params,
  approved = @approved
WHERE id = @id AND version = @version;

-- name: VacateSpecs :exec
-- Names may change places among the SKUs of a product, and no two may share one on the
-- way: all give theirs up first.
UPDATE sku SET spec_values = ARRAY[chr(1) || sku.id::text] WHERE spu_id = @spu_id;

-- name: EditSKUs :exec
-- @skus as in InsertSKUs, with their ids. All in one statement: the product is written once for them.
UPDATE sku s SET code = k.body ->> 'code', barcode = k.body ->> 'barcode', spec_values = ARRAY(SELECT jsonb_array_elements_text(k.body -> 'spec_values')),
  picture = k.body ->> 'picture', price_fen = (k.body ->> 'price_fen')::bigint, market_price_fen = (k.body ->> 'market_price_fen')::bigint,
  cost_fen = (k.body ->> 'cost_fen')::bigint, weight_g = (k.body ->> 'weight_g')::integer, volume_cm3 = (k.body ->> 'volume_cm3')::integer,
  enabled = (k.body ->> 'enabled')::boolean
FROM jsonb_array_elements(@skus::jsonb) AS k (body)
WHERE s.id = (k.body ->> 'id')::bigint AND s.spu_id = @spu_id;

-- name: RetireSKU :exec
UPDATE sku SET spec_values = @spec_values, enabled = false WHERE id = @id AND spu_id = @spu_id;

-- name: AddSales :exec
-- Rows in id order, so that two orders of the same products cannot deadlock.
UPDATE spu p SET sales = p.sales + a.qty
FROM (SELECT l.id, x.qty FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@qtys::bigint[]) AS qty) x
      JOIN spu l ON l.id = x.id ORDER BY l.id FOR UPDATE OF l) a
WHERE p.id = a.id;

-- name: NotifyChanged :exec
-- Delivered when, and only if, the transaction commits.
SELECT pg_notify(@channel::text, @tenant_id::text);

-- name: PricesOf :many
SELECT id, price_fen, enabled FROM sku WHERE spu_id = @spu_id ORDER BY id;

-- name: Reprice :exec
-- The product is locked. Its version moves even if nothing of it is for sale, so that a form sent twice is seen.
WITH priced AS (
  UPDATE sku s SET price_fen = x.price_fen FROM (SELECT unnest(@sku_ids::bigint[]) AS id, unnest(@prices_fen::bigint[]) AS price_fen) x
  WHERE s.id = x.id AND s.spu_id = @id)
UPDATE spu SET min_price_fen = @low_fen, max_price_fen = @high_fen, version = version + 1, updated_at = @at WHERE spu.id = @id;
