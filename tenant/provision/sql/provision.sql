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

-- name: Hold :exec
-- A handle, or a look-alike, that somebody holds stays theirs.
INSERT INTO platform.shop_handle (handle, skeleton, request_key) VALUES (@handle, @skeleton, @request_key) ON CONFLICT DO NOTHING;

-- name: HolderOf :one
SELECT request_key FROM platform.shop_handle WHERE handle = @handle;

-- name: HeldSkeletons :many
SELECT skeleton FROM platform.shop_handle WHERE skeleton = ANY(@skeletons::text[]) AND request_key <> @request_key;

-- name: Release :exec
DELETE FROM platform.shop_handle h WHERE h.request_key = @request_key AND h.handle <> @keep
  AND NOT EXISTS (SELECT 1 FROM platform.tenant t WHERE t.handle = h.handle);
