CREATE TABLE member (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  nickname    text NOT NULL DEFAULT '',
  avatar      text NOT NULL DEFAULT '',
  status      text NOT NULL DEFAULT 'active' CONSTRAINT member_status CHECK (status IN ('active', 'blocked')),
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- Who the member is for a Mini Program. An openid means something only with its AppID.
CREATE TABLE member_identity (
  app_id      text NOT NULL,
  openid      text NOT NULL CHECK (openid <> ''),
  unionid     text,
  member_id   bigint NOT NULL REFERENCES member (id),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, openid)
);
CREATE INDEX member_identity_member ON member_identity (member_id);

-- Only hashes of tokens are kept. A refresh token is used once; using any used one
-- again means that it was stolen, and ends the session. refresh_family hashes the part
-- that all refresh tokens of a session share: by it a used one is recognised.
CREATE TABLE member_session (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id           bigint NOT NULL REFERENCES member (id),
  app_id              text NOT NULL,
  openid              text NOT NULL,
  access_hash         bytea NOT NULL UNIQUE CHECK (octet_length(access_hash) = 32),
  refresh_hash        bytea NOT NULL UNIQUE CHECK (octet_length(refresh_hash) = 32),
  refresh_family      bytea NOT NULL UNIQUE CHECK (octet_length(refresh_family) = 32),
  access_expires_at   timestamptz NOT NULL,
  refresh_expires_at  timestamptz NOT NULL,
  revoked_at          timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX member_session_member ON member_session (member_id);

CREATE TABLE address (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id      bigint NOT NULL REFERENCES member (id),
  name           text NOT NULL CHECK (name <> ''),
  phone          text NOT NULL CHECK (phone <> ''),
  province       text NOT NULL,
  city           text NOT NULL,
  district       text NOT NULL DEFAULT '',
  division_code  text NOT NULL DEFAULT '',    -- GB/T 2260, six digits
  detail         text NOT NULL CHECK (detail <> ''),
  is_default     boolean NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX address_member ON address (member_id);
CREATE UNIQUE INDEX address_one_default ON address (member_id) WHERE is_default;

CREATE TABLE cart_line (
  member_id  bigint NOT NULL REFERENCES member (id),
  sku_id     bigint NOT NULL REFERENCES sku (id),
  qty        integer NOT NULL CONSTRAINT cart_qty CHECK (qty BETWEEN 1 AND 999),
  selected   boolean NOT NULL DEFAULT true,
  added_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (member_id, sku_id)
);

-- How many messages of a template the buyer still allows; each accept adds one.
CREATE TABLE subscribe_consent (
  app_id       text NOT NULL,
  openid       text NOT NULL,
  template_id  text NOT NULL,
  remaining    integer NOT NULL CHECK (remaining >= 0),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, openid, template_id)
);

-- Which template of an AppID says what; fields maps template keywords to our values.
CREATE TABLE subscribe_template (
  app_id       text NOT NULL,
  event        text NOT NULL,                 -- 'order.paid'
  template_id  text NOT NULL,
  page         text NOT NULL DEFAULT '',
  fields       jsonb NOT NULL,                -- {"character_string1":"order_no","amount2":"amount"}
  PRIMARY KEY (app_id, event)
);

-- One row per message meant for a buyer, whatever became of it.
CREATE TABLE message_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id    uuid NOT NULL,
  channel     text NOT NULL CONSTRAINT message_channel CHECK (channel IN ('wechat_subscribe')),
  member_id   bigint NOT NULL REFERENCES member (id),
  event       text NOT NULL,
  state       text NOT NULL CONSTRAINT message_state CHECK (state IN ('sending', 'sent', 'skipped', 'failed')),
  reason      text NOT NULL DEFAULT '',
  at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (event_id, channel)
);
