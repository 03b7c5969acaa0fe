-- name: DueMembers :many
-- Whose points are over and not yet written down.
SELECT DISTINCT l.member_id FROM points_lot l WHERE l.remaining > 0 AND l.available_at IS NOT NULL AND l.expires_at <= @now::timestamptz ORDER BY l.member_id LIMIT @most;

-- name: Tell :many
-- Whose points end at a time, once for each notice; portion by portion.
WITH told AS (
  UPDATE points_lot l SET told = @days::bigint
  WHERE l.expires_at = @at::timestamptz AND l.remaining > 0 AND l.available_at IS NOT NULL AND coalesce(l.told > @days, true)
    AND l.member_id IN (SELECT d.member_id FROM points_lot d WHERE d.expires_at = @at AND d.remaining > 0 AND d.available_at IS NOT NULL AND coalesce(d.told > @days, true)
      GROUP BY d.member_id ORDER BY d.member_id LIMIT @most)
  RETURNING l.member_id, l.remaining)
SELECT member_id, sum(remaining)::bigint AS points FROM told GROUP BY member_id ORDER BY member_id;
