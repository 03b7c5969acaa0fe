-- name: Roles :many
SELECT code, permissions FROM platform.role WHERE tenant_id = @tenant_id ORDER BY code;

-- name: Grants :many
SELECT staff_id, role_code FROM platform.staff_role WHERE tenant_id = @tenant_id ORDER BY staff_id, role_code;
