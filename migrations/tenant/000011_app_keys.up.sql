-- A Mini Program is live or of the sandbox from the day it is added: a live one speaks to
-- the provider alone, one of the sandbox never does.
ALTER TABLE app_credential
  ADD COLUMN mode            text NOT NULL DEFAULT 'live' CONSTRAINT app_credential_mode CHECK (mode IN ('live', 'sandbox')),
  ADD COLUMN config          jsonb NOT NULL DEFAULT '{}',  -- public facts: how Alipay's answers are verified, serials
  ADD COLUMN revision        integer NOT NULL DEFAULT 1 CHECK (revision > 0),  -- of the keys: a check of replaced ones is not stored
  ADD COLUMN check_begun_at  timestamptz,                  -- the last live check, begun or done: they are throttled
  ADD COLUMN checked_at      timestamptz,                  -- NULL: the present keys were never checked
  ADD COLUMN check_result    jsonb NOT NULL DEFAULT '{}';  -- {code, provider_code, message, rid, ip}
UPDATE app_credential SET mode = 'sandbox' WHERE api_base <> '' AND api_base !~ '^https://(api|api2|[a-z]{2}\.api)\.weixin\.qq\.com$';
ALTER TABLE app_credential ADD CONSTRAINT app_credential_base CHECK (
  (mode = 'sandbox' AND api_base <> '') OR (mode = 'live' AND (api_base = '' OR api_base ~ '^https://(api|api2|[a-z]{2}\.api)\.weixin\.qq\.com$')));

-- Further secrets of a Mini Program, sealed by tenant/vault. The content key decrypts what
-- Alipay encrypts for the shop; the one before it still opens what was under way.
CREATE TABLE app_secret (
  app_id      text NOT NULL REFERENCES app_credential (app_id) ON DELETE CASCADE,
  field       text NOT NULL CONSTRAINT app_secret_field CHECK (field IN ('content_key', 'content_key_old')),
  sealed      bytea NOT NULL,
  last4       text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, field)
);
