-- What a provider said of a message: its id for it, its code, and whether it arrived.
ALTER TABLE message_log DROP CONSTRAINT message_state;
ALTER TABLE message_log ADD CONSTRAINT message_state CHECK (state IN ('sending', 'sent', 'delivered', 'skipped', 'failed'));
ALTER TABLE message_log ADD COLUMN code text NOT NULL DEFAULT '' CHECK (length(code) <= 64);

-- Which message a provider's id means, and the provider's receipt for it. Either may come
-- first: whichever is second finds the other here. One without event_id is a receipt for a
-- message that is not known yet, or that another system of the merchant has sent.
CREATE TABLE message_receipt (
  channel      text NOT NULL,
  account      text NOT NULL,                 -- the AppID, or the account at the provider
  provider_id  text NOT NULL CHECK (length(provider_id) BETWEEN 1 AND 64),
  event_id     uuid,
  delivered    boolean,                       -- NULL: no receipt yet
  code         text NOT NULL DEFAULT '' CHECK (length(code) <= 64),
  reason       text NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,
  PRIMARY KEY (channel, account, provider_id),
  FOREIGN KEY (event_id, channel) REFERENCES message_log (event_id, channel) ON DELETE CASCADE,
  CONSTRAINT message_receipt_says CHECK (event_id IS NOT NULL OR delivered IS NOT NULL)
);
CREATE INDEX message_receipt_message ON message_receipt (event_id, channel);
CREATE INDEX message_receipt_stray ON message_receipt (at) WHERE event_id IS NULL;
