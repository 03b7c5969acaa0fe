-- name: InsertRefund :one
-- Nothing is inserted if the document has its refund.
INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, source_kind, source_no, note, requested_by, requested_at)
VALUES (@out_refund_no, @attempt_id, @business_no, @reason, @amount_fen, @status, @source_kind, @source_no, @note, @requested_by, @now)
ON CONFLICT (source_kind, source_no) WHERE source_no <> '' DO NOTHING
RETURNING id;

-- name: RefundsOf :many
SELECT out_refund_no, reason, status, amount_fen FROM refund WHERE attempt_id = @attempt_id ORDER BY id;

-- name: RefundOfSource :one
SELECT r.out_refund_no, r.amount_fen, r.status, a.out_trade_no FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.source_kind = @source_kind AND r.source_no = @source_no AND r.source_no <> '';

-- name: PaidAttempt :one
-- The payment of a bill that counts.
SELECT out_trade_no FROM payment_attempt WHERE business_no = @business_no AND status = 'succeeded' AND NOT surplus;

-- name: GoingBack :one
-- Locked against a refund that is being asked for: whoever sends goods decides first.
SELECT refund_reserved_fen, refunded_fen FROM payment_attempt WHERE business_no = @business_no AND status = 'succeeded' AND NOT surplus FOR SHARE;

-- name: RefundHistory :one
-- What the provider counts of a payment: how many refunds it was asked for, and when last.
SELECT count(*)::bigint AS refunds, coalesce(max(sent_at), 'epoch')::timestamptz AS last_sent_at FROM refund
WHERE attempt_id = @attempt_id AND id <> @except_id AND status NOT IN ('refused', 'withdrawn') AND (sent_at IS NOT NULL OR status NOT IN ('failed', 'settled'));

-- name: RefundTask :one
-- A refund with what the provider must be told about its payment.
SELECT r.id, r.out_refund_no, r.attempt_id, r.business_no, r.reason, r.amount_fen, r.status, r.tries, r.requested_at, r.note, r.hold, r.sent_at,
       r.requested_by, r.decided_by, coalesce(r.provider_refund_id, '')::text AS provider_refund_id,
       a.out_trade_no, a.account_id, a.channel, a.scene, a.app_id, a.amount_fen AS total_fen, a.transaction_id, a.paid_at
FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.out_refund_no = @out_refund_no;

-- name: LockRefund :one
SELECT r.id, r.out_refund_no, r.attempt_id, r.business_no, r.reason, r.amount_fen, r.status, r.tries, r.requested_at, r.note, r.hold, r.sent_at,
       r.requested_by, r.decided_by, coalesce(r.provider_refund_id, '')::text AS provider_refund_id,
       a.out_trade_no, a.account_id, a.channel, a.scene, a.app_id, a.amount_fen AS total_fen, a.transaction_id, a.paid_at
FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.out_refund_no = @out_refund_no FOR UPDATE OF r;

-- name: CountRefundTry :execrows
-- Counted before the provider is called: whoever finds tries > 0 asks before it repeats.
UPDATE refund SET tries = tries + 1, sent_at = coalesce(sent_at, @now) WHERE out_refund_no = @out_refund_no AND status = ANY(@from_statuses::text[]);

-- name: MoveRefund :execrows
-- A move that leaves the money reserved.
UPDATE refund SET status = @to_status, hold = @hold, due_at = @due_at, last_error = @last_error,
  provider_refund_id = coalesce(nullif(@provider_refund_id::text, ''), provider_refund_id)
WHERE out_refund_no = @out_refund_no AND status = ANY(@from_statuses::text[]);

-- name: SetRefundError :exec
UPDATE refund SET last_error = @last_error WHERE out_refund_no = @out_refund_no AND finished_at IS NULL;

-- name: DecideRefund :execrows
-- The second person is another one, also under CHECK refund_two_people.
UPDATE refund SET status = @to_status, decided_by = @actor::text, decided_at = @now::timestamptz, decision_note = @note,
  finished_at = CASE WHEN @over::boolean THEN @now::timestamptz END
WHERE out_refund_no = @out_refund_no AND status = ANY(@from_statuses::text[]) AND requested_by <> @actor::text;

-- name: InheritDecision :exec
-- A refund asked for anew because the provider closed the one before needs no second look.
UPDATE refund n SET decided_by = o.decided_by, decided_at = o.decided_at, decision_note = o.decision_note
FROM refund o WHERE n.out_refund_no = @out_refund_no AND o.out_refund_no = @earlier AND o.decided_by <> n.requested_by;

-- name: FinishRefund :execrows
UPDATE refund SET status = @to_status, provider_refund_id = coalesce(nullif(@provider_refund_id::text, ''), provider_refund_id),
  last_error = @last_error, hold = '', due_at = NULL, finished_at = @now
WHERE out_refund_no = @out_refund_no AND status = ANY(@from_statuses::text[]);

-- name: SettleByHand :execrows
UPDATE refund SET status = @to_status, settled_by = @actor::text, settled_means = @means::text, evidence = @evidence, evidence_ref = @evidence_ref,
  hold = '', due_at = NULL, finished_at = @now
WHERE out_refund_no = @out_refund_no AND status = ANY(@from_statuses::text[]);

-- name: InsertRefundEvent :exec
INSERT INTO refund_event (refund_id, at, event, to_status, actor, note)
SELECT r.id, @now, @event, @to_status, @actor, @note FROM refund r WHERE r.out_refund_no = @out_refund_no;

-- name: RefundApproval :one
SELECT coalesce((SELECT refund_approval_fen FROM payment_setting), -1)::bigint AS approval_fen;

-- name: SetRefundApproval :exec
INSERT INTO payment_setting (refund_approval_fen, updated_by, updated_at) VALUES (nullif(@approval_fen::bigint, -1), @updated_by, @now)
ON CONFLICT (only_row) DO UPDATE SET refund_approval_fen = excluded.refund_approval_fen, updated_by = excluded.updated_by, updated_at = excluded.updated_at;

-- name: CountUnfinished :one
SELECT ((SELECT count(*) FROM refund WHERE finished_at IS NULL)
     + (SELECT count(*) FROM payment_attempt WHERE status IN ('created', 'prepaid', 'closing')))::bigint AS unfinished;

-- name: InsertExchange :exec
INSERT INTO payment_exchange (account_id, out_trade_no, out_refund_no, out_bill_no, step, asked, answered, answer, code, took_ms, at)
VALUES (@account_id, @out_trade_no, @out_refund_no, @out_bill_no, @step, @asked, @answered, @answer, @code, @took_ms, @at);

-- name: PurgeExchanges :execrows
DELETE FROM payment_exchange x WHERE x.id IN (SELECT o.id FROM payment_exchange o WHERE o.at < @before ORDER BY o.id LIMIT @max_rows);

-- name: SetReceivedAccount :exec
-- Where the provider says that the money goes.
UPDATE refund SET received_account = @received_account WHERE out_refund_no = @out_refund_no AND received_account <> @received_account;

-- name: BuyerRefunds :many
-- What a buyer may know: not what only a person of the shop has asked for, nor what ended
-- without money.
SELECT r.out_refund_no, r.amount_fen, r.status, r.note, r.received_account, a.channel, r.requested_at, r.sent_at, r.finished_at
FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id
WHERE r.business_no = @business_no AND r.status NOT IN ('awaiting_approval', 'failed', 'refused', 'withdrawn') ORDER BY r.id DESC LIMIT 100;
