-- The whole life of a shop, and how a merchant opens one without anybody's help.

-- Before it has a schema a shop is an application (platform.signup): 'applied' and
-- 'rejected' are states of that row. From 'provisioning' on it is a row of the directory.
ALTER TABLE platform.tenant DROP CONSTRAINT tenant_status;
ALTER TABLE platform.tenant ADD CONSTRAINT tenant_status CHECK (status IN
  ('template', 'building', 'spare', 'provisioning', 'onboarding', 'active', 'suspended', 'closing', 'closed'));
-- Whether the shop was ever open: a suspended shop goes back to where it came from.
ALTER TABLE platform.tenant ADD COLUMN went_live_at timestamptz;
UPDATE platform.tenant SET went_live_at = opened_at WHERE status IN ('active', 'suspended', 'closing', 'closed');

-- Who holds which handle, and what it looks like. The holder is the request that opens,
-- or opened, the shop. skeleton is the handle with what the eye confuses made one (0 and
-- o, 1 and l and i, rn and m, hyphens), so that nobody can open a shop that passes for
-- another. A handle of a shop is never free again; one of an abandoned sign-up is.
CREATE TABLE platform.shop_handle (
  handle       text PRIMARY KEY CONSTRAINT shop_handle_form CHECK (handle ~ '^[a-z][a-z0-9-]{1,30}[a-z0-9]$'),
  skeleton     text NOT NULL,
  request_key  text NOT NULL,
  held_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX shop_handle_skeleton ON platform.shop_handle (skeleton);
CREATE INDEX shop_handle_holder ON platform.shop_handle (request_key);
-- Shops that were opened before this rule may look alike; each but the first keeps a
-- skeleton that no other handle has.
INSERT INTO platform.shop_handle (handle, skeleton, request_key, held_at)
SELECT handle, CASE WHEN row_number() OVER (PARTITION BY skeleton ORDER BY opened_at, handle) = 1 THEN skeleton ELSE '=' || handle END, request_key, coalesce(opened_at, now())
FROM (SELECT handle, request_key, opened_at,
        translate(replace(replace(replace(handle, '-', ''), 'rn', 'm'), 'vv', 'w'), 'oil5', '011s') AS skeleton
      FROM platform.tenant WHERE handle IS NOT NULL) AS shops;

-- One application for a shop. Its id has a tenant's form, so that its events travel in
-- the outbox; the shop gets the id of the schema it claims.
CREATE TABLE platform.signup (
  id             text PRIMARY KEY CONSTRAINT signup_id_form CHECK (id ~ '^t_[0-9a-z]{12}$'),
  staff_id       bigint NOT NULL REFERENCES platform.staff (id),
  status         text NOT NULL CONSTRAINT signup_status CHECK (status IN ('draft', 'applied', 'provisioning', 'opened', 'rejected', 'expired')),
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  handle         text NOT NULL,
  network        text NOT NULL,               -- address or /64 it came from, for the throttle
  terms_version  text NOT NULL DEFAULT '',
  terms_at       timestamptz,
  step           text NOT NULL DEFAULT 'claim' CONSTRAINT signup_step CHECK (step IN ('claim', 'check', 'settings', 'roles', 'owner', 'ready', 'done')),
  step_at        timestamptz,                 -- when the step was reached or last tried
  step_error     text NOT NULL DEFAULT '',    -- of the last try, for the log's reader; '' when it went well
  tenant_id      text REFERENCES platform.tenant (id),
  reason         text NOT NULL DEFAULT '',    -- of a rejection; the applicant sees it
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,        -- of a draft: the handle is free after it
  CONSTRAINT signup_terms CHECK (status IN ('draft', 'expired') OR (terms_version <> '' AND terms_at IS NOT NULL))
);
-- One at a time for a person: two tabs cannot open two shops by mistake.
CREATE UNIQUE INDEX signup_one_live ON platform.signup (staff_id) WHERE status IN ('draft', 'applied', 'provisioning');
CREATE INDEX signup_of_staff ON platform.signup (staff_id, created_at DESC);
CREATE INDEX signup_recent ON platform.signup (network, created_at DESC);
CREATE INDEX signup_drafts ON platform.signup (expires_at) WHERE status = 'draft';
CREATE INDEX signup_waiting ON platform.signup (created_at) WHERE status = 'applied';

-- A code that was sent to prove that an address is somebody's. Only a keyed digest of the
-- code is kept; rows live a day.
CREATE TABLE platform.verification (
  visitor      bytea NOT NULL CHECK (octet_length(visitor) = 32), -- SHA-256 of the browser's mark
  purpose      text NOT NULL CONSTRAINT verification_purpose CHECK (purpose IN ('signup')),
  way          text NOT NULL CONSTRAINT verification_way CHECK (way IN ('mail', 'sms')),
  address      text NOT NULL,
  code_mac     bytea NOT NULL CHECK (octet_length(code_mac) = 32),
  tries        integer NOT NULL DEFAULT 0,
  sent_at      timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  proved_at    timestamptz,
  PRIMARY KEY (visitor, purpose)
);
CREATE INDEX verification_old ON platform.verification (sent_at);

-- Messages that were sent to prove an address, per address and per client network.
CREATE TABLE platform.verification_send (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope  text NOT NULL,                       -- 'address:<digest>' or 'network:<address>'
  at     timestamptz NOT NULL
);
CREATE INDEX verification_send_recent ON platform.verification_send (scope, at DESC);
CREATE INDEX verification_send_old ON platform.verification_send (at);

-- The owners of shops that exist may do what owners of new shops may.
UPDATE platform.role SET permissions = array_append(permissions, 'shop.manage') WHERE code = 'owner' AND NOT 'shop.manage' = ANY (permissions);
