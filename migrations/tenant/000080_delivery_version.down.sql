ALTER TABLE shop DROP COLUMN terms_version;
ALTER TABLE local_delivery DROP COLUMN version;
ALTER TABLE pickup_store DROP COLUMN version;
