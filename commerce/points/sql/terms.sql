-- name: Terms :one
SELECT t.* FROM points_terms t ORDER BY t.version DESC LIMIT 1;

-- name: TermsAt :one
SELECT t.* FROM points_terms t WHERE t.since <= @at::timestamptz ORDER BY t.version DESC LIMIT 1;

-- name: AddTerms :execrows
INSERT INTO points_terms (version, since, enabled, earn_fen, earn_points, sign_points, week_points, invite_points, per_yuan, redeem, step, least, most, cap_bps, valid_days, grace_days)
VALUES (@version, @since, @enabled, @earn_fen, @earn_points, @sign_points, @week_points, @invite_points, @per_yuan, @redeem, @step, @least, @most, @cap_bps, @valid_days, @grace_days)
ON CONFLICT DO NOTHING;

-- name: EndRate :execrows
UPDATE points_rate SET until = @at::timestamptz WHERE spu_id = @spu_id AND until IS NULL;

-- name: AddRate :execrows
INSERT INTO points_rate (spu_id, times_bps, extra, since)
SELECT p.id, @times_bps, @extra, @since::timestamptz FROM spu p WHERE p.id = @spu_id::bigint;

-- name: Rates :many
SELECT r.id, r.spu_id, r.times_bps, r.extra, coalesce(p.title, '')::text AS title
FROM points_rate r LEFT JOIN spu p ON p.id = r.spu_id WHERE r.until IS NULL ORDER BY r.id DESC LIMIT 500;

-- name: RatesAt :many
SELECT r.spu_id, r.times_bps, r.extra FROM points_rate r
WHERE r.spu_id = ANY (@spu_ids::bigint[]) AND r.since <= @at::timestamptz AND coalesce(r.until > @at, true);
