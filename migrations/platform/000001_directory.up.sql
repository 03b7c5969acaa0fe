-- The directory of tenants, and what every room shares. The runner creates the
-- schema `platform` and the roles galleria_app (platform work), galleria_tenant
-- (what every tenant's own role inherits) and galleria_gw_0 … galleria_gw_7
-- (the logins of the lanes) before it runs the first file.

CREATE SCHEMA IF NOT EXISTS platform;

-- Whole fen. Signs are checked per column, because ledgers need negatives.
CREATE DOMAIN platform.fen AS bigint;

-- A shard is one database. The first row is the database that holds this schema.
CREATE TABLE platform.shard (
  id           smallint PRIMARY KEY,
  dsn_ref      text NOT NULL,                 -- name of the configured connection, never a secret
  state        text NOT NULL DEFAULT 'open' CONSTRAINT shard_state CHECK (state IN ('open', 'full', 'draining')),
  max_tenants  integer NOT NULL CHECK (max_tenants > 0),
  created_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO platform.shard (id, dsn_ref, max_tenants) VALUES (1, 'default', 2000);

-- One row per schema: the template, the spares in stock, and the shops.
-- id is the schema's name and the name of the role that may enter it.
CREATE TABLE platform.tenant (
  id              text PRIMARY KEY CONSTRAINT tenant_id_form CHECK (id = 'tenant_template' OR id ~ '^t_[0-9a-z]{12}$'),
  shard_id        smallint NOT NULL DEFAULT 1 REFERENCES platform.shard (id),
  lane            smallint NOT NULL CONSTRAINT tenant_lane CHECK (lane BETWEEN 0 AND 7),
  status          text NOT NULL CONSTRAINT tenant_status CHECK (status IN
                    ('template', 'building', 'spare', 'provisioning', 'active', 'suspended', 'closing', 'closed')),
  handle          text CONSTRAINT tenant_handle CHECK (handle ~ '^[a-z][a-z0-9-]{1,30}[a-z0-9]$'),
  name            text,
  request_key     text,                       -- who asked for the shop: makes opening it repeatable
  status_reason   text NOT NULL DEFAULT '',
  schema_version  bigint NOT NULL DEFAULT 0,
  last_error      text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL DEFAULT now(),
  opened_at       timestamptz,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenant_named CHECK (status IN ('template', 'building', 'spare') OR (handle IS NOT NULL AND name IS NOT NULL AND request_key IS NOT NULL))
);
CREATE UNIQUE INDEX tenant_handle_key ON platform.tenant (handle);
CREATE UNIQUE INDEX tenant_request_key_key ON platform.tenant (request_key);
CREATE INDEX tenant_by_status ON platform.tenant (status, schema_version, id);

-- AppID → tenant. The Mini Program's AppID is public; this row is what makes it ours.
CREATE TABLE platform.app (
  app_id      text PRIMARY KEY CONSTRAINT app_id_form CHECK (app_id ~ '^[0-9A-Za-z]{8,32}$'),
  provider    text NOT NULL CONSTRAINT app_provider CHECK (provider IN ('wechat', 'alipay')),
  tenant_id   text NOT NULL REFERENCES platform.tenant (id),
  name        text NOT NULL,
  status      text NOT NULL DEFAULT 'active' CONSTRAINT app_status CHECK (status IN ('active', 'disabled')),
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX app_by_tenant ON platform.app (tenant_id);

-- Callback address → tenant. account_key is random and only routes: the message
-- is trusted after its signature verified with that account's keys.
CREATE TABLE platform.account_route (
  account_key  text PRIMARY KEY CONSTRAINT account_key_form CHECK (account_key ~ '^[0-9a-z]{26}$'),
  channel      text NOT NULL CONSTRAINT account_route_channel CHECK (channel IN ('wechat', 'alipay', 'unionpay')),
  tenant_id    text NOT NULL REFERENCES platform.tenant (id),
  created_at   timestamptz NOT NULL DEFAULT now()
);

-- Data keys, one keyset per tenant and version, wrapped by the key-encryption key.
CREATE TABLE platform.tenant_key (
  tenant_id    text NOT NULL REFERENCES platform.tenant (id),
  version      integer NOT NULL CHECK (version > 0),
  kek_id       text NOT NULL,
  wrapped_dek  bytea NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version)
);
