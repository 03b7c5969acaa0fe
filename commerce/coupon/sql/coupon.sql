-- name: Add :one
INSERT INTO coupon (kind, title, claimable, claim_from, claim_until, newcomers, level_id, gift_from_fen, total, per_member, per_day, budget_fen, created_at, updated_at)
VALUES (@kind, @title, @claimable, sqlc.narg(claim_from), sqlc.narg(claim_until), @newcomers, sqlc.narg(level_id), sqlc.narg(gift_from_fen), sqlc.narg(total), @per_member,
  sqlc.narg(per_day), sqlc.narg(budget_fen), @now::timestamptz, @now)
RETURNING id;

-- name: AddTerms :exec
INSERT INTO coupon_terms (coupon_id, version, need_fen, need_qty, off_fen, off_bps, cap_fen, free, scope_of, scope_ids, scope_except, valid_from, valid_until,
  valid_days, next_day, on_refund, again_days, funder)
VALUES (@coupon_id, @version, @need_fen, @need_qty, @off_fen, @off_bps, @cap_fen, @free, @scope_of, @scope_ids, @scope_except, sqlc.narg(valid_from),
  sqlc.narg(valid_until), sqlc.narg(valid_days), @next_day, @on_refund, @again_days, @funder);

-- name: Set :one
-- As the editor saw it, or not at all. What was issued and spent bounds total and budget.
UPDATE coupon SET version = version + 1, title = @title, claimable = @claimable, claim_from = sqlc.narg(claim_from), claim_until = sqlc.narg(claim_until),
  newcomers = @newcomers, level_id = sqlc.narg(level_id), gift_from_fen = sqlc.narg(gift_from_fen), total = sqlc.narg(total), per_member = @per_member, per_day = sqlc.narg(per_day),
  budget_fen = sqlc.narg(budget_fen), updated_at = @now::timestamptz
WHERE id = @id AND version = @version AND status <> 'ended' RETURNING version, kind;

-- name: SetStatus :execrows
UPDATE coupon SET status = @to_status::text, updated_at = @now::timestamptz WHERE id = @id AND status = ANY (@froms::text[]);

-- name: Find :one
SELECT sqlc.embed(c), sqlc.embed(t),
  (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = c.id AND g.status = 'used') AS used, coalesce(v.name, '')::text AS level_name
FROM coupon c JOIN coupon_terms t ON t.coupon_id = c.id AND t.version = c.version
LEFT JOIN level_version v ON v.level_id = c.level_id AND v.until IS NULL WHERE c.id = @id;

-- name: List :many
SELECT sqlc.embed(c), sqlc.embed(t),
  (SELECT count(*) FROM coupon_grant g WHERE g.coupon_id = c.id AND g.status = 'used') AS used, coalesce(v.name, '')::text AS level_name
FROM coupon c JOIN coupon_terms t ON t.coupon_id = c.id AND t.version = c.version
LEFT JOIN level_version v ON v.level_id = c.level_id AND v.until IS NULL
WHERE (@status::text = '' OR c.status = @status) AND c.id < @before::bigint ORDER BY c.id DESC LIMIT @most;

-- name: Hall :many
-- What is there to be taken, now or soon, and how much of it the member has had; of one product
-- only what is for it.
WITH path AS (
  SELECT ARRAY[k.id, k.parent_id, p.parent_id] AS ids FROM spu s JOIN category k ON k.id = s.category_id LEFT JOIN category p ON p.id = k.parent_id WHERE s.id = @spu_id::bigint)
SELECT sqlc.embed(c), sqlc.embed(t), coalesce(n.taken, 0)::bigint AS taken, (CASE WHEN n.day = @today::date THEN n.today ELSE 0 END)::bigint AS taken_today,
  coalesce(v.name, '')::text AS level_name, (c.level_id IS NULL OR EXISTS (SELECT FROM level_account a JOIN level_version h ON h.level_id = a.level_id AND h.until IS NULL
    WHERE a.member_id = @member_id AND h.threshold >= v.threshold))::boolean AS may
