-- name: Titles :many
SELECT t.id, t.kind, t.sealed, t.seal_key, t.is_default FROM invoice_title t WHERE t.member_id = @member_id ORDER BY t.is_default DESC, t.id DESC;

-- name: Title :one
SELECT t.id, t.kind, t.sealed, t.seal_key, t.is_default FROM invoice_title t WHERE t.id = @id AND t.member_id = @member_id;

-- name: LockMember :one
-- Titles of one member are changed one after the other.
SELECT m.id FROM member m WHERE m.id = @id FOR NO KEY UPDATE;

-- name: CountTitles :one
SELECT count(*) FROM invoice_title t WHERE t.member_id = @member_id;

-- name: ClearDefault :exec
UPDATE invoice_title SET is_default = false WHERE member_id = @member_id AND is_default AND id <> @except_id;

-- name: AddTitle :one
INSERT INTO invoice_title (member_id, kind, sealed, seal_key, is_default, created_at, updated_at)
VALUES (@member_id, @kind, @sealed, @seal_key, @is_default, @now::timestamptz, @now) RETURNING id;

-- name: UpdateTitle :execrows
UPDATE invoice_title SET kind = @kind, sealed = @sealed, seal_key = @seal_key, is_default = is_default OR @is_default::boolean, updated_at = @now::timestamptz
WHERE id = @id AND member_id = @member_id;

-- name: DeleteTitle :one
DELETE FROM invoice_title WHERE id = @id AND member_id = @member_id RETURNING is_default;

-- name: NewestDefault :exec
UPDATE invoice_title SET is_default = true WHERE id = (SELECT max(t.id) FROM invoice_title t WHERE t.member_id = @member_id);

-- name: MoveTitles :exec
-- The default of who stays stays.
UPDATE invoice_title t SET member_id = @to_member, is_default = t.is_default AND NOT EXISTS (SELECT FROM invoice_title o WHERE o.member_id = @to_member AND o.is_default)
WHERE t.member_id = @from_member;

-- name: ForgetTitles :exec
DELETE FROM invoice_title WHERE member_id = @member_id;

-- name: SealedTitles :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT t.id, t.seal_key, substring(t.sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(t.sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN t.sealed END, '')::bytea AS sealed
FROM invoice_title t WHERE t.id > @after ORDER BY t.id LIMIT 200;

-- name: ResealTitle :execrows
UPDATE invoice_title SET sealed = @sealed WHERE id = @id AND sealed = @old_sealed;
