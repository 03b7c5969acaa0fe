DROP TABLE withdrawal_proof;
ALTER TABLE distribution_plan DROP COLUMN proof;
