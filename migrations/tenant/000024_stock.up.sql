-- Where goods lie besides the main place. A shop without rows here has one place, which
-- nobody has to name.
CREATE TABLE stock_location (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL CONSTRAINT stock_location_name UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
  closed_at  timestamptz
);
REVOKE DELETE ON stock_location FROM galleria_tenant; -- movements name it

-- The level stays the one row that orders of a SKU queue for: the sum over all places. Away
-- is the part that lies outside the main place, so that what is left there needs no sum.
ALTER TABLE stock_level
  ADD COLUMN away_on_hand bigint NOT NULL DEFAULT 0,
  ADD COLUMN away_reserved bigint NOT NULL DEFAULT 0,
  -- Grows with every correction by people, not with orders.
  ADD COLUMN version bigint NOT NULL DEFAULT 1,
  ADD CONSTRAINT stock_away CHECK (away_reserved >= 0 AND away_reserved <= away_on_hand
    AND away_on_hand <= on_hand AND away_reserved <= reserved AND reserved - away_reserved <= on_hand - away_on_hand);

-- Written under the lock of the SKU's level.
CREATE TABLE stock_away (
  sku_id       bigint NOT NULL,
  location_id  bigint NOT NULL REFERENCES stock_location (id),
  on_hand      bigint NOT NULL DEFAULT 0 CONSTRAINT stock_away_on_hand CHECK (on_hand >= 0),
  reserved     bigint NOT NULL DEFAULT 0 CONSTRAINT stock_away_reserved CHECK (reserved >= 0 AND reserved <= on_hand),
  PRIMARY KEY (sku_id, location_id)
);

-- The part of a reservation that is held outside the main place.
ALTER TABLE reservation ADD COLUMN spread boolean NOT NULL DEFAULT false;
CREATE TABLE reservation_away (
  order_no     text NOT NULL,
  sku_id       bigint NOT NULL,
  location_id  bigint NOT NULL,
  qty          bigint NOT NULL CHECK (qty > 0),
  PRIMARY KEY (order_no, sku_id, location_id)
);
REVOKE UPDATE, DELETE ON reservation_away FROM galleria_tenant;

ALTER TABLE stock_movement
  ADD COLUMN location_id bigint NOT NULL DEFAULT 0,   -- 0 is the main place
  ADD COLUMN reason text NOT NULL DEFAULT '' CONSTRAINT stock_movement_reason CHECK (reason IN
    ('', 'count', 'purchase', 'damage', 'loss', 'sample', 'return', 'mistake', 'other')),
  ADD COLUMN note text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
  DROP CONSTRAINT stock_movement_kind,
  DROP CONSTRAINT stock_movement_once;
ALTER TABLE stock_movement
  ADD CONSTRAINT stock_movement_kind CHECK (kind IN ('receive', 'adjust', 'reserve', 'release', 'commit', 'restock', 'transfer')),
  ADD CONSTRAINT stock_movement_once UNIQUE (document, kind, sku_id, location_id);
CREATE INDEX stock_movement_sku ON stock_movement (sku_id, id DESC);
REVOKE TRUNCATE ON stock_movement FROM galleria_tenant;

-- A SKU that became scarce or ran out: once per crossing, over when it is plentiful again.
CREATE TABLE stock_alarm (
  sku_id     bigint PRIMARY KEY,
  state      text NOT NULL CONSTRAINT stock_alarm_state CHECK (state IN ('low', 'out')),
  raised_at  timestamptz NOT NULL,
  seen_by    text NOT NULL DEFAULT '',                -- who has said that it is known; '' waits
  seen_at    timestamptz
);

-- How many orders one buyer may leave unpaid, and how many pieces they may hold together; 0
-- pieces: no limit.
ALTER TABLE shop
  ADD COLUMN main_place text NOT NULL DEFAULT '' CHECK (length(main_place) <= 60),
  ADD COLUMN max_open_orders integer NOT NULL DEFAULT 20 CONSTRAINT shop_max_open_orders CHECK (max_open_orders BETWEEN 1 AND 1000),
  ADD COLUMN max_open_pieces integer NOT NULL DEFAULT 0 CONSTRAINT shop_max_open_pieces CHECK (max_open_pieces BETWEEN 0 AND 1000000);
CREATE INDEX orders_open ON orders (member_id) WHERE status IN ('pending_payment', 'closing');
