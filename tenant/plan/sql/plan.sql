-- name: Take :one
-- Counts n more unless that would exceed the hard limit; used is -1 then. Read
-- committed re-reads a row that another transaction has just changed, so parallel takers
-- together never pass the limit.
WITH terms AS (
  SELECT coalesce(o.soft, l.soft, @unlimited::bigint) AS soft, coalesce(o.hard, l.hard, @unlimited::bigint) AS hard
  FROM platform.plan p
  LEFT JOIN platform.plan_limit l ON l.plan_code = p.code AND l.quota = @quota
  LEFT JOIN platform.tenant_limit o ON o.tenant_id = @tenant_id AND o.quota = @quota
  WHERE p.code = coalesce((SELECT c.plan_code FROM platform.tenant_plan c WHERE c.tenant_id = @tenant_id), (SELECT d.code FROM platform.plan d WHERE d.is_default))
), taken AS (
  INSERT INTO platform.quota_usage AS u (tenant_id, quota, period, used)
  SELECT @tenant_id, @quota, @period, @n::bigint FROM terms t WHERE @n::bigint <= t.hard
  ON CONFLICT (tenant_id, quota, period) DO UPDATE SET used = u.used + excluded.used, used_at = now()
    WHERE u.used <= (SELECT h.hard FROM terms h) - excluded.used
  RETURNING u.used)
SELECT t.soft::bigint AS soft, t.hard::bigint AS hard, coalesce((SELECT k.used FROM taken k), -1)::bigint AS used FROM terms t;

-- name: GiveBack :exec
UPDATE platform.quota_usage SET used = greatest(used - @n::bigint, 0)
WHERE tenant_id = @tenant_id AND quota = @quota AND period = @period;

-- name: SetUsed :exec
INSERT INTO platform.quota_usage (tenant_id, quota, period, used) VALUES (@tenant_id, @quota, @period, @used)
ON CONFLICT (tenant_id, quota, period) DO UPDATE SET used = excluded.used;

-- name: PlanOf :one
SELECT p.code, p.name, p.name_en, p.price_fen, p.features, p.status, p.is_default, p.sort FROM platform.plan p
WHERE p.code = coalesce((SELECT c.plan_code FROM platform.tenant_plan c WHERE c.tenant_id = @tenant_id), (SELECT d.code FROM platform.plan d WHERE d.is_default));

-- name: LimitsOf :many
-- The limits of a tenant's plan with what was agreed beside it.
SELECT l.quota, l.soft, l.hard FROM platform.plan_limit l
WHERE l.plan_code = @plan_code AND NOT EXISTS (SELECT FROM platform.tenant_limit o WHERE o.tenant_id = @tenant_id AND o.quota = l.quota)
UNION ALL
SELECT o.quota, o.soft, o.hard FROM platform.tenant_limit o WHERE o.tenant_id = @tenant_id
ORDER BY quota;

-- name: UsedBy :many
SELECT quota, period, used FROM platform.quota_usage WHERE tenant_id = @tenant_id AND period IN ('', @month::text) ORDER BY quota;

-- name: UsedByMany :many
SELECT tenant_id, quota, used FROM platform.quota_usage WHERE tenant_id = ANY(@tenant_ids::text[]) AND period IN ('', @month::text);

-- name: PlansOf :many
SELECT t.id::text AS tenant_id, coalesce(c.plan_code, (SELECT d.code FROM platform.plan d WHERE d.is_default))::text AS plan_code
FROM platform.tenant t LEFT JOIN platform.tenant_plan c ON c.tenant_id = t.id
WHERE t.id = ANY(@tenant_ids::text[]);

-- name: Plans :many
SELECT code, name, name_en, price_fen, features, status, is_default, sort FROM platform.plan ORDER BY sort, code;

-- name: PlanLimits :many
SELECT plan_code, quota, soft, hard FROM platform.plan_limit ORDER BY plan_code, quota;

-- name: PutPlan :exec
INSERT INTO platform.plan (code, name, name_en, price_fen, features, status, sort)
VALUES (@code, @name, @name_en, @price_fen, @features, @status, @sort)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, price_fen = excluded.price_fen,
  features = excluded.features, status = excluded.status, sort = excluded.sort, updated_at = now();

-- name: ClearLimits :exec
DELETE FROM platform.plan_limit WHERE plan_code = @plan_code;

-- name: AddLimit :exec
INSERT INTO platform.plan_limit (plan_code, quota, soft, hard) VALUES (@plan_code, @quota, @soft, @hard);

-- name: Assign :execrows
INSERT INTO platform.tenant_plan (tenant_id, plan_code, actor, reason)
SELECT @tenant_id, p.code, @actor, @reason FROM platform.plan p WHERE p.code = @plan_code AND p.status = 'offered'
ON CONFLICT (tenant_id) DO UPDATE SET plan_code = excluded.plan_code, actor = excluded.actor, reason = excluded.reason, updated_at = now();

-- name: Agree :exec
INSERT INTO platform.tenant_limit (tenant_id, quota, soft, hard, reason) VALUES (@tenant_id, @quota, @soft, @hard, @reason)
ON CONFLICT (tenant_id, quota) DO UPDATE SET soft = excluded.soft, hard = excluded.hard, reason = excluded.reason, updated_at = now();

-- name: Disagree :execrows
DELETE FROM platform.tenant_limit WHERE tenant_id = @tenant_id AND quota = @quota;

-- name: AgreedByMany :many
SELECT tenant_id, quota, soft, hard FROM platform.tenant_limit WHERE tenant_id = ANY(@tenant_ids::text[]);

-- name: Tight :many
-- The quotas of a tenant that have come to their soft limit.
SELECT l.quota, l.soft, l.hard, u.used FROM (
  SELECT p.quota, p.soft, p.hard FROM platform.plan_limit p
  WHERE p.plan_code = coalesce((SELECT c.plan_code FROM platform.tenant_plan c WHERE c.tenant_id = @tenant_id), (SELECT d.code FROM platform.plan d WHERE d.is_default))
    AND NOT EXISTS (SELECT FROM platform.tenant_limit o WHERE o.tenant_id = @tenant_id AND o.quota = p.quota)
  UNION ALL
  SELECT a.quota, a.soft, a.hard FROM platform.tenant_limit a WHERE a.tenant_id = @tenant_id) AS l
JOIN platform.quota_usage u ON u.tenant_id = @tenant_id AND u.quota = l.quota AND u.period IN ('', @month::text)
WHERE u.used >= l.soft ORDER BY l.quota;
