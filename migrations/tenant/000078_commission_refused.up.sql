-- A shop may pay no commission for an order whose buyer shares a phone with who would earn from it, and
-- let neither bring the other: that is how it begins. Shops that chose otherwise keep it.
ALTER TABLE distribution_plan DROP CONSTRAINT distribution_shared;
ALTER TABLE distribution_plan ADD CONSTRAINT distribution_shared CHECK (shared IN ('mark', 'hold', 'refuse'));
ALTER TABLE distribution_plan ALTER COLUMN shared SET DEFAULT 'refuse';
-- Whether no commission was owed because of it.
ALTER TABLE commission_signal ADD COLUMN refused boolean NOT NULL DEFAULT false
  CONSTRAINT commission_signal_refused CHECK (NOT refused OR kind = 'phone');
CREATE INDEX commission_signal_refused_of ON commission_signal (distributor_id, id DESC) WHERE refused;
