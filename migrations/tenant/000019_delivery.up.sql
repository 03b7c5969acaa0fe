-- Shipping information that WeChat wants before it settles an order's money: one row for
-- each order that was paid there, driven by its parcels.
CREATE TABLE shipping_upload (
  order_no        text PRIMARY KEY,
  app_id          text NOT NULL,
  out_trade_no    text NOT NULL,
  transaction_id  text NOT NULL,
  openid          text NOT NULL,
  amount_fen      platform.fen NOT NULL CHECK (amount_fen >= 0),
  state           text NOT NULL CONSTRAINT shipping_upload_state CHECK (state IN ('pending', 'partial', 'uploaded', 'failed')),
  version         bigint NOT NULL DEFAULT 1,   -- grows with every change of the parcels
  done_version    bigint NOT NULL DEFAULT 0,   -- the one that WeChat has
  completions     integer NOT NULL DEFAULT 0,  -- uploads that said all is sent; the second is the last
  attempts        integer NOT NULL DEFAULT 0,
  error           text NOT NULL DEFAULT '',
  uploaded_at     timestamptz,
  updated_at      timestamptz NOT NULL
);
CREATE INDEX shipping_upload_open ON shipping_upload (updated_at) WHERE state <> 'uploaded';

-- Where a parcel is, as its courier tells it.
CREATE TABLE parcel_track (
  parcel_no      text PRIMARY KEY,
  courier        text NOT NULL,
  tracking_no    text NOT NULL,
  phone_tail     text NOT NULL DEFAULT '',
  state          text NOT NULL DEFAULT 'none' CONSTRAINT parcel_track_state CHECK (state IN
                   ('none', 'accepted', 'transit', 'out_for_delivery', 'delivered', 'exception', 'returned')),
  subscribed_at  timestamptz,
  asked_at       timestamptz,
  error          text NOT NULL DEFAULT '',
  updated_at     timestamptz NOT NULL
);
CREATE INDEX parcel_track_number ON parcel_track (tracking_no);

-- What the courier said, once each.
CREATE TABLE parcel_track_event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  courier      text NOT NULL,
  tracking_no  text NOT NULL,
  at           timestamptz NOT NULL,
  state        text NOT NULL CONSTRAINT parcel_track_event_state CHECK (state IN
                 ('accepted', 'transit', 'out_for_delivery', 'delivered', 'exception', 'returned')),
  text         text NOT NULL,
  place        text NOT NULL DEFAULT '',
  digest       bytea NOT NULL CHECK (octet_length(digest) = 32),
  told_at      timestamptz NOT NULL,
  UNIQUE (courier, tracking_no, digest)
);
REVOKE UPDATE, DELETE ON parcel_track_event FROM galleria_tenant;
