-- Where the shop chose otherwise than the catalogue of messages does by itself.
CREATE TABLE message_rule (
  event       text NOT NULL,
  audience    text NOT NULL CONSTRAINT message_rule_audience CHECK (audience IN ('buyer', 'staff')),
  channel     text NOT NULL CONSTRAINT message_rule_channel CHECK (channel IN ('inbox', 'wechat_subscribe')),
  enabled     boolean NOT NULL,
  changed_at  timestamptz NOT NULL,
  PRIMARY KEY (event, audience, channel)
);

-- From when until when, in minutes of Beijing's day, messages that can wait do wait; the
-- same twice is never.
CREATE TABLE message_hours (
  one         boolean PRIMARY KEY DEFAULT true CHECK (one),
  quiet_from  smallint NOT NULL CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until smallint NOT NULL CHECK (quiet_until BETWEEN 0 AND 1439)
);
INSERT INTO message_hours (quiet_from, quiet_until) VALUES (1320, 480);

-- What a buyer reads in the Mini Program. Words are made when it is read, from facts.
CREATE TABLE inbox_message (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id    uuid NOT NULL UNIQUE,
  member_id   bigint NOT NULL REFERENCES member (id),
  event       text NOT NULL,
  facts       jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  read_at     timestamptz
);
CREATE INDEX inbox_message_member ON inbox_message (member_id, id DESC);
CREATE INDEX inbox_message_unread ON inbox_message (member_id) WHERE read_at IS NULL;
CREATE INDEX inbox_message_age ON inbox_message (created_at);

-- What the shop's staff read in the console. One row for all: who may see it follows from
-- the event, and who has seen it from staff_notice_seen.
CREATE TABLE staff_notice (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id    uuid NOT NULL UNIQUE,
  event       text NOT NULL,
  facts       jsonb NOT NULL,
  created_at  timestamptz NOT NULL
);
CREATE INDEX staff_notice_age ON staff_notice (created_at);

-- Up to which notice an account has seen them.
CREATE TABLE staff_notice_seen (
  account_id  bigint PRIMARY KEY, -- of the platform
  seen_id     bigint NOT NULL
);

CREATE INDEX message_log_recent ON message_log (id DESC) WHERE state <> 'sent';
CREATE INDEX message_log_age ON message_log (at);
