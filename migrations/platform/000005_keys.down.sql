DROP TABLE platform.key_usage, platform.key_alarm, platform.key_rotation, platform.kek;
DELETE FROM platform.tenant_key WHERE state = 'destroyed';
ALTER TABLE platform.tenant_key
  DROP COLUMN state, DROP COLUMN prefix, DROP COLUMN check_value, DROP COLUMN superseded_at, DROP COLUMN sweep_at, DROP COLUMN destroyed_at;
