-- name: Set :exec
INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload) VALUES (@tenant_id, @topic, @key, @due_at, @payload)
ON CONFLICT (tenant_id, topic, key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload;

-- name: SetNew :exec
INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload)
SELECT p.tenant_id, @topic, p.key, p.due_at, p.payload::jsonb
FROM (SELECT unnest(@tenants::text[]) AS tenant_id, unnest(@keys::text[]) AS key, unnest(@dues::timestamptz[]) AS due_at, unnest(@payloads::text[]) AS payload) AS p
ORDER BY 1, 3 ON CONFLICT (tenant_id, topic, key) DO NOTHING;

-- name: Clear :exec
DELETE FROM platform.timer WHERE tenant_id = @tenant_id AND topic = @topic AND key = @key;

-- name: Due :many
-- Due timers leave the table and come back to be made events of, in the same
-- transaction. SKIP LOCKED lets any number of pollers run.
DELETE FROM platform.timer t
USING (
  SELECT d.tenant_id, d.topic, d.key FROM platform.timer d
  WHERE d.due_at <= now()
  ORDER BY d.due_at
  LIMIT @batch
  FOR UPDATE SKIP LOCKED) due
WHERE t.tenant_id = due.tenant_id AND t.topic = due.topic AND t.key = due.key
RETURNING t.tenant_id, t.topic, t.key, t.due_at, t.payload;
