-- name: OpenAttempts :many
-- Every attempt of a bill that matters to a new one: those still open, and a success
-- that counts.
SELECT id, out_trade_no, business_no, account_id, channel, scene, app_id, payer, title, amount_fen, status, prepay_id, prepaid_at,
       expires_at, transaction_id, paid_at, surplus, refund_reserved_fen, refunded_fen, query_step, last_error, created_at,
       (SELECT c.updated_at FROM payment_account c WHERE c.id = account_id)::timestamptz AS account_version
FROM payment_attempt
WHERE business_no = @business_no AND (status IN ('created', 'prepaid', 'closing') OR (status = 'succeeded' AND NOT surplus))
ORDER BY id;

-- name: Attempt :one
SELECT id, out_trade_no, business_no, account_id, channel, scene, app_id, payer, title, amount_fen, status, prepay_id, prepaid_at,
       expires_at, transaction_id, paid_at, surplus, refund_reserved_fen, refunded_fen, query_step, last_error, created_at,
       (SELECT c.updated_at FROM payment_account c WHERE c.id = account_id)::timestamptz AS account_version
FROM payment_attempt WHERE out_trade_no = @out_trade_no;

-- name: LockAttempt :one
-- The row lock puts everything that concerns one number in a line: copies of a
-- notification, a query's answer, a close, a refund. account_version tells whether a
-- remembered account is still as it is stored.
SELECT id, out_trade_no, business_no, account_id, channel, scene, app_id, payer, title, amount_fen, status, prepay_id, prepaid_at,
       expires_at, transaction_id, paid_at, surplus, refund_reserved_fen, refunded_fen, query_step, last_error, created_at,
       (SELECT c.updated_at FROM payment_account c WHERE c.id = account_id)::timestamptz AS account_version
FROM payment_attempt WHERE out_trade_no = @out_trade_no FOR UPDATE;

-- name: InsertAttempt :execrows
-- Two parallel calls of one bill make one attempt: payment_attempt_one_open.
INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, scene, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at)
VALUES (@out_trade_no, @business_no, @account_id, @channel, @scene, @app_id, @payer, @title, @amount_fen, 'created', @expires_at, @now, @now)
ON CONFLICT (business_no, channel) WHERE status IN ('created', 'prepaid', 'closing') DO NOTHING;

-- name: SetPrepaid :execrows
UPDATE payment_attempt SET status = @to_status, prepay_id = @prepay_id::text, prepaid_at = @now, last_error = '', updated_at = @now
WHERE out_trade_no = @out_trade_no AND status = ANY(@from_statuses::text[]);

-- name: SetStatus :execrows
UPDATE payment_attempt SET status = @to_status, last_error = @last_error, updated_at = @now
WHERE out_trade_no = @out_trade_no AND status = ANY(@from_statuses::text[]);

-- name: SetError :exec
UPDATE payment_attempt SET last_error = @last_error, updated_at = @now WHERE out_trade_no = @out_trade_no;

-- name: SetQueryStep :exec
UPDATE payment_attempt SET query_step = @query_step, updated_at = @now WHERE out_trade_no = @out_trade_no;

-- name: SetPaid :one
-- A second success of one bill is surplus at once; payment_attempt_one_success decides
-- between two transactions that both see none.
UPDATE payment_attempt a SET status = @to_status, transaction_id = @transaction_id::text, paid_at = @paid_at::timestamptz, last_error = '', updated_at = @now,
  surplus = EXISTS (SELECT FROM payment_attempt o WHERE o.business_no = a.business_no AND o.id <> a.id AND o.status = 'succeeded' AND NOT o.surplus)
WHERE a.out_trade_no = @out_trade_no AND a.status = ANY(@from_statuses::text[])
RETURNING a.surplus;

-- name: SetSurplus :execrows
UPDATE payment_attempt SET surplus = true, updated_at = @now WHERE out_trade_no = @out_trade_no AND status = 'succeeded';

-- name: ReserveRefund :execrows
-- The reserve is taken only if it still fits; the CHECK payment_attempt_refundable is
-- the wall behind it.
UPDATE payment_attempt SET refund_reserved_fen = refund_reserved_fen + @amount_fen::bigint, updated_at = @now
WHERE id = @id AND status = 'succeeded' AND refund_reserved_fen + refunded_fen + @amount_fen::bigint <= amount_fen;

-- name: SettleRefund :execrows
-- The reserve becomes refunded, or is given free if nothing moved.
UPDATE payment_attempt SET refund_reserved_fen = refund_reserved_fen - @amount_fen::bigint,
  refunded_fen = refunded_fen + @moved_fen::bigint, updated_at = @now
WHERE id = @id AND refund_reserved_fen >= @amount_fen::bigint;

-- name: ForgetPayers :exec
-- The provider's numbers and the amounts stay. An anomaly that compares payers names them.
WITH mine AS (UPDATE payment_attempt a SET payer = '' WHERE a.business_no = ANY (@business_nos::text[]) RETURNING a.out_trade_no)
UPDATE payment_anomaly x SET detail = '{}' FROM mine WHERE x.out_trade_no = mine.out_trade_no AND x.reason = 'payer';
