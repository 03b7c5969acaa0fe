-- Above an amount, a withdrawal goes only when two people have approved it.
ALTER TABLE distribution_plan ADD COLUMN second_fen platform.fen NOT NULL DEFAULT 0 CHECK (second_fen >= 0); -- 0: one is enough

ALTER TABLE withdrawal
  ADD COLUMN twice boolean NOT NULL DEFAULT false, -- as the plan said when it was asked for
  ADD COLUMN first_by text,
  ADD COLUMN second_by text,
  ADD CONSTRAINT withdrawal_twice CHECK (NOT twice OR status IN ('requested', 'rejected', 'cancelled') OR coalesce(first_by <> second_by, false)),
  ADD CONSTRAINT withdrawal_second CHECK (second_by IS NULL OR first_by IS NOT NULL);
