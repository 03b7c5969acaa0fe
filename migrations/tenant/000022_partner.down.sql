UPDATE refund SET hold = 'abnormal' WHERE hold = 'owed';
ALTER TABLE refund DROP CONSTRAINT refund_hold;
ALTER TABLE refund ADD CONSTRAINT refund_hold CHECK (hold IN ('', 'spacing', 'count', 'age', 'balance', 'refused', 'abnormal'));

UPDATE payment_account SET check_outcome = 'permission' WHERE check_outcome = 'relation';
ALTER TABLE payment_account DROP CONSTRAINT payment_account_check_outcome;
ALTER TABLE payment_account ADD CONSTRAINT payment_account_check_outcome CHECK (check_outcome IN
  ('', 'ok', 'signature', 'merchant', 'permission', 'certificate', 'answer', 'api_v3_key', 'app', 'refused', 'unreachable', 'busy', 'not_built', 'damaged', 'no_sandbox'));