FROM coupon c JOIN coupon_terms t ON t.coupon_id = c.id AND t.version = c.version
LEFT JOIN coupon_count n ON n.coupon_id = c.id AND n.member_id = @member_id
LEFT JOIN level_version v ON v.level_id = c.level_id AND v.until IS NULL
WHERE c.claimable AND c.status = 'live' AND coalesce(c.claim_until, 'infinity') > @now::timestamptz AND coalesce(t.valid_until, 'infinity') > @now
  AND (@spu_id::bigint = 0 OR t.scope_of = 'all' OR t.scope_except <> CASE t.scope_of WHEN 'products' THEN @spu_id::bigint = ANY (t.scope_ids)
    ELSE coalesce(t.scope_ids && (SELECT ids FROM path), false) END)
ORDER BY c.id DESC LIMIT 100;

-- name: CountMine :one
-- How many coupons a member can use now or later, is using, has used, has let pass.
SELECT count(*) FILTER (WHERE g.status IN ('granted', 'active') AND g.valid_until > @now::timestamptz) AS usable,
  count(*) FILTER (WHERE g.status = 'locked') AS locked, count(*) FILTER (WHERE g.status = 'used') AS used,
  count(*) FILTER (WHERE g.status = 'expired' OR (g.status IN ('granted', 'active') AND g.valid_until <= @now)) AS expired
FROM coupon_grant g WHERE g.member_id = @member_id;

-- name: Grant :many
-- Each of the members gets one, if the coupon, its stock and the member's limits allow it. A
-- member who has had one for the same key gets that one and nothing more. limited: the limits
-- of members count. The coupon's row is changed first: it is what everybody waits for, and all
-- that they wait for.
WITH c AS (
  SELECT c.id, c.version, c.per_member, c.per_day, t.valid_from, t.valid_until, t.valid_days, t.next_day
  FROM coupon c JOIN coupon_terms t ON t.coupon_id = c.id AND t.version = c.version WHERE c.id = @coupon_id),
counted AS (
  INSERT INTO coupon_count AS n (coupon_id, member_id, taken, day, today)
  SELECT c.id, m, 1, @today::date, 1 FROM c, unnest(@member_ids::bigint[]) m
  WHERE NOT EXISTS (SELECT FROM coupon_grant g WHERE g.coupon_id = c.id AND g.member_id = m AND g.source_key = @source_key::text)
  ON CONFLICT (coupon_id, member_id) DO UPDATE SET taken = n.taken + 1, day = excluded.day, today = CASE WHEN n.day = excluded.day THEN n.today + 1 ELSE 1 END
  WHERE NOT @limited::boolean OR (n.taken < (SELECT per_member FROM c)
    AND (n.day <> excluded.day OR n.today < coalesce((SELECT per_day FROM c), n.today + 1)))
  RETURNING member_id),
given AS (
  INSERT INTO coupon_grant (coupon_id, version, member_id, status, source, source_key, valid_from, valid_until, granted_at)
  SELECT c.id, c.version, n.member_id, CASE WHEN x.valid_from > @now::timestamptz THEN 'granted' ELSE 'active' END, @source::text, @source_key, x.valid_from,
    coalesce(c.valid_until, x.valid_from + make_interval(days => c.valid_days::int)), @now
  FROM c CROSS JOIN counted n
  CROSS JOIN LATERAL (SELECT CASE WHEN c.valid_days IS NULL THEN c.valid_from WHEN c.next_day THEN @tomorrow::timestamptz ELSE @now END AS valid_from) x
  RETURNING id, member_id, status, valid_until),
told AS (
  INSERT INTO coupon_event (grant_id, at, actor, event, to_status) SELECT g.id, @now, @actor::text, 'grant', g.status FROM given g)
SELECT id, member_id, valid_until FROM given;

