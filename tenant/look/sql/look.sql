-- name: EndOver :many
-- A look that has run out ends when it said it would. One at a time: its entries lock the
-- ends of two logs. 0 and '' are everybody's.
UPDATE platform.look SET ended_at = ends_at WHERE id = (
  SELECT o.id FROM platform.look o WHERE o.ended_at IS NULL AND o.ends_at <= @at
    AND (@staff_id::bigint = 0 OR (o.staff_id = @staff_id AND o.tenant_id = @tenant_id::text))
  ORDER BY o.ends_at, o.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, staff_id, tenant_id, ticket, reason, began_at, ends_at;

-- name: Begin :one
INSERT INTO platform.look (staff_id, tenant_id, ticket, reason, began_at, ends_at) VALUES (@staff_id, @tenant_id, @ticket, @reason, @began_at, @ends_at)
RETURNING id;

-- name: Open :one
SELECT l.id, l.staff_id, l.tenant_id, l.ticket, l.reason, l.began_at, l.ends_at, t.handle, t.name, t.status
FROM platform.look l JOIN platform.tenant t ON t.id = l.tenant_id
WHERE l.staff_id = @staff_id AND t.handle = @handle AND l.ended_at IS NULL AND l.ends_at > @at AND t.status <> 'closed';

-- name: OpenByID :one
SELECT l.id, l.staff_id, l.tenant_id, l.ticket, l.reason, l.began_at, l.ends_at
FROM platform.look l WHERE l.id = @id AND l.staff_id = @staff_id AND l.ended_at IS NULL AND l.ends_at > @at FOR UPDATE;

-- name: Extend :exec
UPDATE platform.look SET ends_at = @ends_at WHERE id = @id;

-- name: End :exec
UPDATE platform.look SET ended_at = @at WHERE id = @id;

-- name: Seen :execrows
INSERT INTO platform.look_page (look_id, page, first_at) VALUES (@look_id, @page, @at) ON CONFLICT DO NOTHING;

-- name: OpenOf :many
SELECT l.id, l.staff_id, p.name AS staff_name, l.ticket, l.reason, l.began_at, l.ends_at
FROM platform.look l JOIN platform.staff p ON p.id = l.staff_id
WHERE l.tenant_id = @tenant_id AND l.ended_at IS NULL AND l.ends_at > @at ORDER BY l.id;
