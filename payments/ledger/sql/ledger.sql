-- name: Post :execrows
-- A fact is posted once, and reversed once; 0 rows say that it was before. Two that reverse one at
-- the same time meet in either of the keys.
WITH j AS (
  INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor, note, reverses)
  VALUES (@kind, @ref, @day, @occurred_at, @now, @actor, @note, sqlc.narg('reverses'))
  ON CONFLICT DO NOTHING RETURNING no, day
)
INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day)
SELECT j.no, l.leg, l.debit, l.credit, l.amount_fen, j.day
FROM j, (SELECT unnest(@legs::smallint[]) AS leg, unnest(@debits::text[]) AS debit, unnest(@credits::text[]) AS credit, unnest(@amounts::bigint[]) AS amount_fen) l;

-- name: Debits :many
-- What each account was debited until a day, and of it since another day.
SELECT debit AS account, sum(amount_fen)::bigint AS total_fen, coalesce(sum(amount_fen) FILTER (WHERE day >= @from_day), 0)::bigint AS period_fen
FROM ledger_transfer WHERE day <= @to_day GROUP BY debit ORDER BY debit;

-- name: Credits :many
-- What each account was credited until a day, and of it since another day.
SELECT credit AS account, sum(amount_fen)::bigint AS total_fen, coalesce(sum(amount_fen) FILTER (WHERE day >= @from_day), 0)::bigint AS period_fen
FROM ledger_transfer WHERE day <= @to_day GROUP BY credit ORDER BY credit;

-- name: Entries :many
-- An account's lines, newest first; amounts are positive where the account was debited.
SELECT j.no, j.kind, j.ref, j.day, j.occurred_at, j.actor, j.note, j.reverses, e.leg, e.other::text AS other, e.amount_fen::bigint AS amount_fen,
       coalesce((SELECT r.no FROM ledger_journal r WHERE r.reverses = j.no), 0)::bigint AS reversed_by
FROM (
  SELECT d.journal_no, d.leg, d.credit AS other, d.amount_fen FROM ledger_transfer d
  WHERE d.debit = @account AND d.day BETWEEN @from_day AND @to_day AND d.journal_no < @before_no
  UNION ALL
  SELECT c.journal_no, c.leg, c.debit, -c.amount_fen FROM ledger_transfer c
  WHERE c.credit = @account AND c.day BETWEEN @from_day AND @to_day AND c.journal_no < @before_no
) e JOIN ledger_journal j ON j.no = e.journal_no
ORDER BY j.no DESC, e.leg LIMIT @page_size;

-- name: Journal :many
SELECT j.no, j.kind, j.ref, j.day, j.occurred_at, j.posted_at, j.actor, j.note, j.reverses, t.leg, t.debit, t.credit, t.amount_fen,
       coalesce((SELECT r.no FROM ledger_journal r WHERE r.reverses = j.no), 0)::bigint AS reversed_by
FROM ledger_journal j JOIN ledger_transfer t ON t.journal_no = j.no WHERE j.no = @no ORDER BY t.leg;

-- name: PostFees :execrows
-- Many facts of one transfer each, in one statement; those posted before are left out.
WITH given AS (
  SELECT unnest(@refs::text[]) AS ref, unnest(@amounts::bigint[]) AS amount_fen, unnest(@ats::timestamptz[]) AS occurred_at
), posted AS (
  INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor)
  SELECT @kind, g.ref, (g.occurred_at AT TIME ZONE 'Asia/Shanghai')::date, g.occurred_at, @now, 'system' FROM given g
  ON CONFLICT (kind, ref) DO NOTHING RETURNING no, ref, day
)
INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day)
SELECT p.no, 1, CASE WHEN g.amount_fen > 0 THEN @fees::text ELSE @receivable::text END, CASE WHEN g.amount_fen > 0 THEN @receivable::text ELSE @fees::text END,
       abs(g.amount_fen), p.day
FROM posted p JOIN given g ON g.ref = p.ref;
