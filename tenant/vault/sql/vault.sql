-- name: KEKs :many
-- Every key-encryption key that is known or in use, and how many data keys it wraps.
SELECT coalesce(k.id, t.kek_id)::text AS id, k.check_value, coalesce(k.state, '')::text AS state, k.created_at, k.retired_at, coalesce(t.wraps, 0)::bigint AS wraps
FROM platform.kek k
FULL JOIN (SELECT kek_id, count(*) AS wraps FROM platform.tenant_key WHERE state <> 'destroyed' GROUP BY kek_id) t ON t.kek_id = k.id
ORDER BY 1;

-- name: CurrentKEK :one
SELECT id FROM platform.kek WHERE state = 'current';

-- name: AddKEK :execrows
INSERT INTO platform.kek (id, check_value, state) VALUES (@id, @check_value, @state) ON CONFLICT DO NOTHING;

-- name: SupersedeKEK :execrows
-- Waits for everybody who is just wrapping with the current key (AddKey locks it).
UPDATE platform.kek SET state = 'old' WHERE state = 'current' AND id <> @id;

-- name: PromoteKEK :execrows
UPDATE platform.kek SET state = 'current' WHERE id = @id AND state = 'old';

-- name: RetireKEKs :many
UPDATE platform.kek k SET state = 'retired', retired_at = now()
WHERE k.state = 'old' AND NOT EXISTS (SELECT FROM platform.tenant_key t WHERE t.kek_id = k.id AND t.state <> 'destroyed')
RETURNING k.id;

-- name: Keys :many
-- ripe: no process can still seal with it.
SELECT version, kek_id, wrapped_dek, prefix, check_value, state, created_at,
  coalesce(superseded_at < now() - make_interval(secs => @grace_seconds::double precision), false)::boolean AS ripe
FROM platform.tenant_key WHERE tenant_id = @tenant_id AND state <> 'destroyed' ORDER BY version;

-- name: LastVersion :one
SELECT coalesce(max(version), 0)::integer FROM platform.tenant_key WHERE tenant_id = @tenant_id;

-- name: AddKey :execrows
-- Nothing is wrapped by a key that is not current (any more).
INSERT INTO platform.tenant_key (tenant_id, version, kek_id, wrapped_dek, prefix, check_value)
SELECT @tenant_id, @version, k.id, @wrapped_dek, @prefix, @check_value FROM platform.kek k WHERE k.id = @kek_id AND k.state = 'current' FOR SHARE
ON CONFLICT DO NOTHING;

-- name: SupersedeKey :execrows
UPDATE platform.tenant_key SET state = 'old', superseded_at = now(), sweep_at = now() + make_interval(secs => @grace_seconds::double precision)
WHERE tenant_id = @tenant_id AND state = 'primary' AND created_at < @before;

-- name: WrappedElsewhere :many
-- A page of the data keys that another key than the current one wraps.
SELECT tenant_id, version, kek_id, wrapped_dek, check_value FROM platform.tenant_key
WHERE state <> 'destroyed' AND kek_id <> @kek_id AND (tenant_id, version) > (@after_tenant::text, @after_version::integer)
ORDER BY tenant_id, version LIMIT @max_rows;

-- name: CountElsewhere :one
SELECT count(*) FROM platform.tenant_key WHERE state <> 'destroyed' AND kek_id <> @kek_id;

-- name: Rewrap :execrows
-- Only what was read is replaced: of two rotations at once, one finds it done.
UPDATE platform.tenant_key SET kek_id = @kek_id, wrapped_dek = @wrapped_dek, prefix = @prefix, check_value = @check_value
WHERE tenant_id = @tenant_id AND version = @version AND kek_id = @old_kek_id AND state <> 'destroyed';

-- name: ClaimSweeps :many
-- Tenants with a superseded key that may have become unused. The claim is a lease.
UPDATE platform.tenant_key t SET sweep_at = now() + interval '1 hour'
FROM (SELECT o.tenant_id, o.version FROM platform.tenant_key o WHERE o.state = 'old' AND o.sweep_at <= now()
      ORDER BY o.sweep_at LIMIT @max_rows FOR UPDATE SKIP LOCKED) due
WHERE t.tenant_id = due.tenant_id AND t.version = due.version
RETURNING t.tenant_id;

-- name: DestroyKeys :many
-- Only what no process can still hold as its primary.
UPDATE platform.tenant_key SET state = 'destroyed', wrapped_dek = '', check_value = NULL, destroyed_at = now()
WHERE tenant_id = @tenant_id AND state = 'old' AND version = ANY(@versions::integer[])
  AND superseded_at < now() - make_interval(secs => @grace_seconds::double precision)
RETURNING version;

-- name: TenantsWithKeys :many
SELECT DISTINCT tenant_id FROM platform.tenant_key
WHERE state <> 'destroyed' AND tenant_id > @after ORDER BY tenant_id LIMIT @max_rows;

-- name: NotifyKey :exec
SELECT pg_notify('galleria_key', @payload);

-- name: BeginRotation :one
-- One that is under way is taken up.
INSERT INTO platform.key_rotation (kind, scope) VALUES (@kind, @scope)
ON CONFLICT (kind, scope) WHERE finished_at IS NULL DO UPDATE SET kind = excluded.kind
RETURNING started_at;

-- name: EndRotation :execrows
UPDATE platform.key_rotation SET finished_at = now() WHERE kind = @kind AND scope = @scope AND finished_at IS NULL;

-- name: OpenRotations :many
SELECT kind, scope, started_at FROM platform.key_rotation WHERE finished_at IS NULL ORDER BY id;
