-- The books against the facts of money. Every transfer has two sides, so they balance by
-- construction; what can go wrong is that they tell another story than the facts.

-- L1 a journal moves money, from one account to another
SELECT j.no::text FROM ledger_journal j LEFT JOIN ledger_transfer t ON t.journal_no = j.no
GROUP BY j.no HAVING count(t.leg) = 0 OR bool_or(t.amount_fen <= 0 OR t.debit = t.credit);

-- L2 a journal's moves are of its day
SELECT j.no::text FROM ledger_journal j JOIN ledger_transfer t ON t.journal_no = j.no
WHERE t.day <> j.day OR j.day <> (j.occurred_at AT TIME ZONE 'Asia/Shanghai')::date;

-- L3 a fact is in the books once
SELECT kind || ':' || ref FROM ledger_journal GROUP BY kind, ref HAVING count(*) > 1;

-- L4 every payment is in the books, with its amount, at its provider
SELECT a.out_trade_no FROM payment_attempt a LEFT JOIN ledger_journal j ON j.kind = 'capture' AND j.ref = a.out_trade_no
LEFT JOIN ledger_transfer t ON t.journal_no = j.no
WHERE a.status = 'succeeded' AND (t.amount_fen IS DISTINCT FROM a.amount_fen OR t.debit IS DISTINCT FROM 'receivable:' || a.channel || ':' || a.account_id);

-- L5 every refund is in the books, with its amount, from where the money left
SELECT r.out_refund_no FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id LEFT JOIN ledger_journal j ON j.kind = 'refund' AND j.ref = r.out_refund_no
LEFT JOIN ledger_transfer t ON t.journal_no = j.no
WHERE r.status IN ('succeeded', 'settled') AND (t.amount_fen IS DISTINCT FROM r.amount_fen
  OR t.credit IS DISTINCT FROM CASE WHEN r.settled_means = 'elsewhere' THEN 'bank' ELSE 'receivable:' || a.channel || ':' || a.account_id END
  OR t.debit IS DISTINCT FROM CASE WHEN r.reason IN ('late_payment', 'double_payment') THEN 'surplus' ELSE 'refunds' END);

-- L6 nothing is in the books that did not happen
SELECT j.kind || ':' || j.ref FROM ledger_journal j
WHERE (j.kind IN ('capture', 'surplus') AND NOT EXISTS (SELECT FROM payment_attempt a WHERE a.out_trade_no = j.ref AND a.status = 'succeeded' AND (a.surplus OR j.kind = 'capture')))
   OR (j.kind = 'refund' AND NOT EXISTS (SELECT FROM refund r WHERE r.out_refund_no = j.ref AND r.status IN ('succeeded', 'settled')))
   OR (j.kind = 'payout' AND NOT EXISTS (SELECT FROM transfer x WHERE x.out_bill_no = j.ref AND x.status = 'succeeded'));

-- L7 what a provider holds of payments and refunds is what came less what went back
SELECT m.id::text FROM payment_account m
LEFT JOIN (SELECT account_id, sum(amount_fen) AS n FROM payment_attempt WHERE status = 'succeeded' GROUP BY account_id) p ON p.account_id = m.id
LEFT JOIN (SELECT a.account_id, sum(r.amount_fen) AS n FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
           WHERE r.status = 'succeeded' OR (r.status = 'settled' AND r.settled_means = 'provider') GROUP BY a.account_id) r ON r.account_id = m.id
LEFT JOIN (SELECT x.account, sum(x.n) AS n FROM
            (SELECT t.debit AS account, t.amount_fen::bigint AS n, t.journal_no FROM ledger_transfer t UNION ALL SELECT t.credit, -t.amount_fen::bigint, t.journal_no FROM ledger_transfer t) x
           JOIN ledger_journal j ON j.no = x.journal_no WHERE j.kind IN ('capture', 'refund') GROUP BY x.account) b ON b.account = 'receivable:' || m.channel || ':' || m.id
WHERE coalesce(p.n, 0) - coalesce(r.n, 0) <> coalesce(b.n, 0);

-- L8 what is owed to buyers is the surplus that came and is not back
SELECT 'surplus' FROM (SELECT
  coalesce((SELECT sum(a.amount_fen - a.refunded_fen) FROM payment_attempt a WHERE a.surplus), 0) AS owed,
  coalesce((SELECT sum(CASE WHEN t.credit = 'surplus' THEN t.amount_fen ELSE -t.amount_fen END) FROM ledger_transfer t JOIN ledger_journal j ON j.no = t.journal_no
            WHERE j.kind IN ('capture', 'surplus', 'refund') AND 'surplus' IN (t.debit, t.credit)), 0) AS booked) x
WHERE x.owed <> x.booked;

-- L9 a reversal is its original with the sides changed
SELECT j.no::text FROM ledger_journal j JOIN ledger_transfer o ON o.journal_no = j.reverses
LEFT JOIN ledger_transfer t ON t.journal_no = j.no AND t.leg = o.leg
WHERE t.debit IS DISTINCT FROM o.credit OR t.credit IS DISTINCT FROM o.debit OR t.amount_fen IS DISTINCT FROM o.amount_fen;
