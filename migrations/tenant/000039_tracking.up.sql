-- The service that tells where parcels are, by the shop's own key. The row stays when the
-- shop switches it off: numbers that were subscribed are still told about.
CREATE TABLE tracking_account (
  only_row     boolean PRIMARY KEY DEFAULT true CONSTRAINT tracking_account_one CHECK (only_row),
  provider     text NOT NULL CONSTRAINT tracking_account_provider CHECK (provider IN ('kuaidi100')),
  route_key    text NOT NULL CONSTRAINT tracking_account_route CHECK (route_key ~ '^[0-9a-z]{26}$'),
  api_base     text NOT NULL DEFAULT '',       -- the sandbox's address; empty for the service itself
  customer     text NOT NULL CONSTRAINT tracking_account_customer CHECK (length(customer) BETWEEN 1 AND 64),
  key_sealed   bytea NOT NULL,
  key_last4    text NOT NULL,
  salt_sealed  bytea NOT NULL,                 -- signs what the service tells us; ours, never shown
  enabled      boolean NOT NULL DEFAULT true,
  error        text NOT NULL DEFAULT '',       -- why the service does not serve the key
  updated_at   timestamptz NOT NULL
);
REVOKE DELETE ON tracking_account FROM galleria_tenant;

ALTER TABLE parcel_track ADD COLUMN told_at timestamptz;  -- the courier's latest word
CREATE INDEX parcel_track_open ON parcel_track (parcel_no) WHERE state NOT IN ('delivered', 'returned');

-- How long after the courier says that all of it was signed for an order counts as received,
-- if that is earlier than receive_days after it was sent.
ALTER TABLE shop ADD COLUMN signed_days integer NOT NULL DEFAULT 7 CONSTRAINT shop_signed_days CHECK (signed_days BETWEEN 1 AND 60);
