-- Categories and brands, and their order.

-- name: LockCategory :one
SELECT c.id, coalesce(c.parent_id, 0)::bigint AS parent_id, c.name, c.picture, c.visible FROM category c WHERE c.id = @id FOR UPDATE;

-- name: LockSiblings :many
SELECT c.id FROM category c WHERE c.parent_id IS NOT DISTINCT FROM sqlc.narg(parent_id) ORDER BY c.sort DESC, c.id FOR UPDATE;

-- name: SetCategorySort :exec
UPDATE category c SET sort = x.sort
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@sorts::integer[]) AS sort) x WHERE c.id = x.id;

-- name: EditCategory :execrows
UPDATE category SET parent_id = sqlc.narg(parent_id), name = @name, picture = @picture, visible = @visible, params = @params WHERE id = @id;

-- name: CategoryIsUnder :one
-- Whether a category is another one or lies below it.
WITH RECURSIVE branch AS (
  SELECT c.id FROM category c WHERE c.id = @top::bigint
  UNION SELECT c.id FROM category c JOIN branch b ON c.parent_id = b.id)
SELECT EXISTS (SELECT FROM branch WHERE branch.id = @id::bigint)::boolean;

-- name: CategoryDepth :one
WITH RECURSIVE up AS (
  SELECT c.id, c.parent_id, 1 AS depth FROM category c WHERE c.id = @id
  UNION ALL SELECT c.id, c.parent_id, up.depth + 1 FROM category c JOIN up ON c.id = up.parent_id WHERE up.depth < 20)
SELECT coalesce(max(up.depth), 0)::integer AS depth FROM up;

-- name: CategoryHeight :one
WITH RECURSIVE down AS (
  SELECT c.id, 1 AS depth FROM category c WHERE c.id = @id
  UNION ALL SELECT c.id, down.depth + 1 FROM category c JOIN down ON c.parent_id = down.id WHERE down.depth < 20)
SELECT coalesce(max(down.depth), 0)::integer AS depth FROM down;

-- name: DeleteCategory :execrows
DELETE FROM category WHERE id = @id;

-- name: LockBrands :many
SELECT b.id FROM brand b ORDER BY b.sort DESC, b.id FOR UPDATE;

-- name: SetBrandSort :exec
UPDATE brand b SET sort = x.sort
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@sorts::integer[]) AS sort) x WHERE b.id = x.id;

-- name: InsertBrand :one
INSERT INTO brand (name, logo, sort) VALUES (@name, @logo, (SELECT coalesce(min(b.sort), 0) - 1 FROM brand b)) RETURNING id;

-- name: BrandByName :one
SELECT id FROM brand WHERE name = @name;

-- name: LockBrand :one
SELECT id, name, logo FROM brand WHERE id = @id FOR UPDATE;

-- name: EditBrand :execrows
UPDATE brand SET name = @name, logo = @logo WHERE id = @id;

-- name: StaleBrand :execrows
-- Its products are found by its name.
UPDATE spu SET indexed = false WHERE brand_id = @brand_id::bigint AND indexed;

-- name: DeleteBrand :execrows
DELETE FROM brand WHERE id = @id;

-- name: VisibleBrands :many
-- Those of which something is on the shelf.
SELECT b.id, b.name, b.logo FROM brand b
WHERE EXISTS (SELECT FROM spu p WHERE p.brand_id = b.id AND p.status = 'on_shelf')
ORDER BY b.sort DESC, b.id;

-- name: MovePurged :exec
-- What is left of purged products moves to some other category, so that theirs can go.
UPDATE spu SET category_id = coalesce((SELECT min(c.id) FROM category c WHERE c.id <> @category_id), category_id)
WHERE category_id = @category_id AND status = 'purged';

-- name: DropBrand :exec
UPDATE spu SET brand_id = NULL, indexed = false, version = version + 1, updated_at = @at WHERE brand_id = @brand_id::bigint;
