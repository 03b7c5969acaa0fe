-- What a shop makes cheaper for a time. One registry: a price of a SKU can be promised by one
-- campaign at a time and channel (campaign_sku_alone).
CREATE TABLE campaign (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CONSTRAINT campaign_kind CHECK (kind IN ('timed', 'reduction')),
  status       text NOT NULL DEFAULT 'draft' CONSTRAINT campaign_status CHECK (status IN ('draft', 'live', 'stopped')),
  version      bigint NOT NULL DEFAULT 1,
  title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 40),
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz NOT NULL,                       -- exclusive
  apps         text[] NOT NULL DEFAULT '{}',               -- the Mini Programs that it is in; none named: all
  -- Of a timed discount: this share off, or prices of their own in campaign_sku.
  off_bps      bigint CHECK (off_bps BETWEEN 1 AND 9999),
  -- Of a reduction: for which goods, and what from where on.
  scope_of     text NOT NULL DEFAULT 'all' CONSTRAINT campaign_scope CHECK (scope_of IN ('all', 'categories', 'products')),
  scope_ids    bigint[] NOT NULL DEFAULT '{}',
  scope_except boolean NOT NULL DEFAULT false,             -- all but these
  tiers        jsonb NOT NULL DEFAULT '[]',
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  stopped_at   timestamptz,
  CONSTRAINT campaign_time CHECK (ends_at > starts_at),
  CONSTRAINT campaign_scope_ids CHECK ((scope_of = 'all') = (cardinality(scope_ids) = 0)),
  CONSTRAINT campaign_stopped CHECK ((status = 'stopped') = (stopped_at IS NOT NULL))
);
CREATE INDEX campaign_live ON campaign (ends_at) WHERE status = 'live';
REVOKE DELETE ON campaign FROM galleria_tenant;

-- The SKUs whose price a campaign makes, and when and where. Ranges and multiranges have GiST
-- operators of their own, so that no extension is needed: a SKU is the range of itself.
CREATE TABLE campaign_sku (
  campaign_id  bigint NOT NULL REFERENCES campaign (id),
  sku_id       bigint NOT NULL REFERENCES sku (id),
  spu_id       bigint NOT NULL REFERENCES spu (id),
  price_fen    bigint CHECK (price_fen > 0),               -- of a piece; NULL: by the campaign's share
  live         boolean NOT NULL,                           -- as the campaign
  during       tstzrange NOT NULL,
  channels     int8multirange NOT NULL,                    -- hashes of the AppIDs; all: {(,)}
  PRIMARY KEY (campaign_id, sku_id),
  CONSTRAINT campaign_sku_alone EXCLUDE USING gist (int8range(sku_id, sku_id, '[]') WITH &&, channels WITH &&, during WITH &&) WHERE (live)
);

-- Every wording of a campaign, as orders name it by its version. Append-only.
CREATE TABLE campaign_version (
  campaign_id  bigint NOT NULL REFERENCES campaign (id),
  version      bigint NOT NULL,
  saved_at     timestamptz NOT NULL,
  actor        text NOT NULL,
  wording      jsonb NOT NULL,
  PRIMARY KEY (campaign_id, version)
);
REVOKE UPDATE, DELETE ON campaign_version FROM galleria_tenant;

-- What a campaign took off, for its report.
CREATE INDEX order_adjustment_campaign ON order_adjustment (rule_id) WHERE kind IN ('flash', 'group', 'timed', 'reduction', 'shipping');
