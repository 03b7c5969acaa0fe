-- name: Account :one
SELECT a.* FROM points_account a WHERE a.member_id = @member_id;

-- name: Ending :many
-- What a member points end, the next first.
SELECT l.expires_at::timestamptz AS at, sum(l.remaining)::bigint AS points FROM points_lot l
WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL AND l.expires_at > @now::timestamptz GROUP BY l.expires_at ORDER BY l.expires_at LIMIT @most;

-- name: Entries :many
SELECT sqlc.embed(e), m.nickname FROM points_entry e JOIN member m ON m.id = e.member_id
WHERE (@member_id::bigint = 0 OR e.member_id = @member_id) AND (@kind::text = '' OR e.kind = @kind) AND e.id < @before::bigint ORDER BY e.id DESC LIMIT @most;

-- name: Report :many
-- What was issued, spent and let pass, day by day of Beijing.
SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day,
  coalesce(sum(e.change) FILTER (WHERE e.kind IN ('order', 'sign', 'invite', 'give')), 0)::bigint AS issued,
  coalesce(-sum(e.change) FILTER (WHERE e.kind IN ('spend', 'release', 'return')), 0)::bigint AS spent,
  coalesce(-sum(e.change) FILTER (WHERE e.kind = 'expire'), 0)::bigint AS expired,
  coalesce(-sum(e.change) FILTER (WHERE e.kind IN ('take', 'reverse', 'debt')), 0)::bigint AS taken
FROM points_entry e WHERE e.at >= @since::timestamptz AND e.at < @until::timestamptz GROUP BY 1 ORDER BY 1;

-- name: Outstanding :one
SELECT coalesce(sum(a.available), 0)::bigint AS available, coalesce(sum(a.frozen), 0)::bigint AS frozen, coalesce(sum(a.held), 0)::bigint AS held,
  coalesce(sum(a.debt), 0)::bigint AS debt, coalesce(sum(a.booked_fen), 0)::bigint AS booked_fen, count(*) FILTER (WHERE a.available > 0) AS members
FROM points_account a;
