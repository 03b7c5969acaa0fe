-- name: InsertRefund :exec
INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, requested_at)
VALUES (@out_refund_no, @attempt_id, @business_no, @reason, @amount_fen, 'requested', @now);

-- name: RefundsOf :many
SELECT out_refund_no, reason, status, amount_fen FROM refund WHERE attempt_id = @attempt_id ORDER BY id;

-- name: RefundTask :one
-- A refund with what the provider must be told about its payment.
SELECT r.out_refund_no, r.attempt_id, r.business_no, r.reason, r.amount_fen, r.status, r.tries, r.requested_at,
       a.out_trade_no, a.account_id, a.channel, a.amount_fen AS total_fen, a.transaction_id
FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.out_refund_no = @out_refund_no;

-- name: LockRefund :one
SELECT r.out_refund_no, r.attempt_id, r.business_no, r.reason, r.amount_fen, r.status, r.tries, r.requested_at,
       a.out_trade_no, a.account_id, a.channel, a.amount_fen AS total_fen, a.transaction_id
FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.out_refund_no = @out_refund_no FOR UPDATE OF r;

-- name: CountRefundTry :execrows
-- Counted before the provider is called: whoever finds tries > 0 asks before it repeats.
UPDATE refund SET tries = tries + 1 WHERE out_refund_no = @out_refund_no AND status IN ('requested', 'processing');

-- name: SetRefundProcessing :execrows
UPDATE refund SET status = 'processing', provider_refund_id = @provider_refund_id::text, last_error = @last_error
WHERE out_refund_no = @out_refund_no AND status IN ('requested', 'processing');

-- name: SetRefundError :exec
UPDATE refund SET last_error = @last_error WHERE out_refund_no = @out_refund_no AND status IN ('requested', 'processing');

-- name: FinishRefund :execrows
UPDATE refund SET status = @to_status, provider_refund_id = @provider_refund_id::text, last_error = @last_error, finished_at = @now
WHERE out_refund_no = @out_refund_no AND status IN ('requested', 'processing');

-- name: CountUnfinished :one
SELECT ((SELECT count(*) FROM refund WHERE status IN ('requested', 'processing'))
     + (SELECT count(*) FROM payment_attempt WHERE status IN ('created', 'prepaid', 'closing')))::bigint AS unfinished;
