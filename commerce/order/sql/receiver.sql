-- name: AnyOpenReceiver :one
SELECT EXISTS (SELECT FROM orders WHERE receiver IS NULL AND address->>'phone' <> '');

-- name: OpenReceivers :many
-- What was placed before receivers were sealed. Two who seal at once take different rows.
SELECT id, order_no, address FROM orders WHERE receiver IS NULL AND address->>'phone' <> '' ORDER BY id LIMIT @max_rows FOR UPDATE SKIP LOCKED;

-- name: SealReceiver :exec
UPDATE orders SET address = @address, receiver = @receiver, receiver_index = @receiver_index WHERE id = @id AND receiver IS NULL;

-- name: SealedReceivers :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT o.id, o.order_no, substring(o.receiver FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(o.receiver FROM 1 FOR 5) <> @primary_prefix::bytea THEN o.receiver END, '')::bytea AS sealed
FROM orders o WHERE o.id > @after AND o.receiver IS NOT NULL ORDER BY o.id LIMIT 200;

-- name: ResealReceiver :execrows
UPDATE orders SET receiver = @receiver WHERE id = @id AND receiver = @old_receiver;
