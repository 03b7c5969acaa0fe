-- Messages that staff send to try a template out.
ALTER TABLE message_log ADD COLUMN test boolean NOT NULL DEFAULT false;
CREATE INDEX message_log_test ON message_log (at) WHERE test;
