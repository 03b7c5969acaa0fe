ALTER TABLE orders DROP COLUMN refunded_fen;
DROP TABLE payment_exchange;
DROP INDEX payment_anomaly_open;
ALTER TABLE payment_anomaly DROP COLUMN resolved_note, DROP COLUMN resolved_by;
DROP TABLE payment_setting, refund_event;
DROP INDEX refund_attempt, refund_open, refund_one_source, refund_one_live;
ALTER TABLE refund
  DROP CONSTRAINT refund_source, DROP CONSTRAINT refund_held, DROP CONSTRAINT refund_settled, DROP CONSTRAINT refund_two_people;
-- The version before knows neither these people nor these states: what is open stays open,
-- what is over stays over.
UPDATE refund SET status = CASE status WHEN 'settled' THEN 'succeeded' WHEN 'refused' THEN 'failed' WHEN 'withdrawn' THEN 'failed' ELSE 'requested' END
WHERE status NOT IN ('requested', 'processing', 'succeeded', 'failed');
UPDATE refund SET reason = 'order_cancelled' WHERE reason IN ('staff', 'aftersale');
ALTER TABLE refund
  DROP COLUMN evidence_ref, DROP COLUMN evidence, DROP COLUMN settled_means, DROP COLUMN settled_by, DROP COLUMN sent_at, DROP COLUMN due_at,
  DROP COLUMN hold, DROP COLUMN decision_note, DROP COLUMN decided_at, DROP COLUMN decided_by, DROP COLUMN requested_by, DROP COLUMN note,
  DROP COLUMN source_no, DROP COLUMN source_kind;
ALTER TABLE refund DROP CONSTRAINT refund_status;
ALTER TABLE refund ADD CONSTRAINT refund_status CHECK (status IN ('requested', 'processing', 'succeeded', 'failed'));
ALTER TABLE refund DROP CONSTRAINT refund_reason;
ALTER TABLE refund ADD CONSTRAINT refund_reason CHECK (reason IN ('late_payment', 'double_payment', 'order_cancelled'));
-- Not unique: a payment may have had several refunds meanwhile.
CREATE INDEX refund_one_live ON refund (attempt_id, reason) WHERE status <> 'failed';
