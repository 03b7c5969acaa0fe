-- name: InsertAccount :one
INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, app_ids, config, created_at, updated_at)
VALUES (@account_key, @channel, @mode, @name, @merchant_no, @app_ids, @config, @now, @now)
RETURNING id;

-- name: InsertSecret :exec
INSERT INTO payment_secret (account_id, field, version, sealed, fingerprint, created_at)
VALUES (@account_id, @field, @version, @sealed, @fingerprint, @now);

-- name: PutProviderKey :execrows
-- A key under a serial never changes; a repeat only notes that it was seen again.
INSERT INTO payment_provider_key (account_id, serial, pem, not_after, fetched_at)
VALUES (@account_id, @serial, @pem, @not_after, @now)
ON CONFLICT (account_id, serial) DO NOTHING;

-- name: TouchAccount :exec
UPDATE payment_account SET updated_at = @now WHERE id = @id;

-- name: AccountByKey :one
-- An account with its newest secrets, still sealed, and its provider keys: one statement.
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, a.app_ids, a.config, a.status, a.created_at, a.updated_at,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64'), 'fingerprint', s.fingerprint))
            FROM payment_secret s WHERE s.account_id = a.id
              AND s.version = (SELECT max(n.version) FROM payment_secret n WHERE n.account_id = a.id AND n.field = s.field)), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a WHERE a.account_key = @account_key;

-- name: AccountByID :one
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, a.app_ids, a.config, a.status, a.created_at, a.updated_at,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64'), 'fingerprint', s.fingerprint))
            FROM payment_secret s WHERE s.account_id = a.id
              AND s.version = (SELECT max(n.version) FROM payment_secret n WHERE n.account_id = a.id AND n.field = s.field)), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a WHERE a.id = @id;

-- name: AccountForApp :one
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, a.app_ids, a.config, a.status, a.created_at, a.updated_at,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64'), 'fingerprint', s.fingerprint))
            FROM payment_secret s WHERE s.account_id = a.id
              AND s.version = (SELECT max(n.version) FROM payment_secret n WHERE n.account_id = a.id AND n.field = s.field)), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a WHERE a.channel = @channel AND a.status = 'active' AND @app_id::text = ANY(a.app_ids)
ORDER BY a.id LIMIT 1;

-- name: Accounts :many
-- For people: no sealed secrets, only what they are recognised by.
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, a.app_ids, a.config, a.status, a.created_at, a.updated_at,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'fingerprint', s.fingerprint, 'created_at', s.created_at) ORDER BY s.field)
            FROM payment_secret s WHERE s.account_id = a.id
              AND s.version = (SELECT max(n.version) FROM payment_secret n WHERE n.account_id = a.id AND n.field = s.field)), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a ORDER BY a.id;

