-- The keys of an account change together, as one numbered set. What a replaced set sealed
-- or signed may still be under way; it is destroyed at destroy_at.
ALTER TABLE payment_account ADD COLUMN key_version integer NOT NULL DEFAULT 1 CHECK (key_version > 0);

CREATE TABLE payment_key_set (
  account_id       bigint NOT NULL REFERENCES payment_account (id),
  version          integer NOT NULL CHECK (version > 0),
  config           jsonb NOT NULL,            -- the account's public facts while the set was in use
  cert_not_after   timestamptz,               -- end of the merchant's certificate, if it was given
  created_by       text NOT NULL,             -- 'staff:3', 'system'
  created_at       timestamptz NOT NULL,
  destroy_at       timestamptz,               -- NULL: in use
  destroyed_at     timestamptz,
  PRIMARY KEY (account_id, version)
);
INSERT INTO payment_key_set (account_id, version, config, created_by, created_at)
SELECT id, 1, config, 'system', created_at FROM payment_account;

ALTER TABLE payment_secret ADD COLUMN last4 text NOT NULL DEFAULT '';

-- Looked at soon: what is about to expire is announced from now on.
INSERT INTO platform.timer (tenant_id, topic, key, due_at)
SELECT current_schema(), 'payments.key_expiry', account_key, now() FROM payment_account
ON CONFLICT DO NOTHING;
