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
