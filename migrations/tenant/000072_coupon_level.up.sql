-- Who may take a coupon, have it for a code or get it after a payment: members of a level or above.
-- Staff give it to whom they like.
ALTER TABLE coupon ADD COLUMN level_id bigint REFERENCES level (id); -- NULL: all
