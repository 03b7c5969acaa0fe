DROP TABLE transfer;
DELETE FROM payment_anomaly WHERE reason IN ('late', 'double');
ALTER TABLE payment_anomaly DROP CONSTRAINT payment_anomaly_reason;
ALTER TABLE payment_anomaly ADD CONSTRAINT payment_anomaly_reason CHECK (reason IN
  ('unknown_number', 'amount', 'currency', 'app_id', 'merchant', 'trade_type', 'state', 'payer', 'other_account', 'refund'));
