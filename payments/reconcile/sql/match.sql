-- Whole days at once: no statement here is about one line.

-- name: LineBounds :one
-- The first and the last line of a file; both 0 for an empty one.
SELECT coalesce(min(id), 0)::bigint AS first_line, coalesce(max(id), 0)::bigint AS last_line FROM bill_line WHERE file_id = @file_id;

-- name: MatchPaymentsByProvider :execrows
-- First by the provider's number. One of ours is one line, whatever a file repeats. The
-- status is asked for in a form that no partial index answers: before a new shop's tables
-- were analyzed, the planner would take the index of paid attempts and read all of them for
-- every line.
UPDATE bill_line l SET attempt_id = m.attempt_id
FROM (SELECT DISTINCT ON (a.id) a.id AS attempt_id, x.id AS line_id
      FROM bill_line x JOIN payment_attempt a ON a.account_id = @account_id AND a.transaction_id = x.provider_no
      WHERE x.file_id = @trade_file AND x.id BETWEEN @first_line AND @last_line AND x.kind = 'payment' AND x.final AND x.attempt_id IS NULL AND x.provider_no <> '' AND (a.status = 'succeeded') IS TRUE
        AND NOT EXISTS (SELECT FROM bill_line o WHERE o.attempt_id = a.id)
      ORDER BY a.id, x.id) m
WHERE l.id = m.line_id;

-- name: MatchPaymentsByOwn :execrows
UPDATE bill_line l SET attempt_id = m.attempt_id
FROM (SELECT DISTINCT ON (a.id) a.id AS attempt_id, x.id AS line_id
      FROM bill_line x JOIN payment_attempt a ON a.out_trade_no = x.own_no AND a.account_id = @account_id
      WHERE x.file_id = @trade_file AND x.id BETWEEN @first_line AND @last_line AND x.kind = 'payment' AND x.final AND x.attempt_id IS NULL AND x.own_no <> '' AND (a.status = 'succeeded') IS TRUE
        AND NOT EXISTS (SELECT FROM bill_line o WHERE o.attempt_id = a.id)
      ORDER BY a.id, x.id) m
WHERE l.id = m.line_id;

-- name: MatchRefundsByOwn :execrows
-- A refund's own number is unique, while the provider's may be that of its payment.
UPDATE bill_line l SET refund_id = m.refund_id
FROM (SELECT DISTINCT ON (r.id) r.id AS refund_id, x.id AS line_id
      FROM bill_line x JOIN refund r ON r.out_refund_no = x.own_no JOIN payment_attempt a ON a.id = r.attempt_id AND a.account_id = @account_id
      WHERE x.file_id = @trade_file AND x.id BETWEEN @first_line AND @last_line AND x.kind = 'refund' AND x.final AND x.refund_id IS NULL AND x.own_no <> '' AND r.status = 'succeeded'
        AND NOT EXISTS (SELECT FROM bill_line o WHERE o.refund_id = r.id)
      ORDER BY r.id, x.id) m
WHERE l.id = m.line_id;

-- name: MatchRefundsByProvider :execrows
UPDATE bill_line l SET refund_id = m.refund_id
FROM (SELECT DISTINCT ON (r.id) r.id AS refund_id, x.id AS line_id
      FROM bill_line x
      JOIN payment_attempt a ON a.account_id = @account_id AND a.transaction_id = x.payment_no
      JOIN refund r ON r.attempt_id = a.id AND r.provider_refund_id = x.provider_no
      WHERE x.file_id = @trade_file AND x.id BETWEEN @first_line AND @last_line AND x.kind = 'refund' AND x.final AND x.refund_id IS NULL AND x.provider_no <> '' AND r.status = 'succeeded'
        AND NOT EXISTS (SELECT FROM bill_line o WHERE o.refund_id = r.id)
      ORDER BY r.id, x.id) m
WHERE l.id = m.line_id;

