-- name: RaiseAlarm :one
-- The one open row of the matter. It is worse if it was not known, or a threshold was passed.
WITH before AS (SELECT b.days_left FROM platform.key_alarm b
                WHERE b.tenant_id = @tenant_id AND b.owner = @owner AND b.kind = @kind AND b.subject = @subject AND b.resolved_at IS NULL)
INSERT INTO platform.key_alarm AS a (tenant_id, owner, kind, subject, days_left, detail, first_at, last_at)
VALUES (@tenant_id, @owner, @kind, @subject, sqlc.narg(days_left), @detail, @now, @now)
ON CONFLICT (tenant_id, owner, kind, subject) WHERE resolved_at IS NULL
DO UPDATE SET seen = a.seen + 1, last_at = excluded.last_at, days_left = excluded.days_left, detail = excluded.detail
RETURNING (NOT EXISTS (SELECT FROM before) OR (SELECT days_left FROM before) IS DISTINCT FROM a.days_left)::boolean AS worse;

-- name: ResolveAlarms :execrows
UPDATE platform.key_alarm SET resolved_at = @now::timestamptz
WHERE tenant_id = @tenant_id AND owner = @owner AND kind = ANY(@kinds::text[]) AND resolved_at IS NULL;

-- name: ResolveAlarm :execrows
UPDATE platform.key_alarm SET resolved_at = @now::timestamptz
WHERE tenant_id = @tenant_id AND owner = @owner AND kind = @kind AND subject = @subject AND resolved_at IS NULL;

-- name: Alarms :many
SELECT id, tenant_id, owner, kind, subject, days_left, seen, first_at, last_at, detail FROM platform.key_alarm
WHERE tenant_id = @tenant_id AND resolved_at IS NULL ORDER BY id DESC LIMIT 100;

-- name: AllAlarms :many
SELECT id, tenant_id, owner, kind, subject, days_left, seen, first_at, last_at, detail FROM platform.key_alarm
WHERE resolved_at IS NULL ORDER BY id DESC LIMIT @max_rows;

-- name: HandleAlarm :one
UPDATE platform.key_alarm SET resolved_at = @now, resolved_by = @handler WHERE id = @id AND resolved_at IS NULL
RETURNING id, tenant_id, owner, kind, subject, days_left, seen, first_at, last_at, detail;

-- name: HoursOfUse :many
-- How often an owner's keys were used, by the hour, up to and with one hour.
SELECT hour, sum(uses)::bigint AS uses FROM platform.key_usage
WHERE tenant_id = @tenant_id AND owner = @owner AND hour >= @since AND hour <= @hour GROUP BY hour ORDER BY hour;

-- name: AddUsage :exec
INSERT INTO platform.key_usage AS u (tenant_id, owner, purpose, hour, uses, last_at)
SELECT unnest(@tenants::text[]), unnest(@owners::text[]), unnest(@purposes::text[]), unnest(@hours::timestamptz[]),
  unnest(@uses::bigint[]), unnest(@lasts::timestamptz[])
ORDER BY 1, 2, 3, 4
ON CONFLICT (tenant_id, owner, purpose, hour) DO UPDATE SET uses = u.uses + excluded.uses, last_at = greatest(u.last_at, excluded.last_at);

-- name: Usage :many
SELECT owner, purpose, max(last_at)::timestamptz AS last_at, sum(uses)::bigint AS uses FROM platform.key_usage
WHERE tenant_id = @tenant_id AND hour >= @since GROUP BY owner, purpose ORDER BY owner, purpose;

-- name: PurgeUsage :execrows
DELETE FROM platform.key_usage u USING (SELECT o.tenant_id, o.owner, o.purpose, o.hour FROM platform.key_usage o WHERE o.hour < @before ORDER BY o.hour LIMIT 1000) d
WHERE u.tenant_id = d.tenant_id AND u.owner = d.owner AND u.purpose = d.purpose AND u.hour = d.hour;
