-- name: Record :exec
INSERT INTO platform.audit_log (at, tenant_id, actor, action, request_id, detail)
VALUES (@at, sqlc.narg(tenant_id), @actor, @action, @request_id, @detail);

-- name: Recent :many
SELECT id, at, tenant_id, actor, action, request_id, detail FROM platform.audit_log
WHERE tenant_id = sqlc.narg(tenant_id) ORDER BY id DESC LIMIT @max_rows;
