-- The points mall: what a shop gives for points, and money where it says so. A SKU is given
-- through an order, a coupon at once.
CREATE TABLE mall_offer (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version     bigint NOT NULL DEFAULT 1,
  status      text NOT NULL DEFAULT 'live' CONSTRAINT mall_status CHECK (status IN ('live', 'stopped')),
  title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 40),
  sku_id      bigint REFERENCES sku (id),
  coupon_id   bigint REFERENCES coupon (id),
  points      bigint NOT NULL CHECK (points BETWEEN 1 AND 100000000),       -- for one piece,
  cash_fen    platform.fen NOT NULL CHECK (cash_fen BETWEEN 0 AND 100000000), -- and so much money
  stock       bigint NOT NULL CHECK (stock BETWEEN 1 AND 1000000),          -- pieces that are given in all
  taken       bigint NOT NULL DEFAULT 0,
  per_member  bigint NOT NULL CHECK (per_member BETWEEN 0 AND 1000),        -- 0: no limit
  level_id    bigint REFERENCES level (id),                                 -- members of it or above; NULL: all
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz,                                                  -- exclusive; NULL: without end
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  stopped_at  timestamptz,
  CONSTRAINT mall_stock CHECK (taken BETWEEN 0 AND stock),
  CONSTRAINT mall_gives CHECK ((sku_id IS NULL) <> (coupon_id IS NULL) AND (coupon_id IS NULL OR cash_fen = 0)),
  CONSTRAINT mall_time CHECK (ends_at > starts_at),
  CONSTRAINT mall_stopped CHECK ((status = 'stopped') = (stopped_at IS NOT NULL))
);
CREATE INDEX mall_live ON mall_offer (id) WHERE status = 'live';
REVOKE DELETE ON mall_offer FROM galleria_tenant;

-- How many pieces of an offer a member has, those of orders that live included.
CREATE TABLE mall_count (
  offer_id   bigint NOT NULL REFERENCES mall_offer (id),
  member_id  bigint NOT NULL REFERENCES member (id),
  taken      bigint NOT NULL CHECK (taken >= 0),
  PRIMARY KEY (offer_id, member_id)
);
CREATE INDEX mall_count_member ON mall_count (member_id);

-- What was given to whom, at what it cost then.
CREATE TABLE mall_exchange (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  offer_id    bigint NOT NULL REFERENCES mall_offer (id),
  version     bigint NOT NULL,
  member_id   bigint NOT NULL REFERENCES member (id),
  qty         bigint NOT NULL CHECK (qty > 0),
  points      bigint NOT NULL CHECK (points > 0),       -- of all pieces
  cash_fen    platform.fen NOT NULL CHECK (cash_fen >= 0), -- of one
  state       text NOT NULL CONSTRAINT mall_exchange_state CHECK (state IN ('held', 'done', 'released', 'returned')),
  order_no    text CONSTRAINT mall_exchange_order UNIQUE,
  grant_id    bigint CONSTRAINT mall_exchange_grant UNIQUE REFERENCES coupon_grant (id),
  request_key text,                                     -- of a coupon
  at          timestamptz NOT NULL,
  CONSTRAINT mall_exchanged_once UNIQUE (member_id, request_key),
  CONSTRAINT mall_exchange_way CHECK ((order_no IS NULL) <> (request_key IS NULL) AND (order_no IS NOT NULL OR state = 'done') AND (order_no IS NULL OR grant_id IS NULL))
);
CREATE INDEX mall_exchange_member ON mall_exchange (member_id, id DESC);
CREATE INDEX mall_exchange_offer ON mall_exchange (offer_id, id DESC);
REVOKE DELETE ON mall_exchange FROM galleria_tenant;

ALTER TABLE order_adjustment DROP CONSTRAINT order_adjustment_kind;
ALTER TABLE order_adjustment ADD CONSTRAINT order_adjustment_kind
  CHECK (kind IN ('mall', 'flash', 'group', 'timed', 'level', 'reduction', 'coupon', 'shipping', 'level_shipping', 'shipping_coupon', 'points'));

ALTER TABLE coupon_grant DROP CONSTRAINT coupon_source;
ALTER TABLE coupon_grant ADD CONSTRAINT coupon_source CHECK (source IN ('claim', 'code', 'gift', 'staff', 'mall'));
