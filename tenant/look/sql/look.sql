-- name: EndOver :many
-- Looks that have run out end when they said they would.
UPDATE platform.look SET ended_at = ends_at WHERE ended_at IS NULL AND ends_at <= @at
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
