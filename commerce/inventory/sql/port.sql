-- name: FindForPort :many
-- SKUs by number, code or barcode, with what is on hand in one place (0: the main one).
WITH s AS (
  SELECT k.id, k.spu_id, k.spec_values, k.id::text AS called, true AS by_id FROM sku k WHERE k.id = ANY(@ids::bigint[])
  UNION ALL
  SELECT k.id, k.spu_id, k.spec_values, k.code AS called, false AS by_id FROM sku k WHERE k.code = ANY(@codes::text[])
  UNION ALL
  SELECT k.id, k.spu_id, k.spec_values, k.barcode AS called, false AS by_id FROM sku k WHERE k.barcode = ANY(@codes::text[]) AND k.barcode <> k.code)
SELECT s.called::text AS called, s.by_id, s.id, p.title, array_to_string(s.spec_values, ' / ')::text AS spec,
  l.version, (l.on_hand - l.away_on_hand)::bigint AS main_on_hand, coalesce(a.on_hand, 0)::bigint AS away_on_hand
FROM s JOIN spu p ON p.id = s.spu_id AND p.status NOT IN ('recycled', 'purged') JOIN stock_level l ON l.sku_id = s.id
LEFT JOIN stock_away a ON a.sku_id = s.id AND a.location_id = @location_id
ORDER BY s.id, s.called;

-- name: StockAfter :many
-- What lies where, by SKU: a row for the main place and one for each other that has had some.
SELECT k.id, k.code, p.title, array_to_string(k.spec_values, ' / ')::text AS spec, x.location_id, x.on_hand, x.reserved
FROM sku k JOIN spu p ON p.id = k.spu_id AND p.status NOT IN ('recycled', 'purged')
JOIN LATERAL (
  SELECT 0::bigint AS location_id, (l.on_hand - l.away_on_hand)::bigint AS on_hand, (l.reserved - l.away_reserved)::bigint AS reserved
  FROM stock_level l WHERE l.sku_id = k.id
  UNION ALL
  SELECT a.location_id, a.on_hand, a.reserved FROM stock_away a JOIN stock_location o ON o.id = a.location_id AND o.closed_at IS NULL WHERE a.sku_id = k.id) x ON true
WHERE k.enabled AND k.id IN (SELECT s.id FROM sku s WHERE s.id > @after::bigint ORDER BY s.id LIMIT @max_skus)
ORDER BY k.id, x.location_id;

-- name: LastSKUAfter :one
-- The last of the next so many SKUs; 0 when there is none.
SELECT coalesce(max(n.id), 0)::bigint AS last FROM (SELECT s.id FROM sku s WHERE s.id > @after::bigint ORDER BY s.id LIMIT @max_skus) n;
