-- name: InsertEvent :one
-- Once per the provider's own id, however often it is sent: repeats are counted. seen is
-- 1 for the first.
INSERT INTO payment_event AS e (account_id, event_id, event_type, out_trade_no, outcome, body_sealed, received_at, answer, took_ms)
VALUES (@account_id, @event_id, @event_type, @out_trade_no, @outcome, @body_sealed, @received_at, @answer, @took_ms)
ON CONFLICT (account_id, event_id) DO UPDATE SET seen = e.seen + 1, last_at = excluded.received_at
RETURNING seen;

-- name: UpsertAnomaly :exec
-- A repeat of the same message adds no row; it is counted.
INSERT INTO payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, body_sealed, took_ms, first_at, last_at)
VALUES (@account_id, @event_id, @reason, @blocking, @out_trade_no, @detail, @body_hash, @body_sealed, @took_ms, @now, @now)
ON CONFLICT (account_id, event_id, reason) DO UPDATE SET seen = payment_anomaly.seen + 1, last_at = excluded.last_at;

-- name: SealedEvents :many
-- Bodies that begin with the primary key's prefix are left out; so are all if none is given.
SELECT e.id, a.account_key, substring(e.body_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(e.body_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN e.body_sealed END, '')::bytea AS sealed
FROM payment_event e JOIN payment_account a ON a.id = e.account_id
WHERE e.id > @after AND e.body_sealed <> '' ORDER BY e.id LIMIT 200;

-- name: ResealEvent :execrows
UPDATE payment_event SET body_sealed = @sealed WHERE id = @id AND body_sealed = @old_sealed;

-- name: SealedAnomalies :many
SELECT e.id, a.account_key, substring(e.body_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(e.body_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN e.body_sealed END, '')::bytea AS sealed
FROM payment_anomaly e JOIN payment_account a ON a.id = e.account_id
WHERE e.id > @after AND e.body_sealed IS NOT NULL ORDER BY e.id LIMIT 200;

-- name: ResealAnomaly :execrows
UPDATE payment_anomaly SET body_sealed = @sealed WHERE id = @id AND body_sealed = @old_sealed;

-- name: SealedRefusals :many
SELECT e.id, a.account_key, substring(e.body_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(e.body_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN e.body_sealed END, '')::bytea AS sealed
FROM payment_refusal e JOIN payment_account a ON a.id = e.account_id
WHERE e.id > @after ORDER BY e.id LIMIT 200;

-- name: ResealRefusal :execrows
UPDATE payment_refusal SET body_sealed = @sealed WHERE id = @id AND body_sealed = @old_sealed;

-- name: PurgeEventBodies :many
-- Bodies whose time is over are emptied, and the rows stay. Ids follow the time of arrival,
-- so a pass begins where the last one ended.
UPDATE payment_event e SET body_sealed = '' WHERE e.id IN (
  SELECT o.id FROM payment_event o WHERE o.id > @after AND o.received_at < @before AND o.body_sealed <> '' ORDER BY o.id LIMIT @max_rows)
RETURNING e.id;

-- name: PurgeAnomalyBodies :many
-- Of what a person still has to look at, the body stays.
UPDATE payment_anomaly n SET body_sealed = NULL WHERE n.id IN (
  SELECT o.id FROM payment_anomaly o WHERE o.id > @after AND o.last_at < @before AND o.resolved_at IS NOT NULL AND o.body_sealed IS NOT NULL ORDER BY o.id LIMIT @max_rows)
RETURNING n.id;

-- name: PurgeRefusals :execrows
DELETE FROM payment_refusal r WHERE r.id IN (SELECT o.id FROM payment_refusal o WHERE o.received_at < @before ORDER BY o.id LIMIT @max_rows);
