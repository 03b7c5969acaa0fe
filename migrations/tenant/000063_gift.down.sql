ALTER TABLE campaign DROP COLUMN gifts_stay;
DROP TABLE order_gift_goods, order_gift;
ALTER TABLE order_line DROP CONSTRAINT order_line_gift, DROP CONSTRAINT order_line_sku;
ALTER TABLE order_line ADD CONSTRAINT order_line_order_id_sku_id_key UNIQUE (order_id, sku_id);
ALTER TABLE order_line DROP COLUMN gift;
