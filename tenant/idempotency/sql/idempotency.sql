-- name: Reserve :execrows
-- A second request with the key waits here for the first one's transaction.
INSERT INTO idempotency_key (scope, key, body_hash) VALUES (@scope, @key, @body_hash) ON CONFLICT DO NOTHING;

-- name: Find :one
SELECT body_hash, result, created_at FROM idempotency_key WHERE scope = @scope AND key = @key;

-- name: Store :execrows
UPDATE idempotency_key SET result = @outcome WHERE scope = @scope AND key = @key AND result IS NULL;
