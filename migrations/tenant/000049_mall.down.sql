ALTER TABLE coupon_grant DROP CONSTRAINT coupon_source;
ALTER TABLE coupon_grant ADD CONSTRAINT coupon_source CHECK (source IN ('claim', 'code', 'gift', 'staff'));
ALTER TABLE order_adjustment DROP CONSTRAINT order_adjustment_kind;
ALTER TABLE order_adjustment ADD CONSTRAINT order_adjustment_kind
  CHECK (kind IN ('flash', 'group', 'timed', 'level', 'reduction', 'coupon', 'shipping', 'level_shipping', 'shipping_coupon', 'points'));
DROP TABLE mall_exchange, mall_count, mall_offer;
