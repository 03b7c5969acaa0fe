-- The pages of the shelf. One statement each: the page is chosen first, along the index of
-- its order, and its LIMIT ends the walk. What buyers see of the SKUs lies beside the product, in
-- columns of arrays (see the migration sku_columns); only their stock is looked up, in the same order.
-- Every order is its own query, because a plan can follow an index only if the order is
-- fixed text. @after_* is the place of the last row seen; before the first row it is
-- beyond every row.
--
-- A plan here serves any parameters, and guesses that a page is a tenth of the shelf. Two
-- fences keep the guess harmless: the filters stand in a CASE, which is taken to keep every
-- second product and not to choose an index; and scalar sub-selects ask for stock product by product
-- instead of collecting all that is in stock.

-- name: ListByPlace :many
-- Index spu_shelf. The merchant's own order, all categories.
WITH page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
  FROM spu p
  WHERE p.status = 'on_shelf' AND (p.sort, p.id) < (@after_place::integer, @after_id::bigint)
    AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
  ORDER BY p.sort DESC, p.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.sort DESC, page.id DESC;

-- name: ListBranchByPlace :many
-- Index spu_shelf_category, walked once per category of the branch; the walks are then
-- merged, so a small branch of a large shop costs its own rows only.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT m.id, m.category_id, m.title, m.subtitle, m.cover, m.specs, m.sort, m.min_price_fen, m.max_price_fen, m.sales, m.kind, m.brand_id, m.tags,
    m.sku_ids, m.sku_specs, m.sku_prices_fen, m.sku_markets_fen, m.sku_pictures
  FROM branch CROSS JOIN LATERAL (
    SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
    FROM spu p
    WHERE p.status = 'on_shelf' AND p.category_id = branch.id AND (p.sort, p.id) < (@after_place::integer, @after_id::bigint)
      AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
      AND (NOT @in_stock::boolean OR (
        SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
    ORDER BY p.sort DESC, p.id DESC
    LIMIT @max_rows) m
  ORDER BY m.sort DESC, m.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.sort DESC, page.id DESC;

-- name: ListByNewest :many
-- Index spu_pkey, backwards: identities grow with time, and nearly all rows are on the shelf.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
  FROM spu p
  WHERE p.status = 'on_shelf' AND p.id < @after_id::bigint
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
  ORDER BY p.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.id DESC;

-- name: ListByPriceAsc :many
-- Index spu_shelf_price.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
  FROM spu p
  WHERE p.status = 'on_shelf' AND (p.min_price_fen, p.id) > (@after_price::bigint, @after_id::bigint)
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
  ORDER BY p.min_price_fen, p.id
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.min_price_fen, page.id;

-- name: ListByPriceDesc :many
-- Index spu_shelf_price, backwards.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
  FROM spu p
  WHERE p.status = 'on_shelf' AND (p.min_price_fen, p.id) < (@after_price::bigint, @after_id::bigint)
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
  ORDER BY p.min_price_fen DESC, p.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.min_price_fen DESC, page.id DESC;

-- name: ListBySales :many
-- Index spu_shelf_sales.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures
  FROM spu p
  WHERE p.status = 'on_shelf' AND (p.sales, p.id) < (@after_sales::bigint, @after_id::bigint)
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND CASE WHEN (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
      AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen <= @high_fen::bigint THEN true ELSE false END
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))
  ORDER BY p.sales DESC, p.id DESC
  LIMIT @max_rows)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks
FROM page
ORDER BY page.sales DESC, page.id DESC;
