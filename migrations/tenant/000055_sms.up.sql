-- Text messages, sent with the shop's own account at a vendor.
ALTER TABLE message_log DROP CONSTRAINT message_channel;
ALTER TABLE message_log ADD CONSTRAINT message_channel CHECK (channel IN ('wechat_subscribe', 'alipay_template', 'sms'));
ALTER TABLE message_rule DROP CONSTRAINT message_rule_channel;
ALTER TABLE message_rule ADD CONSTRAINT message_rule_channel CHECK (channel IN ('inbox', 'wechat_subscribe', 'alipay_template', 'sms'));

-- The shop's account at the vendor. Without a row no text message is sent.
CREATE TABLE sms_account (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  provider       text NOT NULL CONSTRAINT sms_account_provider CHECK (provider IN ('aliyun', 'desk')),
  key_id         text NOT NULL CHECK (length(key_id) BETWEEN 1 AND 64),
  secret_sealed  bytea NOT NULL,
  secret_last4   text NOT NULL,
  sign_name      text NOT NULL CHECK (length(sign_name) BETWEEN 2 AND 12),
  per_day        smallint NOT NULL CHECK (per_day BETWEEN 1 AND 20),  -- to one phone
  unreached      boolean NOT NULL,                                    -- only whom the Mini Program's message did not reach
  enabled        boolean NOT NULL DEFAULT true,
  updated_at     timestamptz NOT NULL
);

-- Which template of the vendor tells of an event; fields maps its variables to our values.
CREATE TABLE sms_template (
  event   text PRIMARY KEY,
  code    text NOT NULL CHECK (length(code) BETWEEN 5 AND 32),
  fields  jsonb NOT NULL
);

-- How many a phone was sent on a day of Beijing's. The phone is known by its blind index.
CREATE TABLE sms_count (
  phone_index  bytea NOT NULL CHECK (octet_length(phone_index) = 32),
  day          date NOT NULL,
  sent         smallint NOT NULL CHECK (sent >= 0),
  last_at      timestamptz NOT NULL,
  PRIMARY KEY (phone_index, day)
);
CREATE INDEX sms_count_age ON sms_count (day);
