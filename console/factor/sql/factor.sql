-- name: State :one
SELECT p.confirmed_at,
       (SELECT count(*) FROM platform.staff_recovery r WHERE r.staff_id = p.staff_id AND r.used_at IS NULL)::bigint AS recovery_left
  FROM platform.staff_totp p
 WHERE p.staff_id = @staff_id;

-- name: Secrets :one
SELECT sealed, kek_id, confirmed_at, last_step, new_sealed, new_kek_id FROM platform.staff_totp WHERE staff_id = @staff_id;

-- name: Begin :exec
-- A second page of the same enrolment keeps the first one's secret.
INSERT INTO platform.staff_totp (staff_id, new_sealed, new_kek_id) VALUES (@staff_id, @new_sealed, @new_kek_id)
ON CONFLICT (staff_id) DO UPDATE SET new_sealed = EXCLUDED.new_sealed, new_kek_id = EXCLUDED.new_kek_id
 WHERE platform.staff_totp.new_sealed IS NULL;

-- name: Confirm :execrows
-- Only the secret whose code was right becomes the person's, and only once.
UPDATE platform.staff_totp
   SET sealed = new_sealed, kek_id = new_kek_id, confirmed_at = @now, last_step = @step, new_sealed = NULL, new_kek_id = NULL
 WHERE staff_id = @staff_id AND new_sealed = @new_sealed;

-- name: Advance :execrows
-- A code works once: its step has to lie after the newest one taken.
UPDATE platform.staff_totp SET last_step = @step WHERE staff_id = @staff_id AND confirmed_at IS NOT NULL AND last_step < @step;

-- name: Remove :execrows
DELETE FROM platform.staff_totp WHERE staff_id = @staff_id;

-- name: ForgetRecovery :exec
DELETE FROM platform.staff_recovery WHERE staff_id = @staff_id;

-- name: AddRecovery :exec
INSERT INTO platform.staff_recovery (staff_id, code_hash) SELECT @staff_id, unnest(@hashes::bytea[]);

-- name: UseRecovery :execrows
UPDATE platform.staff_recovery SET used_at = @now WHERE staff_id = @staff_id AND code_hash = @code_hash AND used_at IS NULL;
