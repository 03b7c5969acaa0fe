ALTER TABLE coupon DROP COLUMN level_id;
