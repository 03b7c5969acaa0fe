-- name: List :many
SELECT t.id, t.name, t.unit, t.rules, t.is_default, t.version, (SELECT count(*) FROM spu p WHERE p.freight_id = t.id) AS products
FROM freight_template t WHERE @id::bigint = 0 OR t.id = @id::bigint ORDER BY t.is_default DESC, t.id LIMIT 100;

-- name: LockAll :many
-- Templates are few and seldom changed: whoever changes one waits for the others.
SELECT id, name, unit, rules, is_default, version FROM freight_template ORDER BY id FOR UPDATE;

-- name: ClearDefault :exec
UPDATE freight_template SET is_default = false, version = version + 1 WHERE is_default AND id <> @except_id::bigint;

-- name: Add :one
INSERT INTO freight_template (name, unit, rules, is_default, created_at, updated_at)
VALUES (@name, @unit, @rules, @is_default, @at, @at) RETURNING id;

-- name: Change :exec
-- Its row is locked, and its version known.
UPDATE freight_template SET name = @name, rules = @rules, is_default = @is_default, version = version + 1, updated_at = @at
WHERE id = @id;

-- name: Remove :exec
DELETE FROM freight_template WHERE id = @id;
