-- Keys that are used in an unusual way, and the daily upkeep of every shop.
ALTER TABLE platform.key_alarm DROP CONSTRAINT key_alarm_kind;
ALTER TABLE platform.key_alarm ADD CONSTRAINT key_alarm_kind CHECK (kind IN ('damaged', 'expiry', 'idle', 'spike'));
-- Who looked after it, if a person did.
ALTER TABLE platform.key_alarm ADD COLUMN resolved_by text NOT NULL DEFAULT '';

-- Shops that are there already begin their upkeep within a day, not all at once.
INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload)
SELECT t.id, 'shop.upkeep', 'daily', now() + (abs(hashtextextended(t.id, 0) % 86400)) * interval '1 second', '{}'
FROM platform.tenant t WHERE t.handle IS NOT NULL ON CONFLICT DO NOTHING;
