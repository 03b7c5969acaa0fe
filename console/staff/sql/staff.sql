-- name: Add :one
INSERT INTO platform.staff (login, name, password_hash, mail, phone) VALUES (@login, @name, @password_hash, @mail, @phone)
RETURNING id;

-- name: BySignIn :one
-- A verified address comes before an account name of the same letters: the name may be anybody's.
SELECT id, login, name, password_hash, status, mail, phone
  FROM platform.staff
 WHERE login = @name OR mail = @name OR phone = @phone
 ORDER BY coalesce(mail = @name OR phone = @phone, false) DESC
 LIMIT 1;

-- name: ByID :one
SELECT id, login, name, password_hash, status, mail, phone FROM platform.staff WHERE id = @id;

-- name: SetPassword :execrows
UPDATE platform.staff SET password_hash = @password_hash, updated_at = @at WHERE id = @id;

-- name: PutPresetRoles :exec
INSERT INTO platform.role (tenant_id, code, name, permissions)
SELECT @tenant_id, p.code, p.name, string_to_array(p.permissions, ' ')
  FROM (SELECT unnest(@codes::text[]) AS code, unnest(@names::text[]) AS name, unnest(@permissions::text[]) AS permissions) AS p
ON CONFLICT (tenant_id, code) DO NOTHING;

-- name: PutSeat :execrows
INSERT INTO platform.staff_seat (tenant_id, staff_id, joined_at) VALUES (@tenant_id, @staff_id, @joined_at)
ON CONFLICT (tenant_id, staff_id) DO NOTHING;

-- name: DropSeat :execrows
-- Only of somebody who has no role left.
DELETE FROM platform.staff_seat e WHERE e.tenant_id = @tenant_id AND e.staff_id = @staff_id
  AND NOT EXISTS (SELECT FROM platform.staff_role g WHERE g.tenant_id = @tenant_id AND g.staff_id = @staff_id);

-- name: Grant :exec
INSERT INTO platform.staff_role (tenant_id, staff_id, role_code) VALUES (@tenant_id, @staff_id, @role_code)
ON CONFLICT (tenant_id, staff_id, role_code) DO NOTHING;

-- name: Revoke :execrows
DELETE FROM platform.staff_role WHERE tenant_id = @tenant_id AND staff_id = @staff_id AND role_code = @role_code;

-- name: LockScope :exec
-- Counting and recording a try must be one step, or parallel guesses all see the same count.
SELECT pg_advisory_xact_lock(hashtextextended(@scope::text, 0));

-- name: RecentTries :one
SELECT count(*) AS tries, coalesce(min(at), 'epoch')::timestamptz AS oldest
  FROM (SELECT at FROM platform.login_failure WHERE scope = @scope AND at > @since ORDER BY at DESC LIMIT @most) AS latest;

-- name: RecordTry :one
INSERT INTO platform.login_failure (scope, at) VALUES (@scope, @at) RETURNING id;

-- name: ForgetTry :exec
DELETE FROM platform.login_failure WHERE id = @id;

-- name: ForgetScope :exec
DELETE FROM platform.login_failure WHERE scope = @scope;

-- name: ForgetOldTries :exec
-- By the database's clock, and late, so that a process whose clock is ahead forgets nothing that counts.
DELETE FROM platform.login_failure WHERE at < now() - interval '1 day';
