-- name: Account :one
SELECT channel, merchant_no, account_key, created_at FROM payment_account WHERE id = @id;

-- name: LastDay :one
SELECT coalesce(max(day), '0001-01-01'::date)::date AS last FROM bill_day WHERE account_id = @account_id;

-- name: OpenDays :exec
INSERT INTO bill_day (account_id, day, status, due_at)
SELECT @account_id, d.day, 'waiting', d.due_at FROM (SELECT unnest(@days::date[]) AS day, unnest(@dues::timestamptz[]) AS due_at) d
ON CONFLICT (account_id, day) DO NOTHING;

-- name: DueDays :many
SELECT id FROM bill_day
WHERE account_id = @account_id AND status <> 'closed' AND due_at <= @now ORDER BY due_at, day LIMIT @most;

-- name: NextDue :one
SELECT coalesce(min(due_at), '9999-12-31'::timestamptz)::timestamptz AS due_at FROM bill_day
WHERE account_id = @account_id AND status <> 'closed' AND due_at < '9999-01-01';

-- name: Day :one
SELECT id, account_id, day, status, due_at, tries, fee_cursor, booked FROM bill_day WHERE id = @id;

-- name: LockDays :exec
-- Whoever changes what an account's days come to waits here: a difference may move from one
-- day to the next.
SELECT id FROM bill_day WHERE account_id = @account_id AND (status <> 'closed' OR id = @id) ORDER BY id FOR UPDATE;

-- name: Move :execrows
UPDATE bill_day SET status = @to_status, due_at = @due_at, tries = 0, last_error = '',
  closed_at = NULL, fetched_at = coalesce(sqlc.narg(fetched_at), fetched_at)
WHERE id = @id AND status = ANY(@from_statuses::text[]);

-- name: Fail :exec
UPDATE bill_day SET tries = tries + 1, last_error = @last_error, due_at = @due_at WHERE id = @id AND status <> 'closed';

-- name: SetDue :exec
UPDATE bill_day SET due_at = @due_at WHERE id = @id AND status <> 'closed';

-- name: Patient :exec
SELECT set_config('statement_timeout', '25s', true);

-- name: CountOurs :one
-- Whether anything of ours belongs to a day, of which the provider has no bill.
SELECT (EXISTS (SELECT FROM payment_attempt a WHERE a.account_id = @account_id AND a.status = 'succeeded' AND a.paid_at >= @begins_at AND a.paid_at < @ends_at)
     OR EXISTS (SELECT FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
                WHERE a.account_id = @account_id AND r.status = 'succeeded' AND r.finished_at >= @begins_at AND r.finished_at < @ends_at))::boolean AS any_of_ours;

-- name: CurrentFiles :many
SELECT id, kind, sha256 FROM bill_file WHERE day_id = @day_id AND status = 'current';

-- name: DropStaging :exec
-- What a run left that broke off, or that is another file now.
DELETE FROM bill_file WHERE day_id = @day_id AND kind = @kind AND status = 'staging';

-- name: StagedFile :one
-- A file that an earlier run has read to its end.
SELECT id, lines FROM bill_file WHERE day_id = @day_id AND kind = @kind AND status = 'staging' AND lines > 0 AND sha256 = @sha256 ORDER BY id DESC LIMIT 1;

-- name: SetLines :exec
UPDATE bill_file SET lines = @lines WHERE id = @id AND status = 'staging';

-- name: InsertFile :one
INSERT INTO bill_file (day_id, kind, status, name, bytes, sha256, lines, note, fetched_at)
VALUES (@day_id, @kind, 'staging', @name, @bytes, @sha256, 0, '', @fetched_at) RETURNING id;

-- name: InsertPart :exec
INSERT INTO bill_file_part (file_id, no, data) VALUES (@file_id, @no, @data);

-- name: CopyLines :copyfrom
INSERT INTO bill_line (file_id, kind, provider_no, own_no, payment_no, amount_fen, settled_fen, fee_milli, moved_at, state, final)
VALUES (@file_id, @kind, @provider_no, @own_no, @payment_no, @amount_fen, @settled_fen, @fee_milli, @moved_at, @state, @final);

-- name: KeepMalformed :exec
-- The file stays, and not a line of it.
UPDATE bill_file SET status = 'malformed', note = @note WHERE id = @id;

-- name: DropLines :exec
DELETE FROM bill_line WHERE file_id = @file_id;

-- name: ReplaceFiles :exec
UPDATE bill_file SET status = 'replaced' WHERE day_id = @day_id AND kind = @kind AND status = 'current';

-- name: DropReplacedLines :exec
DELETE FROM bill_line l USING bill_file f WHERE f.id = l.file_id AND f.day_id = @day_id AND f.status = 'replaced';

-- name: AdoptFile :exec
UPDATE bill_file SET status = 'current', lines = @lines WHERE id = @id AND status = 'staging';

-- name: FilePart :one
SELECT data FROM bill_file_part WHERE file_id = @file_id AND no = @no;
