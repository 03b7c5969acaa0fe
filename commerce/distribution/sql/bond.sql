-- name: OneBinder :exec
-- Who binds a distributor is alone: two who bind each other at once would make a circle.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.distribution', 0));

-- name: Bond :one
SELECT b.* FROM distribution_bond b WHERE b.member_id = @member_id AND b.ended_at IS NULL;

-- name: Upward :many
-- Who brought a member, and who brought that one, as far as it goes.
WITH RECURSIVE up AS (
  SELECT b.distributor_id, 1 AS depth FROM distribution_bond b WHERE b.member_id = @member_id AND b.ended_at IS NULL
  UNION ALL
  SELECT b.distributor_id, up.depth + 1 FROM up JOIN distribution_bond b ON b.member_id = up.distributor_id AND b.ended_at IS NULL WHERE up.depth < 1000)
SELECT up.distributor_id FROM up ORDER BY up.depth;

-- name: EndBond :execrows
UPDATE distribution_bond SET ended_at = least(@at::timestamptz, coalesce(until, @at)) WHERE member_id = @member_id AND ended_at IS NULL;

-- name: AddBond :one
INSERT INTO distribution_bond (member_id, distributor_id, since, until, how, evidence) VALUES (@member_id, @distributor_id, @since, sqlc.narg(until), @how, @evidence)
ON CONFLICT (member_id) WHERE ended_at IS NULL DO NOTHING RETURNING id;

-- name: BondAt :one
-- Who had brought a member at a time, and who had brought that one.
SELECT b.id, b.distributor_id, d.status, d.level_id, coalesce(u.distributor_id, 0)::bigint AS second_id, coalesce(e.status, '')::text AS second_status, e.level_id AS second_level_id
FROM distribution_bond b JOIN distributor d ON d.member_id = b.distributor_id
LEFT JOIN distribution_bond u ON u.member_id = b.distributor_id AND u.since <= @at::timestamptz AND coalesce(u.ended_at > @at, true) AND coalesce(u.until > @at, true)
LEFT JOIN distributor e ON e.member_id = u.distributor_id
WHERE b.member_id = @member_id AND b.since <= @at AND coalesce(b.ended_at > @at, true) AND coalesce(b.until > @at, true)
ORDER BY b.id DESC LIMIT 1;

-- name: Bonds :many
-- A member's bonds of all times, for staff.
SELECT b.id, b.member_id, b.distributor_id, b.since, b.until, b.ended_at, b.how, b.evidence, m.nickname
FROM distribution_bond b JOIN member m ON m.id = b.distributor_id WHERE b.member_id = @member_id ORDER BY b.id DESC LIMIT 50;

-- name: Team :many
-- Tier 1 are those whom the distributor brought; tier 2 those whom they brought.
SELECT b.id, b.member_id, b.since, m.nickname, m.avatar, m.status,
  (SELECT count(DISTINCT c.order_id) FROM commission c JOIN commission_order o ON o.order_id = c.order_id
   WHERE o.member_id = b.member_id AND c.distributor_id = @distributor_id AND c.status NOT IN ('estimated', 'void', 'reversed')) AS orders
FROM distribution_bond b JOIN member m ON m.id = b.member_id
WHERE b.ended_at IS NULL AND coalesce(b.until > @now::timestamptz, true) AND b.id < @before::bigint
  AND ((@tier::integer = 1 AND b.distributor_id = @distributor_id)
    OR (@tier = 2 AND b.distributor_id IN (SELECT t.member_id FROM distribution_bond t WHERE t.distributor_id = @distributor_id AND t.ended_at IS NULL AND coalesce(t.until > @now, true))))
ORDER BY b.id DESC LIMIT @most;

-- name: TeamSize :one
SELECT count(*) FILTER (WHERE b.distributor_id = @distributor_id) AS first, count(*) FILTER (WHERE b.distributor_id <> @distributor_id) AS second
FROM distribution_bond b
WHERE b.ended_at IS NULL AND coalesce(b.until > @now::timestamptz, true) AND (b.distributor_id = @distributor_id
  OR b.distributor_id IN (SELECT t.member_id FROM distribution_bond t WHERE t.distributor_id = @distributor_id AND t.ended_at IS NULL AND coalesce(t.until > @now, true)));

-- name: Brought :many
-- Everybody whom a distributor has brought at any time, for staff.
SELECT b.id, b.member_id, b.distributor_id, b.since, b.until, b.ended_at, b.how, b.evidence, m.nickname
FROM distribution_bond b JOIN member m ON m.id = b.member_id WHERE b.distributor_id = @distributor_id AND b.id < @before::bigint ORDER BY b.id DESC LIMIT @most;
