-- Goods that nobody carries: an order of them has no address and is handed out by itself.
ALTER TABLE orders DROP CONSTRAINT order_delivery;
ALTER TABLE orders ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'pickup', 'virtual'));
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'pickup', 'virtual'));

-- What a virtual SKU consists of: as many free cards as there are on hand.
CREATE TABLE virtual_card (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ref       text NOT NULL UNIQUE,   -- what the ciphertext is bound to
  sku_id    bigint NOT NULL REFERENCES sku (id),
  batch     text NOT NULL,          -- the stock document that it came with
  digest    bytea NOT NULL CONSTRAINT virtual_card_digest UNIQUE, -- keyed: nobody guesses a card by it
  hint      text NOT NULL,          -- the last four characters, for people who look for it
  sealed    bytea NOT NULL,
  state     text NOT NULL DEFAULT 'free' CONSTRAINT virtual_card_state CHECK (state IN ('free', 'sold', 'void')),
  order_no  text,
  line_id   bigint REFERENCES order_line (id),
  added_at  timestamptz NOT NULL,
  added_by  text NOT NULL,
  ended_at  timestamptz,            -- when it was sold or taken out
  CONSTRAINT virtual_card_sold CHECK ((state = 'sold') = (order_no IS NOT NULL) AND (state = 'sold') = (line_id IS NOT NULL)),
  CONSTRAINT virtual_card_ended CHECK ((state = 'free') = (ended_at IS NULL))
);
CREATE INDEX virtual_card_free ON virtual_card (sku_id, id) WHERE state = 'free';
CREATE INDEX virtual_card_order ON virtual_card (order_no, id) WHERE order_no IS NOT NULL;
CREATE INDEX virtual_card_batch ON virtual_card (sku_id, batch);
REVOKE DELETE ON virtual_card FROM galleria_tenant;

-- What the digests are made with, made when the first card comes.
CREATE TABLE virtual_card_key (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  key_sealed  bytea NOT NULL
);
REVOKE DELETE ON virtual_card_key FROM galleria_tenant;
