-- name: Declare :exec
-- What this version of the product does; a changed period counts from the next run on.
INSERT INTO platform.routine (name, every_seconds, next_at)
SELECT w.name, w.every_seconds, now() FROM (SELECT unnest(@names::text[]) AS name, unnest(@seconds::bigint[]) AS every_seconds) AS w
ORDER BY w.name
ON CONFLICT (name) DO UPDATE SET every_seconds = excluded.every_seconds WHERE routine.every_seconds <> excluded.every_seconds;

-- name: Claim :many
-- Takes what is due and nobody is at. SKIP LOCKED: another process has just taken it.
UPDATE platform.routine r
SET next_at = now() + make_interval(secs => r.every_seconds), lease_until = now() + make_interval(secs => @lease_seconds::double precision)
WHERE r.name = ANY (ARRAY(
  SELECT d.name FROM platform.routine d
  WHERE d.name = ANY(@names::text[]) AND d.next_at <= now() AND (d.lease_until IS NULL OR d.lease_until <= now())
  ORDER BY d.name FOR UPDATE SKIP LOCKED))
RETURNING r.name, r.lease_until::timestamptz AS lease_until;

-- name: Finish :exec
-- Only the holder of the claim writes how it went.
UPDATE platform.routine r
SET lease_until = NULL, began_at = @began_at::timestamptz, took_ms = @took_ms::bigint, error = @error::text, runs = r.runs + 1,
    failures = CASE WHEN @error::text = '' THEN 0 ELSE r.failures + 1 END
WHERE r.name = @name AND r.lease_until = @lease_until::timestamptz;

-- name: Note :exec
INSERT INTO platform.routine_run AS r (topic, tenant_id, key, began_at, took_ms, error, failures)
VALUES (@topic, @tenant_id, @key, @began_at, @took_ms, @error::text, CASE WHEN @error::text = '' THEN 0 ELSE 1 END)
ON CONFLICT (topic, tenant_id, key) DO UPDATE
SET began_at = excluded.began_at, took_ms = excluded.took_ms, error = excluded.error,
    failures = CASE WHEN excluded.error = '' THEN 0 ELSE r.failures + 1 END
WHERE r.began_at <= excluded.began_at;

-- name: NoteGood :exec
-- The line of what had failed ends with it.
WITH good AS (DELETE FROM platform.routine_run d WHERE d.topic = @topic AND d.tenant_id = @tenant_id AND d.key = @key::text AND d.key <> '')
INSERT INTO platform.routine_run AS r (topic, tenant_id, key, began_at, took_ms, error, failures)
VALUES (@topic, @tenant_id, '', @began_at, @took_ms, '', 0)
ON CONFLICT (topic, tenant_id, key) DO UPDATE SET began_at = excluded.began_at, took_ms = excluded.took_ms, error = '', failures = 0
WHERE r.began_at <= excluded.began_at;

-- name: TryAgain :execrows
UPDATE platform.outbox SET dead_at = NULL, failures = 0, next_at = now()
WHERE id IN (
  SELECT d.id FROM platform.outbox d WHERE d.done_at IS NULL AND d.dead_at IS NULL AND d.topic = @topic AND d.failures > 0 AND (@tenant_id::text = '' OR d.tenant_id = @tenant_id)
  UNION ALL
  SELECT d.id FROM platform.outbox d WHERE d.dead_at IS NOT NULL AND d.discarded_at IS NULL AND d.topic = @topic AND (@tenant_id::text = '' OR d.tenant_id = @tenant_id)
  LIMIT @most);

-- name: Platform :many
SELECT r.name, r.every_seconds, r.next_at, (r.lease_until IS NOT NULL AND r.lease_until > now())::boolean AS running,
  r.began_at, coalesce(r.took_ms, 0)::bigint AS took_ms, r.error, r.failures, r.runs
FROM platform.routine r ORDER BY r.name;

