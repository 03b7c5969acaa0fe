-- Products against their SKUs.

-- A1 what a product shows of its SKUs is what they are
SELECT p.id::text FROM spu p CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(k.id ORDER BY k.id), '{}') AS ids, coalesce(array_agg(array_to_string(k.spec_values, chr(31)) ORDER BY k.id), '{}') AS specs,
    coalesce(array_agg(k.price_fen::bigint ORDER BY k.id), '{}') AS prices, coalesce(array_agg(k.market_price_fen::bigint ORDER BY k.id), '{}') AS markets,
    coalesce(array_agg(k.picture ORDER BY k.id), '{}') AS pictures, coalesce(array_agg(k.barcode ORDER BY k.id), '{}') AS barcodes,
    coalesce(array_agg(k.weight_g ORDER BY k.id), '{}') AS weights, coalesce(array_agg(k.volume_cm3 ORDER BY k.id), '{}') AS volumes
  FROM sku k WHERE k.spu_id = p.id AND k.enabled) s
WHERE (p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures, p.sku_barcodes, p.sku_weights_g, p.sku_volumes_cm3)
  IS DISTINCT FROM (s.ids, s.specs, s.prices, s.markets, s.pictures, s.barcodes, s.weights, s.volumes);

-- A2 a product's range of prices is that of what it offers
SELECT p.id::text FROM spu p WHERE cardinality(p.sku_ids) > 0
  AND (p.min_price_fen::bigint, p.max_price_fen::bigint) IS DISTINCT FROM (SELECT (min(x), max(x)) FROM unnest(p.sku_prices_fen) x);

-- A3 every SKU has its stock
SELECT k.id::text FROM sku k WHERE NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.sku_id = k.id);
