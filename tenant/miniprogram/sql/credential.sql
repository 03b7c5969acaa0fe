-- name: Credential :one
SELECT provider, secret_sealed, api_base, mode, config, revision, push_ready_at FROM app_credential WHERE app_id = @app_id;

-- name: Apps :many
-- What the shop has, by the order in which it was added. Row policies show the shop its own;
-- a '' app_id asks for all.
SELECT a.app_id, a.provider, a.name, a.status, a.created_at, coalesce(c.mode, 'live') AS mode, coalesce(c.api_base, '') AS api_base,
       coalesce(c.secret_last4, '') AS secret_last4, coalesce(c.config, '{}')::jsonb AS config, coalesce(c.revision, 0)::integer AS revision,
       coalesce(c.updated_at, a.created_at) AS updated_at, c.checked_at, coalesce(c.check_result, '{}')::jsonb AS check_result,
       EXISTS (SELECT 1 FROM app_secret s WHERE s.app_id = a.app_id AND s.field = 'push_key') AS push_keys, c.push_ready_at, c.push_heard_at
FROM platform.app a LEFT JOIN app_credential c ON c.app_id = a.app_id
WHERE @app_id::text IN ('', a.app_id) ORDER BY a.created_at, a.app_id;

-- name: PutCredential :exec
-- New keys were never checked.
INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4, api_base, mode, config)
VALUES (@app_id, @provider, @secret_sealed, @secret_last4, @api_base, @mode, @config)
ON CONFLICT (app_id) DO UPDATE SET provider = excluded.provider, secret_sealed = excluded.secret_sealed,
  secret_last4 = excluded.secret_last4, api_base = excluded.api_base, mode = excluded.mode, config = excluded.config,
  revision = app_credential.revision + 1, checked_at = NULL, check_begun_at = NULL, check_result = '{}', updated_at = now();

-- name: LockShop :one
-- Mini Programs of one shop are added one after the other: its plan limits how many.
SELECT only_row FROM shop FOR UPDATE;

-- name: CountApps :one
-- Apps of the directory without keys count as live ones. Row policies show the shop its own.
SELECT count(*) FROM platform.app a LEFT JOIN app_credential c ON c.app_id = a.app_id
WHERE coalesce(c.mode, 'live') = @mode::text;

-- name: DropCredential :execrows
DELETE FROM app_credential WHERE app_id = @app_id;

-- name: PutAppSecret :exec
INSERT INTO app_secret (app_id, field, sealed, last4) VALUES (@app_id, @field, @sealed, @last4)
ON CONFLICT (app_id, field) DO UPDATE SET sealed = excluded.sealed, last4 = excluded.last4, created_at = now();

-- name: ContentKeys :many
-- The present one first.
SELECT field, sealed, last4 FROM app_secret WHERE app_id = @app_id AND field IN ('content_key', 'content_key_old') ORDER BY field;

-- name: PushKeys :many
SELECT field, sealed FROM app_secret WHERE app_id = @app_id AND field IN ('push_key', 'push_token') ORDER BY field;

-- name: PushNew :execrows
-- WeChat has not proved that it has these.
UPDATE app_credential SET push_ready_at = NULL, push_heard_at = NULL WHERE app_id = @app_id AND provider = 'wechat';

-- name: PushReady :exec
UPDATE app_credential SET push_ready_at = coalesce(push_ready_at, @at::timestamptz), push_heard_at = @at
WHERE app_id = @app_id AND (push_heard_at IS NULL OR push_ready_at IS NULL OR push_heard_at < @not_after::timestamptz);

-- name: BeginCheck :one
-- One check of an app at a time and in a while, whatever process is asked.
UPDATE app_credential SET check_begun_at = @at
WHERE app_id = @app_id AND (check_begun_at IS NULL OR check_begun_at <= @not_after OR check_begun_at > @at)
RETURNING revision;

-- name: SaveCheck :execrows
UPDATE app_credential SET checked_at = @at, check_result = @found WHERE app_id = @app_id AND revision = @revision;

-- name: SealedCredentials :many
SELECT app_id, secret_sealed FROM app_credential ORDER BY app_id;

-- name: ResealCredential :execrows
-- The same secret under another data key: updated_at stays.
UPDATE app_credential SET secret_sealed = @sealed WHERE app_id = @app_id AND secret_sealed = @old_sealed;

-- name: SealedAppSecrets :many
SELECT app_id, field, sealed FROM app_secret ORDER BY app_id, field;

-- name: ResealAppSecret :execrows
UPDATE app_secret SET sealed = @sealed WHERE app_id = @app_id AND field = @field AND sealed = @old_sealed;
