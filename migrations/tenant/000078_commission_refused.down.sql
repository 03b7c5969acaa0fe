ALTER TABLE commission_signal DROP COLUMN refused;
UPDATE distribution_plan SET shared = 'hold' WHERE shared = 'refuse';
ALTER TABLE distribution_plan ALTER COLUMN shared SET DEFAULT 'mark';
ALTER TABLE distribution_plan DROP CONSTRAINT distribution_shared;
ALTER TABLE distribution_plan ADD CONSTRAINT distribution_shared CHECK (shared IN ('mark', 'hold'));
