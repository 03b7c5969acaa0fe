-- name: Start :exec
INSERT INTO platform.staff_session (token_hash, staff_id, created_at, last_seen_at, expires_at, user_agent, ip)
VALUES (@token_hash, @staff_id, @created_at, @created_at, @expires_at, @user_agent, @ip);

-- name: Find :many
-- One row per shop and role of the person, and one without a shop for a person who has none.
SELECT s.staff_id, s.last_seen_at, p.login, p.name AS staff_name, t.id AS tenant_id, t.handle, t.name AS shop_name,
       t.status AS shop_status, t.status_reason AS shop_reason, r.code AS role_code, r.name AS role_name
  FROM platform.staff_session s
  JOIN platform.staff p ON p.id = s.staff_id AND p.status = 'active'
  LEFT JOIN platform.staff_role g ON g.staff_id = s.staff_id
  LEFT JOIN platform.role r ON r.tenant_id = g.tenant_id AND r.code = g.role_code
  LEFT JOIN platform.tenant t ON t.id = g.tenant_id AND t.status = ANY(@shop_statuses::text[])
 WHERE s.token_hash = @token_hash AND s.expires_at > @now AND s.last_seen_at > @idle_since
 ORDER BY t.name, t.id, r.code;

-- name: Touch :exec
UPDATE platform.staff_session SET last_seen_at = @now WHERE token_hash = @token_hash AND last_seen_at < @now;

-- name: Finish :execrows
DELETE FROM platform.staff_session WHERE token_hash = @token_hash;

-- name: FinishAll :execrows
DELETE FROM platform.staff_session WHERE staff_id = @staff_id;

-- name: Sweep :exec
-- Dead rows only take room; by the database's clock, and late, so that a process whose clock is ahead ends nobody's session.
DELETE FROM platform.staff_session WHERE expires_at < now() - interval '1 day';
