ALTER TABLE order_adjustment DROP CONSTRAINT order_adjustment_kind;
ALTER TABLE order_adjustment ADD CONSTRAINT order_adjustment_kind
  CHECK (kind IN ('flash', 'group', 'timed', 'level', 'reduction', 'coupon', 'shipping', 'shipping_coupon', 'points'));
ALTER TABLE points_order DROP COLUMN level_bps;
DROP TABLE level_change, level_order, level_entry, level_account, level_price, level_version, level, level_terms;
