-- What may be a distributor who buys from himself: a phone or an address that he shares with the
-- buyer of an order that he earns from. It is evidence and decides nothing; a shop may let
-- withdrawals wait for who has looked at it.
ALTER TABLE distribution_plan
  ADD COLUMN shared text NOT NULL DEFAULT 'mark' CONSTRAINT distribution_shared CHECK (shared IN ('mark', 'hold'));

CREATE TABLE commission_signal (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id       bigint NOT NULL REFERENCES commission_order (order_id),
  distributor_id bigint NOT NULL REFERENCES distributor (member_id),
  kind           text NOT NULL CONSTRAINT commission_signal_kind CHECK (kind IN ('phone', 'parcel_phone', 'parcel_address')),
  own_order_no   text NOT NULL DEFAULT '', -- the distributor's own order that went there, too
  seen_at        timestamptz NOT NULL,
  cleared_at     timestamptz,
  cleared_by     text,
  CONSTRAINT commission_signal_once UNIQUE (order_id, distributor_id, kind),
  CONSTRAINT commission_signal_cleared CHECK ((cleared_at IS NULL) = (cleared_by IS NULL)),
  CONSTRAINT commission_signal_evidence CHECK ((own_order_no = '') = (kind = 'phone'))
);
CREATE INDEX commission_signal_of ON commission_signal (distributor_id, id DESC);
