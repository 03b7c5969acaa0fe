-- Days of bills: nothing is closed that is not explained.

-- D1 a closed day has nothing left to explain
SELECT b.id::text FROM bill_day b WHERE b.status = 'closed'
  AND (b.open_count <> 0 OR b.unexplained_fen <> 0 OR NOT b.booked OR EXISTS (SELECT FROM bill_difference d WHERE d.day_id = b.id AND d.status = 'open'));

-- D2 an open day counts what it has to explain
SELECT b.id::text FROM bill_day b LEFT JOIN (SELECT day_id, count(*) AS n, sum(fen) AS fen FROM bill_difference WHERE status = 'open' GROUP BY day_id) d ON d.day_id = b.id
WHERE b.status = 'open' AND (b.open_count <> coalesce(d.n, 0) OR b.unexplained_fen <> coalesce(d.fen, 0));

-- D3 what a bill's line is said to be has its amount, or a difference that says it has not
SELECT l.id::text FROM bill_line l JOIN bill_file f ON f.id = l.file_id AND f.status = 'current' JOIN bill_day b ON b.id = f.day_id AND b.status IN ('open', 'closed')
LEFT JOIN payment_attempt a ON a.id = l.attempt_id LEFT JOIN refund r ON r.id = l.refund_id
WHERE (l.attempt_id IS NOT NULL OR l.refund_id IS NOT NULL) AND l.amount_fen <> coalesce(a.amount_fen, r.amount_fen)
  AND NOT EXISTS (SELECT FROM bill_difference d WHERE d.day_id = b.id AND d.kind = 'amount_differs' AND (d.attempt_id = l.attempt_id OR d.refund_id = l.refund_id));

-- D4 what was explained says by whom and why
SELECT id::text FROM bill_difference WHERE (status = 'explained') <> (resolution <> '' AND note <> '' AND resolved_by <> '' AND resolved_at IS NOT NULL);

-- D5 a closed day's fees are in the books
SELECT b.id::text FROM bill_day b JOIN payment_account m ON m.id = b.account_id
JOIN bill_file f ON f.day_id = b.id AND f.status = 'current' AND f.kind = 'fund' JOIN bill_line l ON l.file_id = f.id AND l.kind = 'fee' AND l.amount_fen <> 0
WHERE b.status = 'closed' AND NOT EXISTS (SELECT FROM ledger_journal j WHERE j.kind = 'fee' AND j.ref = l.provider_no);
