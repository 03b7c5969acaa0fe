-- name: ByApp :one
SELECT a.app_id, a.provider, a.name AS app_name, a.status AS app_status,
       t.id, t.handle, t.name, t.status, t.status_reason, t.schema_version, t.opened_at
FROM platform.app a JOIN platform.tenant t ON t.id = a.tenant_id
WHERE a.app_id = @app_id;

-- name: ByAccountKey :one
SELECT r.channel, t.id, t.handle, t.name, t.status, t.status_reason, t.schema_version, t.opened_at
FROM platform.account_route r JOIN platform.tenant t ON t.id = r.tenant_id
WHERE r.account_key = @account_key;

-- name: ByHandle :one
SELECT id, handle, name, status, status_reason, schema_version, opened_at FROM platform.tenant WHERE handle = @handle;

-- name: ByID :one
SELECT id, handle, name, status, status_reason, schema_version, opened_at FROM platform.tenant
WHERE id = @id AND handle IS NOT NULL;

-- name: List :many
SELECT id, handle, name, status, status_reason, schema_version, opened_at FROM platform.tenant
WHERE handle IS NOT NULL AND id > @after ORDER BY id LIMIT @max_rows;

-- name: LockStatus :one
-- What a move starts from, for the audit log; nobody else moves the tenant meanwhile.
SELECT status, status_reason FROM platform.tenant WHERE id = @id AND handle IS NOT NULL FOR UPDATE;

-- name: SetStatus :execrows
-- The states a move may start from are the caller's: the transitions stand in Go.
UPDATE platform.tenant SET status = @to_status, status_reason = @reason, updated_at = now()
WHERE id = @id AND status = ANY(@from_statuses::text[]);

-- name: AddApp :execrows
INSERT INTO platform.app (app_id, provider, tenant_id, name) VALUES (@app_id, @provider, @tenant_id, @name) ON CONFLICT DO NOTHING;

-- name: AppsOf :many
SELECT app_id, provider, tenant_id, name, status FROM platform.app WHERE tenant_id = @tenant_id ORDER BY app_id;

-- name: AddAccountRoute :execrows
INSERT INTO platform.account_route (account_key, channel, tenant_id) VALUES (@account_key, @channel, @tenant_id) ON CONFLICT DO NOTHING;

-- name: NotifyTenant :exec
SELECT pg_notify('galleria_tenant', @payload);
