ALTER TABLE coupon_grant DROP COLUMN told;
