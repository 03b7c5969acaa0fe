-- name: Claim :one
-- One spare becomes a shop. SKIP LOCKED: two sign-ups take two spares.
UPDATE platform.tenant t
SET status = 'provisioning', handle = @handle, name = @name, request_key = @request_key, opened_at = now(), updated_at = now()
WHERE t.id = (SELECT s.id FROM platform.tenant s WHERE s.status = 'spare' AND s.schema_version = @schema_version
              ORDER BY s.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING t.id;

-- name: ByRequestKey :one
SELECT id, handle, name, status FROM platform.tenant WHERE request_key = @request_key;

-- name: CountSpares :one
SELECT count(*) FROM platform.tenant WHERE status = 'spare' AND schema_version = @schema_version;

-- name: Unfinished :many
SELECT id FROM platform.tenant WHERE status = 'building' AND updated_at < now() - make_interval(secs => @older_than_seconds::double precision);

-- name: PutShop :exec
INSERT INTO shop (name) VALUES (@name) ON CONFLICT (only_row) DO NOTHING;
