-- What buyers see of a product's enabled SKUs, in columns of arrays beside the product, by id: a
-- page of a list reads twenty rows instead of eighty. Specs of a SKU are parted by chr(31). The
-- stock is not among it: it moves with every order. A trigger keeps them, not the programs, so
-- that an older binary that still runs, or a hand at the database, keeps them as well.
ALTER TABLE spu
  ADD COLUMN sku_ids bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_specs text[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_prices_fen bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_markets_fen bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_pictures text[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_barcodes text[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_weights_g integer[] NOT NULL DEFAULT '{}',
  ADD COLUMN sku_volumes_cm3 integer[] NOT NULL DEFAULT '{}';
CREATE TRIGGER sku_columns_inserted AFTER INSERT ON sku REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION platform.keep_sku_columns();
CREATE TRIGGER sku_columns_updated AFTER UPDATE ON sku REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION platform.keep_sku_columns();
CREATE TRIGGER sku_columns_deleted AFTER DELETE ON sku REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION platform.keep_sku_columns();
-- Those that are there already: written once for each shop, by the trigger's own statement.
UPDATE sku SET enabled = enabled;
