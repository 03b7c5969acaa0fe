-- What was answered to a provider, and how often it came again.
ALTER TABLE payment_event
  ADD COLUMN answer   smallint NOT NULL DEFAULT 0, -- HTTP status; 0: from before this was kept
  ADD COLUMN took_ms  integer NOT NULL DEFAULT 0,
  ADD COLUMN seen     integer NOT NULL DEFAULT 1,
  ADD COLUMN last_at  timestamptz;            -- of the last repeat

-- The message behind an anomaly, so that it can be taken again once its cause is mended.
ALTER TABLE payment_anomaly
  ADD COLUMN body_sealed  bytea,
  ADD COLUMN took_ms      integer NOT NULL DEFAULT 0;

-- A callback that was not believed. Anybody can send one: only so many are kept of an
-- account, with the beginning of the message, and what came too fast is only counted.
CREATE TABLE payment_refusal (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   bigint NOT NULL REFERENCES payment_account (id),
  code         text NOT NULL CHECK (code <> ''),
  answer       smallint NOT NULL,
  took_ms      integer NOT NULL,
  body_bytes   integer NOT NULL,
  body_sealed  bytea NOT NULL,
  skipped      integer NOT NULL DEFAULT 0,    -- refused since the row before, and not kept
  received_at  timestamptz NOT NULL
);
CREATE INDEX payment_refusal_by_account ON payment_refusal (account_id, id);

-- The directory finds a shop by its merchant number; accounts of before tell theirs.
UPDATE platform.account_route r SET merchant_no = a.merchant_no FROM payment_account a WHERE r.account_key = a.account_key;
