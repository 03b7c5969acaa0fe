-- name: InsertAccount :one
INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config, created_at, updated_at)
VALUES (@account_key, @channel, @mode, @name, @merchant_no, @config, @now, @now)
RETURNING id;

-- name: InsertSecret :exec
INSERT INTO payment_secret (account_id, field, version, sealed, fingerprint, last4, created_at)
VALUES (@account_id, @field, @version, @sealed, @fingerprint, @last4, @now);

-- name: CopySecret :execrows
-- A field that a replacement leaves as it is: the set of keys stays whole.
INSERT INTO payment_secret (account_id, field, version, sealed, fingerprint, last4, created_at)
SELECT s.account_id, s.field, @to_version, s.sealed, s.fingerprint, s.last4, s.created_at
FROM payment_secret s WHERE s.account_id = @account_id AND s.field = @field AND s.version = @from_version;

-- name: PutProviderKey :execrows
-- A key under a serial never changes; a repeat only notes that it was seen again.
INSERT INTO payment_provider_key (account_id, serial, pem, not_after, fetched_at)
VALUES (@account_id, @serial, @pem, @not_after, @now)
ON CONFLICT (account_id, serial) DO NOTHING;

-- name: TouchAccount :exec
-- Every change is a new version, whatever the clock says.
UPDATE payment_account SET updated_at = greatest(@now::timestamptz, updated_at + interval '1 microsecond') WHERE id = @id;

-- name: SetKeyVersion :execrows
-- Compare and set: of two replacements at once, one finds the other's.
UPDATE payment_account SET key_version = @to_version, config = @config,
  updated_at = greatest(@now::timestamptz, updated_at + interval '1 microsecond')
WHERE id = @id AND key_version = @from_version;

-- name: HasCollected :one
-- Whether anything was begun at the provider in the account's name.
SELECT (EXISTS (SELECT FROM payment_attempt a WHERE a.account_id = @account_id) OR EXISTS (SELECT FROM transfer t WHERE t.account_id = @account_id))::boolean AS begun;

-- name: InsertKeySet :exec
INSERT INTO payment_key_set (account_id, version, config, cert_not_after, created_by, created_at)
VALUES (@account_id, @version, @config, @cert_not_after, @created_by, @now);

-- name: SupersedeKeySet :execrows
UPDATE payment_key_set SET destroy_at = @destroy_at::timestamptz WHERE account_id = @account_id AND version = @version AND destroy_at IS NULL;

-- name: DestroyKeySets :many
UPDATE payment_key_set SET destroyed_at = @now::timestamptz
WHERE account_id = @account_id AND destroy_at <= @now AND destroyed_at IS NULL RETURNING version;

-- name: DeleteSecrets :execrows
DELETE FROM payment_secret WHERE account_id = @account_id AND version = ANY(@versions::integer[]);

-- name: Expiries :one
-- What ends, and when: the merchant's certificate in use, and of the provider's the newest,
-- or with UnionPay, where all are needed, the first to end.
SELECT a.id, a.account_key, a.name, a.merchant_no,
  (SELECT k.cert_not_after FROM payment_key_set k WHERE k.account_id = a.id AND k.version = a.key_version) AS merchant_not_after,
  coalesce((SELECT CASE a.channel WHEN 'unionpay' THEN min(p.not_after) ELSE max(p.not_after) END FROM payment_provider_key p WHERE p.account_id = a.id), '9999-01-01')::timestamptz AS platform_not_after
FROM payment_account a WHERE a.account_key = @account_key;

-- name: AccountKey :one
SELECT account_key FROM payment_account WHERE id = @id;

-- name: SealedSecrets :many
SELECT s.account_id, s.field, s.version, a.account_key, s.sealed FROM payment_secret s JOIN payment_account a ON a.id = s.account_id
ORDER BY s.account_id, s.version, s.field;

-- name: Reseal :execrows
-- The same secret under another data key: its version stays.
UPDATE payment_secret SET sealed = @sealed WHERE account_id = @account_id AND field = @field AND version = @version AND sealed = @old_sealed;

-- name: AccountByKey :one
-- An account with its secrets, still sealed, its provider keys, and what of replaced sets is
-- still needed for messages under way: one statement.
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id)::text[] AS app_ids, a.config, a.status, a.created_at, a.updated_at, a.key_version,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64')))
            FROM payment_secret s WHERE s.account_id = a.id AND (s.version = a.key_version OR s.field = 'api_v3_key')), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('version', k.version, 'config', k.config, 'until', k.destroy_at) ORDER BY k.version DESC)
            FROM payment_key_set k WHERE k.account_id = a.id AND k.version <> a.key_version AND k.destroyed_at IS NULL), '[]')::jsonb AS earlier,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a WHERE a.account_key = @account_key;

