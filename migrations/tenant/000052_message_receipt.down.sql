DROP TABLE message_receipt;
ALTER TABLE message_log DROP COLUMN code;
UPDATE message_log SET state = 'sent' WHERE state = 'delivered';
ALTER TABLE message_log DROP CONSTRAINT message_state;
ALTER TABLE message_log ADD CONSTRAINT message_state CHECK (state IN ('sending', 'sent', 'skipped', 'failed'));
