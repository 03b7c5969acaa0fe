DROP INDEX message_log_test;
ALTER TABLE message_log DROP COLUMN test;