-- name: AccountByID :one
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id)::text[] AS app_ids, a.config, a.status, a.created_at, a.updated_at, a.key_version,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64')))
            FROM payment_secret s WHERE s.account_id = a.id AND (s.version = a.key_version OR s.field = 'api_v3_key')), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('version', k.version, 'config', k.config, 'until', k.destroy_at) ORDER BY k.version DESC)
            FROM payment_key_set k WHERE k.account_id = a.id AND k.version <> a.key_version AND k.destroyed_at IS NULL), '[]')::jsonb AS earlier,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a WHERE a.id = @id;

-- name: AccountForApp :one
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id)::text[] AS app_ids, a.config, a.status, a.created_at, a.updated_at, a.key_version,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'sealed', encode(s.sealed, 'base64')))
            FROM payment_secret s WHERE s.account_id = a.id AND (s.version = a.key_version OR s.field = 'api_v3_key')), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('version', k.version, 'config', k.config, 'until', k.destroy_at) ORDER BY k.version DESC)
            FROM payment_key_set k WHERE k.account_id = a.id AND k.version <> a.key_version AND k.destroyed_at IS NULL), '[]')::jsonb AS earlier,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'pem', k.pem, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_binding s JOIN payment_account a ON a.id = s.account_id
WHERE s.channel = @channel AND s.app_id = @app_id AND a.status = 'active';

-- name: Accounts :many
-- For people: no sealed secrets, only what they are recognised by.
SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no, ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id)::text[] AS app_ids, a.config, a.status, a.created_at, a.updated_at, a.key_version,
  a.checked_at, a.check_version, a.check_outcome, a.check_code, a.check_message,
  coalesce((SELECT jsonb_agg(jsonb_build_object('field', s.field, 'version', s.version, 'fingerprint', s.fingerprint, 'last4', s.last4, 'created_at', s.created_at) ORDER BY s.field)
            FROM payment_secret s WHERE s.account_id = a.id AND s.version = a.key_version), '[]')::jsonb AS secrets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('version', k.version, 'serial', k.config->>'serial', 'cert_not_after', k.cert_not_after, 'created_by', k.created_by,
                                                'created_at', k.created_at, 'destroy_at', k.destroy_at, 'destroyed_at', k.destroyed_at) ORDER BY k.version DESC)
            FROM payment_key_set k WHERE k.account_id = a.id), '[]')::jsonb AS key_sets,
  coalesce((SELECT jsonb_agg(jsonb_build_object('serial', k.serial, 'not_after', k.not_after) ORDER BY k.serial)
            FROM payment_provider_key k WHERE k.account_id = a.id), '[]')::jsonb AS provider_keys
FROM payment_account a ORDER BY a.id;

-- name: BindFree :execrows
-- A new account takes what no other serves.
INSERT INTO payment_binding (channel, app_id, account_id, bound_by, bound_at)
SELECT @channel, app.id, @account_id, @bound_by, @now FROM unnest(@app_ids::text[]) AS app (id)
ON CONFLICT (channel, app_id) DO NOTHING;

-- name: Bind :execrows
-- Compare and set: only what was served by nobody becomes this account's.
INSERT INTO payment_binding (channel, app_id, account_id, bound_by, bound_at)
VALUES (@channel, @app_id, @account_id, @bound_by, @now)
ON CONFLICT (channel, app_id) DO NOTHING;

-- name: MoveBinding :execrows
-- Compare and set: only what was served by the account that was seen moves.
UPDATE payment_binding SET account_id = @account_id, bound_by = @bound_by, bound_at = @now
WHERE channel = @channel AND app_id = @app_id AND account_id = @from_account_id;

-- name: Unbind :execrows
DELETE FROM payment_binding WHERE channel = @channel AND app_id = @app_id AND account_id = @account_id;

-- name: Rename :one
-- The row is locked first, so that what it was named stands in the log.
UPDATE payment_account a SET name = @name, updated_at = greatest(@now::timestamptz, a.updated_at + interval '1 microsecond')
FROM (SELECT o.id, o.name FROM payment_account o WHERE o.id = @id FOR UPDATE) AS was
WHERE a.id = was.id RETURNING was.name AS was_name;

-- name: SetStatus :execrows
UPDATE payment_account SET status = @status, updated_at = greatest(@now::timestamptz, updated_at + interval '1 microsecond')
WHERE id = @id AND status <> @status;

-- name: BeginCheck :execrows
-- One live check at a time, and not too often.
UPDATE payment_account SET check_begun_at = @now::timestamptz
WHERE id = @id AND (check_begun_at IS NULL OR check_begun_at <= @before::timestamptz OR check_begun_at > @now::timestamptz);

-- name: EndCheck :execrows
-- What is kept of it is about the keys that were tried.
UPDATE payment_account SET checked_at = @now::timestamptz, check_version = @version, check_outcome = @outcome, check_code = @code, check_message = @message
WHERE id = @id;

-- name: Serving :many
-- What a buyer of an app may be offered. The last live check counts only for the keys in use.
SELECT a.channel, a.mode, (a.check_outcome = 'damaged' AND a.check_version = a.key_version)::boolean AS damaged
FROM payment_binding b JOIN payment_account a ON a.id = b.account_id
WHERE b.app_id = @app_id AND a.status = 'active' ORDER BY a.id;
