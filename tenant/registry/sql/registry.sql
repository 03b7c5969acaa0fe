-- name: ByApp :one
-- calls is how many requests a minute the shop's terms allow.
SELECT a.app_id, a.provider, a.name AS app_name, a.status AS app_status,
       t.id, t.handle, t.name, t.status, t.status_reason, t.schema_version, t.opened_at,
       coalesce((SELECT o.hard FROM platform.tenant_limit o WHERE o.tenant_id = t.id AND o.quota = 'api_calls'),
                (SELECT l.hard FROM platform.plan_limit l WHERE l.quota = 'api_calls' AND l.plan_code =
                  coalesce((SELECT c.plan_code FROM platform.tenant_plan c WHERE c.tenant_id = t.id), (SELECT d.code FROM platform.plan d WHERE d.is_default))),
                9223372036854775807)::bigint AS calls
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

-- name: Move :one
-- The moves are the caller's: the transitions stand in Go. The row is locked first, so that
-- two events at once are one after the other. A shop that opens for the first time is marked.
UPDATE platform.tenant t
SET status = m.to_status, status_reason = @reason, updated_at = @at,
    went_live_at = CASE WHEN m.to_status = 'active' THEN coalesce(t.went_live_at, @at) ELSE t.went_live_at END
FROM (SELECT o.id, o.status, o.went_live_at FROM platform.tenant o WHERE o.id = @id FOR UPDATE) AS was,
     (SELECT unnest(@from_statuses::text[]) AS from_status, unnest(@to_statuses::text[]) AS to_status, unnest(@pasts::text[]) AS past) AS m
WHERE t.id = was.id AND m.from_status = was.status
  AND (m.past = 'any' OR (m.past = 'open') = (was.went_live_at IS NOT NULL))
RETURNING was.status AS was_status, t.status;

-- name: WakeEvents :exec
-- What waited for a suspended shop becomes due.
UPDATE platform.outbox SET next_at = now() WHERE tenant_id = @tenant_id AND done_at IS NULL AND dead_at IS NULL AND next_at > now();

-- name: AddApp :execrows
INSERT INTO platform.app (app_id, provider, tenant_id, name) VALUES (@app_id, @provider, @tenant_id, @name) ON CONFLICT DO NOTHING;

-- name: AppsOf :many
SELECT app_id, provider, tenant_id, name, status FROM platform.app WHERE tenant_id = @tenant_id ORDER BY app_id;

-- name: AddAccountRoute :execrows
INSERT INTO platform.account_route (account_key, channel, tenant_id, merchant_no) VALUES (@account_key, @channel, @tenant_id, @merchant_no)
ON CONFLICT DO NOTHING;

-- name: NotifyTenant :exec
SELECT pg_notify('galleria_tenant', @payload);

-- name: OwnApp :one
-- Locked: what is decided about an app holds until the transaction ends.
SELECT app_id, provider, name, status, created_at FROM platform.app WHERE app_id = @app_id AND tenant_id = @tenant_id FOR UPDATE;

-- name: RenameApp :execrows
UPDATE platform.app SET name = @name WHERE app_id = @app_id AND tenant_id = @tenant_id;

-- name: SetAppStatus :execrows
UPDATE platform.app SET status = @status WHERE app_id = @app_id AND tenant_id = @tenant_id;

-- name: DropApp :execrows
DELETE FROM platform.app WHERE app_id = @app_id AND tenant_id = @tenant_id;
