-- What each rule took off each line of an order, or off its freight: with the wording of then,
-- and who pays for it. Written with the order, never changed.
CREATE TABLE order_adjustment (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id     bigint NOT NULL REFERENCES orders (id),
  line_id      bigint REFERENCES order_line (id),  -- NULL: of the freight
  kind         text NOT NULL CONSTRAINT order_adjustment_kind
    CHECK (kind IN ('flash', 'group', 'timed', 'level', 'reduction', 'coupon', 'shipping', 'shipping_coupon', 'points')),
  rule_id      bigint NOT NULL,                    -- of its kind; of a coupon, the grant's
  rule_version bigint NOT NULL,
  title        text NOT NULL,
  funder       text NOT NULL CONSTRAINT order_adjustment_funder CHECK (funder IN ('shop', 'platform')),
  off_fen      platform.fen NOT NULL CHECK (off_fen > 0),
  CONSTRAINT order_adjustment_once UNIQUE NULLS NOT DISTINCT (order_id, line_id, kind, rule_id)
);
REVOKE UPDATE, DELETE ON order_adjustment FROM galleria_tenant;
