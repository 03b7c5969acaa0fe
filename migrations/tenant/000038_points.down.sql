ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_kind;
ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_kind CHECK (kind IN
  ('capture', 'surplus', 'refund', 'fee', 'settlement', 'payout', 'anomaly', 'adjustment', 'reversal', 'commission', 'withdrawal'));
DROP TABLE points_entry, points_order, points_use, points_lot, points_account, points_rate, points_terms;
