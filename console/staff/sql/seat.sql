-- name: RolesOf :many
-- What a person holds in a shop now; nothing on a disabled seat.
SELECT g.role_code, r.permissions
  FROM platform.staff_role g
  JOIN platform.role r ON r.tenant_id = g.tenant_id AND r.code = g.role_code
  LEFT JOIN platform.staff_seat e ON e.tenant_id = g.tenant_id AND e.staff_id = g.staff_id
 WHERE g.tenant_id = @tenant_id AND g.staff_id = @staff_id AND (@even_disabled::boolean OR e.disabled_at IS NULL)
 ORDER BY g.role_code;

-- name: People :many
SELECT p.id, p.login, p.name, p.status, e.joined_at, e.last_seen_at, e.disabled_at,
       (f.confirmed_at IS NOT NULL)::boolean AS second_factor,
       array_agg(g.role_code ORDER BY g.role_code)::text[] AS roles
  FROM platform.staff_role g
  JOIN platform.staff p ON p.id = g.staff_id
  LEFT JOIN platform.staff_seat e ON e.tenant_id = g.tenant_id AND e.staff_id = g.staff_id
  LEFT JOIN platform.staff_totp f ON f.staff_id = g.staff_id
 WHERE g.tenant_id = @tenant_id AND (@staff_id::bigint = 0 OR g.staff_id = @staff_id)
 GROUP BY p.id, e.joined_at, e.last_seen_at, e.disabled_at, f.confirmed_at
 ORDER BY e.joined_at, p.id
 LIMIT 500;

-- name: DropRoles :execrows
DELETE FROM platform.staff_role WHERE tenant_id = @tenant_id AND staff_id = @staff_id;

-- name: DisableSeat :execrows
UPDATE platform.staff_seat SET disabled_at = @now WHERE tenant_id = @tenant_id AND staff_id = @staff_id AND disabled_at IS NULL;

-- name: EnableSeat :execrows
UPDATE platform.staff_seat SET disabled_at = NULL WHERE tenant_id = @tenant_id AND staff_id = @staff_id AND disabled_at IS NOT NULL;

-- name: ListRoles :many
SELECT r.code, r.name, r.permissions,
       (SELECT count(*) FROM platform.staff_role g WHERE g.tenant_id = r.tenant_id AND g.role_code = r.code)::bigint AS people
  FROM platform.role r
 WHERE r.tenant_id = @tenant_id
 ORDER BY r.code;

-- name: RoleByCode :one
SELECT code, name, permissions FROM platform.role WHERE tenant_id = @tenant_id AND code = @code;

-- name: AddRole :exec
INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES (@tenant_id, @code, @name, @permissions);

-- name: ChangeRole :execrows
UPDATE platform.role SET name = @name, permissions = @permissions WHERE tenant_id = @tenant_id AND code = @code;

-- name: DropRole :execrows
DELETE FROM platform.role WHERE tenant_id = @tenant_id AND code = @code;

-- name: AddInvite :one
INSERT INTO platform.staff_invite (tenant_id, way, address, roles, token_hash, invited_by, created_at, expires_at)
VALUES (@tenant_id, @way, @address, @roles, @token_hash, @invited_by, @created_at, @expires_at)
RETURNING id;

-- name: RevokeOpenInvite :execrows
-- A second invitation of the same address replaces the first.
UPDATE platform.staff_invite SET revoked_at = @now
 WHERE tenant_id = @tenant_id AND address = @address AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: RevokeInvite :execrows
UPDATE platform.staff_invite SET revoked_at = @now
 WHERE tenant_id = @tenant_id AND id = @id AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: RevokeInvitesBy :exec
-- Whoever leaves takes his unanswered invitations along.
UPDATE platform.staff_invite SET revoked_at = @now
 WHERE tenant_id = @tenant_id AND invited_by = @staff_id AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: OpenInvites :many
SELECT i.id, i.way, i.address, i.roles, i.created_at, i.expires_at, p.name AS inviter
  FROM platform.staff_invite i
  JOIN platform.staff p ON p.id = i.invited_by
 WHERE i.tenant_id = @tenant_id AND i.accepted_at IS NULL AND i.revoked_at IS NULL
 ORDER BY i.id DESC
 LIMIT 200;

-- name: InviteByToken :one
SELECT i.id, i.tenant_id, i.way, i.address, i.roles, i.expires_at, i.accepted_at, i.revoked_at, i.invited_by, p.name AS inviter, t.name AS shop_name, t.handle
  FROM platform.staff_invite i
  JOIN platform.staff p ON p.id = i.invited_by
  JOIN platform.tenant t ON t.id = i.tenant_id
 WHERE i.token_hash = @token_hash;

-- name: AcceptInvite :execrows
UPDATE platform.staff_invite SET accepted_at = @now, accepted_by = @staff_id
 WHERE id = @id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > @now;

-- name: InvitesWithRole :one
SELECT count(*) FROM platform.staff_invite
 WHERE tenant_id = @tenant_id AND @code::text = ANY(roles) AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > @now;

-- name: TakeRole :execrows
DELETE FROM platform.staff_role WHERE tenant_id = @tenant_id AND staff_id = @staff_id AND role_code = @role_code;
