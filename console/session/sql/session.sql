-- name: Start :exec
INSERT INTO platform.staff_session (token_hash, staff_id, created_at, last_seen_at, proved_at, expires_at, user_agent, ip, pending)
VALUES (@token_hash, @staff_id, @created_at, @created_at, @created_at, @expires_at, @user_agent, @ip, @pending);

-- name: Find :many
-- One row per shop and role of the person, and one without a shop for a person who has none.
SELECT s.id, s.staff_id, s.last_seen_at, s.proved_at, p.login, p.name AS staff_name, t.id AS tenant_id, t.handle, t.name AS shop_name,
       t.status AS shop_status, t.status_reason AS shop_reason, r.code AS role_code, r.name AS role_name, e.last_seen_at AS seat_seen_at,
       f.confirmed_at AS enrolled_at,
       coalesce(t.id IS NOT NULL AND (r.code = ANY(@guarded_roles::text[])
                OR (r.code LIKE 'own\_%' AND r.permissions && @guarded_permissions::text[])), false)::boolean AS guarded,
       EXISTS (SELECT FROM platform.platform_role q WHERE q.staff_id = s.staff_id AND q.disabled_at IS NULL) AS on_platform
  FROM platform.staff_session s
  JOIN platform.staff p ON p.id = s.staff_id AND p.status = 'active'
  LEFT JOIN platform.staff_totp f ON f.staff_id = s.staff_id
  LEFT JOIN platform.staff_role g ON g.staff_id = s.staff_id
  LEFT JOIN platform.staff_seat e ON e.tenant_id = g.tenant_id AND e.staff_id = g.staff_id
  LEFT JOIN platform.role r ON r.tenant_id = g.tenant_id AND r.code = g.role_code
  LEFT JOIN platform.tenant t ON t.id = g.tenant_id AND t.status = ANY(@shop_statuses::text[]) AND e.disabled_at IS NULL
 WHERE s.token_hash = @token_hash AND NOT s.pending AND s.expires_at > @now AND s.last_seen_at > @idle_since
 ORDER BY t.name, t.id, r.code;

-- name: FindPending :one
-- A session whose second factor is still owed lets its person give the code, and nothing else.
SELECT s.id, s.staff_id, p.login, p.name AS staff_name
  FROM platform.staff_session s
  JOIN platform.staff p ON p.id = s.staff_id AND p.status = 'active'
 WHERE s.token_hash = @token_hash AND s.pending AND s.expires_at > @now;

-- name: Renew :execrows
-- The same session under a new token: whoever copied the old one has nothing.
UPDATE platform.staff_session SET token_hash = @new_hash, proved_at = @now, last_seen_at = @now, pending = false,
       expires_at = CASE WHEN pending THEN @expires_at ELSE expires_at END
 WHERE token_hash = @token_hash AND expires_at > @now;

-- name: ListOf :many
SELECT id, created_at, last_seen_at, user_agent, ip, (token_hash = @token_hash)::boolean AS here
  FROM platform.staff_session
 WHERE staff_id = @staff_id AND NOT pending AND expires_at > @now AND last_seen_at > @idle_since
 ORDER BY last_seen_at DESC, id DESC
 LIMIT 100;

-- name: FinishOne :execrows
DELETE FROM platform.staff_session WHERE id = @id AND staff_id = @staff_id;

-- name: FinishOthers :execrows
DELETE FROM platform.staff_session WHERE staff_id = @staff_id AND token_hash <> @token_hash;

-- name: TouchSeat :exec
UPDATE platform.staff_seat SET last_seen_at = @now WHERE tenant_id = @tenant_id AND staff_id = @staff_id;

-- name: Touch :exec
UPDATE platform.staff_session SET last_seen_at = @now WHERE token_hash = @token_hash AND last_seen_at < @now;

-- name: Finish :execrows
DELETE FROM platform.staff_session WHERE token_hash = @token_hash;

-- name: FinishAll :execrows
DELETE FROM platform.staff_session WHERE staff_id = @staff_id;

-- name: Sweep :exec
-- Dead rows only take room; by the database's clock, and late, so that a process whose clock is ahead ends nobody's session.
DELETE FROM platform.staff_session WHERE expires_at < now() - interval '1 day';
