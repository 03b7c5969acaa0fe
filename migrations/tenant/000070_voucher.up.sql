-- What is used in the shop, by a code: each piece is a voucher of its own, with one or more uses.
ALTER TABLE orders DROP CONSTRAINT order_delivery;
ALTER TABLE orders ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'local', 'pickup', 'virtual', 'voucher'));
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'local', 'pickup', 'virtual', 'voucher'));
-- One number of a courier is one parcel; each voucher that is first used is one without a number.
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_order_id_courier_tracking_no_key;
CREATE UNIQUE INDEX order_parcel_once ON order_parcel (order_id, courier, tracking_no, (CASE WHEN kind = 'voucher' THEN id ELSE 0 END));

-- The terms of a product of that kind; others carry the defaults and ignore them.
ALTER TABLE spu
  ADD COLUMN voucher_uses integer NOT NULL DEFAULT 1 CONSTRAINT spu_voucher_uses CHECK (voucher_uses BETWEEN 1 AND 100),
  ADD COLUMN voucher_days integer NOT NULL DEFAULT 365 CONSTRAINT spu_voucher_days CHECK (voucher_days BETWEEN 0 AND 3650), -- 0: until voucher_until
  ADD COLUMN voucher_until timestamptz,
  ADD COLUMN voucher_refunds boolean NOT NULL DEFAULT true, -- what is not used in time is paid back
  ADD CONSTRAINT spu_voucher_end CHECK ((voucher_days = 0) = (voucher_until IS NOT NULL));

CREATE TABLE voucher (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code         text NOT NULL CONSTRAINT voucher_code UNIQUE CHECK (code ~ '^[0-9]{16}$'),
  order_no     text NOT NULL,
  line_id      bigint NOT NULL REFERENCES order_line (id),
  member_id    bigint NOT NULL REFERENCES member (id),
  uses         integer NOT NULL CHECK (uses BETWEEN 1 AND 100),
  used         integer NOT NULL DEFAULT 0,
  paid_fen     platform.fen NOT NULL CHECK (paid_fen >= 0), -- of what its line cost
  valid_until  timestamptz NOT NULL,
  refunds      boolean NOT NULL,
  state        text NOT NULL DEFAULT 'active' CONSTRAINT voucher_state CHECK (state IN ('active', 'used', 'expired', 'refunded')),
  held_for     text,              -- the after-sales case that holds it, or got its money
  issued_at    timestamptz NOT NULL,
  ended_at     timestamptz,
  CONSTRAINT voucher_uses CHECK (used BETWEEN 0 AND uses),
  CONSTRAINT voucher_used_up CHECK ((state = 'used') = (used = uses)),
  CONSTRAINT voucher_ended CHECK ((state = 'active') = (ended_at IS NULL)),
  CONSTRAINT voucher_held CHECK (held_for IS NULL OR state IN ('active', 'refunded'))
);
CREATE INDEX voucher_order ON voucher (order_no, id);
CREATE INDEX voucher_member ON voucher (member_id, id);
REVOKE DELETE ON voucher FROM galleria_tenant;

-- Every use, for good.
CREATE TABLE voucher_use (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  voucher_id  bigint NOT NULL REFERENCES voucher (id),
  uses        integer NOT NULL CHECK (uses > 0),
  actor       text NOT NULL,
  store_id    bigint REFERENCES pickup_store (id), -- where; NULL where the shop names no stores
  at          timestamptz NOT NULL
);
CREATE INDEX voucher_use_voucher ON voucher_use (voucher_id, id);
REVOKE UPDATE, DELETE ON voucher_use FROM galleria_tenant;

-- What was not used in time goes back by itself.
ALTER TABLE aftersale_case DROP CONSTRAINT aftersale_reason;
ALTER TABLE aftersale_case ADD CONSTRAINT aftersale_reason CHECK (reason IN
  ('changed_mind', 'wrong_goods', 'damaged', 'quality', 'not_as_described', 'not_received', 'late', 'agreed', 'other', 'lapsed'));

-- What waits for the shop is counted on every page of the console; open vouchers wait for years.
CREATE INDEX orders_to_ship ON orders (id DESC) WHERE status = 'paid' AND delivery <> 'voucher';
