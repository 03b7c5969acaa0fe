-- The merchant's own number of a product: files name it by that.
ALTER TABLE spu ADD COLUMN code text NOT NULL DEFAULT '' CONSTRAINT spu_code_length CHECK (length(code) <= 64);
CREATE UNIQUE INDEX spu_code ON spu (code) WHERE code <> '' AND status <> 'purged';

-- Files that come in and go out, as work in the background. Cursors count bunches (rows that
-- belong together, from 1 on) of an import, and keys of an export's source.
CREATE TABLE port_job (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  way           text NOT NULL CONSTRAINT port_job_way CHECK (way IN ('import', 'export')),
  kind          text NOT NULL CONSTRAINT port_job_kind CHECK (kind IN ('products', 'stock', 'tracking', 'orders')),
  state         text NOT NULL CONSTRAINT port_job_state CHECK (state IN
                  ('reading', 'checking', 'ready', 'running', 'done', 'refused', 'cancelled', 'expired')),
  options       jsonb NOT NULL DEFAULT '{}',
  name          text NOT NULL DEFAULT '',   -- of the file as its owner calls it
  sum           bytea,                      -- SHA-256 of an import's file: the same again is told
  files         text[] NOT NULL DEFAULT '{}', -- keys in the store, in their order
  head          text[] NOT NULL DEFAULT '{}', -- the columns of an import's file as they were understood
  rows_total    bigint NOT NULL DEFAULT 0 CHECK (rows_total >= 0),
  bunches       bigint NOT NULL DEFAULT 0 CHECK (bunches >= 0),
  reached       bigint NOT NULL DEFAULT 0,  -- the cursor of the present phase
  rows_done     bigint NOT NULL DEFAULT 0 CHECK (rows_done >= 0), -- in the present phase
  problem       text NOT NULL DEFAULT '',   -- why it was refused, a code
  created_by    text NOT NULL,
  created_at    timestamptz NOT NULL,
  confirmed_by  text NOT NULL DEFAULT '',
  confirmed_at  timestamptz,
  ended_at      timestamptz,
  expires_at    timestamptz NOT NULL,
  CONSTRAINT port_job_ended CHECK ((state IN ('done', 'refused', 'cancelled', 'expired')) = (ended_at IS NOT NULL)),
  CONSTRAINT port_job_orders CHECK (kind <> 'orders' OR way = 'export'),
  CONSTRAINT port_job_tracking CHECK (kind <> 'tracking' OR way = 'import')
);
CREATE INDEX port_job_open ON port_job (id) WHERE state IN ('reading', 'checking', 'running');

-- The rows of an import: what stands in the file, what is to be done and what became of it.
CREATE TABLE port_row (
  job_id   bigint NOT NULL REFERENCES port_job (id),
  bunch    bigint NOT NULL,
  line     bigint NOT NULL,   -- of the file, as a spreadsheet counts
  state    text NOT NULL CONSTRAINT port_row_state CHECK (state IN ('new', 'bad', 'good', 'same', 'done', 'failed', 'left')),
  cells    jsonb NOT NULL,    -- texts by the column's key
  seen     jsonb NOT NULL DEFAULT '{}', -- what the check saw: a change since is noticed
  problems jsonb NOT NULL DEFAULT '[]',
  change   jsonb NOT NULL DEFAULT '[]', -- what it does or did, for people
  PRIMARY KEY (job_id, bunch, line)
);
CREATE INDEX port_row_problem ON port_row (job_id, line) WHERE state IN ('bad', 'failed');
