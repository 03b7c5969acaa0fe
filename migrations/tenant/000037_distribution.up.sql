-- On what terms members sell for the shop, version by version; the newest counts. Orders go by
-- the one in force when they were placed.
CREATE TABLE distribution_plan (
  version         bigint PRIMARY KEY CHECK (version > 0),
  since           timestamptz NOT NULL,
  enabled         boolean NOT NULL,
  depth           integer NOT NULL CONSTRAINT distribution_depth CHECK (depth BETWEEN 1 AND 2), -- more levels are a pyramid, which the law forbids
  join_by         text NOT NULL CONSTRAINT distribution_join CHECK (join_by IN ('anyone', 'application', 'spending', 'staff')),
  join_from_fen   platform.fen NOT NULL CHECK (join_from_fen >= 0),  -- paid in all, for 'spending'
  binding         text NOT NULL CONSTRAINT distribution_binding CHECK (binding IN ('first', 'newcomer', 'latest')),
  bound_days      integer NOT NULL CHECK (bound_days BETWEEN 0 AND 3650), -- 0: for good
  first_bps       bigint NOT NULL,
  second_bps      bigint NOT NULL,
  review          boolean NOT NULL,                                  -- withdrawals wait for staff
  withdraw_from_fen platform.fen NOT NULL CHECK (withdraw_from_fen BETWEEN 10 AND 20000000),
  day_count       integer NOT NULL CHECK (day_count BETWEEN 1 AND 100),   -- withdrawals of one member in a day,
  day_fen         platform.fen NOT NULL CHECK (day_fen > 0),              -- and their sum
  fee_bps         bigint NOT NULL CHECK (fee_bps BETWEEN 0 AND 2000),     -- kept of a withdrawal
  tax_bps         bigint NOT NULL CHECK (tax_bps BETWEEN 0 AND 4500),     -- withheld of the rest
  CONSTRAINT distribution_plan_rates CHECK (first_bps >= 0 AND second_bps >= 0 AND first_bps + second_bps <= 5000)
);
REVOKE UPDATE, DELETE ON distribution_plan FROM galleria_tenant;

CREATE TABLE distributor_level (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL CONSTRAINT distributor_level_name UNIQUE CHECK (length(name) BETWEEN 1 AND 20)
);

-- Rates that differ from the plan's, for a product, one of its variants, a level of
-- distributors, or both at once (0: any). A changed rate is a new row: orders go by the one in
-- force when they were placed.
CREATE TABLE distribution_rate (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  spu_id      bigint NOT NULL,
  sku_id      bigint NOT NULL,
  level_id    bigint NOT NULL,
  first_bps   bigint NOT NULL,
  second_bps  bigint NOT NULL,
  since       timestamptz NOT NULL,
  until       timestamptz,
  CONSTRAINT distribution_rate_for CHECK (spu_id + level_id > 0 AND spu_id >= 0 AND sku_id >= 0 AND level_id >= 0 AND (sku_id = 0 OR spu_id > 0)),
  CONSTRAINT distribution_rate_bps CHECK (first_bps >= 0 AND second_bps >= 0 AND first_bps + second_bps <= 5000)
);
CREATE UNIQUE INDEX distribution_rate_now ON distribution_rate (spu_id, sku_id, level_id) WHERE until IS NULL;
REVOKE DELETE ON distribution_rate FROM galleria_tenant;

-- A member who sells for the shop, with the account: available_fen may be drawn, and is below
-- zero after refunds of what was drawn; locked_fen is on its way out.
CREATE TABLE distributor (
  member_id      bigint PRIMARY KEY REFERENCES member (id),
  status         text NOT NULL CONSTRAINT distributor_status CHECK (status IN ('applied', 'active', 'frozen', 'rejected', 'left')),
  level_id       bigint REFERENCES distributor_level (id),
  code           text NOT NULL CONSTRAINT distributor_code UNIQUE CHECK (code ~ '^[0-9A-Z]{8}$'), -- stands in links and posters
  statement      text NOT NULL DEFAULT '' CHECK (length(statement) <= 200),  -- what the applicant says
  reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),     -- of what staff decided
  available_fen  platform.fen NOT NULL DEFAULT 0,
  locked_fen     platform.fen NOT NULL DEFAULT 0 CHECK (locked_fen >= 0),
  withdrawn_fen  platform.fen NOT NULL DEFAULT 0 CHECK (withdrawn_fen >= 0),
  applied_at     timestamptz NOT NULL,
  decided_at     timestamptz
);
CREATE INDEX distributor_list ON distributor (status, applied_at DESC, member_id DESC);

