-- name: Reserve :execrows
-- A second request with the key waits here for the first one's transaction.
INSERT INTO idempotency_key (scope, key, body_hash) VALUES (@scope, @key, @body_hash) ON CONFLICT DO NOTHING;

-- name: Find :one
SELECT body_hash, result, created_at FROM idempotency_key WHERE scope = @scope AND key = @key;

-- name: Store :execrows
UPDATE idempotency_key SET result = @outcome WHERE scope = @scope AND key = @key AND result IS NULL;

-- name: Purge :execrows
-- Keys whose time is over, a bounded number; by the database's clock.
DELETE FROM idempotency_key k USING (
  SELECT o.scope, o.key FROM idempotency_key o WHERE o.created_at < now() - make_interval(days => @days::integer) ORDER BY o.created_at LIMIT @max_rows) d
WHERE k.scope = d.scope AND k.key = d.key;
