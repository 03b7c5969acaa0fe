-- The pages of the shelf. One statement each: the page is chosen first, by the index of
-- its order, and only its rows are joined with their SKUs. Every order is its own query,
-- because a plan can follow an index only if the order is fixed text. @after_* is the
-- place of the last row seen; before the first row it is beyond every row.
--
-- OFFSET 0 keeps the stock filter out of the walk along the index. The rows are the same,
-- but a plan for any parameters then looks as cheap as it is, and Postgres keeps it:
-- otherwise it plans each call anew, which takes as long as the page itself.

-- name: ListByPlace :many
-- Index spu_shelf. The merchant's own order, all categories.
WITH page AS (
  SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
  FROM (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales
    FROM spu p
    WHERE p.status = 'on_shelf' AND (p.sort, p.id) < (@after_place::integer, @after_id::bigint)
      AND (@pattern::text = '' OR p.title ILIKE @pattern OR p.subtitle ILIKE @pattern)
    ORDER BY p.sort DESC, p.id DESC OFFSET 0) f
  WHERE NOT @in_stock::boolean OR EXISTS (
    SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved)
  ORDER BY f.sort DESC, f.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.sort DESC, page.id DESC;

-- name: ListBranchByPlace :many
-- Index spu_shelf_category, walked once per category of the branch; the walks are then
-- merged, so a small branch of a large shop costs its own rows only.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT m.id, m.category_id, m.title, m.subtitle, m.cover, m.specs, m.sort, m.min_price_fen, m.max_price_fen, m.sales
  FROM branch CROSS JOIN LATERAL (
    SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
    FROM spu f
    WHERE f.status = 'on_shelf' AND f.category_id = branch.id AND (f.sort, f.id) < (@after_place::integer, @after_id::bigint)
      AND (@pattern::text = '' OR f.title ILIKE @pattern OR f.subtitle ILIKE @pattern)
      AND (NOT @in_stock::boolean OR EXISTS (
        SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved))
    ORDER BY f.sort DESC, f.id DESC
    LIMIT @max_rows) m
  ORDER BY m.sort DESC, m.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.sort DESC, page.id DESC;

-- name: ListByNewest :many
-- Index spu_pkey, backwards: identities grow with time, and nearly all rows are on the shelf.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
  FROM (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales
    FROM spu p
    WHERE p.status = 'on_shelf' AND p.id < @after_id::bigint
      AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
      AND (@pattern::text = '' OR p.title ILIKE @pattern OR p.subtitle ILIKE @pattern)
    ORDER BY p.id DESC OFFSET 0) f
  WHERE NOT @in_stock::boolean OR EXISTS (
    SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved)
  ORDER BY f.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.id DESC;

-- name: ListByPriceAsc :many
-- Index spu_shelf_price.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
  FROM (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales
    FROM spu p
    WHERE p.status = 'on_shelf' AND (p.min_price_fen, p.id) > (@after_price::bigint, @after_id::bigint)
      AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
      AND (@pattern::text = '' OR p.title ILIKE @pattern OR p.subtitle ILIKE @pattern)
    ORDER BY p.min_price_fen, p.id OFFSET 0) f
  WHERE NOT @in_stock::boolean OR EXISTS (
    SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved)
  ORDER BY f.min_price_fen, f.id
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.min_price_fen, page.id;

-- name: ListByPriceDesc :many
-- Index spu_shelf_price, backwards.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
  FROM (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales
    FROM spu p
    WHERE p.status = 'on_shelf' AND (p.min_price_fen, p.id) < (@after_price::bigint, @after_id::bigint)
      AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
      AND (@pattern::text = '' OR p.title ILIKE @pattern OR p.subtitle ILIKE @pattern)
    ORDER BY p.min_price_fen DESC, p.id DESC OFFSET 0) f
  WHERE NOT @in_stock::boolean OR EXISTS (
    SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved)
  ORDER BY f.min_price_fen DESC, f.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.min_price_fen DESC, page.id DESC;

-- name: ListBySales :many
-- Index spu_shelf_sales.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT f.id, f.category_id, f.title, f.subtitle, f.cover, f.specs, f.sort, f.min_price_fen, f.max_price_fen, f.sales
  FROM (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales
    FROM spu p
    WHERE p.status = 'on_shelf' AND (p.sales, p.id) < (@after_sales::bigint, @after_id::bigint)
      AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
      AND (@pattern::text = '' OR p.title ILIKE @pattern OR p.subtitle ILIKE @pattern)
    ORDER BY p.sales DESC, p.id DESC OFFSET 0) f
  WHERE NOT @in_stock::boolean OR EXISTS (
    SELECT 1 FROM sku k JOIN stock_level v ON v.sku_id = k.id WHERE k.spu_id = f.id AND k.enabled AND v.on_hand > v.reserved)
  ORDER BY f.sales DESC, f.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  coalesce((SELECT json_agg(json_build_object(
      'id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'market_price_fen', s.market_price_fen, 'picture', s.picture,
      'stock_state', CASE WHEN l.on_hand - l.reserved <= 0 THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END)
      ORDER BY s.id)
    FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = page.id AND s.enabled), '[]')::json AS skus
FROM page ORDER BY page.sales DESC, page.id DESC;