-- name: FindDifferences :exec
-- Everything that does not agree, written once under its own key. What had been healed and
-- does not agree again is open again; so is what was explained and is another amount now.
-- What had been found on this day and agrees now is healed.
WITH trade AS (
  SELECT id, kind, provider_no, own_no, payment_no, amount_fen::bigint AS amount_fen, settled_fen::bigint AS settled_fen, fee_milli, moved_at, final, attempt_id, refund_id,
         CASE WHEN provider_no <> '' THEN provider_no ELSE payment_no END AS key
  FROM bill_line b WHERE b.file_id = @trade_file
), fund AS (
  SELECT id, kind, provider_no, own_no, amount_fen::bigint AS amount_fen, moved_at, provider_no AS key FROM bill_line b WHERE b.file_id = @fund_file
), found AS (
  SELECT 'amount:payment:' || a.out_trade_no AS key, 'amount_differs' AS kind, 'payment' AS subject, a.id AS attempt_id, NULL::bigint AS refund_id, t.provider_no,
         a.out_trade_no AS own_no, t.moved_at, a.amount_fen::bigint AS our_fen, t.settled_fen AS their_fen,
         t.settled_fen - a.amount_fen AS effect_fen, greatest(abs(t.settled_fen - a.amount_fen), abs(t.amount_fen - a.amount_fen)) AS fen
  FROM trade t JOIN payment_attempt a ON a.id = t.attempt_id WHERE t.amount_fen <> a.amount_fen OR t.settled_fen <> a.amount_fen
  UNION ALL
  SELECT 'amount:refund:' || r.out_refund_no, 'amount_differs', 'refund', NULL, r.id, t.provider_no, r.out_refund_no, t.moved_at, r.amount_fen, t.settled_fen,
         r.amount_fen - t.settled_fen, greatest(abs(t.settled_fen - r.amount_fen), abs(t.amount_fen - r.amount_fen))
  FROM trade t JOIN refund r ON r.id = t.refund_id WHERE t.amount_fen <> r.amount_fen OR t.settled_fen <> r.amount_fen
  UNION ALL
  SELECT 'theirs:' || t.kind || ':' || t.key || '/' || t.own_no || '/' || row_number() OVER (PARTITION BY t.kind, t.key, t.own_no ORDER BY t.id), 'only_theirs', t.kind,
         NULL, NULL, t.key, t.own_no, t.moved_at, 0, t.settled_fen, CASE WHEN t.kind = 'payment' THEN t.settled_fen ELSE -t.settled_fen END, greatest(t.settled_fen, t.amount_fen)
  FROM trade t WHERE t.final AND t.kind IN ('payment', 'refund') AND t.attempt_id IS NULL AND t.refund_id IS NULL AND greatest(t.settled_fen, t.amount_fen) > 0
  UNION ALL
  SELECT 'theirs:other:' || o.provider_no || '/' || row_number() OVER (PARTITION BY o.provider_no ORDER BY o.id), 'only_theirs', 'other', NULL, NULL, o.provider_no, o.own_no, o.moved_at,
         0, o.amount_fen, o.amount_fen, abs(o.amount_fen)
  FROM (SELECT id, provider_no, own_no, moved_at, amount_fen FROM trade WHERE kind = 'other' UNION ALL SELECT id, provider_no, own_no, moved_at, amount_fen FROM fund WHERE kind = 'other') o
  WHERE o.amount_fen <> 0
  UNION ALL
  -- What the bill of trades says must have moved the balance by as much.
  SELECT 'fund:' || coalesce(t.kind, f.kind) || ':' || coalesce(t.key, f.key), CASE WHEN t.key IS NULL THEN 'only_theirs' ELSE 'amount_differs' END, 'fund', NULL, NULL,
         coalesce(t.key, f.key), coalesce(t.own_no, f.own_no), coalesce(t.moved_at, f.moved_at), coalesce(t.fen, 0), coalesce(f.fen, 0),
         (coalesce(f.fen, 0) - coalesce(t.fen, 0)) * CASE WHEN coalesce(t.kind, f.kind) = 'payment' THEN 1 ELSE -1 END, abs(coalesce(f.fen, 0) - coalesce(t.fen, 0))
  FROM (SELECT kind, key, min(own_no) AS own_no, min(moved_at) AS moved_at, sum(settled_fen)::bigint AS fen FROM trade
        WHERE final AND kind IN ('payment', 'refund') AND @fund_file::bigint > 0 GROUP BY kind, key) t
  FULL JOIN (SELECT kind, key, min(own_no) AS own_no, min(moved_at) AS moved_at, sum(amount_fen)::bigint AS fen FROM fund
             WHERE kind IN ('payment', 'refund') GROUP BY kind, key) f ON f.kind = t.kind AND f.key = t.key
  WHERE coalesce(f.fen, 0) <> coalesce(t.fen, 0)
  UNION ALL
  -- A fee that is named is the fee that is kept, to the fen.
  SELECT 'fee:' || coalesce(t.key, f.key), 'fee_differs', 'fee', NULL, NULL, coalesce(t.key, f.key), coalesce(t.own_no, f.own_no), coalesce(t.moved_at, f.moved_at),
         coalesce(t.fen, 0), coalesce(f.fen, 0), 0, abs(coalesce(f.fen, 0) - coalesce(t.fen, 0))
  FROM (SELECT key, min(own_no) AS own_no, min(moved_at) AS moved_at, round(sum(fee_milli) / 1000.0)::bigint AS fen FROM trade
        WHERE @fund_file::bigint > 0 GROUP BY key) t
  FULL JOIN (SELECT key, min(own_no) AS own_no, min(moved_at) AS moved_at, -sum(amount_fen)::bigint AS fen FROM fund WHERE kind = 'fee' GROUP BY key) f ON f.key = t.key
  WHERE coalesce(f.fen, 0) <> coalesce(t.fen, 0)
  UNION ALL
  -- Ours of this day, and what was carried to it from the day before.
  SELECT 'ours:payment:' || a.out_trade_no, 'only_ours', 'payment', a.id, NULL, coalesce(a.transaction_id, ''), a.out_trade_no, a.paid_at, a.amount_fen, 0, -a.amount_fen, a.amount_fen
  FROM payment_attempt a
  WHERE a.account_id = @account_id AND a.status = 'succeeded'
    AND ((a.paid_at >= @begins_at AND a.paid_at < @ends_at) OR a.id IN (SELECT d.attempt_id FROM bill_difference d WHERE d.day_id = @day_id AND d.kind = 'only_ours'))
    AND NOT EXISTS (SELECT FROM bill_line o WHERE o.attempt_id = a.id)
    AND NOT EXISTS (SELECT FROM bill_difference d WHERE d.account_id = @account_id AND d.key = 'ours:payment:' || a.out_trade_no AND d.day_id <> @day_id)
  UNION ALL
  SELECT 'ours:refund:' || r.out_refund_no, 'only_ours', 'refund', NULL, r.id, coalesce(r.provider_refund_id, ''), r.out_refund_no, r.finished_at, r.amount_fen, 0, r.amount_fen, r.amount_fen
  FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
  WHERE a.account_id = @account_id AND r.status = 'succeeded'
    AND ((r.finished_at >= @begins_at AND r.finished_at < @ends_at) OR r.id IN (SELECT d.refund_id FROM bill_difference d WHERE d.day_id = @day_id AND d.kind = 'only_ours'))
    AND NOT EXISTS (SELECT FROM bill_line o WHERE o.refund_id = r.id)
    AND NOT EXISTS (SELECT FROM bill_difference d WHERE d.account_id = @account_id AND d.key = 'ours:refund:' || r.out_refund_no AND d.day_id <> @day_id)
), healed AS (
  UPDATE bill_difference d SET status = 'healed' WHERE d.day_id = @day_id AND d.status IN ('open', 'carried') AND NOT EXISTS (SELECT FROM found f WHERE f.key = d.key)
)
INSERT INTO bill_difference AS d (account_id, day_id, key, kind, subject, status, attempt_id, refund_id, provider_no, own_no, moved_at, our_fen, their_fen, effect_fen, fen, found_at)
SELECT @account_id, @day_id, f.key, f.kind, f.subject, 'open', f.attempt_id, f.refund_id, f.provider_no, f.own_no, f.moved_at, f.our_fen, f.their_fen, f.effect_fen, f.fen, @now::timestamptz
FROM found f
ON CONFLICT (account_id, key) DO UPDATE SET day_id = excluded.day_id, our_fen = excluded.our_fen, their_fen = excluded.their_fen, effect_fen = excluded.effect_fen, fen = excluded.fen,
  status = CASE WHEN d.status = 'explained' AND d.effect_fen = excluded.effect_fen AND d.fen = excluded.fen THEN 'explained' ELSE 'open' END,
  resolution = CASE WHEN d.status = 'explained' AND d.effect_fen = excluded.effect_fen AND d.fen = excluded.fen THEN d.resolution ELSE '' END,
  resolved_at = CASE WHEN d.status = 'explained' AND d.effect_fen = excluded.effect_fen AND d.fen = excluded.fen THEN d.resolved_at END;