-- Who brought whom, and how that is known. A row is ended, never overwritten.
CREATE TABLE distribution_bond (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id       bigint NOT NULL REFERENCES member (id),
  distributor_id  bigint NOT NULL REFERENCES distributor (member_id),
  since           timestamptz NOT NULL,
  until           timestamptz,                          -- runs out; NULL: never
  ended_at        timestamptz,
  how             text NOT NULL CONSTRAINT distribution_bond_how CHECK (how IN ('link', 'poster', 'staff')),
  evidence        jsonb NOT NULL,                       -- scene, app, product, address of the click
  CONSTRAINT distribution_bond_self CHECK (member_id <> distributor_id OR ended_at IS NOT NULL),
  CONSTRAINT distribution_bond_time CHECK (until > since)
);
CREATE UNIQUE INDEX distribution_bond_one ON distribution_bond (member_id) WHERE ended_at IS NULL;
CREATE INDEX distribution_bond_member ON distribution_bond (member_id, since);
CREATE INDEX distribution_bond_team ON distribution_bond (distributor_id, id DESC);
REVOKE DELETE ON distribution_bond FROM galleria_tenant;

-- To whom an order is owed; fixed when it was placed.
CREATE TABLE commission_order (
  order_id    bigint PRIMARY KEY REFERENCES orders (id),
  order_no    text NOT NULL,
  member_id   bigint NOT NULL REFERENCES member (id),   -- the buyer
  bond_id     bigint NOT NULL REFERENCES distribution_bond (id),
  plan        bigint NOT NULL REFERENCES distribution_plan (version),
  postings    bigint NOT NULL DEFAULT 0                 -- to the books
);
CREATE INDEX commission_order_member ON commission_order (member_id);

CREATE TABLE commission (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id        bigint NOT NULL REFERENCES commission_order (order_id),
  line_id         bigint NOT NULL REFERENCES order_line (id),
  distributor_id  bigint NOT NULL REFERENCES distributor (member_id),
  tier            integer NOT NULL CONSTRAINT commission_tier CHECK (tier BETWEEN 1 AND 2),
  status          text NOT NULL CONSTRAINT commission_status CHECK (status IN ('estimated', 'confirmed', 'pending', 'available', 'withdrawn', 'reversed', 'void')),
  base_fen        platform.fen NOT NULL CHECK (base_fen > 0),       -- paid for the line's goods
  rate_bps        bigint NOT NULL CHECK (rate_bps BETWEEN 1 AND 5000),
  amount_fen      platform.fen NOT NULL CONSTRAINT commission_amount CHECK (amount_fen > 0 AND amount_fen = base_fen * rate_bps / 10000),
  reversed_fen    platform.fen NOT NULL DEFAULT 0 CONSTRAINT commission_reversed CHECK (reversed_fen BETWEEN 0 AND amount_fen),
  created_at      timestamptz NOT NULL,
  moved_at        timestamptz NOT NULL,
  available_at    timestamptz,
  CONSTRAINT commission_once UNIQUE (line_id, tier),
  CONSTRAINT commission_whole CHECK (status <> 'reversed' OR reversed_fen = amount_fen)
);
CREATE INDEX commission_order_id ON commission (order_id);
CREATE INDEX commission_distributor ON commission (distributor_id, id DESC);
CREATE INDEX commission_drawable ON commission (distributor_id, id) WHERE status = 'available';
REVOKE DELETE ON commission_order, commission FROM galleria_tenant;

CREATE TABLE withdrawal (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  withdrawal_no   text NOT NULL UNIQUE CONSTRAINT withdrawal_no CHECK (withdrawal_no ~ '^W[0-9A-Z]{11,31}$'),
  distributor_id  bigint NOT NULL REFERENCES distributor (member_id),
  request_key     text NOT NULL CHECK (length(request_key) BETWEEN 1 AND 300),
  status          text NOT NULL CONSTRAINT withdrawal_status CHECK (status IN ('requested', 'approved', 'sending', 'succeeded', 'failed', 'rejected', 'cancelled')),
  way             text NOT NULL CONSTRAINT withdrawal_way CHECK (way IN ('wechat', 'alipay', 'manual')),
  app_id          text NOT NULL,
  receiver_sealed bytea,                                -- account and real name; NULL once it is over and not needed
  receiver_hint   text NOT NULL,                        -- masked, for people
  amount_fen      platform.fen NOT NULL CHECK (amount_fen > 0),
  fee_fen         platform.fen NOT NULL CHECK (fee_fen >= 0),
  tax_fen         platform.fen NOT NULL CHECK (tax_fen >= 0),
  pay_fen         platform.fen NOT NULL,
  reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
  actor           text NOT NULL,                        -- who moved it last
  created_at      timestamptz NOT NULL,
  moved_at        timestamptz NOT NULL,
  finished_at     timestamptz,
  CONSTRAINT withdrawal_once UNIQUE (distributor_id, request_key),
  CONSTRAINT withdrawal_sum CHECK (pay_fen > 0 AND pay_fen = amount_fen - fee_fen - tax_fen),
  CONSTRAINT withdrawal_finished CHECK ((finished_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'rejected', 'cancelled')))
);
CREATE INDEX withdrawal_distributor ON withdrawal (distributor_id, id DESC);
CREATE INDEX withdrawal_status ON withdrawal (status, id DESC);
REVOKE DELETE ON withdrawal FROM galleria_tenant;

ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_kind;
ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_kind CHECK (kind IN
  ('capture', 'surplus', 'refund', 'fee', 'settlement', 'payout', 'anomaly', 'adjustment', 'reversal', 'commission', 'withdrawal'));
