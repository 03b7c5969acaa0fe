-- A business day of a merchant account: its bills, what they come to, and what nobody has
-- explained. A day is closed only with nothing unexplained.
CREATE TABLE bill_day (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id         bigint NOT NULL REFERENCES payment_account (id),
  day                date NOT NULL,                        -- the provider's: Asia/Shanghai
  status             text NOT NULL CONSTRAINT bill_day_status CHECK (status IN ('waiting', 'malformed', 'staged', 'open', 'closed')),
  due_at             timestamptz NOT NULL,                 -- when it is worked on next
  tries              integer NOT NULL DEFAULT 0,
  last_error         text NOT NULL DEFAULT '',             -- code of the last fault
  their_paid_fen     platform.fen NOT NULL DEFAULT 0,
  their_paid         bigint NOT NULL DEFAULT 0,
  their_refunded_fen platform.fen NOT NULL DEFAULT 0,
  their_refunded     bigint NOT NULL DEFAULT 0,
  our_paid_fen       platform.fen NOT NULL DEFAULT 0,
  our_paid           bigint NOT NULL DEFAULT 0,
  our_refunded_fen   platform.fen NOT NULL DEFAULT 0,
  our_refunded       bigint NOT NULL DEFAULT 0,
  fee_fen            platform.fen NOT NULL DEFAULT 0,      -- kept, less given back
  settled_fen        platform.fen NOT NULL DEFAULT 0,      -- paid out to the bank
  matched            bigint NOT NULL DEFAULT 0,            -- lines of payments and refunds
  fee_cursor         text NOT NULL DEFAULT '',             -- fees up to this number are in the books
  booked             boolean NOT NULL DEFAULT false,       -- all fees and payouts are
  open_count         integer NOT NULL DEFAULT 0,
  unexplained_fen    platform.fen NOT NULL DEFAULT 0 CHECK (unexplained_fen >= 0),
  fetched_at         timestamptz,
  closed_at          timestamptz,
  UNIQUE (account_id, day),
  CONSTRAINT bill_day_closed CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
  CONSTRAINT bill_day_explained CHECK (status <> 'closed' OR (open_count = 0 AND unexplained_fen = 0 AND booked))
);

-- A file as the provider packed it, in pieces: it comes and goes without being in memory.
CREATE TABLE bill_file (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  day_id      bigint NOT NULL REFERENCES bill_day (id),
  kind        text NOT NULL CONSTRAINT bill_file_kind CHECK (kind IN ('trade', 'fund')),
  status      text NOT NULL CONSTRAINT bill_file_status CHECK (status IN ('staging', 'current', 'replaced', 'malformed')),
  name        text NOT NULL,
  bytes       bigint NOT NULL,
  sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
  lines       integer NOT NULL DEFAULT 0,
  note        text NOT NULL DEFAULT '',                    -- why it is malformed
  fetched_at  timestamptz NOT NULL
);
CREATE INDEX bill_file_by_day ON bill_file (day_id, kind);
CREATE UNIQUE INDEX bill_file_one_current ON bill_file (day_id, kind) WHERE status = 'current';

CREATE TABLE bill_file_part (
  file_id  bigint NOT NULL REFERENCES bill_file (id) ON DELETE CASCADE,
  no       integer NOT NULL CHECK (no > 0),
  data     bytea NOT NULL,
  PRIMARY KEY (file_id, no)
);

-- What the files say. Lines of a file that is not current do not count.
CREATE TABLE bill_line (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_id      bigint NOT NULL REFERENCES bill_file (id) ON DELETE CASCADE,
  kind         text NOT NULL CONSTRAINT bill_line_kind CHECK (kind IN ('payment', 'refund', 'fee', 'settlement', 'other')),
  provider_no  text NOT NULL,
  own_no       text NOT NULL,
  payment_no   text NOT NULL,
  amount_fen   platform.fen NOT NULL,
  settled_fen  platform.fen NOT NULL,                      -- of the amount, what the merchant gets or gives
  fee_milli    bigint NOT NULL,                            -- thousandths of a fen
  moved_at     timestamptz NOT NULL,
  state        text NOT NULL,
  final        boolean NOT NULL,
  attempt_id   bigint REFERENCES payment_attempt (id),     -- what of ours it is
  refund_id    bigint REFERENCES refund (id)
);
CREATE INDEX bill_line_by_file ON bill_line (file_id);
CREATE UNIQUE INDEX bill_line_attempt ON bill_line (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE UNIQUE INDEX bill_line_refund ON bill_line (refund_id) WHERE refund_id IS NOT NULL;

-- What bills and books do not agree on. effect_fen is what the provider owes us more than
-- our books say; fen is what is to be explained.
CREATE TABLE bill_difference (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   bigint NOT NULL REFERENCES payment_account (id),
  day_id       bigint NOT NULL REFERENCES bill_day (id),
  key          text NOT NULL,
  kind         text NOT NULL CONSTRAINT bill_difference_kind CHECK (kind IN ('amount_differs', 'only_ours', 'only_theirs', 'fee_differs')),
  subject      text NOT NULL CONSTRAINT bill_difference_subject CHECK (subject IN ('payment', 'refund', 'fee', 'fund', 'other')),
  status       text NOT NULL CONSTRAINT bill_difference_status CHECK (status IN ('open', 'carried', 'healed', 'explained')),
  attempt_id   bigint REFERENCES payment_attempt (id),
  refund_id    bigint REFERENCES refund (id),
  provider_no  text NOT NULL,
  own_no       text NOT NULL,
  moved_at     timestamptz NOT NULL,
  our_fen      platform.fen NOT NULL,
  their_fen    platform.fen NOT NULL,
  effect_fen   platform.fen NOT NULL,
  fen          platform.fen NOT NULL CHECK (fen > 0),
  found_at     timestamptz NOT NULL,
  carried_from bigint REFERENCES bill_day (id),            -- the day it came from
  asked_at     timestamptz,                                -- when the provider was asked
  answer       text NOT NULL DEFAULT '',                   -- what it said
  resolution   text NOT NULL DEFAULT '' CONSTRAINT bill_difference_resolution CHECK (resolution IN
                 ('', 'provider_error', 'by_hand', 'other_system', 'test', 'timing', 'write_off', 'other')),
  note         text NOT NULL DEFAULT '',
  resolved_by  text NOT NULL DEFAULT '',                   -- 'staff:3'
  resolved_at  timestamptz,
  UNIQUE (account_id, key),
  CONSTRAINT bill_difference_explained CHECK ((status = 'explained') = (resolution <> '' AND note <> '' AND resolved_by <> '' AND resolved_at IS NOT NULL))
);
CREATE INDEX bill_difference_by_day ON bill_difference (day_id, id);
CREATE INDEX bill_difference_open ON bill_difference (id) WHERE status = 'open';

-- What of ours belongs to a day.
CREATE INDEX payment_attempt_paid ON payment_attempt (account_id, paid_at) WHERE status = 'succeeded';
CREATE INDEX refund_finished ON refund (finished_at) WHERE status = 'succeeded';

-- The accounts of before begin at once.
INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload)
SELECT r.tenant_id, 'payments.bills', a.account_key, now() + random() * interval '1 hour', jsonb_build_object('account_id', a.id)
FROM payment_account a JOIN platform.account_route r ON r.account_key = a.account_key
ON CONFLICT DO NOTHING;
