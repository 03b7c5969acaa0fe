-- Fires for every shop's sku table: see the tenants' migration sku_columns. It names the tables by
-- the schema that it fires in, so that no search path can lead it into another shop. A statement
-- that writes many SKUs of a product writes the product once; one that changes nothing that
-- buyers see does not write it.
CREATE FUNCTION platform.keep_sku_columns() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format($sql$
    UPDATE %1$I.spu p SET sku_ids = s.ids, sku_specs = s.specs, sku_prices_fen = s.prices, sku_markets_fen = s.markets, sku_pictures = s.pictures,
      sku_barcodes = s.barcodes, sku_weights_g = s.weights, sku_volumes_cm3 = s.volumes
    FROM (SELECT c.spu_id, coalesce(r.ids, '{}') AS ids, coalesce(r.specs, '{}') AS specs, coalesce(r.prices, '{}') AS prices, coalesce(r.markets, '{}') AS markets,
        coalesce(r.pictures, '{}') AS pictures, coalesce(r.barcodes, '{}') AS barcodes, coalesce(r.weights, '{}') AS weights, coalesce(r.volumes, '{}') AS volumes
      FROM (SELECT DISTINCT spu_id FROM changed) c CROSS JOIN LATERAL (
        SELECT array_agg(k.id ORDER BY k.id) AS ids, array_agg(array_to_string(k.spec_values, chr(31)) ORDER BY k.id) AS specs,
          array_agg(k.price_fen::bigint ORDER BY k.id) AS prices, array_agg(k.market_price_fen::bigint ORDER BY k.id) AS markets,
          array_agg(k.picture ORDER BY k.id) AS pictures, array_agg(k.barcode ORDER BY k.id) AS barcodes,
          array_agg(k.weight_g ORDER BY k.id) AS weights, array_agg(k.volume_cm3 ORDER BY k.id) AS volumes
        FROM %1$I.sku k WHERE k.spu_id = c.spu_id AND k.enabled) r) s
    WHERE p.id = s.spu_id
      AND (p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures, p.sku_barcodes, p.sku_weights_g, p.sku_volumes_cm3)
        IS DISTINCT FROM (s.ids, s.specs, s.prices, s.markets, s.pictures, s.barcodes, s.weights, s.volumes)$sql$, TG_TABLE_SCHEMA);
  RETURN NULL;
END
$$;
