ALTER TABLE shop DROP COLUMN signed_days;
DROP INDEX parcel_track_open;
ALTER TABLE parcel_track DROP COLUMN told_at;
DROP TABLE tracking_account;
