-- A live check may find that a service provider must not act for the merchant.
ALTER TABLE payment_account DROP CONSTRAINT payment_account_check_outcome;
ALTER TABLE payment_account ADD CONSTRAINT payment_account_check_outcome CHECK (check_outcome IN
  ('', 'ok', 'signature', 'merchant', 'permission', 'certificate', 'answer', 'api_v3_key', 'app', 'relation', 'refused', 'unreachable', 'busy', 'not_built',
   'damaged', 'no_sandbox'));

-- Money that the provider brought to the shop's own account, since the buyer's takes none:
-- the shop owes it to the buyer until a person has given it.
ALTER TABLE refund DROP CONSTRAINT refund_hold;
ALTER TABLE refund ADD CONSTRAINT refund_hold CHECK (hold IN ('', 'spacing', 'count', 'age', 'balance', 'refused', 'abnormal', 'owed'));
