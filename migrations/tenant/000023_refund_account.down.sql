ALTER TABLE refund DROP COLUMN received_account;
