CREATE TABLE category (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parent_id  bigint REFERENCES category (id),
  name       text NOT NULL CHECK (name <> ''),
  picture    text NOT NULL DEFAULT '',
  sort       integer NOT NULL DEFAULT 0,
  visible    boolean NOT NULL DEFAULT true
);

CREATE TABLE spu (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  category_id    bigint NOT NULL REFERENCES category (id),
  title          text NOT NULL CHECK (title <> ''),
  subtitle       text NOT NULL DEFAULT '',
  cover          text NOT NULL DEFAULT '',
  pictures       text[] NOT NULL DEFAULT '{}',
  detail         text NOT NULL DEFAULT '',
  specs          jsonb NOT NULL DEFAULT '[]',  -- [{"name":"颜色","values":["黑","白"]}], at most three
  status         text NOT NULL DEFAULT 'draft' CONSTRAINT spu_status CHECK (status IN ('draft', 'on_shelf', 'off_shelf', 'recycled')),
  sort           integer NOT NULL DEFAULT 0,
  min_price_fen  platform.fen NOT NULL DEFAULT 0 CHECK (min_price_fen >= 0),  -- projection of its SKUs
  max_price_fen  platform.fen NOT NULL DEFAULT 0 CHECK (max_price_fen >= min_price_fen),
  sales          bigint NOT NULL DEFAULT 0 CHECK (sales >= 0),
  version        integer NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);
-- One index per offered order of the shelf; each ends in id so that a page has a place to go on from.
CREATE INDEX spu_shelf ON spu (sort DESC, id DESC) WHERE status = 'on_shelf';
CREATE INDEX spu_shelf_category ON spu (category_id, sort DESC, id DESC) WHERE status = 'on_shelf';
CREATE INDEX spu_shelf_price ON spu (min_price_fen, id) WHERE status = 'on_shelf';
CREATE INDEX spu_shelf_sales ON spu (sales DESC, id DESC) WHERE status = 'on_shelf';

CREATE TABLE sku (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  spu_id            bigint NOT NULL REFERENCES spu (id),
  code              text NOT NULL DEFAULT '',
  spec_values       text[] NOT NULL DEFAULT '{}',
  picture           text NOT NULL DEFAULT '',
  price_fen         platform.fen NOT NULL CHECK (price_fen >= 0),
  market_price_fen  platform.fen NOT NULL DEFAULT 0 CHECK (market_price_fen >= 0),
  enabled           boolean NOT NULL DEFAULT true,
  UNIQUE (spu_id, spec_values)
);

-- available = on_hand - reserved. A row exists for every SKU, and neither is ever deleted:
-- what is written from a locked level needs no foreign key to its SKU, whose check would lock
-- the SKU's row once more for every order of it.
CREATE TABLE stock_level (
  sku_id    bigint PRIMARY KEY REFERENCES sku (id),
  on_hand   bigint NOT NULL DEFAULT 0 CONSTRAINT stock_on_hand CHECK (on_hand >= 0),
  reserved  bigint NOT NULL DEFAULT 0 CONSTRAINT stock_reserved CHECK (reserved >= 0 AND reserved <= on_hand),
  low_at    bigint NOT NULL DEFAULT 5 CHECK (low_at >= 0)
);
REVOKE DELETE ON sku, stock_level FROM galleria_tenant;

-- What an order holds. One row per order and SKU.
CREATE TABLE reservation (
  order_no    text NOT NULL,
  sku_id      bigint NOT NULL,
  qty         bigint NOT NULL CHECK (qty > 0),
  state       text NOT NULL DEFAULT 'held' CONSTRAINT reservation_state CHECK (state IN ('held', 'committed', 'released')),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_no, sku_id)
);

-- Append-only. The sums of a SKU's moves are its level.
CREATE TABLE stock_movement (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku_id          bigint NOT NULL,
  kind            text NOT NULL CONSTRAINT stock_movement_kind CHECK (kind IN ('receive', 'adjust', 'reserve', 'release', 'commit', 'restock')),
  on_hand_delta   bigint NOT NULL,
  reserved_delta  bigint NOT NULL,
  document        text NOT NULL,              -- order number or stock document
  actor           text NOT NULL,
  at              timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT stock_movement_moves CHECK (on_hand_delta <> 0 OR reserved_delta <> 0),
  CONSTRAINT stock_movement_once UNIQUE (document, kind, sku_id)
);
REVOKE UPDATE, DELETE ON stock_movement FROM galleria_tenant;
