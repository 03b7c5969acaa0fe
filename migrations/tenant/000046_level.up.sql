-- On what terms members grow, version by version; the newest counts. Orders grow by the one in
-- force when they were placed.
CREATE TABLE level_terms (
  version       bigint PRIMARY KEY CHECK (version > 0),
  since         timestamptz NOT NULL,
  enabled       boolean NOT NULL,
  earn_fen      platform.fen NOT NULL CHECK (earn_fen BETWEEN 1 AND 10000000), -- so much paid for goods
  earn_growth   bigint NOT NULL CHECK (earn_growth BETWEEN 0 AND 100000),      -- is so much growth,
  order_growth  bigint NOT NULL CHECK (order_growth BETWEEN 0 AND 100000),     -- and so much more for each order
  review_growth bigint NOT NULL CHECK (review_growth BETWEEN 0 AND 100000)     -- for a review that others see
);
REVOKE UPDATE, DELETE ON level_terms FROM galleria_tenant;

CREATE TABLE level (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL
);
REVOKE DELETE ON level FROM galleria_tenant;

-- What a level is, wording by wording; a level without one that goes on has ended.
CREATE TABLE level_version (
  level_id      bigint NOT NULL REFERENCES level (id),
  version       bigint NOT NULL CHECK (version > 0),
  since         timestamptz NOT NULL,
  until         timestamptz,
  name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 20),
  threshold     bigint NOT NULL CHECK (threshold BETWEEN 1 AND 1000000000),  -- growth from which members have it
  off_bps       bigint NOT NULL CHECK (off_bps BETWEEN 0 AND 9999),          -- off each piece, but those with a price of their own
  free_shipping boolean NOT NULL,
  points_bps    bigint NOT NULL CHECK (points_bps BETWEEN 10000 AND 100000), -- of the points that orders earn
  valid_days    bigint NOT NULL CHECK (valid_days BETWEEN 0 AND 3650),       -- until it is reviewed; 0: for good
  keep_growth   bigint NOT NULL CHECK (keep_growth BETWEEN 0 AND 1000000000), -- that a review takes; the rest decides
  PRIMARY KEY (level_id, version),
  CONSTRAINT level_version_keep CHECK (valid_days > 0 OR keep_growth = 0)
);
CREATE UNIQUE INDEX level_version_now ON level_version (level_id) WHERE until IS NULL;
CREATE UNIQUE INDEX level_threshold_once ON level_version (threshold) WHERE until IS NULL;
REVOKE DELETE ON level_version FROM galleria_tenant;

-- What a piece of a SKU costs members of a level, from one wording of it to another.
CREATE TABLE level_price (
  level_id      bigint NOT NULL,
  sku_id        bigint NOT NULL CHECK (sku_id > 0),
  price_fen     platform.fen NOT NULL CHECK (price_fen BETWEEN 0 AND 10000000000),
  version       bigint NOT NULL,
  until_version bigint CHECK (until_version > version),
  PRIMARY KEY (level_id, sku_id, version),
  FOREIGN KEY (level_id, version) REFERENCES level_version (level_id, version)
);
CREATE UNIQUE INDEX level_price_now ON level_price (level_id, sku_id) WHERE until_version IS NULL;
REVOKE DELETE ON level_price FROM galleria_tenant;

-- How far a member has grown, and the level reached. Whoever changes it locks this row first.
CREATE TABLE level_account (
  member_id bigint PRIMARY KEY REFERENCES member (id),
  growth    bigint NOT NULL DEFAULT 0,         -- below zero: more was taken back than there was
  level_id  bigint REFERENCES level (id),      -- NULL: none
  since     timestamptz,
  review_at timestamptz,                       -- NULL: never
  CONSTRAINT level_account_since CHECK ((level_id IS NULL) = (since IS NULL)),
  CONSTRAINT level_account_review CHECK (level_id IS NOT NULL OR review_at IS NULL)
);
CREATE INDEX level_account_level ON level_account (level_id, member_id);
CREATE INDEX level_account_due ON level_account (review_at, member_id) WHERE review_at IS NOT NULL;

-- The journal of growth. What may come twice has a key.
CREATE TABLE level_entry (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id  bigint NOT NULL REFERENCES member (id),
  at         timestamptz NOT NULL,
  kind       text NOT NULL CONSTRAINT level_entry_kind CHECK (kind IN ('order', 'reverse', 'review', 'give', 'take', 'keep')),
  change     bigint NOT NULL CHECK (change <> 0),
  balance    bigint NOT NULL,
  order_no   text,
  source_key text CONSTRAINT level_entry_once UNIQUE CHECK (length(source_key) BETWEEN 1 AND 300),
  actor      text NOT NULL,
  reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 200)
);
CREATE INDEX level_entry_member ON level_entry (member_id, id DESC);
REVOKE DELETE ON level_entry FROM galleria_tenant;

-- What an order was worth, and what of it was taken back.
CREATE TABLE level_order (
  order_id bigint PRIMARY KEY REFERENCES orders (id),
  grown    bigint NOT NULL CHECK (grown > 0),
  reversed bigint NOT NULL DEFAULT 0,
  CONSTRAINT level_order_reversed CHECK (reversed BETWEEN 0 AND grown)
);
REVOKE DELETE ON level_order FROM galleria_tenant;

-- The history of a member's level.
CREATE TABLE level_change (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES member (id),
  at        timestamptz NOT NULL,
  from_id   bigint REFERENCES level (id),
  to_id     bigint REFERENCES level (id),
  reason    text NOT NULL CONSTRAINT level_change_reason CHECK (reason IN ('upgrade', 'downgrade', 'kept', 'ended', 'merge', 'leave')),
  growth    bigint NOT NULL,
  until     timestamptz, -- when it is reviewed
  actor     text NOT NULL,
  CONSTRAINT level_change_says CHECK (from_id IS DISTINCT FROM to_id OR reason IN ('kept', 'merge'))
);
CREATE INDEX level_change_member ON level_change (member_id, id DESC);
REVOKE DELETE ON level_change FROM galleria_tenant;

-- Orders earn points by the level of their placing.
ALTER TABLE points_order ADD COLUMN level_bps bigint NOT NULL DEFAULT 10000 CHECK (level_bps BETWEEN 10000 AND 100000);

ALTER TABLE order_adjustment DROP CONSTRAINT order_adjustment_kind;
ALTER TABLE order_adjustment ADD CONSTRAINT order_adjustment_kind
  CHECK (kind IN ('flash', 'group', 'timed', 'level', 'reduction', 'coupon', 'shipping', 'level_shipping', 'shipping_coupon', 'points'));
