-- Refunds that people ask for: of any part, several to a payment, above a limit only with
-- a second person, kept back by the provider's limits, ended by hand where the provider
-- cannot.
ALTER TABLE refund DROP CONSTRAINT refund_reason;
ALTER TABLE refund ADD CONSTRAINT refund_reason CHECK (reason IN ('late_payment', 'double_payment', 'order_cancelled', 'staff', 'aftersale'));
ALTER TABLE refund DROP CONSTRAINT refund_status;
ALTER TABLE refund ADD CONSTRAINT refund_status CHECK (status IN
  ('awaiting_approval', 'requested', 'waiting', 'processing', 'abnormal', 'succeeded', 'settled', 'failed', 'refused', 'withdrawn'));
ALTER TABLE refund
  ADD COLUMN source_kind   text NOT NULL DEFAULT '',  -- who asked: 'staff', 'aftersale', 'refund' (an earlier one that failed); '' for the system
  ADD COLUMN source_no     text NOT NULL DEFAULT '',  -- the asking document: it gets one refund
  ADD COLUMN note          text NOT NULL DEFAULT '' CHECK (length(note) <= 80),  -- shown to the buyer
  ADD COLUMN requested_by  text NOT NULL DEFAULT 'system',
  ADD COLUMN decided_by    text,                      -- the second person
  ADD COLUMN decided_at    timestamptz,
  ADD COLUMN decision_note text NOT NULL DEFAULT '',
  ADD COLUMN hold          text NOT NULL DEFAULT '' CONSTRAINT refund_hold CHECK (hold IN ('', 'spacing', 'count', 'age', 'balance', 'refused', 'abnormal')),
  ADD COLUMN due_at        timestamptz,               -- asked again then; NULL: not by itself
  ADD COLUMN sent_at       timestamptz,               -- the provider was first asked
  ADD COLUMN settled_by    text,                      -- ended by hand: who, how, and what proves it
  ADD COLUMN settled_means text CONSTRAINT refund_means CHECK (settled_means IN ('provider', 'elsewhere')),
  ADD COLUMN evidence      text NOT NULL DEFAULT '',
  ADD COLUMN evidence_ref  text NOT NULL DEFAULT '',
  ADD CONSTRAINT refund_two_people CHECK (decided_by IS NULL OR decided_by <> requested_by),
  ADD CONSTRAINT refund_settled CHECK ((status = 'settled') = (settled_by IS NOT NULL AND settled_means IS NOT NULL AND evidence <> '')),
  ADD CONSTRAINT refund_held CHECK (hold = '' OR status IN ('waiting', 'abnormal')),
  ADD CONSTRAINT refund_source CHECK ((source_kind = '') = (source_no = ''));
UPDATE refund SET sent_at = requested_at WHERE tries > 0;

-- The system asks once for a reason; whoever else asks, once for a document.
DROP INDEX refund_one_live;
CREATE UNIQUE INDEX refund_one_live ON refund (attempt_id, reason)
  WHERE status <> 'failed' AND reason IN ('late_payment', 'double_payment', 'order_cancelled');
CREATE UNIQUE INDEX refund_one_source ON refund (source_kind, source_no) WHERE source_no <> '';
CREATE INDEX refund_open ON refund (status, id) WHERE finished_at IS NULL;
CREATE INDEX refund_attempt ON refund (attempt_id);

-- What happened to a refund, in order: the state it came to, by whom, why.
CREATE TABLE refund_event (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  refund_id  bigint NOT NULL REFERENCES refund (id),
  at         timestamptz NOT NULL,
  event      text NOT NULL,
  to_status  text NOT NULL,
  actor      text NOT NULL,
  note       text NOT NULL DEFAULT ''
);
CREATE INDEX refund_event_refund ON refund_event (refund_id, id);
REVOKE UPDATE, DELETE ON refund_event FROM galleria_tenant;

-- From which amount a refund needs a second person; no row or NULL: none does.
CREATE TABLE payment_setting (
  only_row             boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  refund_approval_fen  platform.fen CHECK (refund_approval_fen >= 0),
  updated_by           text NOT NULL,
  updated_at           timestamptz NOT NULL
);

-- A person's word about an anomaly.
ALTER TABLE payment_anomaly
  ADD COLUMN resolved_by   text NOT NULL DEFAULT '',
  ADD COLUMN resolved_note text NOT NULL DEFAULT '';
CREATE INDEX payment_anomaly_open ON payment_anomaly (id) WHERE resolved_at IS NULL;

-- What was said between us and a provider, without what identifies people or proves keys.
CREATE TABLE payment_exchange (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id     bigint NOT NULL,
  out_trade_no   text NOT NULL,
  out_refund_no  text NOT NULL DEFAULT '',
  step           text NOT NULL CONSTRAINT payment_exchange_step CHECK (step IN ('prepay', 'query', 'close', 'refund', 'refund_query', 'refund_abnormal')),
  asked          text NOT NULL,
  answered       text NOT NULL,
  answer         smallint NOT NULL,           -- HTTP status; 0: none came
  code           text NOT NULL DEFAULT '',    -- of the fault it meant to us
  took_ms        integer NOT NULL,
  at             timestamptz NOT NULL
);
CREATE INDEX payment_exchange_trade ON payment_exchange (out_trade_no, id);

-- What has gone back of an order; part of it does not close the order.
ALTER TABLE orders ADD COLUMN refunded_fen platform.fen NOT NULL DEFAULT 0 CONSTRAINT order_refunded CHECK (refunded_fen BETWEEN 0 AND payable_fen);
UPDATE orders o SET refunded_fen = least(o.payable_fen, a.refunded_fen) FROM payment_attempt a
WHERE a.out_trade_no = o.paid_by AND a.refunded_fen > 0;
