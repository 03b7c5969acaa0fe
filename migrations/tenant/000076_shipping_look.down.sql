ALTER TABLE shipping_upload DROP COLUMN again, DROP COLUMN mismatch, DROP COLUMN provider_state, DROP COLUMN looked_at;
