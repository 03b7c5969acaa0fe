ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_kind,
  ADD CONSTRAINT stock_movement_kind CHECK (kind IN ('receive', 'adjust', 'reserve', 'release', 'commit', 'restock', 'transfer'));
REVOKE UPDATE (qty) ON order_parcel_line FROM galleria_tenant;
ALTER TABLE order_parcel_line DROP CONSTRAINT order_parcel_line_qty, ADD CONSTRAINT order_parcel_line_qty_check CHECK (qty > 0);
DROP INDEX order_parcel_waits;
DROP INDEX order_parcel_resends;
DROP INDEX order_parcel_once;
ALTER TABLE order_parcel
  DROP CONSTRAINT order_parcel_remedied,
  DROP CONSTRAINT order_parcel_lost,
  DROP CONSTRAINT order_parcel_number,
  DROP CONSTRAINT order_parcel_packed,
  DROP CONSTRAINT order_parcel_left,
  DROP CONSTRAINT order_parcel_status,
  DROP COLUMN resends,
  DROP COLUMN refund_case,
  DROP COLUMN remedy,
  DROP COLUMN lost_reason,
  DROP COLUMN lost_at,
  DROP COLUMN packed_at,
  ALTER COLUMN shipped_at SET NOT NULL;
ALTER TABLE order_parcel
  ADD CONSTRAINT order_parcel_status CHECK (status IN ('shipped', 'delivered', 'returned')),
  ADD CONSTRAINT order_parcel_number CHECK ((kind = 'express') = (tracking_no <> ''));
CREATE UNIQUE INDEX order_parcel_once ON order_parcel (order_id, courier, tracking_no, (CASE WHEN kind = 'voucher' THEN id ELSE 0 END));
ALTER TABLE order_line DROP CONSTRAINT order_line_packed, DROP COLUMN packed;
