-- name: Terms :one
SELECT t.* FROM points_terms t ORDER BY t.version DESC LIMIT 1;

-- name: TermsAt :one
-- And by how much a member's level earned more then.
SELECT sqlc.embed(t), coalesce((SELECT v.points_bps FROM (SELECT c.to_id FROM level_change c WHERE c.member_id = @member_id AND c.at <= @at::timestamptz ORDER BY c.id DESC LIMIT 1) c
  JOIN level_version v ON v.level_id = c.to_id AND v.since <= @at AND coalesce(v.until > @at, true)
  WHERE (SELECT l.enabled FROM level_terms l WHERE l.since <= @at ORDER BY l.version DESC LIMIT 1)), 10000)::bigint AS level_bps
FROM points_terms t WHERE t.since <= @at ORDER BY t.version DESC LIMIT 1;

-- name: AddTerms :execrows
INSERT INTO points_terms (version, since, enabled, earn_fen, earn_points, sign_points, week_points, invite_points, per_yuan, redeem, step, least, most, cap_bps, valid_days, grace_days)
VALUES (@version, @since, @enabled, @earn_fen, @earn_points, @sign_points, @week_points, @invite_points, @per_yuan, @redeem, @step, @least, @most, @cap_bps, @valid_days, @grace_days)
ON CONFLICT DO NOTHING;

-- name: EndRates :execrows
UPDATE points_rate SET until = @at::timestamptz WHERE spu_id = ANY (@spu_ids::bigint[]) AND until IS NULL;

-- name: AddRates :execrows
INSERT INTO points_rate (spu_id, times_bps, extra, since)
SELECT p.id, @times_bps, @extra, @since::timestamptz FROM spu p WHERE p.id = ANY (@spu_ids::bigint[]);

-- name: Rates :many
SELECT r.id, r.spu_id, r.times_bps, r.extra, coalesce(p.title, '')::text AS title
FROM points_rate r LEFT JOIN spu p ON p.id = r.spu_id WHERE r.until IS NULL ORDER BY r.id DESC LIMIT 500;

-- name: RatesAt :many
SELECT r.spu_id, r.times_bps, r.extra FROM points_rate r
WHERE r.spu_id = ANY (@spu_ids::bigint[]) AND r.since <= @at::timestamptz AND coalesce(r.until > @at, true);
