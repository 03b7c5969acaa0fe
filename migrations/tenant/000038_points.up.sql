-- On what terms buyers earn points and pay with them, version by version; the newest counts.
-- Orders earn by the one in force when they were placed.
CREATE TABLE points_terms (
  version       bigint PRIMARY KEY CHECK (version > 0),
  since         timestamptz NOT NULL,
  enabled       boolean NOT NULL,
  earn_fen      platform.fen NOT NULL CHECK (earn_fen BETWEEN 1 AND 10000000), -- so much paid for goods
  earn_points   bigint NOT NULL CHECK (earn_points BETWEEN 0 AND 100000),      -- earns so many
  sign_points   bigint NOT NULL CHECK (sign_points BETWEEN 0 AND 100000),      -- for signing in, once a day
  week_points   bigint NOT NULL CHECK (week_points BETWEEN 0 AND 100000),      -- and for each seventh day in a row
  invite_points bigint NOT NULL CHECK (invite_points BETWEEN 0 AND 1000000),   -- for a buyer's first final order, to who brought the buyer
  per_yuan      bigint NOT NULL CHECK (per_yuan BETWEEN 1 AND 100000),         -- so many pay one yuan
  redeem        boolean NOT NULL,                                              -- orders may be paid with them,
  step          bigint NOT NULL CHECK (step BETWEEN 1 AND 1000000),            -- in multiples of it,
  least         bigint NOT NULL CHECK (least BETWEEN 0 AND 100000000),         -- not fewer
  most          bigint NOT NULL CHECK (most BETWEEN 0 AND 100000000),          -- and not more in one order; 0: no limit
  cap_bps       bigint NOT NULL CHECK (cap_bps BETWEEN 1 AND 10000),           -- of what the goods cost
  valid_days    bigint NOT NULL CHECK (valid_days BETWEEN 0 AND 3650),         -- from when they can be used; 0: for good
  grace_days    bigint NOT NULL CHECK (grace_days BETWEEN 0 AND 365),          -- of those that come back when their time is over
  CONSTRAINT points_terms_most CHECK (most = 0 OR most >= least)
);
REVOKE UPDATE, DELETE ON points_terms FROM galleria_tenant;

-- What products earn otherwise. A changed rate is a new row.
CREATE TABLE points_rate (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  spu_id     bigint NOT NULL CHECK (spu_id > 0),
  times_bps  bigint NOT NULL CHECK (times_bps BETWEEN 0 AND 1000000), -- of what orders earn: 20000 is twice as many
  extra      bigint NOT NULL CHECK (extra BETWEEN 0 AND 1000000),     -- and so many for each piece
  since      timestamptz NOT NULL,
  until      timestamptz
);
CREATE UNIQUE INDEX points_rate_now ON points_rate (spu_id) WHERE until IS NULL;
REVOKE DELETE ON points_rate FROM galleria_tenant;

-- What a member has: the sums of the lots, and what is owed to the shop. Whoever changes a lot
-- locks this row first.
CREATE TABLE points_account (
  member_id  bigint PRIMARY KEY REFERENCES member (id),
  available  bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  frozen     bigint NOT NULL DEFAULT 0 CHECK (frozen >= 0),   -- of orders that are not final
  held       bigint NOT NULL DEFAULT 0 CHECK (held >= 0),     -- by orders that are not paid
  debt       bigint NOT NULL DEFAULT 0 CHECK (debt >= 0),     -- taken back when there was nothing left to take
  booked_fen platform.fen NOT NULL DEFAULT 0 CHECK (booked_fen >= 0), -- what the books say it is worth
  postings   bigint NOT NULL DEFAULT 0,                       -- to the books
  signed_on  date NOT NULL DEFAULT '1970-01-01',
  streak     bigint NOT NULL DEFAULT 0 CHECK (streak >= 0),   -- days in a row, up to signed_on
  CONSTRAINT points_account_debt CHECK (available = 0 OR debt = 0)
);

