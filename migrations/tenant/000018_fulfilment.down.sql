DROP TABLE order_parcel_line;
DROP TABLE order_parcel;
ALTER TABLE order_line DROP CONSTRAINT order_line_payable, DROP COLUMN sent, DROP COLUMN adjust_fen;
ALTER TABLE order_line ADD CONSTRAINT order_line_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT order_payable, DROP CONSTRAINT order_pickup, DROP COLUMN adjust_fen, DROP COLUMN repriced, DROP COLUMN delivery,
  DROP COLUMN store_id, DROP COLUMN pickup_code, DROP COLUMN settlement, DROP COLUMN shipped_at, DROP COLUMN receive_by, DROP COLUMN received_at, DROP COLUMN settle_by, DROP COLUMN settled_at,
  DROP COLUMN hidden, DROP COLUMN staff_note;
ALTER TABLE orders ADD CONSTRAINT order_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen + freight_fen) NOT VALID;
DROP TABLE pickup_store;
ALTER TABLE shop DROP COLUMN receive_days, DROP COLUMN finish_days;
