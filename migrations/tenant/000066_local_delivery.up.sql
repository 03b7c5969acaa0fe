-- Local delivery: the shop's own people bring goods around one of its stores, in slots of a day.
CREATE TABLE local_delivery (
  only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  active        boolean NOT NULL,
  store_id      bigint NOT NULL REFERENCES pickup_store (id),
  radius_m      integer NOT NULL CHECK (radius_m BETWEEN 0 AND 100000),     -- 0: only by division
  divisions     text[] NOT NULL CHECK (cardinality(divisions) <= 200),      -- of addresses without a position, or without a radius
  min_fen       platform.fen NOT NULL CHECK (min_fen >= 0),
  base_fen      platform.fen NOT NULL CHECK (base_fen >= 0),
  base_m        integer NOT NULL CHECK (base_m BETWEEN 0 AND 100000),       -- metres in base_fen
  per_km_fen    platform.fen NOT NULL CHECK (per_km_fen >= 0),              -- for each further kilometre begun
  free_fen      platform.fen NOT NULL CHECK (free_fen >= 0),                -- from here on it costs nothing; 0: never
  lead_minutes  integer NOT NULL CHECK (lead_minutes BETWEEN 0 AND 10080),  -- a slot is closed so long before it begins
  days_ahead    integer NOT NULL CHECK (days_ahead BETWEEN 0 AND 30),       -- 0: today only
  weekdays      integer NOT NULL CHECK (weekdays BETWEEN 1 AND 127),        -- 1 is Monday, 64 Sunday
  updated_at    timestamptz NOT NULL,
  CONSTRAINT local_delivery_area CHECK (radius_m > 0 OR cardinality(divisions) > 0)
);
REVOKE DELETE ON local_delivery FROM galleria_tenant;

-- A slot of every day of delivery, in minutes of the day in Shanghai. One that is gone stays: bookings name it.
CREATE TABLE local_slot (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  starts_min  integer NOT NULL CHECK (starts_min BETWEEN 0 AND 1439),
  ends_min    integer NOT NULL CHECK (ends_min BETWEEN 1 AND 1440),
  capacity    integer NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
  active      boolean NOT NULL DEFAULT true,
  CONSTRAINT local_slot_order CHECK (starts_min < ends_min),
  UNIQUE (starts_min, ends_min)
);
REVOKE DELETE ON local_slot FROM galleria_tenant;

-- How many orders a slot of one day has.
CREATE TABLE local_load (
  slot_id  bigint NOT NULL REFERENCES local_slot (id),
  day      date NOT NULL,
  taken    integer NOT NULL CHECK (taken >= 0),
  PRIMARY KEY (slot_id, day)
);
REVOKE DELETE ON local_load FROM galleria_tenant;

CREATE TABLE local_booking (
  order_no     text PRIMARY KEY,
  slot_id      bigint NOT NULL,
  day          date NOT NULL,
  released_at  timestamptz,  -- the order closed before it was brought
  FOREIGN KEY (slot_id, day) REFERENCES local_load (slot_id, day)
);
REVOKE DELETE ON local_booking FROM galleria_tenant;

-- Who brings an order: name and phone lie sealed.
CREATE TABLE local_rider (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_no    text NOT NULL UNIQUE,
  sealed      bytea NOT NULL,
  updated_at  timestamptz NOT NULL
);

ALTER TABLE orders DROP CONSTRAINT order_delivery;
ALTER TABLE orders
  ADD COLUMN slot_from timestamptz,   -- when it is to be brought; local delivery only
  ADD COLUMN slot_until timestamptz,
  ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'local', 'pickup', 'virtual')),
  ADD CONSTRAINT order_slot CHECK (CASE WHEN delivery = 'local' THEN store_id IS NOT NULL AND coalesce(slot_from < slot_until, false)
                                        ELSE slot_from IS NULL AND slot_until IS NULL END);
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'local', 'pickup', 'virtual'));
