-- E-mail, sent through the shop's own mail server.
ALTER TABLE message_log DROP CONSTRAINT message_channel;
ALTER TABLE message_log ADD CONSTRAINT message_channel CHECK (channel IN ('wechat_subscribe', 'alipay_template', 'sms', 'email'));
ALTER TABLE message_rule DROP CONSTRAINT message_rule_channel;
ALTER TABLE message_rule ADD CONSTRAINT message_rule_channel CHECK (channel IN ('inbox', 'wechat_subscribe', 'alipay_template', 'sms', 'email'));
-- A message is a member's, or one of the staff's: of these, its account of the platform.
ALTER TABLE message_log ALTER COLUMN member_id DROP NOT NULL;
ALTER TABLE message_log ADD COLUMN account_id bigint;
ALTER TABLE message_log ADD CONSTRAINT message_whom CHECK (num_nonnulls(member_id, account_id) = 1);

-- The shop's account at a mail server. Without a row no mail is sent.
CREATE TABLE mail_account (
  one             boolean PRIMARY KEY DEFAULT true CHECK (one),
  provider        text NOT NULL CONSTRAINT mail_account_provider CHECK (provider IN ('smtp', 'desk')),
  host            text NOT NULL CHECK (length(host) BETWEEN 1 AND 253),
  port            integer NOT NULL CHECK (port IN (465, 587, 994, 2525)),
  security        text NOT NULL CONSTRAINT mail_account_security CHECK (security IN ('starttls', 'tls')),
  username        text NOT NULL CHECK (length(username) BETWEEN 1 AND 254),
  password_sealed bytea NOT NULL,
  sender_name     text NOT NULL CHECK (length(sender_name) BETWEEN 1 AND 64),
  sender_address  text NOT NULL CHECK (length(sender_address) BETWEEN 3 AND 254),
  enabled         boolean NOT NULL DEFAULT true,
  updated_at      timestamptz NOT NULL
);

-- The shop's own words of a mail, in which {name} stands for a value; without a row the
-- catalogue's words are used.
CREATE TABLE mail_template (
  event     text NOT NULL,
  audience  text NOT NULL CONSTRAINT mail_template_audience CHECK (audience IN ('buyer', 'staff')),
  subject   text NOT NULL CHECK (length(subject) BETWEEN 1 AND 120),
  body      text NOT NULL CHECK (length(body) BETWEEN 1 AND 4000),
  PRIMARY KEY (event, audience)
);

-- Who of the staff wants which of the board's notices by mail, too. Where to is the
-- platform's: the address that the person has proven.
CREATE TABLE mail_reader (
  account_id  bigint PRIMARY KEY, -- of the platform
  locale      text NOT NULL CONSTRAINT mail_reader_locale CHECK (locale IN ('zh-CN', 'en')),
  events      text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 40),
  updated_at  timestamptz NOT NULL
);
