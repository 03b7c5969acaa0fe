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
-- Never the last owner: a shop without one could not be given another from within.
DELETE FROM platform.staff_role AS gone
 WHERE gone.tenant_id = @tenant_id AND gone.staff_id = @staff_id AND gone.role_code = @role_code
   AND (gone.role_code <> 'owner' OR EXISTS (
        SELECT FROM platform.staff_role o WHERE o.tenant_id = gone.tenant_id AND o.role_code = 'owner' AND o.staff_id <> gone.staff_id));

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

-- name: ForgetProofs :exec
-- A new password makes every link that would set another one worthless.
UPDATE platform.staff_proof SET used_at = @now WHERE staff_id = @staff_id AND purpose = 'password_reset' AND used_at IS NULL;

-- name: AddProof :exec
INSERT INTO platform.staff_proof (staff_id, purpose, token_hash, way, address, created_at, expires_at)
VALUES (@staff_id, @purpose, @token_hash, @way, @address, @created_at, @expires_at);

-- name: FindProof :one
SELECT f.id, f.staff_id, f.way, f.address, f.expires_at, f.used_at, p.login, p.name, p.status
  FROM platform.staff_proof f
  JOIN platform.staff p ON p.id = f.staff_id
 WHERE f.token_hash = @token_hash AND f.purpose = @purpose;

-- name: UseProof :execrows
UPDATE platform.staff_proof SET used_at = @now WHERE id = @id AND used_at IS NULL AND expires_at > @now;

-- name: SweepProofs :exec
DELETE FROM platform.staff_proof WHERE expires_at < now() - interval '30 days';

-- name: SetMail :execrows
UPDATE platform.staff SET mail = @mail, updated_at = @at WHERE id = @id;

-- name: SetPhone :execrows
UPDATE platform.staff SET phone = @phone, updated_at = @at WHERE id = @id;
