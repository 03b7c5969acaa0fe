-- Why a transfer is not on its way: the code of what last went wrong; '' when nothing did.
ALTER TABLE transfer ADD COLUMN last_code text NOT NULL DEFAULT '';

-- What happened to a transfer, in order: the state it came to, by whom, why.
CREATE TABLE transfer_event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transfer_id  bigint NOT NULL REFERENCES transfer (id),
  at           timestamptz NOT NULL,
  event        text NOT NULL,
  to_status    text NOT NULL,
  actor        text NOT NULL,
  note         text NOT NULL DEFAULT ''
);
CREATE INDEX transfer_event_transfer ON transfer_event (transfer_id, id);
REVOKE UPDATE, DELETE ON transfer_event FROM galleria_tenant;
INSERT INTO transfer_event (transfer_id, at, event, to_status, actor)
SELECT t.id, t.created_at, 'create', 'created', t.created_by FROM transfer t ORDER BY t.id;
-- Of the way between, nothing was kept.
INSERT INTO transfer_event (transfer_id, at, event, to_status, actor, note)
SELECT t.id, t.updated_at, 'found', t.status, 'system', t.fail_reason FROM transfer t WHERE t.status <> 'created' ORDER BY t.id;

-- What is said about transfers is kept beside what is said about payments.
ALTER TABLE payment_exchange
  ADD COLUMN out_bill_no text NOT NULL DEFAULT '',
  DROP CONSTRAINT payment_exchange_step;
ALTER TABLE payment_exchange ADD CONSTRAINT payment_exchange_step CHECK (step IN
  ('prepay', 'query', 'close', 'refund', 'refund_query', 'refund_abnormal', 'transfer', 'transfer_query', 'transfer_cancel'));
CREATE INDEX payment_exchange_bill ON payment_exchange (out_bill_no, id) WHERE out_bill_no <> '';

-- What proves a refund that was ended by hand: files as they were uploaded, for the shop's
-- people only. The file lies in the store under key.
CREATE TABLE refund_evidence (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  out_refund_no  text NOT NULL,
  key            text NOT NULL UNIQUE,
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  kind           text NOT NULL CONSTRAINT refund_evidence_kind CHECK (kind IN ('jpg', 'png', 'pdf')),
  sum            bytea NOT NULL CHECK (length(sum) = 32),  -- SHA-256
  bytes          bigint NOT NULL CHECK (bytes > 0),
  uploaded_by    text NOT NULL,
  uploaded_at    timestamptz NOT NULL,
  UNIQUE (out_refund_no, sum)
);
REVOKE UPDATE, DELETE ON refund_evidence FROM galleria_tenant;
