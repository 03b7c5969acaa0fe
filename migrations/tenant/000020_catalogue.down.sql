DROP TABLE purchase_count;
ALTER TABLE order_line DROP COLUMN counted, DROP COLUMN snapshot;
DROP TABLE product_snapshot;
ALTER TABLE sku DROP COLUMN volume_cm3, DROP COLUMN barcode, DROP COLUMN cost_fen;
DROP INDEX spu_recycled;
ALTER TABLE spu DROP CONSTRAINT spu_recycled;
UPDATE spu SET status = 'recycled' WHERE status = 'purged';
ALTER TABLE spu DROP CONSTRAINT spu_status;
ALTER TABLE spu ADD CONSTRAINT spu_status CHECK (status IN ('draft', 'on_shelf', 'off_shelf', 'recycled'));
ALTER TABLE spu
  DROP COLUMN snapshot, DROP COLUMN recycled_at, DROP COLUMN off_at, DROP COLUMN on_at, DROP COLUMN max_lifetime, DROP COLUMN max_per_order,
  DROP COLUMN min_qty, DROP COLUMN kind, DROP COLUMN tags, DROP COLUMN brand_id;
DROP TABLE brand;
