-- The shop's books. A fact of money is a journal; its transfers move an amount from one
-- account (credit) to another (debit), so that the whole balances by construction. Rows are
-- written once: a mistake is corrected by a journal that reverses.
CREATE TABLE ledger_journal (
  no           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CONSTRAINT ledger_journal_kind CHECK (kind IN
                 ('capture', 'surplus', 'refund', 'fee', 'settlement', 'payout', 'anomaly', 'adjustment', 'reversal')),
  ref          text NOT NULL CHECK (length(ref) BETWEEN 1 AND 80),  -- the fact's own number: posted once
  day          date NOT NULL,                                       -- of the fact, Asia/Shanghai
  occurred_at  timestamptz NOT NULL,
  posted_at    timestamptz NOT NULL,
  actor        text NOT NULL,                                       -- 'staff:3', 'system'
  note         text NOT NULL DEFAULT '',
  reverses     bigint UNIQUE REFERENCES ledger_journal (no),
  UNIQUE (kind, ref),
  CONSTRAINT ledger_journal_reversal CHECK ((kind = 'reversal') = (reverses IS NOT NULL))
);
CREATE INDEX ledger_journal_day ON ledger_journal (day, no);

CREATE TABLE ledger_transfer (
  journal_no  bigint NOT NULL REFERENCES ledger_journal (no),
  leg         smallint NOT NULL CHECK (leg > 0),
  debit       text NOT NULL,
  credit      text NOT NULL CONSTRAINT ledger_transfer_moves CHECK (credit <> debit),
  amount_fen  platform.fen NOT NULL CONSTRAINT ledger_transfer_amount CHECK (amount_fen > 0),
  day         date NOT NULL,
  PRIMARY KEY (journal_no, leg)
);
CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, day, journal_no) INCLUDE (amount_fen);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, day, journal_no) INCLUDE (amount_fen);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_journal, ledger_transfer FROM galleria_tenant;

-- What was collected and given back before there were books.
INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor)
SELECT 'capture', out_trade_no, (paid_at AT TIME ZONE 'Asia/Shanghai')::date, paid_at, now(), 'system' FROM payment_attempt WHERE status = 'succeeded';
INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day)
SELECT j.no, 1, 'receivable:' || a.channel || ':' || a.account_id, CASE WHEN a.surplus THEN 'surplus' ELSE 'sales' END, a.amount_fen, j.day
FROM ledger_journal j JOIN payment_attempt a ON a.out_trade_no = j.ref WHERE j.kind = 'capture';
INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor)
SELECT 'refund', out_refund_no, (finished_at AT TIME ZONE 'Asia/Shanghai')::date, finished_at, now(), 'system' FROM refund WHERE status = 'succeeded' AND finished_at IS NOT NULL;
INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day)
SELECT j.no, 1, CASE WHEN r.reason IN ('late_payment', 'double_payment') THEN 'surplus' ELSE 'refunds' END, 'receivable:' || a.channel || ':' || a.account_id, r.amount_fen, j.day
FROM ledger_journal j JOIN refund r ON r.out_refund_no = j.ref JOIN payment_attempt a ON a.id = r.attempt_id WHERE j.kind = 'refund';
