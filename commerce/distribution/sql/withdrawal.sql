-- name: Withdrawal :one
SELECT w.* FROM withdrawal w WHERE w.withdrawal_no = @withdrawal_no;

-- name: LockWithdrawal :one
SELECT w.* FROM withdrawal w WHERE w.withdrawal_no = @withdrawal_no FOR NO KEY UPDATE;

-- name: ByKey :one
SELECT w.* FROM withdrawal w WHERE w.distributor_id = @distributor_id AND w.request_key = @request_key;

-- name: Today :one
SELECT count(*) AS n, coalesce(sum(w.amount_fen), 0)::bigint AS fen FROM withdrawal w
WHERE w.distributor_id = @distributor_id AND w.created_at >= @since::timestamptz AND w.status NOT IN ('failed', 'rejected', 'cancelled');

-- name: AddWithdrawal :exec
INSERT INTO withdrawal (withdrawal_no, distributor_id, request_key, status, way, app_id, receiver_sealed, receiver_hint, amount_fen, fee_fen, tax_fen, pay_fen, actor, twice, created_at, moved_at)
VALUES (@withdrawal_no, @distributor_id, @request_key, @status, @way, @app_id, @receiver_sealed, @receiver_hint, @amount_fen, @fee_fen, @tax_fen, @pay_fen, @actor, @twice, @now::timestamptz, @now);

-- name: ApproveWithdrawal :execrows
-- Writes down who approved one that needs two people: the first, then another.
UPDATE withdrawal SET first_by = coalesce(first_by, @actor::text), second_by = CASE WHEN first_by IS NOT NULL THEN @actor END
WHERE id = @id AND status = 'requested' AND twice AND second_by IS NULL AND coalesce(first_by <> @actor, true);

-- name: MoveWithdrawal :execrows
-- Whom to pay is forgotten with the end; a transfer keeps its own sealed copy.
UPDATE withdrawal SET status = @to_status, reason = @reason, actor = @actor, moved_at = @now::timestamptz,
  finished_at = CASE WHEN @final::boolean THEN @now END, receiver_sealed = CASE WHEN @final THEN NULL ELSE receiver_sealed END
WHERE id = @id AND status = @from_status;

-- name: Withdrawals :many
SELECT sqlc.embed(w), m.nickname FROM withdrawal w JOIN member m ON m.id = w.distributor_id
WHERE (@distributor_id::bigint = 0 OR w.distributor_id = @distributor_id) AND (@status::text = '' OR w.status = @status) AND w.id < @before::bigint
ORDER BY w.id DESC LIMIT @most;

-- name: CountWithdrawals :many
SELECT w.status, count(*) AS n, sum(w.amount_fen)::bigint AS fen FROM withdrawal w GROUP BY w.status;

-- name: OpenWithdrawals :one
SELECT count(*) FROM withdrawal w WHERE w.distributor_id = @distributor_id AND w.finished_at IS NULL;

-- name: Sealed :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT w.id, w.withdrawal_no, substring(w.receiver_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(w.receiver_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN w.receiver_sealed END, '')::bytea AS sealed
FROM withdrawal w WHERE w.id > @after AND w.receiver_sealed IS NOT NULL ORDER BY w.id LIMIT 200;

-- name: Reseal :execrows
UPDATE withdrawal SET receiver_sealed = @sealed WHERE id = @id AND receiver_sealed = @old_sealed;

-- name: WithdrawalShown :one
SELECT sqlc.embed(w), m.nickname FROM withdrawal w JOIN member m ON m.id = w.distributor_id WHERE w.withdrawal_no = @withdrawal_no;

-- name: PaidOut :many
-- What was paid out in a time, for the tax office.
SELECT sqlc.embed(w), m.nickname FROM withdrawal w JOIN member m ON m.id = w.distributor_id
WHERE w.status = 'succeeded' AND w.finished_at >= @since::timestamptz AND w.finished_at < @until::timestamptz AND (@distributor_id::bigint = 0 OR w.distributor_id = @distributor_id)
  AND w.id > @after::bigint ORDER BY w.id LIMIT @most;

-- name: PaidOutBy :many
-- The same, as one line for each distributor and month of Asia/Shanghai.
SELECT w.distributor_id, m.nickname, to_char(w.finished_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')::text AS month, count(*) AS n,
  sum(w.amount_fen)::bigint AS amount_fen, sum(w.fee_fen)::bigint AS fee_fen, sum(w.tax_fen)::bigint AS tax_fen, sum(w.pay_fen)::bigint AS pay_fen
FROM withdrawal w JOIN member m ON m.id = w.distributor_id
WHERE w.status = 'succeeded' AND w.finished_at >= @since::timestamptz AND w.finished_at < @until::timestamptz AND (@distributor_id::bigint = 0 OR w.distributor_id = @distributor_id)
GROUP BY w.distributor_id, m.nickname, 3 ORDER BY w.distributor_id, 3;
