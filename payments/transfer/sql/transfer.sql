-- name: Insert :execrows
-- Once per source, however often it is asked for.
INSERT INTO transfer (out_bill_no, source_kind, source_no, account_id, channel, app_id, member_id, receiver_kind, receiver_sealed, receiver_hint,
                      amount_fen, title, terms, status, created_by, created_at, updated_at)
VALUES (@out_bill_no, @source_kind, @source_no, @account_id, @channel, @app_id, @member_id, @receiver_kind, @receiver_sealed, @receiver_hint,
        @amount_fen, @title, @terms, 'created', @created_by, @now, @now)
ON CONFLICT (source_kind, source_no) DO NOTHING;

-- name: BySource :one
SELECT id, out_bill_no, source_kind, source_no, account_id, channel, app_id, member_id, receiver_kind, receiver_sealed, receiver_hint, amount_fen, title, terms,
       status, provider_no, package_info, fail_reason, last_error, query_step, created_by, created_at, updated_at, finished_at, last_code
FROM transfer WHERE source_kind = @source_kind AND source_no = @source_no;

-- name: Find :one
SELECT id, out_bill_no, source_kind, source_no, account_id, channel, app_id, member_id, receiver_kind, receiver_sealed, receiver_hint, amount_fen, title, terms,
       status, provider_no, package_info, fail_reason, last_error, query_step, created_by, created_at, updated_at, finished_at, last_code
FROM transfer WHERE out_bill_no = @out_bill_no;

-- name: Lock :one
SELECT id, out_bill_no, source_kind, source_no, account_id, channel, app_id, member_id, receiver_kind, receiver_sealed, receiver_hint, amount_fen, title, terms,
       status, provider_no, package_info, fail_reason, last_error, query_step, created_by, created_at, updated_at, finished_at, last_code
FROM transfer WHERE out_bill_no = @out_bill_no FOR UPDATE;

-- name: OfMember :many
-- What a buyer has to confirm, and what came lately.
SELECT t.id, t.out_bill_no, t.app_id, t.channel, t.amount_fen, t.title, t.status, t.package_info, t.created_at, t.finished_at, a.merchant_no
FROM transfer t JOIN payment_account a ON a.id = t.account_id
WHERE t.member_id = @member_id::bigint AND t.app_id = @app_id ORDER BY t.id DESC LIMIT 50;

-- name: SetStatus :execrows
UPDATE transfer SET status = @to_status, provider_no = CASE WHEN @provider_no::text <> '' THEN @provider_no::text ELSE provider_no END, package_info = @package_info,
  fail_reason = @fail_reason, last_error = @last_error, last_code = '', updated_at = @now, finished_at = @finished_at
WHERE out_bill_no = @out_bill_no AND status = @from_status;

-- name: SetStep :exec
UPDATE transfer SET query_step = @query_step, last_error = @last_error, last_code = @last_code WHERE out_bill_no = @out_bill_no;

-- name: InsertEvent :exec
INSERT INTO transfer_event (transfer_id, at, event, to_status, actor, note)
VALUES (@transfer_id, @at, @event, @to_status, @actor, @note);

-- name: Sealed :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT t.id, t.out_bill_no, substring(t.receiver_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(t.receiver_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN t.receiver_sealed END, '')::bytea AS sealed
FROM transfer t WHERE t.id > @after ORDER BY t.id LIMIT 200;

-- name: Reseal :execrows
UPDATE transfer SET receiver_sealed = @sealed WHERE id = @id AND receiver_sealed = @old_sealed;
