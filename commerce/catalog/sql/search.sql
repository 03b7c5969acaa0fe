-- name: Search :many
-- Index spu_tokens, asked in up to three ways at once; rows whose tokens are still to be
-- computed are found by their text (spu_unindexed, which is empty but for a moment). All that
-- fit are ranked by one number, and the page is cut from that: a product whose title is, begins
-- with or holds what was typed comes first, then what sells. The page's SKUs come as in list.sql.
-- The sum keeps prices from an index: without a limit, which is most of the time, it would be read whole.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
hit AS MATERIALIZED (
  SELECT p.id, CASE @by::text
      WHEN 'relevance' THEN (CASE WHEN p.title NOT ILIKE @pattern::text THEN 0 WHEN lower(p.title) = @text::text THEN 3 WHEN p.title ILIKE @prefix::text THEN 2
        ELSE 1 END)::bigint * 1000000000000 + least(p.sales, 999999999999)
      WHEN 'newest' THEN p.id
      WHEN 'price_asc' THEN -p.min_price_fen::bigint
      WHEN 'price_desc' THEN p.min_price_fen::bigint
      WHEN 'sales' THEN p.sales
      ELSE p.sort END AS rank
  FROM spu p
  WHERE p.status = 'on_shelf'
    AND (p.tokens @> @words::text[] OR p.tokens @> @initials::text[] OR p.tokens @> @letters::text[] OR (NOT p.indexed AND p.title ILIKE @pattern::text))
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
    AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen::bigint + 0 <= @high_fen::bigint
    AND (NOT @in_stock::boolean OR (
      SELECT count(*) > 0 FROM stock_level v WHERE v.sku_id = ANY(p.sku_ids) AND v.on_hand > v.reserved))),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures, h.rank
  FROM (SELECT hit.id, hit.rank FROM hit WHERE (hit.rank, hit.id) < (@after_rank::bigint, @after_id::bigint)
        ORDER BY hit.rank DESC, hit.id DESC LIMIT @max_rows) h JOIN spu p ON p.id = h.id)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks, page.rank::bigint AS rank
FROM page
ORDER BY page.rank DESC, page.id DESC;

-- name: Near :many
-- What shares the most with a question that fits nothing. At most a thousand candidates are
-- compared, so that a common character does not read the whole shelf.
WITH hit AS MATERIALIZED (
  SELECT c.id, (SELECT count(*) FROM unnest(c.tokens) t WHERE t = ANY(@tokens::text[])) AS shared, c.sales
  FROM (SELECT p.id, p.tokens, p.sales FROM spu p WHERE p.status = 'on_shelf' AND p.tokens && @tokens::text[] LIMIT 1000) c),
page AS (
  SELECT p.id, p.category_id, p.title, p.subtitle, p.cover, p.specs, p.sort, p.min_price_fen, p.max_price_fen, p.sales, p.kind, p.brand_id, p.tags,
    p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures,
    h.shared * 1000000000000 + least(p.sales, 999999999999) AS rank
  FROM (SELECT hit.id, hit.shared FROM hit ORDER BY hit.shared DESC, hit.sales DESC, hit.id DESC LIMIT @max_rows) h JOIN spu p ON p.id = h.id)
SELECT page.id, page.category_id, page.title, page.subtitle, page.cover, page.specs, page.sort, page.min_price_fen, page.max_price_fen, page.sales,
  page.kind, coalesce(page.brand_id, 0)::bigint AS brand_id, page.tags,
  page.sku_ids, page.sku_specs, page.sku_prices_fen, page.sku_markets_fen, page.sku_pictures,
  ARRAY(SELECT CASE WHEN l.on_hand <= l.reserved THEN 'sold_out' WHEN l.on_hand - l.reserved <= l.low_at THEN 'low' ELSE 'in_stock' END
    FROM stock_level l WHERE l.sku_id = ANY(page.sku_ids) ORDER BY l.sku_id)::text[] AS stocks, page.rank::bigint AS rank
FROM page
ORDER BY page.rank DESC, page.id DESC;

