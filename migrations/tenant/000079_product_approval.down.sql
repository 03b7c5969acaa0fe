DROP TABLE product_approval;
ALTER TABLE spu DROP COLUMN approved;
ALTER TABLE shop DROP COLUMN product_approval;