-- name: Take :one
-- So many of the stock, or none, whether the last is among them, and whether the member's level is
-- high enough. as_claim: only while buyers may take it. What no budget is left for is not given.
UPDATE coupon SET issued = issued + @qty::bigint
WHERE id = @id AND status = 'live' AND coalesce(issued + @qty <= total, true)
  AND (NOT @as_claim::boolean OR (claimable AND coalesce(claim_from, @now::timestamptz) <= @now AND coalesce(claim_until, 'infinity') > @now))
  AND (SELECT coalesce(t.valid_until > @now, true) AND coalesce(coupon.budget_fen - coupon.spent_fen >= CASE WHEN t.off_fen <= t.need_fen THEN greatest(t.off_fen, 1) ELSE 1 END, true)
    FROM coupon_terms t WHERE t.coupon_id = coupon.id AND t.version = coupon.version)
RETURNING newcomers, coalesce(issued = total, false)::boolean AS last, (level_id IS NULL OR EXISTS (SELECT FROM level_account a JOIN level_version h ON h.level_id = a.level_id AND h.until IS NULL
  JOIN level_version v ON v.level_id = coupon.level_id AND v.until IS NULL WHERE a.member_id = @member_id AND h.threshold >= v.threshold))::boolean AS may;

-- name: LevelThere :one
-- Whether a level is there to be asked for.
SELECT EXISTS (SELECT FROM level_version v WHERE v.level_id = @level_id AND v.until IS NULL) AS there;

-- name: Untake :exec
UPDATE coupon SET issued = issued - 1 WHERE id = @id;

-- name: Given :one
SELECT id FROM coupon_grant WHERE coupon_id = @coupon_id AND member_id = @member_id AND source_key = @source_key;

-- name: MakeCodes :execrows
INSERT INTO coupon_code (code, coupon_id, made_at) SELECT unnest(@codes::text[]), c.id, @now::timestamptz FROM coupon c WHERE c.id = @coupon_id AND c.status <> 'ended'
ON CONFLICT (code) DO NOTHING;

-- name: LockCode :one
SELECT coupon_id, grant_id FROM coupon_code WHERE code = @code FOR UPDATE;

-- name: UseCode :exec
UPDATE coupon_code SET grant_id = @grant_id WHERE code = @code;

-- name: Codes :many
SELECT k.code, k.made_at, g.member_id FROM coupon_code k LEFT JOIN coupon_grant g ON g.id = k.grant_id
WHERE k.coupon_id = @coupon_id AND k.code > @after::text ORDER BY k.code LIMIT @most;

-- name: Gifts :many
SELECT id FROM coupon WHERE status = 'live' AND gift_from_fen <= @paid_fen::bigint ORDER BY id;

-- name: Mine :many
SELECT g.id, x.status::text AS status, g.valid_from, g.valid_until, g.order_no, g.off_fen, c.title, c.kind, sqlc.embed(t)
FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id JOIN coupon_terms t ON t.coupon_id = g.coupon_id AND t.version = g.version
CROSS JOIN LATERAL (SELECT CASE WHEN g.status NOT IN ('granted', 'active') THEN g.status WHEN g.valid_until <= @now::timestamptz THEN 'expired'
  WHEN g.valid_from <= @now THEN 'active' ELSE 'granted' END AS status) x
WHERE g.member_id = @member_id AND x.status = ANY (@statuses::text[]) AND g.id < @before::bigint
ORDER BY g.id DESC LIMIT @most;

-- name: Usable :many
-- What the member holds and could use today or later: the soonest to end first. More than this
-- many nobody compares. A category stands with all those below it.
SELECT g.id, g.version, g.valid_from, g.valid_until, c.kind, c.title, coalesce(c.budget_fen - c.spent_fen < CASE WHEN t.off_fen <= t.need_fen THEN greatest(t.off_fen, 1) ELSE 1 END, false)::boolean AS spent, sqlc.embed(t),
  (CASE WHEN t.scope_of = 'categories' THEN ARRAY(
    SELECT k.id FROM category k LEFT JOIN category p ON p.id = k.parent_id
    WHERE k.id = ANY (t.scope_ids) OR k.parent_id = ANY (t.scope_ids) OR p.parent_id = ANY (t.scope_ids))
  ELSE t.scope_ids END)::bigint[] AS scope
FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id JOIN coupon_terms t ON t.coupon_id = g.coupon_id AND t.version = g.version
WHERE g.member_id = @member_id AND g.status IN ('granted', 'active') AND g.valid_until > @now::timestamptz
ORDER BY g.valid_until, g.id LIMIT 50;

-- name: Lock :many
WITH locked AS (
  UPDATE coupon_grant g SET status = 'locked', order_no = @order_no::text, off_fen = x.off_fen
  FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@offs_fen::bigint[]) AS off_fen) x
  WHERE g.id = x.id AND g.member_id = @member_id AND g.status IN ('granted', 'active') AND g.valid_from <= @now::timestamptz AND g.valid_until > @now
  RETURNING g.id, g.coupon_id, g.off_fen),
told AS (INSERT INTO coupon_event (grant_id, at, actor, event, to_status, order_no) SELECT l.id, @now, @actor::text, 'lock', 'locked', @order_no FROM locked l)
SELECT id, coupon_id, off_fen FROM locked ORDER BY coupon_id;

-- name: Spend :one
-- Takes it of the budget, or nothing, and says whether that passed a mark staff want to hear of: four
-- fifths of it are spent, or less is left than a coupon takes off.
UPDATE coupon c SET spent_fen = c.spent_fen + @off_fen::bigint
FROM (SELECT t.coupon_id, t.version, CASE WHEN t.off_fen <= t.need_fen THEN greatest(t.off_fen, 1) ELSE 1 END AS fen FROM coupon_terms t WHERE t.coupon_id = @id) least
WHERE c.id = @id AND coalesce(c.spent_fen + @off_fen <= c.budget_fen, true) AND least.coupon_id = c.id AND least.version = c.version
RETURNING coalesce((c.spent_fen * 5 >= c.budget_fen * 4 AND (c.spent_fen - @off_fen) * 5 < c.budget_fen * 4)
  OR (@off_fen > 0 AND c.budget_fen - c.spent_fen < least.fen AND c.budget_fen - c.spent_fen + @off_fen >= least.fen), false)::boolean AS passed;

-- name: Standing :one
-- What is left of a live coupon that staff are to hear of.
SELECT c.title, coalesce(c.budget_fen - c.spent_fen < CASE WHEN t.off_fen <= t.need_fen THEN greatest(t.off_fen, 1) ELSE 1 END, false)::boolean AS spent,
  coalesce(c.spent_fen * 5 >= c.budget_fen * 4, false)::boolean AS near, coalesce(c.issued >= c.total, false)::boolean AS given,
  coalesce(c.budget_fen, 0)::bigint AS budget_fen, coalesce(c.total, 0)::bigint AS total
FROM coupon c JOIN coupon_terms t ON t.coupon_id = c.id AND t.version = c.version WHERE c.id = @id AND c.status = 'live';

-- name: Use :exec
WITH used AS (UPDATE coupon_grant g SET status = 'used' WHERE g.order_no = @order_no::text AND g.status = 'locked' RETURNING g.id)
INSERT INTO coupon_event (grant_id, at, actor, event, to_status, order_no) SELECT u.id, @now::timestamptz, @actor::text, 'use', 'used', @order_no FROM used u;

-- name: Held :many
-- What an order holds or has used, locked.
SELECT g.id, g.coupon_id, g.status, g.off_fen, g.valid_until, t.on_refund, t.again_days
FROM coupon_grant g JOIN coupon_terms t ON t.coupon_id = g.coupon_id AND t.version = g.version
WHERE g.order_no = @order_no::text ORDER BY g.coupon_id, g.id FOR UPDATE OF g;

-- name: GiveBack :exec
WITH back AS (
  UPDATE coupon_grant g SET status = @to_status::text, order_no = NULL, off_fen = 0, valid_until = @valid_until,
    told = CASE WHEN g.valid_until = @valid_until THEN g.told END WHERE g.id = @id RETURNING g.id)
