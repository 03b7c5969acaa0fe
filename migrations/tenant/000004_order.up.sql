CREATE TABLE orders (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_no      text NOT NULL UNIQUE CONSTRAINT order_no_form CHECK (order_no ~ '^[0-9A-Za-z]{8,32}$'),
  member_id     bigint NOT NULL REFERENCES member (id),
  app_id        text NOT NULL,
  status        text NOT NULL CONSTRAINT order_status CHECK (status IN
                  ('pending_payment', 'closing', 'paid', 'fulfilling', 'completed', 'closed')),
  close_reason  text CONSTRAINT order_close_reason CHECK (close_reason IN ('buyer', 'timeout', 'merchant', 'all_refunded')),
  currency      text NOT NULL DEFAULT 'CNY' CHECK (currency = 'CNY'),
  goods_fen     platform.fen NOT NULL CHECK (goods_fen >= 0),
  discount_fen  platform.fen NOT NULL DEFAULT 0 CHECK (discount_fen >= 0),
  freight_fen   platform.fen NOT NULL DEFAULT 0 CHECK (freight_fen >= 0),
  payable_fen   platform.fen NOT NULL CONSTRAINT order_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen + freight_fen),
  address       jsonb NOT NULL,               -- as it was when the order was placed
  remark        text NOT NULL DEFAULT '',
  expires_at    timestamptz NOT NULL,
  placed_at     timestamptz NOT NULL,
  paid_at       timestamptz,
  paid_by       text,                         -- the payment that counts (out_trade_no); null: nothing was to be paid
  closed_at     timestamptz,
  CONSTRAINT order_closed_reason CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (status <> 'closed' OR close_reason IS NOT NULL)),
  CONSTRAINT order_paid_time CHECK (status NOT IN ('paid', 'fulfilling', 'completed') OR paid_at IS NOT NULL)
);
CREATE INDEX orders_member ON orders (member_id, id DESC);
CREATE INDEX orders_status ON orders (status, id DESC);
-- The dashboard's days: orders lie in the table by time, so a few pages of summary do.
CREATE INDEX orders_placed ON orders USING brin (placed_at);

CREATE TABLE order_line (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id      bigint NOT NULL REFERENCES orders (id),
  spu_id        bigint NOT NULL,
  sku_id        bigint NOT NULL,
  title         text NOT NULL,
  spec          text NOT NULL DEFAULT '',
  picture       text NOT NULL DEFAULT '',
  price_fen     platform.fen NOT NULL CHECK (price_fen >= 0),
  qty           integer NOT NULL CHECK (qty > 0),
  goods_fen     platform.fen NOT NULL CONSTRAINT order_line_goods CHECK (goods_fen = price_fen * qty),
  discount_fen  platform.fen NOT NULL DEFAULT 0 CHECK (discount_fen >= 0),
  payable_fen   platform.fen NOT NULL CONSTRAINT order_line_payable CHECK (payable_fen >= 0 AND payable_fen = goods_fen - discount_fen),
  UNIQUE (order_id, sku_id)
);

-- The timeline: every change of status and everything worth telling. Append-only.
CREATE TABLE order_event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id     bigint NOT NULL REFERENCES orders (id),
  at           timestamptz NOT NULL,
  event        text NOT NULL,
  from_status  text,
  to_status    text,
  actor        text NOT NULL,                 -- 'member:7', 'staff:3', 'system', 'provider:wechat'
  detail       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX order_event_order ON order_event (order_id, id);
REVOKE UPDATE, DELETE ON order_event FROM galleria_tenant;
