-- name: CountFailure :exec
-- What the platform's list of shops shows; a month is kept.
WITH old AS (DELETE FROM platform.callback_failure o WHERE o.tenant_id = @tenant_id AND o.day < CAST(@since::text AS date))
INSERT INTO platform.callback_failure AS f (tenant_id, day, failures, last_at, last_code) VALUES (@tenant_id, CAST(@day::text AS date), 1, @at, @code)
ON CONFLICT (tenant_id, day) DO UPDATE SET failures = f.failures + 1, last_at = excluded.last_at, last_code = excluded.last_code;

-- name: InsertRefusal :exec
INSERT INTO payment_refusal (account_id, code, answer, took_ms, body_bytes, body_sealed, skipped, received_at)
VALUES (@account_id, @code, @answer, @took_ms, @body_bytes, @body_sealed, @skipped, @received_at);

-- name: TrimRefusals :exec
-- Strangers can cause rows: an account keeps its newest ones only.
DELETE FROM payment_refusal r WHERE r.account_id = @account_id AND r.id <=
  (SELECT o.id FROM payment_refusal o WHERE o.account_id = @account_id ORDER BY o.id DESC OFFSET @keep::int LIMIT 1);

-- name: StoredEvent :one
SELECT a.account_key, e.body_sealed, e.received_at FROM payment_event e JOIN payment_account a ON a.id = e.account_id WHERE e.id = @id;

-- name: StoredAnomaly :one
SELECT a.account_key, coalesce(n.body_sealed, '')::bytea AS body_sealed, n.first_at AS received_at
FROM payment_anomaly n JOIN payment_account a ON a.id = n.account_id WHERE n.id = @id;

-- name: StoredRefusal :one
SELECT a.account_key, r.body_sealed, r.received_at, r.body_bytes FROM payment_refusal r JOIN payment_account a ON a.id = r.account_id WHERE r.id = @id;

-- name: ResolveSurplus :exec
UPDATE payment_anomaly SET resolved_at = @at WHERE account_id = @account_id AND event_id = @event_id AND resolved_at IS NULL;

-- name: ResolveAnomaly :exec
UPDATE payment_anomaly SET resolved_at = @at WHERE id = @id AND resolved_at IS NULL;

-- name: CloseAnomaly :execrows
-- A person has dealt with it.
UPDATE payment_anomaly SET resolved_at = @at, resolved_by = @actor, resolved_note = @note WHERE id = @id AND resolved_at IS NULL;
