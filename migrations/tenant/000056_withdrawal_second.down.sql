ALTER TABLE withdrawal DROP COLUMN second_by, DROP COLUMN first_by, DROP COLUMN twice;
ALTER TABLE distribution_plan DROP COLUMN second_fen;
