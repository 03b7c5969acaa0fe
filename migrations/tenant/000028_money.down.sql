DROP TABLE refund_evidence;
DROP INDEX payment_exchange_bill;
DELETE FROM payment_exchange WHERE step IN ('transfer', 'transfer_query', 'transfer_cancel');
ALTER TABLE payment_exchange DROP CONSTRAINT payment_exchange_step, DROP COLUMN out_bill_no;
ALTER TABLE payment_exchange ADD CONSTRAINT payment_exchange_step CHECK (step IN ('prepay', 'query', 'close', 'refund', 'refund_query', 'refund_abnormal'));
DROP TABLE transfer_event;
ALTER TABLE transfer DROP COLUMN last_code;
