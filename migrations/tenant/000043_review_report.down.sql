DROP TABLE review_report;
DROP INDEX review_reported;
ALTER TABLE review DROP COLUMN reports;
ALTER TABLE shop DROP COLUMN review_report_limit;
