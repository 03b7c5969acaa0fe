DELETE FROM platform.timer WHERE topic IN ('shop.upkeep', 'key.watch');
ALTER TABLE platform.key_alarm DROP COLUMN resolved_by;
DELETE FROM platform.key_alarm WHERE kind IN ('idle', 'spike');
ALTER TABLE platform.key_alarm DROP CONSTRAINT key_alarm_kind;
ALTER TABLE platform.key_alarm ADD CONSTRAINT key_alarm_kind CHECK (kind IN ('damaged', 'expiry'));
