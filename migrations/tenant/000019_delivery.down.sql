DROP TABLE parcel_track_event;
DROP TABLE parcel_track;
DROP TABLE shipping_upload;
