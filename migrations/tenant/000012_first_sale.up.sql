ALTER TABLE sku ADD COLUMN weight_g integer NOT NULL DEFAULT 0 CHECK (weight_g >= 0);

-- An order that proves the setup: play money, no goods leave, not counted as revenue.
ALTER TABLE orders ADD COLUMN test boolean NOT NULL DEFAULT false;

-- A purchase that the shop makes from itself, to see that it sells.
CREATE TABLE test_purchase (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_id      text NOT NULL,
  step        text NOT NULL CONSTRAINT test_purchase_step CHECK (step IN ('sign_in', 'cart', 'order', 'pay', 'confirm')),  -- what is done next
  order_no    text NOT NULL DEFAULT '',
  fault       text NOT NULL DEFAULT '',       -- code of what stopped it; empty: it goes on
  message     text NOT NULL DEFAULT '',       -- what the answering side said
  started_by  text NOT NULL,
  started_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
-- One at a time.
CREATE UNIQUE INDEX test_purchase_unfinished ON test_purchase ((true)) WHERE step <> 'confirm';
