-- Gifts: a reduction may put goods into an order that cost nothing. A gift is a line of its own,
-- also where the buyer orders the same SKU.
ALTER TABLE order_line ADD COLUMN gift boolean NOT NULL DEFAULT false;
ALTER TABLE order_line DROP CONSTRAINT order_line_order_id_sku_id_key;
ALTER TABLE order_line
  ADD CONSTRAINT order_line_sku UNIQUE (order_id, sku_id, gift),
  ADD CONSTRAINT order_line_gift CHECK (NOT gift OR payable_fen = 0);

-- Why a line is a gift, and for what. Written with the order, never changed: what was promised to
-- the buyer holds when goods go back.
CREATE TABLE order_gift (
  line_id      bigint PRIMARY KEY REFERENCES order_line (id),
  order_id     bigint NOT NULL REFERENCES orders (id),
  campaign_id  bigint NOT NULL REFERENCES campaign (id),
  version      bigint NOT NULL,
  title        text NOT NULL,
  funder       text NOT NULL CONSTRAINT order_gift_funder CHECK (funder IN ('shop', 'platform')),
  value_fen    platform.fen NOT NULL CHECK (value_fen >= 0), -- at the regular price of then, all pieces
  cost_fen     platform.fen NOT NULL CHECK (cost_fen >= 0),  -- at cost; at the regular price where no cost is known
  need_fen     platform.fen NOT NULL CHECK (need_fen >= 0),  -- what its goods must come to,
  need_qty     bigint NOT NULL CHECK (need_qty >= 0),        -- or of how many pieces they must be
  stays        boolean NOT NULL,                             -- with the buyer, also when they no longer do
  CONSTRAINT order_gift_need CHECK ((need_fen = 0) <> (need_qty = 0))
);
CREATE INDEX order_gift_order ON order_gift (order_id);
CREATE INDEX order_gift_campaign ON order_gift (campaign_id);
REVOKE UPDATE, DELETE ON order_gift FROM galleria_tenant;

-- The lines that a gift was given for, at what they counted.
CREATE TABLE order_gift_goods (
  gift_line_id bigint NOT NULL REFERENCES order_gift (line_id),
  line_id      bigint NOT NULL REFERENCES order_line (id),
  counted_fen  platform.fen NOT NULL CHECK (counted_fen >= 0),
  PRIMARY KEY (gift_line_id, line_id)
);
REVOKE UPDATE, DELETE ON order_gift_goods FROM galleria_tenant;

-- Whether a reduction's gifts stay with buyers who give goods back.
ALTER TABLE campaign ADD COLUMN gifts_stay boolean NOT NULL DEFAULT false;
