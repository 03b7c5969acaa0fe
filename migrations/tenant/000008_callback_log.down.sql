DROP TABLE payment_refusal;
ALTER TABLE payment_anomaly DROP COLUMN took_ms, DROP COLUMN body_sealed;
ALTER TABLE payment_event DROP COLUMN last_at, DROP COLUMN seen, DROP COLUMN took_ms, DROP COLUMN answer;
