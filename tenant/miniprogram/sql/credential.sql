-- name: Credential :one
SELECT provider, secret_sealed, api_base FROM app_credential WHERE app_id = @app_id;

-- name: Credentials :many
SELECT app_id, provider, secret_last4, api_base, updated_at FROM app_credential ORDER BY app_id;

-- name: PutCredential :exec
INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4, api_base)
VALUES (@app_id, @provider, @secret_sealed, @secret_last4, @api_base)
ON CONFLICT (app_id) DO UPDATE SET provider = excluded.provider, secret_sealed = excluded.secret_sealed,
  secret_last4 = excluded.secret_last4, api_base = excluded.api_base, updated_at = now();

-- name: SealedCredentials :many
SELECT app_id, secret_sealed FROM app_credential ORDER BY app_id;

-- name: ResealCredential :execrows
-- The same secret under another data key: updated_at stays.
UPDATE app_credential SET secret_sealed = @sealed WHERE app_id = @app_id AND secret_sealed = @old_sealed;