-- name: Shops :many
-- One line for each kind of work: when it comes next to any shop, how many are late, and how
-- the last runs went. The epoch is never.
SELECT w.topic::text AS topic,
  coalesce(t.waiting, 0)::bigint AS waiting, coalesce(t.next_at, 'epoch')::timestamptz AS next_at, coalesce(t.late, 0)::bigint AS late,
  coalesce(r.ran, 0)::bigint AS ran, coalesce(r.last_at, 'epoch')::timestamptz AS last_at, coalesce(r.mean_ms, 0)::bigint AS mean_ms, coalesce(r.most_ms, 0)::bigint AS most_ms,
  coalesce(r.failing, 0)::bigint AS failing
FROM unnest(@topics::text[]) WITH ORDINALITY AS w(topic, place)
LEFT JOIN (
  SELECT t.topic, count(*) AS waiting, min(t.due_at) AS next_at, count(*) FILTER (WHERE t.due_at < now() - interval '5 minutes') AS late
  FROM platform.timer t WHERE t.topic = ANY(@topics::text[]) GROUP BY t.topic) t ON t.topic = w.topic
LEFT JOIN (
  SELECT r.topic, count(*) AS ran, max(r.began_at) AS last_at, avg(r.took_ms) AS mean_ms, max(r.took_ms) AS most_ms, count(*) FILTER (WHERE r.error <> '') AS failing
  FROM platform.routine_run r WHERE r.topic = ANY(@topics::text[]) GROUP BY r.topic) r ON r.topic = w.topic
ORDER BY w.place;

-- name: Runs :many
-- The last runs of a kind of work, the failing ones or all of one shop's.
SELECT r.topic, r.tenant_id, coalesce(s.handle, '')::text AS handle, r.key, r.began_at, r.took_ms, r.error, r.failures, coalesce(t.due_at, 'epoch')::timestamptz AS next_at
FROM platform.routine_run r
JOIN platform.tenant s ON s.id = r.tenant_id
LEFT JOIN LATERAL (SELECT min(n.due_at) AS due_at FROM platform.timer n WHERE n.tenant_id = r.tenant_id AND n.topic = r.topic AND (n.key = r.key OR r.key = '')) t ON true
WHERE r.topic = @topic AND (r.error <> '' OR NOT @failing::boolean) AND (@tenant_id::text = '' OR r.tenant_id = @tenant_id)
  AND (r.tenant_id, r.key) > (@after_tenant::text, @after_key::text)
ORDER BY r.tenant_id, r.key LIMIT @max_rows;

-- name: Hurry :execrows
UPDATE platform.routine SET next_at = now() WHERE name = @name;

-- name: HurryShops :execrows
-- The further a shop's turn is, the later it stays within the window: nobody's work comes in
-- one lump, and nobody's comes later than it would have.
UPDATE platform.timer t SET due_at = least(t.due_at, now() + random() * make_interval(secs => @window_seconds::double precision))
WHERE t.topic = @topic AND (@tenant_id::text = '' OR t.tenant_id = @tenant_id);

-- name: LookNow :execrows
-- Events of what is due soon; its timers stay. What is owed already is not asked for twice.
INSERT INTO platform.outbox (id, tenant_id, topic, key, payload, next_at)
SELECT gen_random_uuid(), t.tenant_id, t.topic, t.key, t.payload, now() + random() * make_interval(secs => @spread_seconds::double precision)
FROM platform.timer t
WHERE t.topic = @topic AND (@tenant_id::text = '' OR t.tenant_id = @tenant_id) AND t.due_at <= now() + make_interval(secs => @within_seconds::double precision)
  AND NOT EXISTS (SELECT FROM platform.outbox o WHERE o.done_at IS NULL AND o.dead_at IS NULL AND o.tenant_id = t.tenant_id AND o.topic = t.topic AND o.key = t.key)
ORDER BY t.due_at LIMIT @most;

-- name: Forget :exec
-- What a shop that is gone, or an account that is no more, did last.
DELETE FROM platform.routine_run r WHERE (r.topic, r.tenant_id, r.key) IN (
  SELECT d.topic, d.tenant_id, d.key FROM platform.routine_run d WHERE d.began_at < now() - make_interval(days => @keep_days::int) LIMIT @batch);
