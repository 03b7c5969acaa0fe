-- Work that recurs: what the platform does for itself, and how the last run of each shop's
-- went. When a shop's comes again is its timer's (platform.timer).
CREATE TABLE platform.routine (
  name          text PRIMARY KEY CONSTRAINT routine_name CHECK (name ~ '^[a-z_]+(\.[a-z_]+)+$'),
  every_seconds bigint NOT NULL CONSTRAINT routine_every CHECK (every_seconds > 0),
  next_at       timestamptz NOT NULL,
  lease_until   timestamptz,                    -- a process is at it, and has until then
  began_at      timestamptz,                    -- of the last run that ended, as all below
  took_ms       bigint CONSTRAINT routine_took CHECK (took_ms >= 0),
  error         text NOT NULL DEFAULT '',
  failures      integer NOT NULL DEFAULT 0,     -- since it went well
  runs          bigint NOT NULL DEFAULT 0,
  CONSTRAINT routine_failing CHECK ((error = '') = (failures = 0)),
  CONSTRAINT routine_ran CHECK ((began_at IS NULL) = (took_ms IS NULL) AND (began_at IS NULL) = (runs = 0))
);

CREATE TABLE platform.routine_run (
  topic      text NOT NULL,
  tenant_id  text NOT NULL,
  key        text NOT NULL,                     -- the timer's: an account, an hour's owner
  began_at   timestamptz NOT NULL,
  took_ms    bigint NOT NULL CONSTRAINT routine_run_took CHECK (took_ms >= 0),
  error      text NOT NULL DEFAULT '',
  failures   integer NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, tenant_id, key),
  CONSTRAINT routine_run_failing CHECK ((error = '') = (failures = 0))
);
CREATE INDEX routine_run_failed ON platform.routine_run (topic, tenant_id, key) WHERE error <> '';
