-- How long a shop waits: from sending until an order counts as received, and from there
-- until its money is final.
ALTER TABLE shop
  ADD COLUMN receive_days integer NOT NULL DEFAULT 10 CONSTRAINT shop_receive_days CHECK (receive_days BETWEEN 1 AND 60),
  ADD COLUMN finish_days integer NOT NULL DEFAULT 7 CONSTRAINT shop_finish_days CHECK (finish_days BETWEEN 0 AND 60);

-- A pickup store: where buyers fetch their goods themselves.
CREATE TABLE pickup_store (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 32),
  address     text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
  hours       text NOT NULL DEFAULT '' CHECK (length(hours) <= 100),
  latitude    numeric(9, 6) CONSTRAINT pickup_store_latitude CHECK (latitude BETWEEN -90 AND 90),
  longitude   numeric(9, 6) CONSTRAINT pickup_store_longitude CHECK (longitude BETWEEN -180 AND 180),
  open        boolean NOT NULL DEFAULT true,
  created_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pickup_store_position CHECK ((latitude IS NULL) = (longitude IS NULL))
);
REVOKE DELETE ON pickup_store FROM galleria_tenant; -- orders name it

ALTER TABLE orders
  -- What the shop changed of the price after the buyer had ordered; negative is cheaper.
  ADD COLUMN adjust_fen platform.fen NOT NULL DEFAULT 0,
  ADD COLUMN repriced boolean NOT NULL DEFAULT false,
  ADD COLUMN delivery text NOT NULL DEFAULT 'express' CONSTRAINT order_delivery CHECK (delivery IN ('express', 'pickup')),
  ADD COLUMN store_id bigint REFERENCES pickup_store (id),
  ADD COLUMN pickup_code text CONSTRAINT order_pickup_code CHECK (pickup_code ~ '^[0-9]{12}$'),
  ADD COLUMN settlement text NOT NULL DEFAULT 'open' CONSTRAINT order_settlement CHECK (settlement IN ('open', 'window', 'settled')),
  ADD COLUMN shipped_at timestamptz,          -- when the last of it was sent
  ADD COLUMN receive_by timestamptz,          -- when it counts as received by itself
  ADD COLUMN received_at timestamptz,
  ADD COLUMN settle_by timestamptz,           -- when its money becomes final
  ADD COLUMN settled_at timestamptz,
  ADD COLUMN hidden boolean NOT NULL DEFAULT false, -- the buyer has deleted it from the list
  ADD COLUMN staff_note text NOT NULL DEFAULT '',
  ADD CONSTRAINT order_pickup CHECK (delivery <> 'pickup' OR store_id IS NOT NULL),
  DROP CONSTRAINT order_payable;
ALTER TABLE orders
  ADD CONSTRAINT order_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen + freight_fen + adjust_fen);
CREATE UNIQUE INDEX orders_pickup_code ON orders (pickup_code) WHERE pickup_code IS NOT NULL;

ALTER TABLE order_line
  ADD COLUMN adjust_fen platform.fen NOT NULL DEFAULT 0,
  ADD COLUMN sent integer NOT NULL DEFAULT 0,  -- pieces in parcels
  ADD CONSTRAINT order_line_sent CHECK (sent BETWEEN 0 AND qty),
  DROP CONSTRAINT order_line_payable;
ALTER TABLE order_line
  ADD CONSTRAINT order_line_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen + adjust_fen);

-- What left the shop for an order: a box with a courier, or goods handed over in a store.
CREATE TABLE order_parcel (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id      bigint NOT NULL REFERENCES orders (id),
  parcel_no     text NOT NULL UNIQUE,
  kind          text NOT NULL DEFAULT 'express' CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'pickup')),
  courier       text NOT NULL DEFAULT '',     -- our code of the courier; empty for goods handed over
  tracking_no   text NOT NULL DEFAULT '',
  status        text NOT NULL CONSTRAINT order_parcel_status CHECK (status IN ('shipped', 'delivered', 'returned')),
  shipped_at    timestamptz NOT NULL,
  delivered_at  timestamptz,
  changes       integer NOT NULL DEFAULT 0,   -- how often courier or number were corrected
  actor         text NOT NULL,
  CONSTRAINT order_parcel_number CHECK ((kind = 'express') = (tracking_no <> '')),
  UNIQUE (order_id, courier, tracking_no)
);
CREATE INDEX order_parcel_tracking ON order_parcel (tracking_no) WHERE kind = 'express';

CREATE TABLE order_parcel_line (
  parcel_id  bigint NOT NULL REFERENCES order_parcel (id),
  line_id    bigint NOT NULL REFERENCES order_line (id),
  qty        integer NOT NULL CHECK (qty > 0),
  PRIMARY KEY (parcel_id, line_id)
);
REVOKE UPDATE, DELETE ON order_parcel_line FROM galleria_tenant;
REVOKE DELETE ON order_parcel FROM galleria_tenant;
