DROP TABLE test_purchase;
ALTER TABLE orders DROP COLUMN test;
ALTER TABLE sku DROP COLUMN weight_g;
