-- name: NewestOf :one
SELECT id, staff_id, status, name, handle, step, step_error, tenant_id, reason, locale, created_at, updated_at
FROM platform.signup WHERE staff_id = @staff_id ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: Find :one
SELECT id, staff_id, status, name, handle, step, step_error, tenant_id, reason, locale, created_at, updated_at
FROM platform.signup WHERE id = @id;

-- name: Waiting :many
SELECT id, staff_id, status, name, handle, step, step_error, tenant_id, reason, locale, created_at, updated_at
FROM platform.signup WHERE status = 'applied' ORDER BY created_at, id LIMIT 500;

-- name: Lock :exec
-- Counting and beginning must be one step, or parallel applications all see the same count.
SELECT pg_advisory_xact_lock(hashtextextended(@scope::text, 0));

-- name: Recent :one
SELECT count(*) FILTER (WHERE network = @network) AS of_network, count(*) FILTER (WHERE staff_id = @staff_id) AS of_person,
       coalesce(min(created_at), 'epoch')::timestamptz AS oldest
FROM platform.signup WHERE (network = @network OR staff_id = @staff_id) AND created_at > @since;

-- name: Begin :exec
INSERT INTO platform.signup (id, staff_id, status, name, handle, network, locale, created_at, updated_at, expires_at)
VALUES (@id, @staff_id, 'draft', @name, @handle, @network, @locale, @at, @at, @expires_at);

-- name: Redraft :execrows
UPDATE platform.signup SET name = @name, handle = @handle, locale = @locale, updated_at = @at, expires_at = @expires_at WHERE id = @id AND status = 'draft';

-- name: Apply :execrows
UPDATE platform.signup SET status = @to_status, terms_version = @terms_version, terms_at = @at, updated_at = @at
WHERE id = @id AND status = @from_status;

-- name: Decide :execrows
UPDATE platform.signup SET status = @to_status, reason = @reason, updated_at = @at, step_at = @at WHERE id = @id AND status = @from_status;

-- name: Reached :exec
UPDATE platform.signup SET step = @to_step, tenant_id = sqlc.narg(tenant_id), step_error = '', step_at = @at, updated_at = @at
WHERE id = @id AND status = 'provisioning' AND step = @from_step;

-- name: StepFailed :exec
UPDATE platform.signup SET step_error = @step_error, step_at = @at WHERE id = @id AND status = 'provisioning' AND step = @step;

-- name: Open :execrows
UPDATE platform.signup SET status = @to_status, step = 'done', step_error = '', step_at = @at, updated_at = @at
WHERE id = @id AND status = @from_status AND step = 'ready';

-- name: Expire :many
-- By the database's clock. SKIP LOCKED: a draft that is being changed is not abandoned.
UPDATE platform.signup SET status = @to_status, updated_at = now()
WHERE id IN (SELECT d.id FROM platform.signup d WHERE d.status = @from_status AND d.expires_at < now() ORDER BY d.expires_at LIMIT 200 FOR UPDATE SKIP LOCKED)
RETURNING id;
