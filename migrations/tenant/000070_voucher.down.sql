DROP INDEX orders_to_ship;
-- Fails while orders of vouchers exist: they could not be told from others.
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'local', 'pickup', 'virtual'));
DROP INDEX order_parcel_once;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_order_id_courier_tracking_no_key UNIQUE (order_id, courier, tracking_no);
ALTER TABLE orders DROP CONSTRAINT order_delivery;
ALTER TABLE orders ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'local', 'pickup', 'virtual'));
ALTER TABLE aftersale_case DROP CONSTRAINT aftersale_reason;
ALTER TABLE aftersale_case ADD CONSTRAINT aftersale_reason CHECK (reason IN
  ('changed_mind', 'wrong_goods', 'damaged', 'quality', 'not_as_described', 'not_received', 'late', 'agreed', 'other'));
DROP TABLE voucher_use;
DROP TABLE voucher;
ALTER TABLE spu DROP CONSTRAINT spu_voucher_end, DROP COLUMN voucher_refunds, DROP COLUMN voucher_until, DROP COLUMN voucher_days, DROP COLUMN voucher_uses;
