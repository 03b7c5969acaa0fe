-- What a member can still use, by when it ends: a checkout does not read what was used before.
CREATE INDEX coupon_grant_usable ON coupon_grant (member_id, valid_until) WHERE status IN ('granted', 'active');
