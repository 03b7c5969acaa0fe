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

-- name: SealedEvents :many
-- Bodies that begin with the primary key's prefix are left out; so are all if none is given.
SELECT e.id, a.account_key, substring(e.body_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(e.body_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN e.body_sealed END, '')::bytea AS sealed
FROM payment_event e JOIN payment_account a ON a.id = e.account_id
WHERE e.id > @after ORDER BY e.id LIMIT 200;

-- name: ResealEvent :execrows
UPDATE payment_event SET body_sealed = @sealed WHERE id = @id AND body_sealed = @old_sealed;
