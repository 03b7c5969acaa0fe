-- Key-encryption keys, by name. Exactly one is current: only it wraps. An old one still
-- unwraps what it wrapped; a retired one has nothing left to unwrap.
CREATE TABLE platform.kek (
  id           text PRIMARY KEY,
  check_value  bytea NOT NULL,                -- a known text wrapped by it: another key under its name is noticed
  state        text NOT NULL CONSTRAINT kek_state CHECK (state IN ('current', 'old', 'retired')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  retired_at   timestamptz
);
CREATE UNIQUE INDEX kek_one_current ON platform.kek ((true)) WHERE state = 'current';

-- A tenant's data keys: the primary seals, old ones open what is not yet sealed anew, a
-- destroyed one is only the memory that it was.
ALTER TABLE platform.tenant_key
  ADD COLUMN state         text NOT NULL DEFAULT 'primary' CONSTRAINT tenant_key_state CHECK (state IN ('primary', 'old', 'destroyed')),
  ADD COLUMN prefix        bytea CHECK (octet_length(prefix) = 5),  -- what everything sealed by it begins with; NULL until rewrapped for keys made before
  ADD COLUMN check_value   bytea,             -- a known text sealed by it; NULL until rewrapped for keys made before
  ADD COLUMN superseded_at timestamptz,
  ADD COLUMN sweep_at      timestamptz,       -- when what it sealed is looked for again
  ADD COLUMN destroyed_at  timestamptz,
  ADD CONSTRAINT tenant_key_gone CHECK ((state = 'destroyed') = (octet_length(wrapped_dek) = 0));
CREATE UNIQUE INDEX tenant_key_one_primary ON platform.tenant_key (tenant_id) WHERE state = 'primary';
CREATE INDEX tenant_key_by_kek ON platform.tenant_key (kek_id, tenant_id, version) WHERE state <> 'destroyed';
CREATE INDEX tenant_key_sweep ON platform.tenant_key (sweep_at) WHERE state = 'old';

-- A rotation that has begun: an interrupted one is taken up, not begun again.
CREATE TABLE platform.key_rotation (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CONSTRAINT key_rotation_kind CHECK (kind IN ('kek', 'data')),
  scope        text NOT NULL DEFAULT '',      -- a tenant's id; '' for all
  started_at   timestamptz NOT NULL DEFAULT now(),
  finished_at  timestamptz
);
CREATE UNIQUE INDEX key_rotation_one_open ON platform.key_rotation (kind, scope) WHERE finished_at IS NULL;

-- What somebody must look after: a key that does not open, a certificate about to expire.
-- One open row per matter, however often it is met.
CREATE TABLE platform.key_alarm (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id    text NOT NULL,
  owner        text NOT NULL,                 -- 'payment_account:<key>', 'app:<app id>', 'data_key'
  kind         text NOT NULL CONSTRAINT key_alarm_kind CHECK (kind IN ('damaged', 'expiry')),
  subject      text NOT NULL,                 -- the field, or the certificate
  days_left    bigint,                        -- expiry: 60, 30, 7 or 0
  detail       jsonb NOT NULL DEFAULT '{}',
  seen         integer NOT NULL DEFAULT 1,
  first_at     timestamptz NOT NULL DEFAULT now(),
  last_at      timestamptz NOT NULL DEFAULT now(),
  resolved_at  timestamptz
);
CREATE UNIQUE INDEX key_alarm_open ON platform.key_alarm (tenant_id, owner, kind, subject) WHERE resolved_at IS NULL;

-- How often each account's keys were used, by the hour. Written in batches.
CREATE TABLE platform.key_usage (
  tenant_id  text NOT NULL,
  owner      text NOT NULL,
  purpose    text NOT NULL CONSTRAINT key_usage_purpose CHECK (purpose IN ('sign', 'verify', 'decrypt')),
  hour       timestamptz NOT NULL,
  uses       bigint NOT NULL CHECK (uses > 0),
  last_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, owner, purpose, hour)
);
CREATE INDEX key_usage_age ON platform.key_usage (hour);

ALTER TABLE platform.key_alarm ENABLE ROW LEVEL SECURITY;
CREATE POLICY key_alarm_own ON platform.key_alarm TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY key_alarm_app ON platform.key_alarm TO galleria_app USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON platform.key_alarm TO galleria_tenant;
