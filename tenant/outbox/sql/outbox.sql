-- name: InsertEvent :exec
-- An event that its process hands over itself is born leased, as if it had been claimed;
-- one that nothing acts on is born done.
INSERT INTO platform.outbox (id, tenant_id, topic, key, payload, created_at, next_at, sends, done_at)
VALUES (@id, @tenant_id, @topic, @key, @payload, @created_at, now() + make_interval(secs => @lease_seconds::double precision), @sends,
        CASE WHEN @done::boolean THEN now() END);

-- name: Claim :many
-- The lease (seconds) is how long the queue and a worker may take before the row is
-- sent again. SKIP LOCKED lets any number of relays run.
UPDATE platform.outbox o
SET next_at = now() + make_interval(secs => @lease_seconds::double precision), sends = o.sends + 1
WHERE o.id = ANY (ARRAY(
  SELECT d.id FROM platform.outbox d
  WHERE d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= now()
  ORDER BY d.next_at
  LIMIT @batch
  FOR UPDATE SKIP LOCKED))
RETURNING o.id, o.tenant_id, o.topic, o.key, o.payload, o.created_at, o.sends, o.failures,
  coalesce((SELECT t.status FROM platform.tenant t WHERE t.id = o.tenant_id), '')::text AS tenant_status;

-- name: Postpone :exec
-- Not a failure of the event: the queue was away, or its tenant had its share.
UPDATE platform.outbox SET next_at = now() + make_interval(secs => @delay_seconds::double precision)
WHERE id = ANY(@ids::uuid[]) AND done_at IS NULL AND dead_at IS NULL;

-- name: Rest :exec
-- Events of shops that are paused rest; those of a shop that has resumed since somebody
-- looked are due at once. The lock waits for a resumption under way, which wakes only what
-- rests before it.
WITH shops AS (
  SELECT t.id, t.status FROM platform.tenant t
  WHERE t.id IN (SELECT e.tenant_id FROM platform.outbox e WHERE e.id = ANY(@ids::uuid[]))
  ORDER BY t.id FOR SHARE)
UPDATE platform.outbox o
SET next_at = now() + CASE WHEN s.status = ANY(@paused::text[]) THEN make_interval(secs => @delay_seconds::double precision) ELSE interval '0' END
FROM shops s
WHERE s.id = o.tenant_id AND o.id = ANY(@ids::uuid[]) AND o.done_at IS NULL AND o.dead_at IS NULL;

-- name: Fail :exec
UPDATE platform.outbox
SET failures = failures + 1, last_error = @last_error,
    next_at = now() + make_interval(secs => @delay_seconds::double precision),
    dead_at = CASE WHEN @give_up::boolean THEN now() ELSE NULL END
WHERE id = @id AND done_at IS NULL AND dead_at IS NULL;

-- name: MarkDone :exec
UPDATE platform.outbox SET done_at = now() WHERE id = @id AND done_at IS NULL;

-- name: Receive :one
-- The receipt, and the end of the event, which no receipt keeps from being written twice.
WITH receipt AS (
  INSERT INTO inbox (event_id, effect) VALUES (@event_id, @effect) ON CONFLICT DO NOTHING RETURNING event_id),
ended AS (
  UPDATE platform.outbox SET done_at = now() WHERE id = @event_id AND done_at IS NULL)
SELECT count(*) > 0 AS fresh FROM receipt;

-- name: Replay :execrows
UPDATE platform.outbox SET dead_at = NULL, failures = 0, next_at = now() WHERE id = @id AND dead_at IS NOT NULL AND discarded_at IS NULL;

-- name: Dead :many
SELECT id, tenant_id, topic, key, payload, created_at, sends, failures, last_error, dead_at
FROM platform.outbox WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT @max_rows;

-- name: Backlog :one
SELECT count(*) AS owed, coalesce(extract(epoch FROM now() - min(next_at)), 0)::double precision AS oldest_seconds
FROM platform.outbox WHERE done_at IS NULL AND dead_at IS NULL AND next_at <= now();

-- name: Purge :execrows
DELETE FROM platform.outbox WHERE id IN (
  SELECT d.id FROM platform.outbox d WHERE d.done_at < now() - make_interval(days => @keep_days::int) LIMIT @batch);

-- name: Load :one
SELECT o.id, o.tenant_id, o.topic, o.key, o.payload, o.created_at, o.sends, o.failures,
  coalesce((SELECT t.status FROM platform.tenant t WHERE t.id = o.tenant_id), '')::text AS tenant_status
FROM platform.outbox o WHERE o.id = @id AND o.done_at IS NULL AND o.dead_at IS NULL;

-- name: Topics :many
-- What is owed and what was given up, per topic.
SELECT x.topic::text AS topic, sum(x.owed)::bigint AS owed, sum(x.due)::bigint AS due, max(x.oldest)::double precision AS oldest_seconds, sum(x.dead)::bigint AS dead
FROM (
  SELECT o.topic, count(*) AS owed, count(*) FILTER (WHERE o.next_at <= now()) AS due,
         extract(epoch FROM now() - min(o.created_at))::double precision AS oldest, 0::bigint AS dead
  FROM platform.outbox o WHERE o.done_at IS NULL AND o.dead_at IS NULL GROUP BY o.topic
  UNION ALL
  SELECT d.topic, 0, 0, 0, count(*) FROM platform.outbox d WHERE d.dead_at IS NOT NULL AND d.discarded_at IS NULL GROUP BY d.topic
) AS x GROUP BY x.topic ORDER BY x.topic;

-- name: DeadLetters :many
SELECT id, tenant_id, topic, key, payload, created_at, sends, failures, last_error, dead_at, discarded_at, discarded_by, discard_reason
FROM platform.outbox
WHERE dead_at IS NOT NULL AND (discarded_at IS NOT NULL) = @discarded::boolean AND (@topic::text = '' OR topic = @topic)
  AND (@tenant_id::text = '' OR tenant_id = @tenant_id) AND id < @before
ORDER BY id DESC LIMIT @max_rows;

-- name: ReplayTopic :many
UPDATE platform.outbox SET dead_at = NULL, failures = 0, next_at = now()
WHERE id IN (SELECT d.id FROM platform.outbox d WHERE d.topic = @topic AND d.dead_at IS NOT NULL AND d.discarded_at IS NULL ORDER BY d.id LIMIT @max_rows)
RETURNING tenant_id;

-- name: ReplayOne :one
UPDATE platform.outbox SET dead_at = NULL, failures = 0, next_at = now() WHERE id = @id AND dead_at IS NOT NULL AND discarded_at IS NULL
RETURNING tenant_id, topic, key;

-- name: Discard :one
UPDATE platform.outbox SET discarded_at = @at, discarded_by = @discarded_by, discard_reason = @reason
WHERE id = @id AND dead_at IS NOT NULL AND discarded_at IS NULL
RETURNING tenant_id, topic, key;
