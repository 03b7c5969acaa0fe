CREATE TABLE brand (
  id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name  text NOT NULL CONSTRAINT brand_name UNIQUE CHECK (name <> ''),
  logo  text NOT NULL DEFAULT '',
  sort  integer NOT NULL DEFAULT 0
);

ALTER TABLE spu
  ADD COLUMN brand_id bigint REFERENCES brand (id),
  ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
  ADD COLUMN kind text NOT NULL DEFAULT 'physical' CONSTRAINT spu_kind CHECK (kind IN ('physical', 'virtual_card', 'voucher', 'pickup')),
  ADD COLUMN min_qty integer NOT NULL DEFAULT 1 CONSTRAINT spu_min_qty CHECK (min_qty BETWEEN 1 AND 999),
  -- 0: no limit
  ADD COLUMN max_per_order integer NOT NULL DEFAULT 0 CONSTRAINT spu_max_per_order CHECK (max_per_order = 0 OR max_per_order BETWEEN min_qty AND 999),
  ADD COLUMN max_lifetime integer NOT NULL DEFAULT 0 CONSTRAINT spu_max_lifetime CHECK (max_lifetime = 0 OR max_lifetime BETWEEN min_qty AND 999999),
  -- When the product comes on the shelf and leaves it by itself; null: it does not.
  ADD COLUMN on_at timestamptz,
  ADD COLUMN off_at timestamptz,
  ADD COLUMN recycled_at timestamptz,
  -- Of product_snapshot; '' before the product was saved for the first time.
  ADD COLUMN snapshot text NOT NULL DEFAULT '';
-- What was purged keeps its row for the SKUs, which are never deleted, and nothing else.
ALTER TABLE spu DROP CONSTRAINT spu_status;
ALTER TABLE spu ADD CONSTRAINT spu_status CHECK (status IN ('draft', 'on_shelf', 'off_shelf', 'recycled', 'purged'));
UPDATE spu SET recycled_at = updated_at WHERE status = 'recycled';
ALTER TABLE spu ADD CONSTRAINT spu_recycled CHECK (recycled_at IS NULL OR status = 'recycled');
CREATE INDEX spu_recycled ON spu (recycled_at) WHERE status = 'recycled';

ALTER TABLE sku
  ADD COLUMN cost_fen platform.fen NOT NULL DEFAULT 0 CHECK (cost_fen >= 0),  -- never leaves the console
  ADD COLUMN barcode text NOT NULL DEFAULT '',
  ADD COLUMN volume_cm3 integer NOT NULL DEFAULT 0 CHECK (volume_cm3 >= 0);

-- A product as it was sold, named by its content: however many orders share it, it is kept
-- once. Prices stand on the order's lines. Written once.
CREATE TABLE product_snapshot (
  hash     text PRIMARY KEY CONSTRAINT product_snapshot_hash CHECK (hash ~ '^[0-9a-f]{64}$'),
  spu_id   bigint NOT NULL,
  body     jsonb NOT NULL,
  made_at  timestamptz NOT NULL DEFAULT now()
);
REVOKE UPDATE, DELETE, TRUNCATE ON product_snapshot FROM galleria_tenant;
ALTER TABLE order_line
  ADD COLUMN snapshot text NOT NULL DEFAULT '',          -- '' on lines from before there were snapshots
  ADD COLUMN counted boolean NOT NULL DEFAULT false;     -- its pieces stand in purchase_count

-- What a member has bought of products with a limit for a lifetime. Orders that were closed
-- are not in it.
CREATE TABLE purchase_count (
  member_id  bigint NOT NULL,
  spu_id     bigint NOT NULL,
  qty        bigint NOT NULL CONSTRAINT purchase_count_qty CHECK (qty >= 0),
  PRIMARY KEY (member_id, spu_id)
);

WITH made AS (
  SELECT p.id, jsonb_build_object('title', p.title, 'subtitle', p.subtitle, 'cover', p.cover, 'pictures', to_jsonb(p.pictures), 'detail', p.detail,
      'kind', p.kind, 'brand', '', 'category', c.name, 'tags', to_jsonb(p.tags), 'specs', p.specs,
      'skus', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'spec_values', to_jsonb(s.spec_values), 'code', s.code, 'barcode', s.barcode,
          'weight_g', s.weight_g, 'volume_cm3', s.volume_cm3, 'picture', s.picture) ORDER BY s.id) FROM sku s WHERE s.spu_id = p.id AND s.enabled), '[]'::jsonb)) AS body
  FROM spu p JOIN category c ON c.id = p.category_id),
named AS (
  SELECT made.id, made.body, encode(sha256(convert_to(made.id::text || made.body::text, 'UTF8')), 'hex') AS hash FROM made),
kept AS (
  INSERT INTO product_snapshot (hash, spu_id, body) SELECT named.hash, named.id, named.body FROM named)
UPDATE spu SET snapshot = named.hash FROM named WHERE named.id = spu.id;