INSERT INTO coupon_event (grant_id, at, actor, event, to_status, order_no) SELECT b.id, @now::timestamptz, @actor::text, @event::text, @to_status, @order_no::text FROM back b;

-- name: Unspend :exec
UPDATE coupon SET spent_fen = spent_fen - @off_fen::bigint WHERE id = @id;

-- name: Revoke :execrows
WITH gone AS (UPDATE coupon_grant g SET status = 'revoked' WHERE g.id = ANY (@ids::bigint[]) AND g.coupon_id = @coupon_id AND g.status IN ('granted', 'active') RETURNING g.id)
INSERT INTO coupon_event (grant_id, at, actor, event, to_status) SELECT gone.id, @now::timestamptz, @actor::text, 'revoke', 'revoked' FROM gone;

-- name: Age :one
-- What has begun, and what is over: a portion, and whether there may be more.
WITH due AS (
  SELECT id, valid_until <= @now::timestamptz AS over FROM coupon_grant
  WHERE status IN ('granted', 'active') AND (valid_until <= @now OR (status = 'granted' AND valid_from <= @now))
  ORDER BY valid_until LIMIT @most FOR UPDATE SKIP LOCKED),
moved AS (
  UPDATE coupon_grant g SET status = CASE WHEN d.over THEN 'expired' ELSE 'active' END FROM due d WHERE g.id = d.id RETURNING g.id, g.status),
told AS (
  INSERT INTO coupon_event (grant_id, at, actor, event, to_status)
  SELECT m.id, @now, 'system', CASE WHEN m.status = 'expired' THEN 'expire' ELSE 'activate' END, m.status FROM moved m)
SELECT count(*) FROM moved;

-- name: Tell :many
-- Whose coupons end in a time, once for each notice, portion by portion; how many, one of
-- them, and when the first ends. What was given within a day is known, and what no budget is left for is no use.
WITH due AS (
  SELECT g.id, g.member_id, g.valid_until, c.title FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id
  WHERE g.status IN ('granted', 'active') AND g.valid_until > @from_at::timestamptz AND g.valid_until <= @until_at::timestamptz AND coalesce(g.told > @days::bigint, true)
    AND g.granted_at <= @known_at::timestamptz AND coalesce(c.spent_fen < c.budget_fen, true)),
few AS (SELECT d.member_id FROM due d GROUP BY d.member_id ORDER BY d.member_id LIMIT @most),
told AS (UPDATE coupon_grant g SET told = @days::bigint FROM due d WHERE g.id = d.id AND d.member_id IN (SELECT f.member_id FROM few f) RETURNING g.id)
SELECT d.member_id, count(*) AS n, min(d.title)::text AS title, min(d.valid_until)::timestamptz AS ends_at
FROM due d JOIN told t ON t.id = d.id GROUP BY d.member_id ORDER BY d.member_id;

-- name: MoveGrants :exec
UPDATE coupon_grant SET member_id = @to_id::bigint, source_key = source_key || '/' || @from_id::bigint WHERE member_id = @from_id;

-- name: MoveCounts :exec
-- A person who was two has had what both have had.
WITH old AS (DELETE FROM coupon_count WHERE member_id = @from_id::bigint RETURNING coupon_id, taken, day, today)
INSERT INTO coupon_count AS n (coupon_id, member_id, taken, day, today) SELECT old.coupon_id, @to_id::bigint, old.taken, old.day, old.today FROM old
ON CONFLICT (coupon_id, member_id) DO UPDATE SET taken = n.taken + excluded.taken, day = greatest(n.day, excluded.day),
  today = CASE WHEN n.day = excluded.day THEN n.today + excluded.today WHEN n.day > excluded.day THEN n.today ELSE excluded.today END;

-- name: ForgetGrants :exec
WITH gone AS (UPDATE coupon_grant g SET status = 'revoked' WHERE g.member_id = @member_id AND g.status IN ('granted', 'active') RETURNING g.id)
INSERT INTO coupon_event (grant_id, at, actor, event, to_status) SELECT gone.id, @now::timestamptz, 'system', 'revoke', 'revoked' FROM gone;
