DROP TABLE sms_spend;
ALTER TABLE sms_template DROP COLUMN words;
ALTER TABLE sms_account DROP COLUMN month_fen;
ALTER TABLE sms_account DROP COLUMN piece_fen;
