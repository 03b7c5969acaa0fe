-- Alipay has three kinds of templates: for subscriptions, for buyers who paid (their messages
-- carry the trade_no) and for buyers who submitted a form (theirs carry its number). A shop may
-- bind one of each to an event.
ALTER TABLE subscribe_template ADD COLUMN kind text NOT NULL DEFAULT 'subscription'
  CONSTRAINT subscribe_template_kind CHECK (kind IN ('subscription', 'trade', 'form'));
ALTER TABLE subscribe_template DROP CONSTRAINT subscribe_template_pkey;
ALTER TABLE subscribe_template ADD PRIMARY KEY (app_id, event, kind);

-- A number with which Alipay lets a Mini Program write to one buyer for a while: that of a trade
-- the buyer paid, or of a form the buyer submitted. The provider calls both form_id.
CREATE TABLE message_form (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_id      text NOT NULL,
  openid      text NOT NULL CHECK (openid <> ''),
  kind        text NOT NULL CONSTRAINT message_form_kind CHECK (kind IN ('trade', 'form')),
  form_id     text NOT NULL CONSTRAINT message_form_id CHECK (form_id ~ '^[0-9A-Za-z+/=_-]{1,64}$'),
  given_at    timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  void_at     timestamptz,                 -- when the provider refused it
  CONSTRAINT message_form_once UNIQUE (app_id, form_id),
  CONSTRAINT message_form_life CHECK (expires_at > given_at)
);
CREATE INDEX message_form_buyer ON message_form (app_id, openid, expires_at) WHERE void_at IS NULL;
CREATE INDEX message_form_age ON message_form (expires_at);

-- Which message used which of the three uses of a number. A message that is not sent after all
-- gives its use back.
CREATE TABLE message_form_use (
  message_form_id  bigint NOT NULL REFERENCES message_form (id) ON DELETE CASCADE,
  nth              smallint NOT NULL CONSTRAINT message_form_use_nth CHECK (nth BETWEEN 1 AND 3),
  event_id         uuid NOT NULL CONSTRAINT message_form_use_once UNIQUE,
  channel          text NOT NULL DEFAULT 'alipay_template' CONSTRAINT message_form_use_channel CHECK (channel = 'alipay_template'),
  used_at          timestamptz NOT NULL,
  PRIMARY KEY (message_form_id, nth),
  FOREIGN KEY (event_id, channel) REFERENCES message_log (event_id, channel) ON DELETE CASCADE
);
REVOKE UPDATE ON message_form_use FROM galleria_tenant;
