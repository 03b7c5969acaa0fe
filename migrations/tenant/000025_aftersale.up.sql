-- What of an order's pieces and money after-sales cases hold: of open ones, and of those that
-- ended with money. claimed_fen is the share of what was paid for these pieces, not what was
-- given back of it. dropped are claimed pieces that had not been sent, and will not be.
ALTER TABLE order_line
  ADD COLUMN claimed integer NOT NULL DEFAULT 0,
  ADD COLUMN claimed_fen platform.fen NOT NULL DEFAULT 0,
  ADD COLUMN dropped integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT order_line_claimed CHECK (claimed BETWEEN 0 AND qty AND claimed_fen BETWEEN 0 AND payable_fen),
  ADD CONSTRAINT order_line_dropped CHECK (dropped BETWEEN 0 AND claimed AND sent + dropped <= qty);
-- While a case is open the order neither counts as received by itself nor settles.
ALTER TABLE orders
  ADD COLUMN claimed_freight_fen platform.fen NOT NULL DEFAULT 0 CONSTRAINT order_claimed_freight CHECK (claimed_freight_fen BETWEEN 0 AND freight_fen),
  ADD COLUMN open_cases integer NOT NULL DEFAULT 0 CONSTRAINT order_open_cases CHECK (open_cases >= 0),
  ADD COLUMN paused_at timestamptz,
  ADD CONSTRAINT order_paused CHECK ((open_cases > 0) = (paused_at IS NOT NULL));

-- How long a case waits: for the shop's answer, for the buyer's parcel, for its inspection.
ALTER TABLE shop
  ADD COLUMN answer_hours integer NOT NULL DEFAULT 48 CONSTRAINT shop_answer_hours CHECK (answer_hours BETWEEN 1 AND 240),
  ADD COLUMN send_back_days integer NOT NULL DEFAULT 7 CONSTRAINT shop_send_back_days CHECK (send_back_days BETWEEN 1 AND 60),
  ADD COLUMN inspect_days integer NOT NULL DEFAULT 10 CONSTRAINT shop_inspect_days CHECK (inspect_days BETWEEN 1 AND 60);

-- Where buyers send goods back to. A case keeps a copy of the one it was told.
CREATE TABLE return_address (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  phone       text NOT NULL CHECK (length(phone) BETWEEN 5 AND 32),
  address     text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
  created_at  timestamptz NOT NULL
);

CREATE TABLE aftersale_case (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_no         text NOT NULL UNIQUE CONSTRAINT aftersale_case_no CHECK (case_no ~ '^S[0-9A-Z]{11,31}$'),
  order_id        bigint NOT NULL REFERENCES orders (id),
  order_no        text NOT NULL,
  member_id       bigint NOT NULL REFERENCES member (id),
  app_id          text NOT NULL,
  kind            text NOT NULL CONSTRAINT aftersale_kind CHECK (kind IN ('refund', 'return', 'exchange')),
  status          text NOT NULL CONSTRAINT aftersale_status CHECK (status IN
                    ('requested', 'awaiting_return', 'returned_in_transit', 'inspecting', 'refunding', 'refund_stopped', 'refunded',
                     'reshipping', 'reshipped', 'closed', 'rejected', 'withdrawn', 'receipt_refused', 'timeout_closed')),
  reason          text NOT NULL CONSTRAINT aftersale_reason CHECK (reason IN
                    ('changed_mind', 'wrong_goods', 'damaged', 'quality', 'not_as_described', 'not_received', 'late', 'agreed', 'other')),
  share_fen       platform.fen NOT NULL CHECK (share_fen >= 0),     -- of what was paid for its pieces
  freight_fen     platform.fen NOT NULL CHECK (freight_fen >= 0),   -- of the freight
  amount_fen      platform.fen NOT NULL,                            -- that goes back
  unsent          boolean NOT NULL,                                 -- none of its pieces had left the shop
  test            boolean NOT NULL,                                 -- of a test order: it moves no stock
  opened_by       text NOT NULL,
  due_at          timestamptz,                                      -- when somebody has to have acted
  return_to       jsonb,                                            -- where the goods are sent back to
  back_courier    text NOT NULL DEFAULT '',
  back_number     text NOT NULL DEFAULT '',
  out_courier     text NOT NULL DEFAULT '',                         -- of the replacement
  out_number      text NOT NULL DEFAULT '',
  out_refund_no   text CONSTRAINT aftersale_refund UNIQUE,          -- of the refund that counts
  refund_asks     integer NOT NULL DEFAULT 0,
  opened_at       timestamptz NOT NULL,
  closed_at       timestamptz,
  CONSTRAINT aftersale_amount CHECK (amount_fen BETWEEN 0 AND share_fen + freight_fen),
  CONSTRAINT aftersale_ended CHECK ((closed_at IS NOT NULL) = (status IN ('refunded', 'closed', 'rejected', 'withdrawn', 'receipt_refused', 'timeout_closed')))
);
CREATE INDEX aftersale_case_order ON aftersale_case (order_id);
CREATE INDEX aftersale_case_member ON aftersale_case (member_id, id DESC);
CREATE INDEX aftersale_case_status ON aftersale_case (status, id DESC);
CREATE INDEX aftersale_case_due ON aftersale_case (due_at, id) WHERE closed_at IS NULL;
REVOKE DELETE ON aftersale_case FROM galleria_tenant;

CREATE TABLE aftersale_line (
  case_id     bigint NOT NULL REFERENCES aftersale_case (id),
  line_id     bigint NOT NULL REFERENCES order_line (id),
  sku_id      bigint NOT NULL,
  title       text NOT NULL,
  spec        text NOT NULL,
  picture     text NOT NULL,
  qty         integer NOT NULL CHECK (qty > 0),
  dropped     integer NOT NULL CHECK (dropped BETWEEN 0 AND qty),   -- of them, those that had not been sent
  share_fen   platform.fen NOT NULL CHECK (share_fen >= 0),
  refund_fen  platform.fen NOT NULL DEFAULT 0,                      -- of the amount, once it went back
  sellable    integer NOT NULL DEFAULT 0 CHECK (sellable >= 0),
  damaged     integer NOT NULL DEFAULT 0 CHECK (damaged >= 0),
  missing     integer NOT NULL DEFAULT 0 CHECK (missing >= 0),
  PRIMARY KEY (case_id, line_id),
  CONSTRAINT aftersale_line_refund CHECK (refund_fen BETWEEN 0 AND share_fen),
  CONSTRAINT aftersale_line_found CHECK (sellable + damaged + missing IN (0, qty))
);
CREATE INDEX aftersale_line_line ON aftersale_line (line_id);
REVOKE DELETE ON aftersale_line FROM galleria_tenant;

-- What was said and done, in order: the negotiation thread. Append-only.
CREATE TABLE aftersale_message (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id      bigint NOT NULL REFERENCES aftersale_case (id),
  at           timestamptz NOT NULL,
  actor        text NOT NULL,                          -- 'member:7', 'staff:3', 'system'
  event        text NOT NULL,                          -- of the machine, or 'say'
  to_status    text NOT NULL,
  body         text NOT NULL DEFAULT '' CHECK (length(body) <= 500),
  pictures     text[] NOT NULL DEFAULT '{}' CHECK (cardinality(pictures) <= 9)
);
CREATE INDEX aftersale_message_case ON aftersale_message (case_id, id);
CREATE INDEX aftersale_message_pictures ON aftersale_message USING gin (pictures);
REVOKE UPDATE, DELETE ON aftersale_message FROM galleria_tenant;