-- Points that came together. What became of each part is counted; the rest remains.
CREATE TABLE points_lot (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id    bigint NOT NULL REFERENCES member (id),
  source       text NOT NULL CONSTRAINT points_source CHECK (source IN ('order', 'sign', 'invite', 'staff')),
  source_key   text NOT NULL CHECK (length(source_key) BETWEEN 1 AND 300), -- what it was given for; given once
  amount       bigint NOT NULL CHECK (amount > 0),
  held         bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
  spent        bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
  lapsed       bigint NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
  taken        bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),               -- back, or for a debt
  remaining    bigint NOT NULL GENERATED ALWAYS AS (amount - held - spent - lapsed - taken) STORED CONSTRAINT points_lot_remaining CHECK (remaining >= 0),
  state        text NOT NULL GENERATED ALWAYS AS (CASE
                 WHEN available_at IS NULL THEN CASE WHEN amount > taken THEN 'frozen' ELSE 'void' END
                 WHEN amount - spent - lapsed - taken > 0 THEN 'available'
                 WHEN lapsed > 0 THEN 'expired'
                 WHEN spent > 0 THEN 'spent'
                 ELSE 'void' END) STORED CONSTRAINT points_lot_state CHECK (state IN ('frozen', 'available', 'spent', 'expired', 'void')),
  earned_at    timestamptz NOT NULL,
  available_at timestamptz,                                                -- NULL: frozen
  expires_at   timestamptz,                                                -- NULL: never
  told         bigint,                                                     -- the last notice that it ends: days ahead
  CONSTRAINT points_given_once UNIQUE (source, source_key),
  CONSTRAINT points_lot_frozen CHECK (available_at IS NOT NULL OR (held = 0 AND spent = 0 AND lapsed = 0))
);
CREATE INDEX points_lot_member ON points_lot (member_id, expires_at, id) WHERE remaining > 0;
CREATE INDEX points_lot_of ON points_lot (member_id, id DESC);
CREATE INDEX points_lot_due ON points_lot (expires_at, member_id) WHERE remaining > 0;
REVOKE DELETE ON points_lot FROM galleria_tenant;

-- Which lots an order holds or has used, so that these get back what comes back.
CREATE TABLE points_use (
  order_no   text NOT NULL,
  lot_id     bigint NOT NULL REFERENCES points_lot (id),
  points     bigint NOT NULL CHECK (points > 0),
  returned   bigint NOT NULL DEFAULT 0,
  state      text NOT NULL DEFAULT 'held' CONSTRAINT points_use_state CHECK (state IN ('held', 'used', 'released')),
  PRIMARY KEY (order_no, lot_id),
  CONSTRAINT points_use_returned CHECK (returned BETWEEN 0 AND CASE WHEN state = 'used' THEN points ELSE 0 END)
);
CREATE INDEX points_use_lot ON points_use (lot_id);
REVOKE DELETE ON points_use FROM galleria_tenant;

-- What an order has earned, and what of it was taken back.
CREATE TABLE points_order (
  order_id   bigint PRIMARY KEY REFERENCES orders (id),
  lot_id     bigint NOT NULL UNIQUE REFERENCES points_lot (id),
  earned     bigint NOT NULL CHECK (earned > 0),
  reversed   bigint NOT NULL DEFAULT 0,
  CONSTRAINT points_order_reversed CHECK (reversed BETWEEN 0 AND earned)
);
REVOKE DELETE ON points_order FROM galleria_tenant;

-- The journal: every change of what can be used, and of what is owed.
CREATE TABLE points_entry (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id  bigint NOT NULL REFERENCES member (id),
  at         timestamptz NOT NULL,
  kind       text NOT NULL CONSTRAINT points_entry_kind CHECK (kind IN
               ('order', 'sign', 'invite', 'give', 'take', 'spend', 'release', 'return', 'reverse', 'expire', 'debt')),
  change     bigint NOT NULL,
  debt       bigint NOT NULL DEFAULT 0,      -- more of it, or less
  balance    bigint NOT NULL CHECK (balance >= 0),
  order_no   text,
  actor      text NOT NULL,
  reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
  request_key text CONSTRAINT points_taken_once UNIQUE, -- of what staff took
  CONSTRAINT points_entry_says CHECK (change <> 0 OR debt <> 0)
);
CREATE INDEX points_entry_member ON points_entry (member_id, id DESC);
CREATE INDEX points_entry_at ON points_entry (at);
REVOKE DELETE ON points_entry FROM galleria_tenant;

ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_kind;
ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_kind CHECK (kind IN
  ('capture', 'surplus', 'refund', 'fee', 'settlement', 'payout', 'anomaly', 'adjustment', 'reversal', 'commission', 'withdrawal', 'points'));
