DROP INDEX coupon_grant_usable;