-- name: HealOurs :exec
-- What only we had, on any day, until a bill told of it.
UPDATE bill_difference d SET status = 'healed'
WHERE d.account_id = @account_id AND d.kind = 'only_ours' AND d.status IN ('open', 'carried')
  AND EXISTS (SELECT FROM bill_line l WHERE l.attempt_id = d.attempt_id OR l.refund_id = d.refund_id);

-- name: SumDay :exec
UPDATE bill_day b SET
  their_paid_fen = t.paid_fen, their_paid = t.paid, their_refunded_fen = t.refunded_fen, their_refunded = t.refunded, matched = t.matched,
  fee_fen = CASE WHEN f.lines > 0 THEN f.fee_fen ELSE t.fee_fen END, settled_fen = t.settled_fen + f.settled_fen,
  our_paid_fen = p.fen, our_paid = p.n, our_refunded_fen = r.fen, our_refunded = r.n
FROM (SELECT coalesce(sum(amount_fen) FILTER (WHERE kind = 'payment' AND final), 0)::bigint AS paid_fen, count(*) FILTER (WHERE kind = 'payment' AND final) AS paid,
             coalesce(sum(amount_fen) FILTER (WHERE kind = 'refund' AND final), 0)::bigint AS refunded_fen, count(*) FILTER (WHERE kind = 'refund' AND final) AS refunded,
             count(*) FILTER (WHERE attempt_id IS NOT NULL OR refund_id IS NOT NULL) AS matched,
             round(coalesce(sum(fee_milli), 0) / 1000.0)::bigint AS fee_fen, coalesce(-sum(amount_fen) FILTER (WHERE kind = 'settlement'), 0)::bigint AS settled_fen
      FROM bill_line b WHERE b.file_id = @trade_file) t,
     (SELECT count(*) AS lines, coalesce(-sum(amount_fen) FILTER (WHERE kind = 'fee'), 0)::bigint AS fee_fen,
             coalesce(-sum(amount_fen) FILTER (WHERE kind = 'settlement'), 0)::bigint AS settled_fen
      FROM bill_line b WHERE b.file_id = @fund_file) f,
     (SELECT coalesce(sum(amount_fen), 0)::bigint AS fen, count(*) AS n FROM payment_attempt a
      WHERE a.account_id = @account_id AND a.status = 'succeeded' AND a.paid_at >= @begins_at AND a.paid_at < @ends_at) p,
     (SELECT coalesce(sum(x.amount_fen), 0)::bigint AS fen, count(*) AS n FROM refund x JOIN payment_attempt a ON a.id = x.attempt_id
      WHERE a.account_id = @account_id AND x.status = 'succeeded' AND x.finished_at >= @begins_at AND x.finished_at < @ends_at) r
