-- name: IndexKey :one
SELECT key_sealed FROM member_index_key;

-- name: PutIndexKey :exec
-- The first one stays.
INSERT INTO member_index_key (key_sealed) VALUES (@key_sealed) ON CONFLICT DO NOTHING;

-- name: SetPhone :execrows
UPDATE member SET phone_sealed = @phone_sealed, phone_index = @phone_index, phone_hint = @phone_hint, phone_at = @at::timestamptz WHERE id = @id;

-- name: SealedPhone :one
SELECT phone_sealed FROM member WHERE id = @id AND phone_sealed IS NOT NULL;

-- name: SealedPhones :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT m.id, substring(m.phone_sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(m.phone_sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN m.phone_sealed END, '')::bytea AS sealed
FROM member m WHERE m.id > @after AND m.phone_sealed IS NOT NULL ORDER BY m.id LIMIT 200;

-- name: ResealPhone :execrows
UPDATE member SET phone_sealed = @sealed WHERE id = @id AND phone_sealed = @old_sealed;

-- name: ResealIndexKey :execrows
UPDATE member_index_key SET key_sealed = @sealed WHERE key_sealed = @old_sealed;
