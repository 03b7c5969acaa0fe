-- What has happened and must have its effect. Written in the business transaction,
-- carried by the queue, finished in the effect's own transaction. The row, not the
-- queue, knows what is still owed: next_at is when it is (re-)sent.
CREATE TABLE platform.outbox (
  id          uuid PRIMARY KEY,               -- UUIDv7, made by the program
  tenant_id   text NOT NULL,
  topic       text NOT NULL CONSTRAINT outbox_topic CHECK (topic ~ '^[a-z_]+(\.[a-z_]+)+$'),
  key         text NOT NULL,                  -- the business number it is about
  payload     jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  next_at     timestamptz NOT NULL DEFAULT now(),
  sends       integer NOT NULL DEFAULT 0,     -- times handed to the queue
  failures    integer NOT NULL DEFAULT 0,     -- times its handler failed
  last_error  text NOT NULL DEFAULT '',
  done_at     timestamptz,
  dead_at     timestamptz,                    -- given up: the dead letters, replayable
  CONSTRAINT outbox_one_end CHECK (done_at IS NULL OR dead_at IS NULL)
);
-- The relay's queue: only rows still owed, so it stays small.
CREATE INDEX outbox_due ON platform.outbox (next_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_dead ON platform.outbox (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_done ON platform.outbox (done_at) WHERE done_at IS NOT NULL;

-- Durable due-times. A due timer becomes an outbox row in one statement.
CREATE TABLE platform.timer (
  tenant_id   text NOT NULL,
  topic       text NOT NULL CONSTRAINT timer_topic CHECK (topic ~ '^[a-z_]+(\.[a-z_]+)+$'),
  key         text NOT NULL,
  due_at      timestamptz NOT NULL,
  payload     jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, topic, key)
);
CREATE INDEX timer_due ON platform.timer (due_at);

-- A tenant's role sees and writes only its own rows, whatever SQL it is made to run.
-- The role's name is the tenant's id.
ALTER TABLE platform.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.timer ENABLE ROW LEVEL SECURITY;
CREATE POLICY outbox_own ON platform.outbox TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY timer_own ON platform.timer TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY outbox_app ON platform.outbox TO galleria_app USING (true) WITH CHECK (true);
CREATE POLICY timer_app ON platform.timer TO galleria_app USING (true) WITH CHECK (true);

GRANT SELECT, INSERT ON platform.outbox TO galleria_tenant;
GRANT UPDATE (done_at) ON platform.outbox TO galleria_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.timer TO galleria_tenant;
