DELETE FROM payment_secret s USING payment_account a WHERE a.id = s.account_id AND s.version <> a.key_version;
ALTER TABLE payment_secret DROP COLUMN last4;
DROP TABLE payment_key_set;
ALTER TABLE payment_account DROP COLUMN key_version;
