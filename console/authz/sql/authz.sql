-- name: Roles :many
SELECT code, permissions FROM platform.role WHERE tenant_id = @tenant_id ORDER BY code;

-- name: Grants :many
-- A disabled seat keeps its roles and is granted nothing.
SELECT g.staff_id, g.role_code
  FROM platform.staff_role g
  LEFT JOIN platform.staff_seat e ON e.tenant_id = g.tenant_id AND e.staff_id = g.staff_id
 WHERE g.tenant_id = @tenant_id AND e.disabled_at IS NULL
 ORDER BY g.staff_id, g.role_code;

-- name: PlatformGrants :many
SELECT staff_id, role_code FROM platform.platform_role WHERE disabled_at IS NULL ORDER BY staff_id, role_code;
