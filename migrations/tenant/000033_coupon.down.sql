DROP TABLE coupon_code;
DROP TABLE coupon_event;
DROP TABLE coupon_grant;
DROP TABLE coupon_count;
DROP TABLE coupon_terms;
DROP TABLE coupon;