WHERE b.id = @day_id;

-- name: CountOpen :exec
-- What the open days of an account still have to explain.
UPDATE bill_day b SET open_count = c.n, unexplained_fen = c.fen
FROM (SELECT x.id, count(d.id) AS n, coalesce(sum(d.fen), 0)::bigint AS fen FROM bill_day x
      LEFT JOIN bill_difference d ON d.day_id = x.id AND d.status = 'open'
      WHERE x.account_id = @account_id AND x.status <> 'closed' GROUP BY x.id) c
WHERE c.id = b.id AND (b.open_count <> c.n OR b.unexplained_fen <> c.fen);

-- name: CloseDays :execrows
-- bill_day_explained is the wall behind it.
UPDATE bill_day SET status = 'closed', closed_at = @now, last_error = ''
WHERE account_id = @account_id AND status = ANY(@from_statuses::text[]) AND booked AND open_count = 0 AND unexplained_fen = 0;

-- name: FeesToBook :many
-- Of the bill of funds if there is one, else of the bill of trades; one sum per number.
WITH fees AS (
  SELECT b.provider_no AS number, -b.amount_fen::bigint AS fen, b.moved_at FROM bill_line b WHERE b.file_id = @fund_file AND b.kind = 'fee'
  UNION ALL
  SELECT CASE WHEN b.provider_no <> '' THEN b.provider_no ELSE b.payment_no END, round(b.fee_milli / 1000.0)::bigint, b.moved_at FROM bill_line b
  WHERE b.file_id = @trade_file AND @fund_file::bigint = 0 AND b.fee_milli <> 0
)
SELECT f.number::text AS ref, sum(f.fen)::bigint AS fen, min(f.moved_at)::timestamptz AS moved_at FROM fees f
WHERE f.number > CAST(@after AS text) GROUP BY f.number HAVING sum(f.fen) <> 0 ORDER BY f.number LIMIT @most;

-- name: Settlements :many
SELECT provider_no, amount_fen, moved_at FROM bill_line b
WHERE (b.file_id = @trade_file OR b.file_id = @fund_file) AND kind = 'settlement' AND amount_fen <> 0 ORDER BY id;

-- name: SetBooked :exec
UPDATE bill_day SET fee_cursor = @fee_cursor, booked = @booked WHERE id = @id;
