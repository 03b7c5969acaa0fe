-- Flash sales: prices for sessions, with units of their own.
ALTER TABLE campaign DROP CONSTRAINT campaign_kind;
ALTER TABLE campaign ADD CONSTRAINT campaign_kind CHECK (kind IN ('timed', 'reduction', 'flash'));
ALTER TABLE campaign
  ADD COLUMN per_order bigint CHECK (per_order > 0),   -- pieces of a SKU; NULL: no limit
  ADD COLUMN per_member bigint CHECK (per_member > 0); -- pieces of a SKU in one session

-- When a flash sale sells. The campaign's own time is from the first to the last of them.
CREATE TABLE campaign_session (
  campaign_id bigint NOT NULL REFERENCES campaign (id),
  no          bigint NOT NULL CHECK (no BETWEEN 1 AND 20),
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL, -- exclusive
  PRIMARY KEY (campaign_id, no),
  CONSTRAINT campaign_session_time CHECK (ends_at > starts_at),
  CONSTRAINT campaign_session_alone EXCLUDE USING gist (int8range(campaign_id, campaign_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
    DEFERRABLE INITIALLY DEFERRED -- several move at once
);
CREATE INDEX campaign_session_end ON campaign_session (ends_at);

-- The units of a SKU that may be sold in a session: a ceiling above ordinary stock.
CREATE TABLE flash_bucket (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign_id bigint NOT NULL,
  no          bigint NOT NULL,
  sku_id      bigint NOT NULL REFERENCES sku (id),
  units       bigint NOT NULL CHECK (units BETWEEN 0 AND 1000000),
  taken       bigint NOT NULL DEFAULT 0,
  CONSTRAINT flash_bucket_session FOREIGN KEY (campaign_id, no) REFERENCES campaign_session (campaign_id, no),
  CONSTRAINT flash_bucket_one UNIQUE (campaign_id, no, sku_id),
  CONSTRAINT flash_bucket_taken CHECK (taken BETWEEN 0 AND units)
) WITH (fillfactor = 50); -- changed again and again while it sells: room for that in its page

-- What an order took of a bucket, and when it came back.
CREATE TABLE flash_take (
  order_no  text NOT NULL REFERENCES orders (order_no),
  bucket_id bigint NOT NULL REFERENCES flash_bucket (id),
  qty       bigint NOT NULL CHECK (qty > 0),
  back_at   timestamptz,
  PRIMARY KEY (order_no, bucket_id)
);
CREATE INDEX flash_take_bucket ON flash_take (bucket_id) WHERE back_at IS NULL;
REVOKE DELETE ON flash_take FROM galleria_tenant;

-- Who wants to be told before a session.
CREATE TABLE flash_reminder (
  campaign_id bigint NOT NULL,
  no          bigint NOT NULL,
  member_id   bigint NOT NULL REFERENCES member (id),
  app_id      text NOT NULL,
  made_at     timestamptz NOT NULL,
  told_at     timestamptz,
  PRIMARY KEY (campaign_id, no, member_id),
  CONSTRAINT flash_reminder_session FOREIGN KEY (campaign_id, no) REFERENCES campaign_session (campaign_id, no) ON DELETE CASCADE
);
CREATE INDEX flash_reminder_member ON flash_reminder (member_id);
