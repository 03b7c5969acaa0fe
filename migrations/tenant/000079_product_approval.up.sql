-- Whether what people without the right to approve do to products waits for somebody who has it.
ALTER TABLE shop ADD COLUMN product_approval boolean NOT NULL DEFAULT false;
-- Nobody without that right has changed the product since it was last approved: it may come on the shelf.
ALTER TABLE spu ADD COLUMN approved boolean NOT NULL DEFAULT true;

-- What waits for somebody who approves, and what was refused last; one for a product.
CREATE TABLE product_approval (
  spu_id     bigint PRIMARY KEY REFERENCES spu (id),
  rev        integer NOT NULL DEFAULT 1 CHECK (rev > 0),  -- of the request: what is decided is what was seen
  state      text NOT NULL CONSTRAINT product_approval_state CHECK (state IN ('waiting', 'rejected')),
  change     jsonb,                   -- the product on the shelf as it shall be; none: as it stands
  base       text NOT NULL DEFAULT '', -- hash of the product that the change was made of
  put_up     boolean NOT NULL,        -- it comes on the shelf when it is approved
  asked_by   text NOT NULL,
  asked_at   timestamptz NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_at timestamptz,
  reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
  CONSTRAINT product_approval_decided CHECK ((state = 'rejected') = (decided_at IS NOT NULL) AND (state = 'rejected') = (reason <> '')),
  CONSTRAINT product_approval_base CHECK ((change IS NULL) = (base = ''))
);
CREATE INDEX product_approval_waiting ON product_approval (asked_at, spu_id) WHERE state = 'waiting';
