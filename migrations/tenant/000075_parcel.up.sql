-- A parcel is packed before it has a number, and may be lost after it had one.
ALTER TABLE order_line
  ADD COLUMN packed integer NOT NULL DEFAULT 0,  -- pieces in parcels that have not left the shop
  ADD CONSTRAINT order_line_packed CHECK (packed >= 0 AND sent + dropped + packed <= qty);

ALTER TABLE order_parcel
  ALTER COLUMN shipped_at DROP NOT NULL,
  ADD COLUMN packed_at timestamptz,
  ADD COLUMN lost_at timestamptz,
  ADD COLUMN lost_reason text NOT NULL DEFAULT '' CONSTRAINT order_parcel_reason CHECK (length(lost_reason) <= 200),
  ADD COLUMN remedy text NOT NULL DEFAULT '' CONSTRAINT order_parcel_remedy CHECK (remedy IN ('', 'refund', 'resent')), -- of what was lost
  ADD COLUMN refund_case text,                                -- the after-sales case that pays for it
  ADD COLUMN resends bigint REFERENCES order_parcel (id),     -- the lost parcel whose pieces this one holds again
  DROP CONSTRAINT order_parcel_status,
  DROP CONSTRAINT order_parcel_number;
ALTER TABLE order_parcel
  ADD CONSTRAINT order_parcel_status CHECK (status IN ('packed', 'shipped', 'delivered', 'returned', 'lost', 'cancelled')),
  ADD CONSTRAINT order_parcel_left CHECK ((status IN ('packed', 'cancelled')) = (shipped_at IS NULL)),
  ADD CONSTRAINT order_parcel_packed CHECK (shipped_at IS NOT NULL OR (packed_at IS NOT NULL AND kind = 'express')),
  ADD CONSTRAINT order_parcel_number CHECK ((kind = 'express' AND shipped_at IS NOT NULL) = (tracking_no <> '')),
  ADD CONSTRAINT order_parcel_lost CHECK (status <> 'lost' OR lost_at IS NOT NULL),
  ADD CONSTRAINT order_parcel_remedied CHECK ((remedy = '' OR status = 'lost') AND (remedy = 'refund') = (refund_case IS NOT NULL));
-- One number of a courier is one parcel; what has no number yet, or is a voucher, is told apart by its id.
DROP INDEX order_parcel_once;
CREATE UNIQUE INDEX order_parcel_once ON order_parcel (order_id, courier, tracking_no, (CASE WHEN kind = 'voucher' OR shipped_at IS NULL THEN id ELSE 0 END));
-- What was lost is sent again once; what is lost of that, too.
CREATE UNIQUE INDEX order_parcel_resends ON order_parcel (resends);
CREATE INDEX order_parcel_waits ON order_parcel (order_id) WHERE status IN ('packed', 'lost');

-- What is packed shrinks when its buyer gets money for it; what has left the shop does not.
ALTER TABLE order_parcel_line DROP CONSTRAINT order_parcel_line_qty_check, ADD CONSTRAINT order_parcel_line_qty CHECK (qty >= 0);
GRANT UPDATE (qty) ON order_parcel_line TO galleria_tenant;

-- What is sent again leaves the shelf once more.
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_kind,
  ADD CONSTRAINT stock_movement_kind CHECK (kind IN ('receive', 'adjust', 'reserve', 'release', 'commit', 'restock', 'transfer', 'resend'));
