-- Which account serves which app: one row, changed by hand. An account without one serves
-- nothing.
ALTER TABLE payment_account ADD CONSTRAINT payment_account_of_channel UNIQUE (id, channel);

CREATE TABLE payment_binding (
  channel     text NOT NULL,
  app_id      text NOT NULL CHECK (app_id <> ''),
  account_id  bigint NOT NULL,
  bound_by    text NOT NULL,                  -- 'staff:3', 'system'
  bound_at    timestamptz NOT NULL,
  PRIMARY KEY (channel, app_id),
  -- Nothing is bound across channels.
  FOREIGN KEY (account_id, channel) REFERENCES payment_account (id, channel)
);
CREATE INDEX payment_binding_by_account ON payment_binding (account_id);

-- What served so far goes on: of several accounts the oldest enabled one.
INSERT INTO payment_binding (channel, app_id, account_id, bound_by, bound_at)
SELECT DISTINCT ON (a.channel, app.id) a.channel, app.id, a.id, 'system', a.created_at
FROM payment_account a, unnest(a.app_ids) AS app (id)
WHERE app.id <> ''
ORDER BY a.channel, app.id, a.status = 'active' DESC, a.id;

-- Read no more, and kept for the processes of the version before.
ALTER TABLE payment_account ALTER COLUMN app_ids SET DEFAULT '{}';

-- A merchant number may have a test and a live account, and at Alipay one for each
-- application that signs.
ALTER TABLE payment_account DROP CONSTRAINT payment_account_channel_merchant_no_key;
CREATE UNIQUE INDEX payment_account_one ON payment_account (channel, mode, merchant_no, (coalesce(config->>'sign_app_id', '')));

-- Only a sandbox account has an address of its own. NOT VALID: rows of before are as they
-- were checked when they came in.
ALTER TABLE payment_account ADD CONSTRAINT payment_account_address
  CHECK ((mode = 'sandbox') = (coalesce(config->>'base_url', '') <> '')) NOT VALID;

-- What the last live check of the keys said.
ALTER TABLE payment_account
  ADD COLUMN check_begun_at  timestamptz,               -- the last one to begin; bounds how often
  ADD COLUMN checked_at      timestamptz,               -- NULL: never
  ADD COLUMN check_version   integer NOT NULL DEFAULT 0, -- of the keys that were tried
  ADD COLUMN check_outcome   text NOT NULL DEFAULT '' CONSTRAINT payment_account_check_outcome CHECK (check_outcome IN
    ('', 'ok', 'signature', 'merchant', 'permission', 'certificate', 'answer', 'api_v3_key', 'app', 'refused', 'unreachable', 'busy', 'not_built', 'damaged', 'no_sandbox')),
  ADD COLUMN check_code      text NOT NULL DEFAULT '',  -- the provider's own
  ADD COLUMN check_message   text NOT NULL DEFAULT '';