-- name: Facets :one
-- How the products that fit are spread: the counts beside the filters. A question without words
-- is about the whole shelf.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @category_id::bigint AND c.visible
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id WHERE c.visible),
hit AS MATERIALIZED (
  SELECT p.id, p.category_id, p.brand_id, p.tags, p.min_price_fen::bigint AS price
  FROM spu p
  WHERE p.status = 'on_shelf'
    AND (cardinality(@words::text[]) = 0
      OR p.tokens @> @words::text[] OR p.tokens @> @initials::text[] OR p.tokens @> @letters::text[] OR (NOT p.indexed AND p.title ILIKE @pattern::text))
    AND (@category_id::bigint = 0 OR p.category_id IN (SELECT branch.id FROM branch))
    AND (@brand_id::bigint = 0 OR p.brand_id = @brand_id) AND (@tag::text = '' OR p.tags @> ARRAY[@tag::text])
    AND p.max_price_fen >= @low_fen::bigint AND p.min_price_fen::bigint + 0 <= @high_fen::bigint)
SELECT (SELECT count(*) FROM hit) AS total,
  coalesce((SELECT json_agg(x) FROM (SELECT c.id, c.name, count(*) AS n FROM hit JOIN category c ON c.id = hit.category_id AND c.visible
    GROUP BY c.id, c.name ORDER BY n DESC, c.id LIMIT 30) x), '[]')::json AS categories,
  coalesce((SELECT json_agg(x) FROM (SELECT b.id, b.name, count(*) AS n FROM hit JOIN brand b ON b.id = hit.brand_id
    GROUP BY b.id, b.name ORDER BY n DESC, b.id LIMIT 30) x), '[]')::json AS brands,
  coalesce((SELECT json_agg(x) FROM (SELECT t.tag AS name, count(*) AS n FROM hit CROSS JOIN LATERAL unnest(hit.tags) AS t(tag)
    GROUP BY t.tag ORDER BY n DESC, t.tag LIMIT 30) x), '[]')::json AS tags,
  coalesce((SELECT json_agg(x) FROM (SELECT width_bucket(hit.price, @edges::bigint[]) AS id, count(*) AS n FROM hit GROUP BY 1 ORDER BY 1) x), '[]')::json AS prices;

-- name: Suggest :many
-- Titles that fit what was typed so far, what sells first.
SELECT p.title FROM spu p
WHERE p.status = 'on_shelf' AND (p.tokens @> @words::text[] OR p.tokens @> @initials::text[] OR p.tokens @> @letters::text[])
ORDER BY (p.title ILIKE @prefix::text) DESC, p.sales DESC, p.id DESC LIMIT @max_rows;

-- name: HotWords :many
-- What several members looked for and what finds something: a word that one person types again
-- and again, or that the shop has nothing for, is shown to nobody.
SELECT w.word FROM search_word w
WHERE w.members >= @least AND EXISTS (SELECT FROM spu p WHERE p.status = 'on_shelf' AND p.tokens @> w.tokens)
ORDER BY w.members DESC, w.word LIMIT @max_rows;

-- name: KeepWord :exec
-- Remembers what a member looked for, counts the word once per member, and forgets the member's
-- oldest words.
WITH kept AS (
  INSERT INTO search_history AS h (member_id, word, at) VALUES (@member_id, @word::text, @at::timestamptz)
  ON CONFLICT (member_id, word) DO UPDATE SET at = excluded.at
  RETURNING (xmax = 0) AS fresh),
counted AS (
  INSERT INTO search_word AS w (word, tokens) SELECT @word::text, @tokens::text[] FROM kept WHERE kept.fresh
  ON CONFLICT (word) DO UPDATE SET members = w.members + 1, tokens = excluded.tokens)
DELETE FROM search_history o WHERE o.member_id = @member_id AND o.word <> @word::text AND o.at <= (
  SELECT x.at FROM search_history x WHERE x.member_id = @member_id AND x.word <> @word::text ORDER BY x.at DESC OFFSET @most - 1 LIMIT 1);

-- name: Words :many
SELECT h.word FROM search_history h WHERE h.member_id = @member_id ORDER BY h.at DESC, h.word;

-- name: ForgetWords :execrows
DELETE FROM search_history h WHERE h.member_id = @member_id AND (@word::text = '' OR h.word = @word::text);

-- name: WaneWords :exec
-- Once a day: what is not asked for any more sinks, and goes.
WITH gone AS (DELETE FROM search_word w WHERE w.members <= 1)
UPDATE search_word SET members = members * 9 / 10 WHERE members > 1;
