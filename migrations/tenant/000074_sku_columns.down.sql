DROP TRIGGER sku_columns_inserted ON sku;
DROP TRIGGER sku_columns_updated ON sku;
DROP TRIGGER sku_columns_deleted ON sku;
ALTER TABLE spu DROP COLUMN sku_ids, DROP COLUMN sku_specs, DROP COLUMN sku_prices_fen, DROP COLUMN sku_markets_fen,
  DROP COLUMN sku_pictures, DROP COLUMN sku_barcodes, DROP COLUMN sku_weights_g, DROP COLUMN sku_volumes_cm3;
