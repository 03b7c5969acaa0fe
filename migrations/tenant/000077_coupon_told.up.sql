-- The last notice that a coupon ends, in days ahead; NULL: its member heard of none.
ALTER TABLE coupon_grant ADD COLUMN told bigint CONSTRAINT coupon_grant_told CHECK (told > 0);
