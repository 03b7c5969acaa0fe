ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_kind;
ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_kind CHECK (kind IN
  ('capture', 'surplus', 'refund', 'fee', 'settlement', 'payout', 'anomaly', 'adjustment', 'reversal'));
DROP TABLE withdrawal, commission, commission_order, distribution_bond, distributor, distribution_rate, distributor_level, distribution_plan;
