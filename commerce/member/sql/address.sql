-- name: ListAddresses :many
SELECT id, name, phone, province, city, district, division_code, detail, is_default
FROM address WHERE member_id = @member_id ORDER BY is_default DESC, id DESC;

-- name: FindAddress :one
SELECT id, name, phone, province, city, district, division_code, detail, is_default
FROM address WHERE id = @id AND member_id = @member_id;

-- name: CountAddresses :one
SELECT count(*) FROM address WHERE member_id = @member_id;

-- name: ClearDefault :exec
UPDATE address SET is_default = false, updated_at = @at WHERE member_id = @member_id AND is_default AND id <> @except_id;

-- name: InsertAddress :one
INSERT INTO address (member_id, name, phone, province, city, district, division_code, detail, is_default, created_at, updated_at)
VALUES (@member_id, @name, @phone, @province, @city, @district, @division_code, @detail, @is_default, @at, @at)
RETURNING id;

-- name: UpdateAddress :execrows
UPDATE address SET name = @name, phone = @phone, province = @province, city = @city, district = @district,
  division_code = @division_code, detail = @detail, is_default = @is_default, updated_at = @at
WHERE id = @id AND member_id = @member_id;

-- name: DeleteAddress :one
DELETE FROM address WHERE id = @id AND member_id = @member_id RETURNING is_default;

-- name: PromoteNewest :exec
UPDATE address SET is_default = true, updated_at = @at
WHERE id = (SELECT a.id FROM address a WHERE a.member_id = @member_id ORDER BY a.id DESC LIMIT 1);
