DROP TABLE flash_reminder, flash_take, flash_bucket, campaign_session;
ALTER TABLE campaign DROP COLUMN per_order, DROP COLUMN per_member;
ALTER TABLE campaign DROP CONSTRAINT campaign_kind;
ALTER TABLE campaign ADD CONSTRAINT campaign_kind CHECK (kind IN ('timed', 'reduction'));
