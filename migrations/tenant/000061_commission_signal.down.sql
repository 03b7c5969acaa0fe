DROP TABLE commission_signal;
ALTER TABLE distribution_plan DROP COLUMN shared;
