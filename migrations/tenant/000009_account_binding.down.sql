ALTER TABLE payment_account
  DROP COLUMN check_message, DROP COLUMN check_code, DROP COLUMN check_outcome, DROP COLUMN check_version,
  DROP COLUMN checked_at, DROP COLUMN check_begun_at,
  DROP CONSTRAINT payment_account_address;
DROP INDEX payment_account_one;
ALTER TABLE payment_account ADD CONSTRAINT payment_account_channel_merchant_no_key UNIQUE (channel, merchant_no);
UPDATE payment_account a SET app_ids = ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id);
ALTER TABLE payment_account ALTER COLUMN app_ids DROP DEFAULT;
DROP TABLE payment_binding;
ALTER TABLE payment_account DROP CONSTRAINT payment_account_of_channel;
