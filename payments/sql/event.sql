-- name: InsertEvent :execrows
-- Once per the provider's own id, however often it is sent.
INSERT INTO payment_event (account_id, event_id, event_type, out_trade_no, outcome, body_sealed, received_at)
VALUES (@account_id, @event_id, @event_type, @out_trade_no, @outcome, @body_sealed, @received_at)
ON CONFLICT (account_id, event_id) DO NOTHING;

-- name: UpsertAnomaly :exec
-- A repeat of the same message adds no row; it is counted.
INSERT INTO payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, first_at, last_at)
VALUES (@account_id, @event_id, @reason, @blocking, @out_trade_no, @detail, @body_hash, @now, @now)
ON CONFLICT (account_id, event_id, reason) DO UPDATE SET seen = payment_anomaly.seen + 1, last_at = excluded.last_at;
