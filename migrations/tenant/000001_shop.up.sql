-- Every file here runs once in each tenant's schema, with search_path set to it.
-- Rules: text + CHECK instead of enum types, no functions, no triggers, no foreign
-- keys out of the schema, bigint identities, every index a cost in every tenant.

CREATE TABLE shop (
  only_row             boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  name                 text NOT NULL,
  intro                text NOT NULL DEFAULT '',
  logo                 text NOT NULL DEFAULT '',
  service_phone        text NOT NULL DEFAULT '',
  unpaid_ttl_seconds   integer NOT NULL DEFAULT 1800 CHECK (unpaid_ttl_seconds BETWEEN 60 AND 604800),
  updated_at           timestamptz NOT NULL DEFAULT now()
);

-- The secret of each Mini Program of this shop, sealed by tenant/vault.
CREATE TABLE app_credential (
  app_id         text PRIMARY KEY,
  provider       text NOT NULL CONSTRAINT app_credential_provider CHECK (provider IN ('wechat', 'alipay')),
  secret_sealed  bytea NOT NULL,
  secret_last4   text NOT NULL,
  api_base       text NOT NULL DEFAULT '',    -- '' = the provider; the sandbox's address for a sandbox app
  updated_at     timestamptz NOT NULL DEFAULT now()
);

-- Receipts: an effect is done once per event, however often the event arrives.
CREATE TABLE inbox (
  event_id  uuid NOT NULL,
  effect    text NOT NULL,
  done_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, effect)
);

-- The result of each keyed request, written in the same transaction as its effect.
CREATE TABLE idempotency_key (
  scope       text NOT NULL,                  -- 'member:<id>:<operation>'
  key         text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash   bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  result      jsonb,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
