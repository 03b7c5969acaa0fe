DROP TABLE review_summary;
DROP TABLE review;
ALTER TABLE shop DROP COLUMN review_check, DROP COLUMN review_auto, DROP COLUMN follow_up_days, DROP COLUMN review_days;
