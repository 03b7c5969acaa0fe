ALTER TABLE payment_attempt DROP COLUMN scene;
