-- name: InsertSession :one
-- Lifetimes are counted by the database's clock, which also judges them.
INSERT INTO member_session (member_id, app_id, openid, access_hash, refresh_hash, refresh_family, access_expires_at, refresh_expires_at)
VALUES (@member_id, @app_id, @openid, @access_hash, @refresh_hash, @refresh_family,
        now() + make_interval(secs => @access_seconds::bigint), now() + make_interval(secs => @refresh_seconds::bigint))
RETURNING id, access_expires_at, refresh_expires_at;

-- name: FindByAccess :one
SELECT s.id, s.member_id, s.openid, s.access_expires_at, m.status
FROM member_session s JOIN member m ON m.id = s.member_id
WHERE s.access_hash = @access_hash AND s.app_id = @app_id AND s.revoked_at IS NULL AND s.access_expires_at > now();

-- name: LockByFamily :one
SELECT s.id, s.member_id, s.access_hash, s.refresh_hash, m.status,
       (s.refresh_expires_at > now() AND s.revoked_at IS NULL)::boolean AS alive
FROM member_session s JOIN member m ON m.id = s.member_id
WHERE s.refresh_family = @refresh_family AND s.app_id = @app_id
FOR UPDATE OF s;

-- name: Rotate :one
UPDATE member_session
SET access_hash = @access_hash, refresh_hash = @refresh_hash,
    access_expires_at = now() + make_interval(secs => @access_seconds::bigint),
    refresh_expires_at = now() + make_interval(secs => @refresh_seconds::bigint)
WHERE id = @id
RETURNING access_expires_at, refresh_expires_at;

-- name: Revoke :one
-- Repeating it keeps the first moment.
UPDATE member_session SET revoked_at = coalesce(revoked_at, now()) WHERE id = @id RETURNING access_hash;

-- name: PurgeSessions :execrows
-- Sessions that ended long ago, a bounded number; by the database's clock.
DELETE FROM member_session s WHERE s.id IN (
  SELECT o.id FROM member_session o
  WHERE least(o.refresh_expires_at, coalesce(o.revoked_at, o.refresh_expires_at)) < now() - make_interval(days => @days::integer)
  ORDER BY o.id LIMIT @max_rows);
