-- name: PlatformRolesOf :many
SELECT q.role_code, q.disabled_at FROM platform.platform_role q JOIN platform.staff p ON p.id = q.staff_id AND p.status = 'active'
 WHERE q.staff_id = @staff_id ORDER BY q.role_code;

-- name: PutPlatformRole :execrows
-- Somebody who is kept out stays kept out.
INSERT INTO platform.platform_role (staff_id, role_code, disabled_at)
VALUES (@staff_id, @role_code, (SELECT max(o.disabled_at) FROM platform.platform_role o WHERE o.staff_id = @staff_id))
ON CONFLICT DO NOTHING;

-- name: TakePlatformRole :execrows
DELETE FROM platform.platform_role WHERE staff_id = @staff_id AND role_code = @role_code;

-- name: TakePlatformRolesBut :execrows
DELETE FROM platform.platform_role WHERE staff_id = @staff_id AND NOT role_code = ANY(@keep::text[]);

-- name: OtherAdministrators :one
-- Who could still do everything if this person could not.
SELECT count(*) FROM platform.platform_role q JOIN platform.staff p ON p.id = q.staff_id AND p.status = 'active'
 WHERE q.role_code = @role_code AND q.disabled_at IS NULL AND q.staff_id <> @staff_id;

-- name: DisablePlatform :execrows
UPDATE platform.platform_role SET disabled_at = @now WHERE staff_id = @staff_id AND disabled_at IS NULL;

-- name: EnablePlatform :execrows
UPDATE platform.platform_role SET disabled_at = NULL WHERE staff_id = @staff_id AND disabled_at IS NOT NULL;

-- name: PlatformPeople :many
SELECT p.id, p.login, p.name, p.status, (f.confirmed_at IS NOT NULL)::boolean AS second_factor,
       bool_or(q.disabled_at IS NOT NULL)::boolean AS disabled,
       array_agg(q.role_code ORDER BY q.role_code)::text[] AS roles
  FROM platform.platform_role q
  JOIN platform.staff p ON p.id = q.staff_id
  LEFT JOIN platform.staff_totp f ON f.staff_id = q.staff_id
 WHERE @staff_id::bigint = 0 OR q.staff_id = @staff_id
 GROUP BY p.id, f.confirmed_at
 ORDER BY p.id;

-- name: AddPlatformInvite :exec
INSERT INTO platform.platform_invite (way, address, roles, token_hash, invited_by, created_at, expires_at)
VALUES (@way, @address, @roles, @token_hash, @invited_by, @created_at, @expires_at);

-- name: RevokeOpenPlatformInvite :execrows
-- A second invitation of the same address replaces the first.
UPDATE platform.platform_invite SET revoked_at = @now WHERE address = @address AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: RevokePlatformInvite :execrows
UPDATE platform.platform_invite SET revoked_at = @now WHERE id = @id AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: RevokePlatformInvitesBy :exec
-- Whoever is kept out takes his unanswered invitations along.
UPDATE platform.platform_invite SET revoked_at = @now WHERE invited_by = @staff_id AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: OpenPlatformInvites :many
SELECT i.id, i.way, i.address, i.roles, i.created_at, i.expires_at, p.name AS inviter
  FROM platform.platform_invite i
  JOIN platform.staff p ON p.id = i.invited_by
 WHERE i.accepted_at IS NULL AND i.revoked_at IS NULL
 ORDER BY i.id DESC
 LIMIT 200;

-- name: PlatformInviteByToken :one
SELECT i.id, i.way, i.address, i.roles, i.expires_at, i.accepted_at, i.revoked_at, i.invited_by, p.name AS inviter
  FROM platform.platform_invite i
  JOIN platform.staff p ON p.id = i.invited_by
 WHERE i.token_hash = @token_hash;

-- name: AcceptPlatformInvite :execrows
UPDATE platform.platform_invite SET accepted_at = @now, accepted_by = @staff_id
 WHERE id = @id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > @now;

-- name: CountInvite :one
-- One more invitation of the day, unless there were enough: counted and compared at once.
INSERT INTO platform.invite_count AS c (scope, day, sent) VALUES (@scope, CAST(@day::text AS date), 1)
ON CONFLICT (scope, day) DO UPDATE SET sent = c.sent + 1 WHERE c.sent < @most::integer
RETURNING c.sent;

-- name: ForgetInviteCounts :exec
DELETE FROM platform.invite_count WHERE day < CAST(@before::text AS date);
