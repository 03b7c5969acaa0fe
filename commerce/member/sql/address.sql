-- name: ListAddresses :many
SELECT id, name, phone, province, city, district, division_code, detail, is_default, sealed, seal_key
FROM address WHERE member_id = @member_id ORDER BY is_default DESC, id DESC;

-- name: FindAddress :one
SELECT id, name, phone, province, city, district, division_code, detail, is_default, sealed, seal_key
FROM address WHERE id = @id AND member_id = @member_id;

-- name: CountAddresses :one
SELECT count(*) FROM address WHERE member_id = @member_id;

-- name: ClearDefault :exec
UPDATE address SET is_default = false, updated_at = @at WHERE member_id = @member_id AND is_default AND id <> @except_id;

-- name: InsertAddress :one
INSERT INTO address (member_id, name, phone, detail, sealed, seal_key, phone_index, province, city, district, division_code, is_default, created_at, updated_at)
VALUES (@member_id, '', '', '', @sealed, @seal_key, @phone_index, @province, @city, @district, @division_code, @is_default, @at, @at)
RETURNING id;

-- name: UpdateAddress :execrows
UPDATE address SET name = '', phone = '', detail = '', sealed = @sealed, seal_key = @seal_key, phone_index = @phone_index,
  province = @province, city = @city, district = @district, division_code = @division_code, is_default = @is_default, updated_at = @at
WHERE id = @id AND member_id = @member_id;

-- name: LockBook :one
-- The member is the lock of the address book: its limit and its one default hold
-- under parallel changes.
SELECT m.id, coalesce((SELECT k.key_sealed FROM member_index_key k), '')::bytea AS index_key
FROM member m WHERE m.id = @id AND m.status IN ('active', 'blocked') FOR UPDATE OF m;

-- name: OpenAddresses :many
-- What was written before addresses were sealed. Two who seal at once take different rows.
SELECT id, name, phone, detail FROM address WHERE sealed IS NULL ORDER BY id LIMIT @max_rows FOR UPDATE SKIP LOCKED;

-- name: SealAddresses :execrows
UPDATE address a SET name = '', phone = '', detail = '', sealed = x.sealed, seal_key = x.seal_key, phone_index = x.phone_index
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@sealed::bytea[]) AS sealed, unnest(@seal_keys::text[]) AS seal_key, unnest(@phone_indexes::bytea[]) AS phone_index) x
WHERE a.id = x.id AND a.sealed IS NULL;

-- name: SealedAddresses :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT a.id, a.seal_key, substring(a.sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(a.sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN a.sealed END, '')::bytea AS sealed
FROM address a WHERE a.id > @after AND a.sealed IS NOT NULL ORDER BY a.id LIMIT 200;

-- name: ResealAddress :execrows
UPDATE address SET sealed = @sealed WHERE id = @id AND sealed = @old_sealed;

-- name: DeleteAddress :one
DELETE FROM address WHERE id = @id AND member_id = @member_id RETURNING is_default;

-- name: PromoteNewest :exec
UPDATE address SET is_default = true, updated_at = @at
WHERE id = (SELECT a.id FROM address a WHERE a.member_id = @member_id ORDER BY a.id DESC LIMIT 1);

-- name: AnyOpenAddress :one
SELECT EXISTS (SELECT FROM address WHERE sealed IS NULL);
